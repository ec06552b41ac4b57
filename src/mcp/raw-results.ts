import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import { isAbsent, isObject } from './absent.js'

/**
 * Results of tools are ours to check, tool by tool and block by block: the SDK would refuse the whole for one flaw, and
 * drop what it doesn't know. So it is shown an empty result of the right shape, and the real one travels beside it.
 */
const carried = 'mcp-integrations/raw-result'

/** Deepest nesting that is taken from a server. */
const deepest = 64

/**
 * Puts the result of `tools/list` and `tools/call` aside; other messages stay as they are.
 *
 * @throws IntegrationError `protocol_error` for a result that nests too deep
 */
export function carryRaw(method: string, message: JSONRPCMessage): JSONRPCMessage {
  if (!('result' in message) || (method !== 'tools/list' && method !== 'tools/call')) return message
  const result: unknown = message.result
  if (!withinDepth(result, deepest)) throw tooDeep()
  // What is not complete is the SDK's to handle or to refuse: questions, tasks, kinds yet unknown.
  const resultType = isObject(result) && !isAbsent(result.resultType) ? result.resultType : 'complete'
  if (resultType !== 'complete') return message
  const shown = method === 'tools/list' ? { tools: [], ttlMs: 0, cacheScope: 'private' } : { content: [] }
  return {
    jsonrpc: '2.0',
    id: message.id,
    result: { resultType, ...shown, _meta: { [carried]: result } },
  }
}

/** The result as the server sent it. */
export function takeRaw(result: { readonly _meta?: { readonly [key: string]: unknown } | undefined }): unknown {
  return result._meta?.[carried] ?? {}
}

/** Whether JSON nests at most so deep. Doesn't recurse, so that no depth can hurt it. */
export function withinDepth(value: unknown, depth: number): boolean {
  let level: unknown[] = [value]
  for (let n = 0; level.length > 0; n++) {
    if (n > depth) return false
    level = level
      .flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
      .filter((item) => typeof item === 'object' && item !== null)
  }
  return true
}

function tooDeep(): IntegrationError {
  return new IntegrationError('protocol_error', "The server's answer nests too deep.", { mayHaveRun: true })
}
