import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import { maxJsonDepth, nestsWithin } from '../model/json.js'
import { isAbsent, isObject } from './absent.js'

/**
 * Results of tools are ours to check, tool by tool and block by block: the SDK would refuse the whole for one flaw, and
 * drop what it doesn't know. So it is shown an empty result of the right shape, and the real one travels beside it.
 */
const carried = 'mcp-integrations/raw-result'

/**
 * Puts the result of `tools/list` and `tools/call` aside; other messages stay as they are.
 *
 * @throws IntegrationError `protocol_error` for a result that nests too deep
 */
export function carryRaw(method: string, message: JSONRPCMessage): JSONRPCMessage {
  if (!('result' in message)) return message
  const result: unknown = message.result
  // Tools are looked at one by one.
  const frame = method === 'tools/list' && isObject(result) ? { ...result, tools: undefined } : result
  // The message around it is a level too.
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
 * What is not complete is the SDK's to handle or to refuse: questions, tasks, kinds yet unknown. A word for the kind that
 * nobody knows costs nothing where what a complete result consists of is there.
 */
function isComplete(method: string, result: unknown): boolean {
  if (!isObject(result)) return true
  const { resultType } = result
  if (isAbsent(resultType) || resultType === '' || resultType === 'complete') return true
  if (resultType === 'input_required' || resultType === 'task') return false
  const parts = method === 'tools/list' ? [result.tools] : [result.content, result.structuredContent]
  return parts.some((part) => !isAbsent(part))
}

/** Whether a message is one that {@link carryRaw} made. */
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
