import { IntegrationError } from '../model/errors.js'
import { isObject } from './absent.js'
import { parseJson } from './answer-body.js'
import { ended, noted } from './endpoint-fetch.js'
import { readEvents } from './event-stream.js'
import { lostAnswer, sessionLost } from './mcp-errors.js'
import type { FloodGates } from './flood-gate.js'
import { discard, statusError } from './refused-request.js'
import { readMessages, type Awaited, type FindAwaited } from './wire-message.js'

/** What answers of HTTP+SSE are read with. */
export interface SseFetchOptions {
  readonly now: () => number
  readonly gates: FloodGates
  /** The request that an answer on the shared stream belongs to. */
  readonly find: FindAwaited
  /** The event stream that all answers come on could not be opened, or has ended. */
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
        if (!URL.canParse(endpoint, url) || new URL(endpoint, url).origin !== url.origin)
          onStreamError(badEndpoint('The server names a message endpoint on a different host.'))
      },
      onEnd: ended((failure) => onStreamError(failure ?? lostAnswer())),
    })
    return new Response(events, { status: response.status, headers: response.headers })
  } catch (error) {
    onStreamError(error)
    throw error
  }
}

/** HTTP+SSE: the answer comes on the stream, so that a refused request was not carried out. */
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

/** The SDK's transport of HTTP+SSE sends no headers of ours: which request it is stands in what is sent. */
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
