import { IntegrationError, type ErrorCode } from '../model/errors.js'

/** The operation that failed: only a call may have had an effect. */
export type Doing = 'connect' | 'list' | 'call'

/** The longest `Retry-After` that is honoured, in ms. */
const maxRetryAfterMs = 3_600_000

/** The limit of a server's own text, in characters. */
export const maxServerMessage = 2_000

/** An HTTP status that is not a success. */
export function httpError(
  httpStatus: number,
  doing: Doing,
  answer?: { readonly headers: Headers; readonly now: number },
  body = '',
): IntegrationError {
  const code = codeOfStatus(httpStatus, doing)
  const retryAfterMs = retryAfter(answer)
  return new IntegrationError(code, `The server returned HTTP ${httpStatus}.${adviceOn(httpStatus, doing)}`, {
    httpStatus,
    reason: httpStatus === 403 ? 'forbidden' : undefined,
    retryAfterMs,
    serverMessage: wordsIn(body),
    mayHaveRun: doing === 'call' && (httpStatus >= 500 || httpStatus === 408 || httpStatus === 429),
  })
}

/** The code of an HTTP status that is not a success. */
export function codeOfStatus(status: number, doing: Doing): ErrorCode {
  if (status === 401 || status === 403) return 'authorization_failed'
  if (status === 408) return 'timeout'
  if (status === 429) return 'rate_limited'
  if (status >= 500) return 'server_error'
  if (status >= 300 && status < 400) return 'redirect_refused'
  // After a handshake, the server is known to speak MCP, unless its URL no longer exists.
  const isGone = status === 404 || status === 405 || status === 410
  return doing === 'connect' || (doing === 'list' && isGone) ? 'not_mcp' : 'protocol_error'
}

/** The message for people in an error body: in JSON of any form, or as plain text. Web pages are ignored. */
export function wordsIn(body: string): string | undefined {
  const text = body.slice(0, 16 * maxServerMessage).trim()
  if (text === '' || text.startsWith('<')) return undefined
  const words = /^[[{"]/.test(text) ? wordsOf(parsed(text)) : text
  return words?.trim().slice(0, maxServerMessage) || undefined
}

function wordsOf(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || depth > 2) return undefined
  const said = value as Readonly<Record<string, unknown>>
  const members = Array.isArray(value) ? ['0'] : ['error_description', 'message', 'detail', 'error', 'errors', 'title']
  return members.map((name) => wordsOf(said[name], depth + 1)).find((words) => words !== undefined && words !== '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The next step for a person, for statuses that imply one. */
function adviceOn(httpStatus: number, doing: Doing): string {
  if (httpStatus === 401 || httpStatus === 403)
    return doing === 'call'
      ? ' This credential is not allowed to make this call.'
      : ' It refuses this credential: check the key or token and its permissions.'
  if (doing === 'connect' && httpStatus === 400)
    return ' It may need another path or a header: see the documentation of the server.'
  if (httpStatus === 421)
    return ' It does not accept the host name of its URL: allow the name at the server, or use another URL.'
  if (doing !== 'call' && (httpStatus === 404 || httpStatus === 405))
    return ' Check the path of the URL: the path of an MCP server often ends in /mcp or /sse.'
  return ''
}

/** In seconds or as a date, relative to the server's own clock; honoured up to an hour. */
function retryAfter(answer: { readonly headers: Headers; readonly now: number } | undefined): number | undefined {
  const value = answer?.headers.get('retry-after')?.trim()
  if (answer === undefined || value === undefined) return undefined
  if (/^\d{1,15}$/.test(value)) return Math.min(Number(value) * 1000, maxRetryAfterMs)
  const until = dateOf(value)
  if (until === undefined) return undefined
  return Math.min(Math.max(until - (dateOf(answer.headers.get('date')) ?? answer.now), 0), maxRetryAfterMs)
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
function dateOf(value: string | null): number | undefined {
  if (value === null || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value))
    return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}
