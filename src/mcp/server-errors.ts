import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client'
import { IntegrationError, isIntegrationError, type ErrorCode } from '../model/errors.js'

/** The operation that failed: only a call may have had an effect. */
export type Doing = 'connect' | 'list' | 'call'

/** The longest wait that a server may ask for, in ms. */
const longestRetryAfterMs = 3_600_000

/**
 * Converts an error of a request into an `IntegrationError`: our own errors and those with the passthrough mark (a
 * needed authorization) stay unchanged, others are converted by their cause. No foreign text is kept.
 */
export function serverError(thrown: unknown, doing: Doing): Error {
  for (let link = thrown, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    if (isPassthrough(link)) return link
    if (isIntegrationError(link)) return doing === 'call' || !link.mayHaveRun ? link : link.with({ mayHaveRun: false })
    if (link instanceof ProtocolError) return protocolError(link, doing)
    if (link instanceof RpcRefusal) return rpcFault(link, doing)
    if (link instanceof SessionRefusal) return sessionLost(link.refusal.httpStatus)
    if (link instanceof SdkHttpError && link.status !== undefined) return refusalByStatus(link, link.status, doing)
    if (link instanceof SseError && link.code !== undefined) return httpError(link.code, doing)
    const network = networkError(link, doing)
    if (network !== undefined) return network
  }
  return sdkError(thrown, doing)
}

/** Whether an error is to reach the caller as it is, whatever it went through. */
export function isPassthrough(error: unknown): boolean {
  return error instanceof Error && Object.hasOwn(error, Symbol.for('mcp-integrations.passthrough'))
}

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

/** What a refusal says for people: in JSON of any kind, or as plain text. A web page says nothing. */
function wordsIn(body: string): string | undefined {
  const text = body.slice(0, 16 * longestServerMessage).trim()
  if (text === '' || text.startsWith('<')) return undefined
  const words = /^[[{"]/.test(text) ? wordsOf(parsed(text)) : text
  return words?.trim().slice(0, longestServerMessage) || undefined
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

/** What a person can do about a status that says where to look. */
function adviceOn(httpStatus: number, doing: Doing): string {
  if (httpStatus === 401 || httpStatus === 403)
    return doing === 'call'
      ? ' This credential is not allowed to make this call.'
      : ' It refuses this credential: check the key or token, and its permissions.'
  if (doing === 'connect' && httpStatus === 400)
    return ' It may need another path, or a header: see what its documentation asks for.'
  if (httpStatus === 421) return ' It does not accept the host name in its URL: allow it there, or give another URL.'
  if (doing !== 'call' && (httpStatus === 404 || httpStatus === 405))
    return ' Check the path of the URL: the path of an MCP server often ends in /mcp or /sse.'
  return ''
}

/** What answers is not an MCP server. */
export function notMcp(doing: Doing, what: 'A web page' | 'Something else' = 'A web page'): IntegrationError {
  return new IntegrationError(
    'not_mcp',
    `${what} answers at this URL, not an MCP server. Check the path: the path of an MCP server often ends in /mcp or /sse.`,
    { mayHaveRun: doing === 'call' },
  )
}

/** The answer to a request was lost: nobody knows whether the request was carried out. */
export function lostAnswer(): IntegrationError {
  return new IntegrationError('unreachable', 'The connection ended before the server responded.', {
    reason: 'reset',
    mayHaveRun: true,
  })
}

/** The server no longer knows the session: a request in it was refused before anything was done. */
export function sessionLost(httpStatus?: number, body = ''): IntegrationError {
  return new IntegrationError('session_lost', 'The server no longer knows the session.', {
    httpStatus,
    serverMessage: wordsIn(body),
  })
}

/** What was thrown in a session that was made just now, which can't be lost: a status that looks so is about the request. */
export function inFreshSession(thrown: unknown, doing: Doing): unknown {
  for (let link = thrown, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++)
    if (link instanceof SessionRefusal) return link.refusal
  const fault = serverError(thrown, doing)
  if (!isIntegrationError(fault) || !isSessionLost(fault) || fault.httpStatus === undefined) return thrown
  return httpError(fault.httpStatus, doing, undefined, fault.serverMessage)
}

/** The connection ended before an answer. */
export function isReset(fault: Error): boolean {
  return isIntegrationError(fault) && fault.code === 'unreachable' && fault.reason === 'reset'
}

export function isSessionLost(fault: Error): boolean {
  return isIntegrationError(fault) && fault.code === 'session_lost'
}

/** The server speaks other revisions: nothing was done. */
export function unsupportedVersion(): IntegrationError {
  return new IntegrationError('protocol_error', 'The server does not support the expected MCP revision.', {
    reason: 'unsupported_version',
  })
}

/** The server speaks MCP and sent something that MCP doesn't allow. */
export function brokenProtocol(mayHaveRun: boolean): IntegrationError {
  return new IntegrationError(
    'protocol_error',
    "The server sent an invalid MCP message. Report it to the server's author.",
    { mayHaveRun },
  )
}

/** The endpoint's own `fetch` failed, or its answer broke off: whatever the platform threw is about the network. */
export class NetworkFailure extends Error {
  constructor(cause: unknown) {
    super('The network failed.', { cause })
  }
}

/** A request was refused by its HTTP status, with a JSON-RPC error of its own in the body. */
export class RpcRefusal extends Error {
  readonly code: number
  readonly httpStatus: number

  constructor(refusal: { readonly code: number; readonly message: string; readonly httpStatus: number }) {
    super(refusal.message)
    this.code = refusal.code
    this.httpStatus = refusal.httpStatus
  }
}

/** A refusal that says of most servers that they no longer know the session. */
export class SessionRefusal extends Error {
  constructor(readonly refusal: RpcRefusal) {
    super('The session was refused.')
  }
}

/** The JSON-RPC error that a server answered a request with; `undefined` when something else was thrown. */
export function rpcErrorOf(thrown: unknown): { readonly code: number; readonly message: string } | undefined {
  for (let link = thrown, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    if (link instanceof RpcRefusal) return link
    if (link instanceof ProtocolError) return link.data instanceof Unanswered ? undefined : link
  }
  return undefined
}

/**
 * Whether a refusal of the question for the era would be one of every other request too: then the older handshake is not
 * tried. Anything else may be that the question is not known.
 */
export function isFinalRefusal(thrown: unknown): boolean {
  if (thrown instanceof SdkHttpError) return true
  const fault = serverError(thrown, 'connect')
  if (!isIntegrationError(fault) || isPassthrough(fault)) return true
  const { code, reason, httpStatus } = fault
  if (code === 'unreachable') return reason !== 'reset'
  if (code === 'timeout') return httpStatus !== 408
  if (code === 'server_error') return [502, 503, 504].includes(httpStatus ?? 0)
  return finalCodes.has(code) || reason === 'unsupported_version'
}

const finalCodes = new Set<ErrorCode>([
  'authorization_failed',
  'rate_limited',
  'url_refused',
  'not_mcp',
  'invalid_input',
  'aborted',
  'closed',
])

/** A synthetic answer, in place of one that never came, carries why. */
export class Unanswered {
  constructor(readonly fault: unknown) {}
}

function codeOfStatus(status: number, doing: Doing): ErrorCode {
  if (status === 401 || status === 403) return 'authorization_failed'
  if (status === 408) return 'timeout'
  if (status === 429) return 'rate_limited'
  if (status >= 500) return 'server_error'
  if (status >= 300 && status < 400) return 'redirect_refused'
  // What has shaken hands speaks MCP; a URL that is gone is another matter.
  const isGone = status === 404 || status === 405 || status === 410
  return doing === 'connect' || (doing === 'list' && isGone) ? 'not_mcp' : 'protocol_error'
}

/** In seconds or as a date, relative to the server's own clock; honoured up to an hour. */
function retryAfter(answer: { readonly headers: Headers; readonly now: number } | undefined): number | undefined {
  const value = answer?.headers.get('retry-after')?.trim()
  if (answer === undefined || value === undefined) return undefined
  if (/^\d{1,15}$/.test(value)) return Math.min(Number(value) * 1000, longestRetryAfterMs)
  const until = dateOf(value)
  if (until === undefined) return undefined
  return Math.min(Math.max(until - (dateOf(answer.headers.get('date')) ?? answer.now), 0), longestRetryAfterMs)
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
function dateOf(value: string | null): number | undefined {
  if (value === null || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value))
    return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

/** @see https://www.jsonrpc.org/specification#error_object */
export const methodNotFound = -32601

/** JSON-RPC errors that say: refused before anything was done. */
const refusals = new Set([-32700, -32600, -32601, -32602, -32020, -32021, -32022, -32042])

function protocolError(error: ProtocolError, doing: Doing): Error {
  if (error.data instanceof Unanswered) return serverError(error.data.fault, doing)
  return rpcFault(error, doing)
}

/** A JSON-RPC error as a fault; its words are kept apart. */
function rpcFault(
  { code, message, httpStatus }: { readonly code: number; readonly message: string; readonly httpStatus?: number },
  doing: Doing,
): IntegrationError {
  if (code === -32022) return unsupportedVersion()
  const refusedByStatus = httpStatus !== undefined && httpStatus < 500
  return new IntegrationError('protocol_error', `The server returned JSON-RPC error ${code}.`, {
    reason: 'rpc_error',
    httpStatus,
    serverMessage: message === '' ? undefined : message.slice(0, longestServerMessage),
    mayHaveRun: doing === 'call' && !refusedByStatus && !refusals.has(code),
  })
}

/** Of a server's own words, in characters. */
export const longestServerMessage = 2_000

/** A status whose body is a JSON-RPC error is one of a server that speaks MCP. */
function refusalByStatus(error: SdkHttpError, status: number, doing: Doing): IntegrationError {
  const text = String(error.data?.text ?? '')
  const words = rpcErrorIn(text)
  const says = words !== undefined && codeOfStatus(status, doing) === 'not_mcp'
  return says ? rpcFault({ ...words, httpStatus: status }, doing) : httpError(status, doing, undefined, text)
}

function rpcErrorIn(text: string): { readonly code: number; readonly message: string } | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } | null }
    if (typeof error?.code !== 'number') return undefined
    return { code: error.code, message: typeof error.message === 'string' ? error.message : '' }
  } catch {
    return undefined
  }
}

/** Failures of the platform's own `fetch`, by the code of the system. */
function networkError(error: Error, doing: Doing): IntegrationError | undefined {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return undefined
  if (/^(CERT_|ERR_TLS|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_SSL)/.test(code)) return unreachable('tls', false)
  if (/^(ENOTFOUND|EAI_)/.test(code)) return unreachable('dns', false)
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EACCES|ENOENT|UND_ERR_CONNECT_TIMEOUT)$/.test(code))
    return unreachable('refused', false)
  if (/^(ECONN|EPIPE|ETIMEDOUT|UND_ERR_(SOCKET|BODY|HEADERS))/.test(code)) return unreachable('reset', doing === 'call')
  return undefined
}

function unreachable(reason: string, mayHaveRun: boolean): IntegrationError {
  return new IntegrationError('unreachable', 'The server could not be reached.', { reason, mayHaveRun })
}

/** A `TypeError` that nobody fetched is a fault of a program, not an outage. */
function isNetworkFailure(thrown: unknown): boolean {
  for (let link = thrown, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++)
    if (link instanceof NetworkFailure) return true
  return false
}

function sdkError(thrown: unknown, doing: Doing): IntegrationError {
  const mayHaveRun = doing === 'call'
  const code = thrown instanceof SdkError ? thrown.code : undefined
  if (code === SdkErrorCode.RequestTimeout)
    return new IntegrationError('timeout', 'The server did not respond in time.', { mayHaveRun })
  if (code === SdkErrorCode.NotConnected || (thrown instanceof Error && thrown.message === 'Not connected'))
    return unreachable('reset', false)
  if (code === SdkErrorCode.ConnectionClosed || thrown instanceof SseError || isNetworkFailure(thrown))
    return unreachable('reset', mayHaveRun)
  return doing === 'connect'
    ? new IntegrationError(
        'not_mcp',
        'The server at this URL is not an MCP server. Check the path: the path of an MCP server often ends in /mcp or /sse.',
      )
    : brokenProtocol(mayHaveRun)
}
