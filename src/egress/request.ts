import { IntegrationError } from '../model/errors.js'

/**
 * Headers with lower-case names, checked before anything is sent, because a platform's own error about a header quotes
 * its value.
 *
 * @throws `invalid_input`, naming the header, never its value
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-fields
 */
export function requestHeaders(init: RequestInit['headers']): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of entriesOf(init)) {
    if (!token.test(name)) throw invalid('headers', 'A header name contains characters that HTTP does not permit.')
    const key = name.toLowerCase()
    if (framing.has(key))
      throw invalid(`headers.${key}`, `The header "${key}" is set by the connection itself. Remove it.`)
    if (typeof value !== 'string' || !fieldValue.test(value)) {
      throw invalid(`headers.${key}`, `The value of the header "${key}" contains characters that HTTP does not permit.`)
    }
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  for (const [name, value] of usual) if (!headers.has(name)) headers.set(name, value)
  return headers
}

/** @throws `invalid_input` for a stream, which could not be sent with its length */
export function requestBody(body: RequestInit['body']): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  if (body instanceof URLSearchParams) return body.toString()
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  throw invalid('body', 'A request body must be a string, bytes or URLSearchParams.')
}

function entriesOf(init: RequestInit['headers']): Iterable<readonly [string, string]> {
  if (init === undefined) return []
  if (Symbol.iterator in init) return init as Iterable<[string, string]>
  return Object.entries(init)
}

function invalid(path: string, message: string): IntegrationError {
  return new IntegrationError('invalid_input', message, { fields: [{ path, message }] })
}

/** Sent with every request that doesn't say otherwise. */
const usual = [
  ['accept', '*/*'],
  ['accept-encoding', 'gzip, deflate, br'],
  ['user-agent', 'mcp-integrations'],
] as const
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
/** Headers that could be used for request smuggling. */
const framing = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
