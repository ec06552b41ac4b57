import type { FetchLike, JSONRPCMessage } from '@modelcontextprotocol/client'
import { readBody } from './answer-body.js'
import { answersAnother, messagesFor, messagesIn, unreadable } from './answer-messages.js'
import type { EndpointFetch } from './connection-contract.js'
import { ended, endpointFetch, noted } from './endpoint-fetch.js'
import { readEvents, type EventReader } from './event-stream.js'
import { exchangeHeader, type Exchange } from './exchange.js'
import { refused } from './refused-request.js'
import { eventStream, posted, requestIn, type SseFetchOptions } from './sse-fetch.js'
import { readMessages } from './wire-message.js'

/** Options of {@link serverFetch}. */
export interface ServerFetchOptions extends SseFetchOptions {
  readonly fetch: EndpointFetch
  readonly transport: 'streamable-http' | 'sse'
  exchange(mark: string | null): Exchange | undefined
  find(id: unknown): Exchange | undefined
}

/**
 * Creates the `fetch` of an SDK transport. Interprets statuses and bodies before the SDK does, and records why a response
 * was cut off.
 */
export function serverFetch(options: ServerFetchOptions): FetchLike {
  const { transport, exchange: find, now } = options
  const fetch = endpointFetch(options.fetch)
  return async (url, init = {}) => {
    const headers = new Headers(init.headers)
    const verb = init.method ?? 'GET'
    const exchange = transport === 'sse' ? requestIn(init, options) : find(headers.get(exchangeHeader))
    headers.delete(exchangeHeader)
    // Depth is checked for each tool, because one that nests too deep must not affect the others.
    const deepJson = exchange?.method === 'tools/list' || (transport === 'sse' && verb === 'GET') ? 'skip' : undefined
    const send = (): Promise<Response> => fetch(url, { ...init, headers, deepJson, ...exchange?.sending })
    if (transport === 'sse')
      return verb === 'GET' ? eventStream(send, new URL(url), options) : posted(send, exchange, now)
    if (verb === 'GET') {
      // The stream of unsolicited messages is opened elsewhere, later and only if there is a listener.
      if (!headers.has('last-event-id')) return new Response(null, { status: 405 })
      return unaskedEvents(await send(), { find: options.find, gate: options.gates.resumed(), onEnd: () => undefined })
    }
    if (exchange === undefined) return verb === 'POST' ? noted(send) : send()
    // A received response is read instead of sending the request again.
    const response = await (exchange.received ?? send())
    exchange.received = undefined
    return answerTo(exchange, response, { inSession: headers.has('mcp-session-id'), now, gates: options.gates })
  }
}

/** The response of Streamable HTTP in a form that the SDK's transport accepts. */
async function answerTo(
  exchange: Exchange,
  response: Response,
  { inSession, now, gates }: { readonly inSession: boolean } & Pick<ServerFetchOptions, 'now' | 'gates'>,
): Promise<Response> {
  if (!response.ok) return refused(response, exchange, inSession, now)
  const answer = await readBody(response)
  const headers = new Headers(response.headers)
  if (answer.kind !== 'stream') {
    headers.set('content-type', 'application/json')
    return new ParsedResponse(messagesIn(answer, exchange, response.status), { status: 200, headers })
  }
  exchange.streams = true
  headers.set('content-type', 'text/event-stream')
  const events = readEvents(answer.body, {
    read: (data) => {
      const messages = messagesFor(exchange, data)
      if (messages.some((message) => isAnswer(message) && message.id !== exchange.id))
        exchange.failure = unreadable(exchange, answersAnother)
      return messages
    },
    onUnreadable: () => (exchange.failure ??= unreadable(exchange, 'The server sent an event that is not valid JSON.')),
    gate: gates.stream(),
    onEnd: ended((failure) => (exchange.failure = failure ?? exchange.failure)),
  })
  return new Response(events, { status: 200, headers })
}

/** A stream of unsolicited messages, or the rest of a response stream, with converted events. */
export function unaskedEvents(
  response: Response,
  { find, gate, onEnd }: Pick<ServerFetchOptions, 'find'> & Pick<EventReader, 'gate' | 'onEnd'>,
): Response {
  if (!response.ok || response.body === null) return response
  const events = readEvents(response.body, {
    read: (data) => readMessages(data, find),
    gate,
    onEnd: ended(onEnd),
  })
  return new Response(events, { status: response.status, headers: response.headers })
}

class ParsedResponse extends Response {
  readonly #json: unknown

  constructor(json: unknown, init: ResponseInit) {
    super(null, init)
    this.#json = json
  }

  override json(): Promise<unknown> {
    return Promise.resolve(this.#json)
  }
}

function isAnswer(message: JSONRPCMessage): message is Exclude<JSONRPCMessage, { method: string }> {
  return !('method' in message)
}
