import type { Client } from '@modelcontextprotocol/client'
import type { JsonObject } from '../model/json.js'
import { isIntegrationError } from '../model/errors.js'
import type { ToolDefinition } from '../model/tool.js'
import { visibleText } from '../model/visible-text.js'
import type { CallClock } from './call-clock.js'
import { carrying, type Carried } from './carried.js'
import type { CleanWords } from './clean-words.js'
import type { ToolAnswer, CallOptions, Sending } from './connection-contract.js'
import type { OpenClient } from './connect-client.js'
import { takeRaw } from './raw-results.js'
import { maxServerMessage } from './http-error.js'
import { rpcErrorOf, serverError } from './server-errors.js'
import { longest } from './tool-listing.js'
import { toolResult } from './tool-result.js'

/** One call with its deadline. */
export interface TimedCall {
  readonly definition: ToolDefinition
  readonly args: JsonObject
  readonly options: CallOptions
  readonly clock: CallClock
  readonly sending: Sending
}

/** Sends one call, without the SDK's client if possible. */
export async function callOn(
  open: Pick<OpenClient, 'sdk' | 'plain' | 'profile'>,
  call: TimedCall,
): Promise<ToolAnswer> {
  const { definition, args, options, clock, sending } = call
  const params = { name: definition.name, arguments: args, _meta: options.meta && { ...options.meta } }
  const viaSdk = async (carried: Carried): Promise<unknown> => callWithSdk(await open.sdk(), call, params, carried)
  const plain = open.profile.era === 'modern' && mirrorsParameters(definition) ? undefined : open.plain
  try {
    const result =
      plain === undefined
        ? await viaSdk({ sending })
        : await plain.ask({ method: 'tools/call', params, clock, sending }, viaSdk)
    return { result: toolResult(result) }
  } catch (error) {
    const failure = serverError(error, 'call')
    if (isIntegrationError(failure) && !failure.mayHaveRun) sending.onRefused()
    throw error
  }
}

/** Sends a call with the SDK, which copies parameters into headers. Without the output schema, which the SDK would compile. */
async function callWithSdk(
  client: Client,
  { definition, options, clock }: TimedCall,
  params: Parameters<Client['callTool']>[0],
  carried: Carried,
): Promise<unknown> {
  const { outputSchema: _checkedByUs, ...shown } = definition
  const answer = await carrying(carried, (headers) =>
    client.callTool(params, {
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
            message: message === undefined ? undefined : visibleText(message, maxServerMessage),
          })
        } catch {
          // An error of the listener must not affect the call.
        }
      },
    }),
  )
  return takeRaw(answer)
}

const mirroring = new WeakMap<ToolDefinition, boolean>()

/**
 * Whether a tool's parameters may have to be repeated in headers.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
function mirrorsParameters(definition: ToolDefinition): boolean {
  const known = mirroring.get(definition)
  if (known !== undefined) return known
  const mirrors = JSON.stringify(definition.inputSchema).includes('x-mcp-header')
  mirroring.set(definition, mirrors)
  return mirrors
}

/**
 * Converts a JSON-RPC error to the result of a failed tool, so that the model can read it.
 *
 * @throws any other error unchanged
 */
export function failedAnswer(thrown: unknown, cleanWords: CleanWords = (words) => words): ToolAnswer {
  const rpcError = rpcErrorOf(thrown)
  const failure = serverError(thrown, 'call')
  if (rpcError === undefined || !isIntegrationError(failure) || failure.reason !== 'rpc_error') throw thrown
  const { code, message } = rpcError
  const words = message === '' ? `The server returned JSON-RPC error ${code}.` : message
  return {
    result: { content: [{ type: 'text', text: cleanWords(words.slice(0, maxServerMessage)) }], isError: true },
    rpcError: { code },
  }
}
