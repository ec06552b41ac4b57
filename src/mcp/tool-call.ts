import type { Client } from '@modelcontextprotocol/client'
import type { JsonObject } from '../model/json.js'
import { isIntegrationError } from '../model/errors.js'
import type { ToolDefinition } from '../model/tool.js'
import { visibleText } from '../model/visible-text.js'
import { carrying } from './before-send.js'
import type { CallClock } from './call-clock.js'
import type { CleanWords } from './clean-words.js'
import type { ToolAnswer, ToolCallOptions } from './connection-contract.js'
import { takeRaw } from './raw-results.js'
import { longestServerMessage, rpcErrorOf, serverError } from './server-errors.js'
import { longest } from './tool-listing.js'
import { toolResult } from './tool-result.js'

/** One call, and the time it has. */
export interface TimedCall {
  readonly definition: ToolDefinition
  readonly args: JsonObject
  readonly options: ToolCallOptions
  readonly clock: CallClock
}

/**
 * Sends one call. The SDK is shown the definition without its output schema: it mirrors parameters into headers and
 * compiles nothing.
 */
export async function callOn(client: Client, { definition, args, options, clock }: TimedCall): Promise<ToolAnswer> {
  const { outputSchema: _checkedByUs, ...shown } = definition
  const answer = await carrying(options.beforeSend, (headers) =>
    client.callTool(
      { name: definition.name, arguments: args, _meta: options.meta && { ...options.meta } },
      {
        headers,
        toolDefinition: shown as never,
        signal: clock.signal,
        timeout: longest,
        onprogress: ({ progress, total, message }) => {
          clock.alive()
          try {
            options.onProgress?.({
              progress,
              total,
              message: message === undefined ? undefined : visibleText(message, longestServerMessage),
            })
          } catch {
            // A listener can't break a call.
          }
        },
      },
    ),
  )
  return { result: toolResult(takeRaw(answer)) }
}

/**
 * A JSON-RPC error as the answer of a tool that failed: the model reads what was wrong with its call.
 *
 * @throws the same, when something else went wrong
 */
export function failedAnswer(thrown: unknown, cleanWords: CleanWords = (words) => words): ToolAnswer {
  const rpcError = rpcErrorOf(thrown)
  const fault = serverError(thrown, 'call')
  if (rpcError === undefined || !isIntegrationError(fault) || fault.reason !== 'rpc_error') throw thrown
  const { code, message } = rpcError
  const words = message === '' ? `The server answered with JSON-RPC error ${code}.` : message
  return {
    result: { content: [{ type: 'text', text: cleanWords(words.slice(0, longestServerMessage)) }], isError: true },
    rpcError: { code },
  }
}
