import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/client'
import type { IntegrationError } from '../model/errors.js'
import { parseJson } from './answer-body.js'
import { doingOf } from './answer-messages.js'
import { ProbeRefused, RpcRefusal } from './errors-through-sdk.js'
import { sessionLost, unsupportedVersion } from './mcp-errors.js'
import { httpError, type Doing } from './http-error.js'
import { isSameId, readMessage, type Awaited } from './wire-message.js'

/** Handles a request that was refused with an HTTP status. A JSON-RPC error with the request's id takes precedence. */
export async function refused(
  response: Response,
  exchange: Awaited,
  inSession: boolean,
  now: () => number,
): Promise<Response> {
  const { status } = response
  const { method } = exchange
  if ([401, 408, 429, 502, 503, 504].includes(status))
    return discard(response, statusError(response, doingOf(exchange), now))
  const text = await response.text().catch(() => '')
  if (status === 403) throw statusError(response, doingOf(exchange), now, text)
  const error = errorIn(text, exchange)
  if (error?.code === -32022 && method !== 'server/discover') throw unsupportedVersion()
  if (method === 'server/discover') return refusedProbe(response, text, error !== undefined, now)
  if (method === 'initialize') return refusedHandshake(response, text, error !== undefined, now)
  if (error?.isOurs === true) throw new RpcRefusal({ ...error, httpStatus: status })
  if (status === 404 && inSession) throw sessionLost(status, text)
  // Many servers return 400 for an unknown session. An error without the request's id may be about the session.
  if (status === 400 && error !== undefined)
    throw new RpcRefusal({ ...error, httpStatus: status, doubtsSession: inSession })
  throw statusError(response, doingOf(exchange), now, text)
}

/** Handles a refused probe. If the response says nothing about MCP, the older ways are tried. */
function refusedProbe(response: Response, text: string, isRpcError: boolean, now: () => number): Response {
  const { status, headers } = response
  // The SDK reads JSON-RPC errors only in 4xx responses.
  if (isRpcError) return new Response(text, { status: status < 500 ? status : 400, headers })
  const failure = statusError(response, 'connect', now)
  if (status === 404 || status === 405) throw new ProbeRefused('No Streamable HTTP here.', { cause: failure })
  if (status >= 500) throw failure
  return new Response(text, { status, headers })
}

function refusedHandshake(response: Response, text: string, isRpcError: boolean, now: () => number): Response {
  const { status, headers } = response
  if (isRpcError || status < 500 || namesRevision(text)) return new Response(text, { status, headers })
  throw statusError(response, 'connect', now)
}

/** The error for a status, with `Retry-After` of the headers. */
export function statusError(
  { status, headers }: Response,
  doing: Doing,
  now: () => number,
  body?: string,
): IntegrationError {
  return httpError(status, doing, { headers, now: now() }, body)
}

/** Frees the connection of an unread response. */
export async function discard(response: Response, error: IntegrationError): Promise<never> {
  await response.body?.cancel().catch(() => undefined)
  throw error
}

/** Whether the body of a refused handshake names a revision. */
function namesRevision(text: string): boolean {
  return /version/i.test(text) && SUPPORTED_PROTOCOL_VERSIONS.some((revision) => text.includes(revision))
}

/** The JSON-RPC error in the body of a refusal, and whether it has the id of the request. */
function errorIn(
  text: string,
  exchange: Awaited,
): { readonly code: number; readonly message: string; readonly isOurs: boolean } | undefined {
  let isOurs = false
  const message = readMessage(parseJson(text), (id) => {
    isOurs = isSameId(id, exchange.sentAs ?? exchange.id)
    return exchange
  })
  if (message === undefined || !('error' in message)) return undefined
  return { code: message.error.code, message: message.error.message, isOurs }
}
