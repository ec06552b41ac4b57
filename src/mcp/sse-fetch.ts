import { isObject } from '../model/json.js'
import { IntegrationError } from '../model/errors.js'
import { parseJson } from './answer-body.js'
import { ended, noted } from './endpoint-fetch.js'
import { readEvents } from './event-stream.js'
import { lostAnswer, sessionLost } from './mcp-errors.js'
import type { FloodGates } from './flood-gate.js'
import { discard, statusError } from './refused-request.js'
import { readMessages, type Awaited, type FindAwaited } from './wire-message.js'

/** Options of the HTTP+SSE functions. */
export interface SseFetchOptions {
  readonly now: () => number
  readonly gates: FloodGates
  /** Finds the request of a response on the shared stream. */
  readonly find: FindAwaited
  /** Called when the shared event stream could not be opened or has ended. */
  onStreamError(failure: unknown): void
}

/** Reports errors here, because the SDK's event source doesn't. */
export async function eventStream(
  send: () => Promise<Response>,
  url: URL,
  { onStreamError, find, gates, now }: SseFetchOptions,
): Promise<Response> {
  try {
    const response = await send()
    if (!response.ok) await discard(response, statusError(response, 'connect', now))
    if (response.body === null) return response
    const events = readEvents(response.body, {
      read: (data) => readMessages(data, find),
      gate: gates.stream(),
      onEndpoint: (endpoint) => {
        const place = URL.canParse(endpoint, url) ? new URL(endpoint, url) : undefined
        if (place?.origin !== url.origin)
          onStreamError(badEndpoint('The server names a message endpoint on a different host.'))
        else if (place.username !== '' || place.password !== '')
          onStreamError(badEndpoint('The server names a message endpoint with a password.'))
      },
      onEnd: ended((failure) => onStreamError(failure ?? lostAnswer())),
    })
    return new Response(events, { status: response.status, headers: response.headers })
  } catch (error) {
    onStreamError(error)
    throw error
  }
}

/** Sends a request of HTTP+SSE. The response arrives on the stream, so a refused request did nothing. */
export async function posted(
  send: () => Promise<Response>,
  exchange: Awaited | undefined,
  now: () => number,
): Promise<Response> {
  if (exchange === undefined) return noted(send)
  const response = await send()
  if (response.ok) return response
  const { status } = response
  if (status === 404 || status === 400)
    return discard(
      response,
      exchange.method === 'initialize'
        ? badEndpoint(`The server's message endpoint returned HTTP ${status}.`, status)
        : sessionLost(status),
    )
  return discard(response, statusError(response, 'call', now))
}

/** The request in a body, because the SDK's HTTP+SSE transport doesn't pass headers on. */
export function requestIn<T extends Awaited>(
  { body }: RequestInit,
  { find }: { find(id: unknown): T | undefined },
): T | undefined {
  const sent = typeof body === 'string' ? parseJson(body) : undefined
  return isObject(sent) && typeof sent.method === 'string' ? find(sent.id) : undefined
}

function badEndpoint(message: string, httpStatus?: number): IntegrationError {
  return new IntegrationError('protocol_error', `${message} Report it to the server's author.`, {
    reason: 'bad_endpoint',
    httpStatus,
  })
}
