import { SUPPORTED_PROTOCOL_VERSIONS, type FetchLike, type JSONRPCMessage } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import { isObject } from './absent.js'
import { parseJson, readBody, type AnswerBody } from './answer-body.js'
import type { EndpointFetch } from './connection-contract.js'
import { readEvents } from './event-stream.js'
import type { FloodGates } from './flood-gate.js'
import { exchangeHeader, type Exchange } from './guarded-transport.js'
import {
  httpError,
  lostAnswer,
  NetworkFailure,
  notMcp,
  RpcRefusal,
  SessionRefusal,
  sessionLost,
  unsupportedVersion,
  type Doing,
} from './server-errors.js'
import { hasNoId, isSameId, readMessage, readMessages, type Awaited, type FindAwaited } from './wire-message.js'

/** Options of {@link serverFetch}. */
export interface ServerFetchOptions {
  readonly fetch: EndpointFetch
  readonly transport: 'streamable-http' | 'sse'
  readonly now: () => number
  readonly gates: FloodGates
  exchange(mark: string | null): Exchange | undefined
  /** HTTP+SSE: the request that an answer on the shared stream belongs to. */
  readonly find: FindAwaited
  /** HTTP+SSE: the event stream that all answers come on could not be opened, or has ended. */
  onStreamFault(fault: unknown): void
}

/** Thrown when the `server/discover` probe shows no Streamable HTTP endpoint. */
export class ProbeRefused extends Error {}

/**
 * The `fetch` that an SDK transport is given. It reads what a status and a body mean before the SDK does, and remembers
 * why an answer broke off.
 */
export function serverFetch(options: ServerFetchOptions): FetchLike {
  const { transport, exchange: find, now } = options
  const fetch = endpointFetch(options.fetch)
  return async (url, init = {}) => {
    const headers = new Headers(init.headers)
    const exchange = find(headers.get(exchangeHeader))
    headers.delete(exchangeHeader)
    const verb = init.method ?? 'GET'
    // Depth counts per tool: one that nests too deep must not take the others with it.
    const deepJson = exchange?.method === 'tools/list' || (transport === 'sse' && verb === 'GET') ? 'skip' : undefined
    const send = (): Promise<Response> => fetch(url, { ...init, headers, deepJson, beforeSend: exchange?.beforeSend })
    if (transport === 'sse')
      return verb === 'GET'
        ? eventStream(send, new URL(url), options)
        : posted(send, exchange ?? requestIn(init, options), now)
    if (verb === 'GET') {
      // The stream for unasked messages is opened by ourselves, later and only when somebody listens.
      if (!headers.has('last-event-id')) return new Response(null, { status: 405 })
      return unaskedEvents(await send(), { find: options.find, gates: options.gates, onEnd: () => undefined })
    }
    if (exchange === undefined) return verb === 'POST' ? noted(send) : send()
    // What came already is read as if it were asked for now: nothing is sent twice.
    const response = exchange.received ?? (await send())
    exchange.received = undefined
    return answerTo(exchange, response, { inSession: headers.has('mcp-session-id'), now, gates: options.gates })
  }
}

/** Wraps `fetch` and converts its errors. */
export function endpointFetch(fetch: EndpointFetch): EndpointFetch {
  return (url, init) => fetch(url, init).catch(failed)
}

/** The answer to a request of Streamable HTTP as the SDK's transport takes it: nothing in it is left to refuse. */
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
        exchange.fault = unreadable(exchange, answersAnother)
      return messages
    },
    onUnreadable: () => (exchange.fault ??= unreadable(exchange, 'The server sent an event that is not valid JSON.')),
    gate: gates.stream(),
    onEnd: ended((fault) => (exchange.fault = fault ?? exchange.fault)),
  })
  return new Response(events, { status: 200, headers })
}

/** What was sent in the answer to a request, as the messages it means. */
export function messagesFor(exchange: Awaited, sent: unknown): readonly JSONRPCMessage[] {
  return readMessages(sent, (id) => awaitedBy(exchange, id))
}

/** Events that answer no request, or the rest of those that do, read as the messages they mean. */
export function unaskedEvents(
  response: Response,
  { find, gates, onEnd }: Pick<ServerFetchOptions, 'find' | 'gates'> & { onEnd(fault: unknown): void },
): Response {
  if (!response.ok || response.body === null) return response
  const events = readEvents(response.body, {
    read: (data) => readMessages(data, find),
    gate: gates.stream(),
    onEnd: ended(onEnd),
  })
  return new Response(events, { status: response.status, headers: response.headers })
}

/** Nothing depends on the answer to a notification, not even whether there is one. */
async function noted(send: () => Promise<Response>): Promise<Response> {
  const response = await send().catch(() => undefined)
  await response?.body?.cancel().catch(() => undefined)
  return new Response(null, { status: 204 })
}

/**
 * The messages of a successful answer that is no stream.
 *
 * @throws IntegrationError when nothing in it answers the request
 */
export function messagesIn(
  answer: Exclude<AnswerBody, { readonly kind: 'stream' }>,
  exchange: Awaited,
  status: number,
): readonly JSONRPCMessage[] {
  switch (answer.kind) {
    case 'json':
      return messagesInJson(answer.text, exchange)
    case 'page':
      throw notMcp(doingOf(exchange))
    case 'unknown':
      throw unreadable(exchange, 'The server sent a response that is not JSON.')
    case 'nothing':
      throw unreadable(
        exchange,
        status === 202 || status === 204
          ? 'The server accepted a request but will not respond to it.'
          : 'The server sent an empty response.',
      )
  }
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

const answersAnother = 'The server sent a response to a different request.'

function messagesInJson(text: string, exchange: Awaited): readonly JSONRPCMessage[] {
  const sent = parseJson(text)
  if (sent === undefined) throw unreadable(exchange, 'The server sent invalid JSON.')
  const messages = messagesFor(exchange, sent)
  if (messages.some((message) => 'id' in message && message.id === exchange.id)) return messages
  if (messages.length > 0) throw unreadable(exchange, answersAnother)
  if (exchange.method === 'initialize') throw notMcp('connect', 'Something else')
  throw unreadable(exchange, 'The server sent JSON that is no MCP message.')
}

/** Over HTTP the answer comes in the response to its request, so that one without an id of its own belongs there. */
function awaitedBy(exchange: Awaited, id: unknown): Awaited | undefined {
  return hasNoId(id) || isSameId(id, exchange.sentAs ?? exchange.id) ? exchange : undefined
}

/** Reports errors here, because the SDK's event source doesn't. */
async function eventStream(
  send: () => Promise<Response>,
  url: URL,
  { onStreamFault, find, gates, now }: ServerFetchOptions,
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
          onStreamFault(badEndpoint('The server names a message endpoint on a different host.'))
      },
      onEnd: ended((fault) => onStreamFault(fault ?? lostAnswer())),
    })
    return new Response(events, { status: response.status, headers: response.headers })
  } catch (error) {
    onStreamFault(error)
    throw error
  }
}

/** HTTP+SSE: the answer comes on the stream, so that a refused request was not carried out. */
async function posted(
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
function requestIn({ body }: RequestInit, { find }: ServerFetchOptions): Awaited | undefined {
  const sent = typeof body === 'string' ? parseJson(body) : undefined
  return isObject(sent) && typeof sent.method === 'string' ? find(sent.id) : undefined
}

function badEndpoint(message: string, httpStatus?: number): IntegrationError {
  return new IntegrationError('protocol_error', `${message} Report it to the server's author.`, {
    reason: 'bad_endpoint',
    httpStatus,
  })
}

/** A request that was refused by its status; a JSON-RPC error with its id says more than that. */
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
  if (method === 'server/discover' || method === 'initialize') {
    // A server that stumbles over the question for its era may know the older handshake: the question costs no connection.
    if (method === 'server/discover' && status >= 500)
      return new Response(text, { status: 400, headers: response.headers })
    if (error?.code !== undefined || status < 500 || namesRevision(text)) {
      const isProbe = method === 'server/discover' && (status === 404 || status === 405)
      if (isProbe && error === undefined)
        throw new ProbeRefused('No Streamable HTTP here.', { cause: statusError(response, 'connect', now) })
      return new Response(text, { status, headers: response.headers })
    }
    throw statusError(response, 'connect', now)
  }
  if (error?.isOurs === true) throw new RpcRefusal({ ...error, httpStatus: status })
  if (status === 404 && inSession) throw sessionLost(status, text)
  // Many servers look a session up themselves and answer 400; without the request's id it was refused before dispatch.
  if (status === 400 && error !== undefined) {
    const refusal = new RpcRefusal({ ...error, httpStatus: status })
    throw inSession ? new SessionRefusal(refusal) : refusal
  }
  throw statusError(response, doingOf(exchange), now, text)
}

/** A handshake that is refused for its revision says which others there are, whatever its status. */
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

function doingOf({ method }: Awaited): Doing {
  if (method === 'tools/call') return 'call'
  return method === 'initialize' || method === 'server/discover' ? 'connect' : 'list'
}

function statusError({ status, headers }: Response, doing: Doing, now: () => number, body?: string): IntegrationError {
  return httpError(status, doing, { headers, now: now() }, body)
}

function unreadable(exchange: Awaited, message: string): IntegrationError {
  return new IntegrationError('protocol_error', message, { mayHaveRun: doingOf(exchange) === 'call' })
}

async function discard(response: Response, error: IntegrationError): Promise<never> {
  await response.body?.cancel().catch(() => undefined)
  throw error
}

/** Errors with a name of their own stay as they are. */
function failed(error: unknown): never {
  throw error instanceof TypeError ? new NetworkFailure(error) : error
}

function ended(onEnd: (fault: unknown) => void): (fault: unknown) => void {
  return (fault) => onEnd(fault instanceof TypeError ? new NetworkFailure(fault) : fault)
}
