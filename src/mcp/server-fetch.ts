import type { FetchLike } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import { exchangeHeader, type Exchange } from './guarded-transport.js'
import { httpError, lostAnswer, NetworkFailure, sessionLost, unsupportedVersion, type Doing } from './server-errors.js'

/** The `fetch` an integration's requests go through. */
export type EndpointFetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** What {@link serverFetch} is made of. */
export interface ServerFetchOptions {
  readonly fetch: EndpointFetch
  readonly transport: 'streamable-http' | 'sse'
  readonly now: () => number
  exchange(mark: string | null): Exchange | undefined
  /** HTTP+SSE: the event stream that all answers come on could not be opened, or has ended. */
  onStreamFault(fault: unknown): void
}

/** The question for the era met something that is no Streamable HTTP endpoint, by all that can be seen. */
export class ProbeRefused extends Error {}

/**
 * The `fetch` that an SDK transport is given. It says what a status means before the SDK reads a body, and remembers why
 * an answer broke off.
 */
export function serverFetch(options: ServerFetchOptions): FetchLike {
  const { transport, exchange: find, onStreamFault, now } = options
  const fetch: EndpointFetch = (url, init) => options.fetch(url, init).catch(failed)
  return async (url, init = {}) => {
    const headers = new Headers(init.headers)
    const exchange = find(headers.get(exchangeHeader))
    headers.delete(exchangeHeader)
    const verb = init.method ?? 'GET'
    // The stream for unasked messages is opened by ourselves, later and only when somebody listens.
    if (transport === 'streamable-http' && verb === 'GET' && !headers.has('last-event-id'))
      return new Response(null, { status: 405 })

    if (transport === 'sse' && verb === 'GET')
      return eventStream(() => fetch(url, { ...init, headers }), onStreamFault, now)
    const response = await fetch(url, { ...init, headers })
    if (transport === 'sse') return posted(response, now)
    if (exchange === undefined) return response
    if (!response.ok) return refused(response, exchange, headers.has('mcp-session-id'), now)
    const type = response.headers.get('content-type') ?? ''
    if (response.status === 202 || response.status === 204) {
      await response.body?.cancel()
      throw new IntegrationError('protocol_error', 'The server took a request and will not answer it.', {
        mayHaveRun: true,
      })
    }
    if (!/^\s*text\/event-stream\b/i.test(type)) return response
    exchange.streams = true
    return observed(response, (fault) => (exchange.fault = fault))
  }
}

/** What goes wrong here reaches nobody through the SDK's event source, so it is told. */
async function eventStream(
  open: () => Promise<Response>,
  onFault: (fault: unknown) => void,
  now: () => number,
): Promise<Response> {
  try {
    const response = await open()
    if (!response.ok) await discard(response, statusError(response, 'connect', now))
    return observed(response, (fault) => onFault(fault ?? lostAnswer()))
  } catch (error) {
    onFault(error)
    throw error
  }
}

/** HTTP+SSE: the answer comes on the stream, so that a refused request was not carried out. */
async function posted(response: Response, now: () => number): Promise<Response> {
  if (response.ok) return response
  return discard(
    response,
    response.status === 404 || response.status === 400
      ? sessionLost(response.status)
      : statusError(response, 'call', now),
  )
}

async function refused(
  response: Response,
  exchange: Exchange,
  inSession: boolean,
  now: () => number,
): Promise<Response> {
  const { status } = response
  if (status === 404 && inSession) return discard(response, sessionLost(status))
  if (status === 401 || status === 403 || status === 408 || status === 429 || status >= 500)
    return discard(response, statusError(response, exchange.method === 'tools/call' ? 'call' : 'list', now))
  if (exchange.method === 'server/discover') return status === 404 || status === 405 ? probed(response, now) : response
  if (status !== 400) return response
  const text = await response.text()
  const error = errorOf(text)
  if (error?.code === -32022) throw unsupportedVersion()
  // Many servers look a session up themselves and answer 400; without the request's id it was refused before dispatch.
  if (inSession && error?.hasId === false) throw sessionLost(status)
  return new Response(text, { status, headers: response.headers })
}

/** A server of Streamable HTTP says in JSON-RPC what it doesn't know. */
async function probed(response: Response, now: () => number): Promise<Response> {
  const text = await response.text()
  if (typeof errorOf(text)?.code === 'number')
    return new Response(text, { status: response.status, headers: response.headers })
  throw new ProbeRefused('No Streamable HTTP here.', { cause: statusError(response, 'connect', now) })
}

function statusError({ status, headers }: Response, doing: Doing, now: () => number): IntegrationError {
  return httpError(status, doing, { headers, now: now() })
}

function errorOf(text: string): { readonly code: unknown; readonly hasId: boolean } | undefined {
  try {
    const body = JSON.parse(text) as { id?: unknown; error?: { code?: unknown } | undefined } | null
    return body?.error === undefined ? undefined : { code: body.error.code, hasId: (body.id ?? null) !== null }
  } catch {
    return undefined
  }
}

async function discard(response: Response, error: IntegrationError): Promise<never> {
  await response.body?.cancel().catch(() => undefined)
  throw error
}

/** Errors with a name of their own stay as they are. */
function failed(error: unknown): never {
  throw error instanceof TypeError ? new NetworkFailure(error) : error
}

/** The same response; `onEnd` is told when its body ended, with the error that ended it if there was one. */
export function observed(response: Response, onEnd: (fault: unknown) => void): Response {
  if (response.body === null) return response
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          onEnd(undefined)
          controller.close()
        } catch (error) {
          const fault = error instanceof TypeError ? new NetworkFailure(error) : error
          onEnd(fault)
          throw fault
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status: response.status, headers: response.headers })
}
