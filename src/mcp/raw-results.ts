import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import { isObject, maxJsonDepth, nestsWithin } from '../model/json.js'
import { isAbsent } from './absent.js'

/**
 * Passes results of tools through the SDK unchecked, because the SDK would refuse a whole result for one invalid part and
 * drop unknown members. The SDK gets an empty valid result with the real one attached, which is checked here, tool by tool
 * and block by block.
 */
const carried = 'mcp-integrations/raw-result'

/**
 * Attaches the result of `tools/list` and `tools/call` to an empty one. Other messages stay unchanged.
 *
 * @throws IntegrationError `protocol_error` for a result that nests too deep
 */
export function carryRaw(method: string, message: JSONRPCMessage): JSONRPCMessage {
  if (!('result' in message)) return message
  const result: unknown = message.result
  // Tools are checked one by one, later.
  const frame = method === 'tools/list' && isObject(result) ? { ...result, tools: undefined } : result
  // The message around the result is one level.
  if (!nestsWithin(frame, maxJsonDepth - 1)) throw tooDeep()
  if (method !== 'tools/list' && method !== 'tools/call') return message
  if (!isComplete(method, result)) return message
  const shown = method === 'tools/list' ? { tools: [], ttlMs: 0, cacheScope: 'private' } : { content: [] }
  return {
    jsonrpc: '2.0',
    id: message.id,
    result: { resultType: 'complete', ...shown, _meta: { [carried]: result } },
  }
}

/**
 * Whether a result is complete. The SDK handles or refuses other results: questions, tasks, unknown kinds. An unknown
 * `resultType` is ignored if the members of a complete result are present.
 */
function isComplete(method: string, result: unknown): boolean {
  if (!isObject(result)) return true
  const { resultType } = result
  if (isAbsent(resultType) || resultType === '' || resultType === 'complete') return true
  if (resultType === 'input_required' || resultType === 'task') return false
  const parts = method === 'tools/list' ? [result.tools] : [result.content, result.structuredContent]
  return parts.some((part) => !isAbsent(part))
}

/** Whether {@link carryRaw} created a message. */
export function isCarried(message: JSONRPCMessage): boolean {
  if (!('result' in message)) return false
  const { resultType, _meta } = message.result as { resultType?: unknown; _meta?: unknown }
  return resultType === 'complete' && isObject(_meta) && Object.hasOwn(_meta, carried)
}

/** The result as the server sent it. */
export function takeRaw(result: { readonly _meta?: { readonly [key: string]: unknown } | undefined }): unknown {
  return result._meta?.[carried] ?? {}
}

function tooDeep(): IntegrationError {
  return new IntegrationError('protocol_error', 'The server returned JSON that is nested too deep.', {
    mayHaveRun: true,
  })
}
