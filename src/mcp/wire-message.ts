import { isObject } from '../model/json.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { isAbsent, withoutAbsent, withoutMember, type Raw } from './absent.js'
import { readDiscovery, readHandshake } from './handshake.js'
import { flooded } from './flood-gate.js'
import { boundedParams, requireShortQuestions } from './question-size.js'
import { carryRaw } from './raw-results.js'

/** A request that waits for its response. */
export interface Awaited {
  readonly id: string | number
  readonly method: string
  /** The id that was sent, if it is a different one. */
  readonly sentAs?: number | undefined
}

/**
 * Finds the request of a response by the response's id.
 *
 * @returns `undefined` if there is no such pending request
 */
export type FindAwaited = (id: unknown) => Awaited | undefined

/**
 * Normalises a server's JSON-RPC message: unknown members and other spellings of absent ones are removed, and a
 * response gets the id of its request. Otherwise the SDK's strict envelope check would drop the result of a tool that
 * has run.
 *
 * @returns `undefined` if the input is not JSON-RPC
 * @see https://www.jsonrpc.org/specification
 */
export function readMessage(sent: unknown, find: FindAwaited): JSONRPCMessage | undefined {
  if (!isObject(sent)) return undefined
  const fails = isFailure(sent.error) && !(isBlank(sent.error) && isSaid(sent.result))
  const answers = fails || (Object.hasOwn(sent, 'result') && (sent.result !== null || typeof sent.method !== 'string'))
  if (typeof sent.method === 'string' && !answers) return readAsking(sent, sent.method, find)
  if (!answers && !(isJsonRpc(sent) && Object.hasOwn(sent, 'id') && !Object.hasOwn(sent, 'method'))) return undefined
  if (!isJsonRpc(sent) && !Object.hasOwn(sent, 'id') && !(fails && isObject(sent.error) && isCode(sent.error.code)))
    return undefined
  return readAnswer(sent, fails, find(sent.id))
}

/** The limit of messages in one body or event: more than an honest server sends. */
const maxMessages = 500

/**
 * All messages of a body: one, or a list of them.
 *
 * @throws IntegrationError `response_too_large`
 */
export function readMessages(sent: unknown, find: FindAwaited): readonly JSONRPCMessage[] {
  if (Array.isArray(sent)) {
    if (sent.length > maxMessages) throw flooded()
    return sent.flatMap((one) => readMessage(one, find) ?? [])
  }
  const message = readMessage(sent, find)
  return message === undefined ? [] : [message]
}

/** Whether a response has no id: `null`, absent, or the 0 of a server that can't read ours. */
export function hasNoId(id: unknown): boolean {
  return id === undefined || id === null || id === 0 || id === ''
}

/** Whether two ids are the same, even if one is a text and the other a number. */
export function isSameId(sent: unknown, asked: string | number): boolean {
  return sent === asked || ((typeof sent === 'string' || typeof sent === 'number') && String(sent) === String(asked))
}

function readAsking(sent: Raw, method: string, find: FindAwaited): JSONRPCMessage {
  const given = boundedParams(method, sent.params)
  const params = isAbsent(given, 'object') ? undefined : readParams(given, find)
  const { id } = sent
  return {
    jsonrpc: '2.0',
    method,
    ...(typeof id === 'string' || typeof id === 'number' ? { id } : undefined),
    ...(params === undefined ? undefined : { params }),
  } as JSONRPCMessage
}

function readParams(params: unknown, find: FindAwaited): unknown {
  if (!isObject(params)) return params
  const read = withoutAbsent(params, {
    _meta: 'object',
    message: 'value',
    total: 'value',
    reason: 'value',
    mode: 'value',
  })
  const { progressToken } = read
  const asked = progressToken === undefined ? undefined : find(progressToken)
  if (asked?.sentAs === undefined || !isSameId(progressToken, asked.sentAs)) return read
  return { ...read, progressToken: asked.id }
}

function readAnswer(sent: Raw, fails: boolean, asked: Awaited | undefined): JSONRPCMessage {
  const id = asked?.id ?? sent.id
  if (fails) return { jsonrpc: '2.0', id: id ?? undefined, error: readError(sent.error) } as JSONRPCMessage
  return carryRaw(asked?.method ?? '', {
    jsonrpc: '2.0',
    id,
    result: readResult(asked?.method, sent.result),
  } as JSONRPCMessage)
}

function readResult(method: string | undefined, result: unknown): unknown {
  if (method === 'tools/call' || method === 'tools/list') {
    if (isObject(result)) requireShortQuestions(result)
    return result ?? {}
  }
  if (isAbsent(result, 'object')) return {}
  if (!isObject(result)) return {}
  const read = isObject(result._meta) ? result : withoutMember(result, '_meta')
  if (method === 'initialize') return readHandshake(read)
  return method === 'server/discover' ? readDiscovery(read) : read
}

/** Reads a JSON-RPC error with a valid code and message. */
function readError(error: unknown): { code: number; message: string; data?: unknown } {
  if (!isObject(error)) return { code: unnamedError, message: String(error) }
  const { code, message, data } = error
  const words = typeof message === 'string' ? message : typeof data === 'string' ? data : ''
  const named = typeof code === 'string' && !isCode(code) && !words.includes(code)
  return {
    code: isCode(code) ? Number(code) : unnamedError,
    message: named ? [code, words].filter((part) => part !== '').join(': ') : words,
    ...(isAbsent(data) ? undefined : { data }),
  }
}

/** The code for errors without a number as code. Reserved for implementations. */
const unnamedError = -32000

function isFailure(error: unknown): boolean {
  return isObject(error) || (typeof error === 'string' && error !== '')
}

/** Whether an error is empty, as servers send it whose language can't omit a member. */
function isBlank(error: unknown): boolean {
  if (!isObject(error)) return false
  const { code = 0, message = '', ...rest } = error
  const isEmpty = (value: unknown): boolean => value === null || value === 0 || value === ''
  return isEmpty(code) && isEmpty(message) && Object.values(rest).every((value) => isAbsent(value, 'object'))
}

function isSaid(result: unknown): boolean {
  return result !== undefined && result !== null
}

function isCode(code: unknown): boolean {
  return Number.isSafeInteger(code) || (typeof code === 'string' && /^-?\d{1,9}$/.test(code))
}

function isJsonRpc({ jsonrpc }: Raw): boolean {
  return (typeof jsonrpc === 'string' || typeof jsonrpc === 'number') && String(jsonrpc).startsWith('2')
}
