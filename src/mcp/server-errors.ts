import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client'
import { IntegrationError, isIntegrationError, type ErrorCode } from '../model/errors.js'
import {
  causeOf,
  causesOf,
  isPassthrough,
  NetworkFailure,
  RpcRefusal,
  type RpcError,
  Unanswered,
} from './errors-through-sdk.js'
import { brokenProtocol, isSessionLost, unreachable, unsupportedVersion } from './mcp-errors.js'
import { codeOfStatus, httpError, maxServerMessage, type Doing } from './http-error.js'

/**
 * Converts an error of a request into an `IntegrationError`: our own errors and those with the passthrough mark (a
 * needed authorization) stay unchanged, others are converted by their cause. No foreign text is kept.
 */
export function serverError(thrown: unknown, doing: Doing): Error {
  for (const link of causesOf(thrown)) {
    if (isPassthrough(link)) return link
    if (isIntegrationError(link)) return doing === 'call' || !link.mayHaveRun ? link : link.with({ mayHaveRun: false })
    if (link instanceof ProtocolError) return protocolError(link, doing)
    if (link instanceof RpcRefusal) return rpcFailure(link, doing)
    if (link instanceof SdkHttpError && link.status !== undefined) return refusalByStatus(link, link.status, doing)
    if (link instanceof SseError && link.code !== undefined) return httpError(link.code, doing)
    const network = networkError(link, doing)
    if (network !== undefined) return network
  }
  return sdkError(thrown, doing)
}

/** The error in a new session that answers a ping: a status that looks like a lost session is about the request. */
export function inFreshSession(thrown: unknown): unknown {
  const failure = serverError(thrown, 'call')
  if (!isIntegrationError(failure) || !isSessionLost(failure) || failure.httpStatus === undefined) return thrown
  return httpError(failure.httpStatus, 'call', undefined, failure.serverMessage)
}

/** The server's JSON-RPC error; `undefined` for any other error. */
export function rpcErrorOf(thrown: unknown): RpcError | undefined {
  for (const link of causesOf(thrown)) {
    if (link instanceof RpcRefusal) return link
    if (link instanceof ProtocolError) return link.data instanceof Unanswered ? undefined : link
  }
  return undefined
}

/**
 * Whether the server would refuse every other request like the probe, so that the older handshake is not tried. With any
 * other error, the server may only not know the probe.
 */
export function isFinalRefusal(thrown: unknown): boolean {
  if (thrown instanceof SdkHttpError) return true
  const failure = serverError(thrown, 'connect')
  if (!isIntegrationError(failure) || isPassthrough(failure)) return true
  const { code, reason, httpStatus } = failure
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

/** @see https://www.jsonrpc.org/specification#error_object */
export const methodNotFound = -32601

/** JSON-RPC errors for requests that the server refused before doing anything. */
const refusals = new Set([-32700, -32600, -32601, -32602, -32020, -32021, -32022, -32042])

function protocolError(error: ProtocolError, doing: Doing): Error {
  if (error.data instanceof Unanswered) return serverError(error.data.failure, doing)
  return rpcFailure(error, doing)
}

/** Converts a JSON-RPC error. The server's text is kept separately. */
function rpcFailure(
  { code, message, httpStatus }: { readonly code: number; readonly message: string; readonly httpStatus?: number },
  doing: Doing,
): IntegrationError {
  if (code === -32022) return unsupportedVersion()
  const refusedByStatus = httpStatus !== undefined && httpStatus < 500
  return new IntegrationError('protocol_error', `The server returned JSON-RPC error ${code}.`, {
    reason: 'rpc_error',
    httpStatus,
    serverMessage: message === '' ? undefined : message.slice(0, maxServerMessage),
    mayHaveRun: doing === 'call' && !refusedByStatus && !refusals.has(code),
  })
}

/** A status with a JSON-RPC error in the body comes from a server that speaks MCP. */
function refusalByStatus(error: SdkHttpError, status: number, doing: Doing): IntegrationError {
  const text = String(error.data?.text ?? '')
  const words = rpcErrorIn(text)
  const says = words !== undefined && codeOfStatus(status, doing) === 'not_mcp'
  return says ? rpcFailure({ ...words, httpStatus: status }, doing) : httpError(status, doing, undefined, text)
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

/** Converts network errors of the platform's `fetch` by their system code. */
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

function sdkError(thrown: unknown, doing: Doing): IntegrationError {
  const mayHaveRun = doing === 'call'
  const code = thrown instanceof SdkError ? thrown.code : undefined
  if (code === SdkErrorCode.RequestTimeout)
    return new IntegrationError('timeout', 'The server did not respond in time.', { mayHaveRun })
  if (code === SdkErrorCode.NotConnected || (thrown instanceof Error && thrown.message === 'Not connected'))
    return unreachable('reset', false)
  if (
    code === SdkErrorCode.ConnectionClosed ||
    thrown instanceof SseError ||
    causeOf(thrown, NetworkFailure) !== undefined
  )
    return unreachable('reset', mayHaveRun)
  return doing === 'connect'
    ? new IntegrationError(
        'not_mcp',
        'The server at this URL is not an MCP server. Check the path: the path of an MCP server often ends in /mcp or /sse.',
      )
    : brokenProtocol(mayHaveRun)
}
