import type { Client } from '@modelcontextprotocol/client'
import type { JsonObject } from '../model/json.js'
import type { ToolDefinition, ToolResult } from '../model/tool.js'
import type { CallClock } from './call-clock.js'
import type { ToolCallOptions } from './connection-contract.js'
import { takeRaw } from './raw-results.js'
import { longest } from './tool-listing.js'
import { toolResult } from './tool-result.js'

/**
 * Sends one call. The SDK is shown the definition without its output schema: it mirrors parameters into headers and
 * compiles nothing.
 */
export async function callOn(
  client: Client,
  definition: ToolDefinition,
  args: JsonObject,
  options: ToolCallOptions,
  clock: CallClock,
): Promise<ToolResult> {
  const { outputSchema: _checkedByUs, ...shown } = definition
  const answer = await client.callTool(
    { name: definition.name, arguments: args },
    {
      toolDefinition: shown as never,
      signal: clock.signal,
      timeout: longest,
      onprogress: ({ progress, total, message }) => {
        clock.alive()
        try {
          options.onProgress?.({
            progress,
            total,
            message,
          })
        } catch {
          // A listener can't break a call.
        }
      },
    },
  )
  return toolResult(takeRaw(answer))
}
