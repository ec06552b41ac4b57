import { SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import { FloodGates } from './flood-gate.js'
import { GuardedTransport, type GuardOptions } from './guarded-transport.js'
import { serverFetch, type ServerFetchOptions } from './server-fetch.js'
import { PlainRequests } from './plain-requests.js'
import { receiveUnasked } from './unasked-messages.js'

/** A transport that can be connected, once, and what goes with it. */
export interface OpenTransport {
  readonly transport: GuardedTransport
  readonly state: ConnectionState
  /** Streamable HTTP: sends requests without the SDK's client. */
  plainRequests?(agreed: Pick<ServerProfile, 'era' | 'protocolVersion'>): PlainRequests
  /** Legacy Streamable HTTP: makes the server forget the session. */
  terminate(): Promise<void>
  /** Legacy Streamable HTTP: receives what the server sends unasked, until its stream ends. */
  receive(signal: AbortSignal, onOpen: () => void): Promise<'ended' | 'unavailable'>
}

/** The state of a connection between requests. */
export interface ConnectionState {
  broken: boolean
  /** A request on it was answered. */
  proven?: boolean | undefined
  /** Called with the error of a broken connection, if known. */
  onError?: ((failure: unknown) => void) | undefined
}

/** What is known of a server before its transport is made. */
export interface KnownServer extends Pick<GuardOptions, 'early' | 'handshake'> {
  /** A session to continue, with the revision that was agreed on for it. */
  readonly sessionId?: string | undefined
  readonly protocolVersion?: string | undefined
}

/** Makes the SDK's transport of a kind, guarded, over the endpoint's own `fetch`. */
export async function openTransport(
  { endpoint, runtime, timeoutMs, maxMessageBytes }: OpenOptions,
  kind: ServerProfile['transport'],
  { sessionId, protocolVersion, early, handshake }: KnownServer,
): Promise<OpenTransport> {
  const state: ConnectionState = { broken: false }
  const questionMs = timeoutMs / 2
  const gates = new FloodGates(() => runtime.now())
  if ('local' in endpoint) {
    // Opaque in the port, so that no SDK type is in our declarations.
    const inner = (await endpoint.local.open({ maxMessageBytes })) as Transport
    const guarded = new GuardedTransport(inner, {
      answersInResponse: false,
      unread: true,
      gate: gates.stream(),
      questionMs,
      runtime,
    })
    return { transport: guarded, state, ...withoutSession }
  }
  const url = new URL(endpoint.url)
  const server: ServerFetchOptions = {
    fetch: endpoint.fetch,
    transport: kind === 'sse' ? 'sse' : 'streamable-http',
    now: () => runtime.now(),
    gates,
    exchange: (mark) => transport.exchange(mark),
    find: (id) => transport.find(id),
    onStreamError: (failure) => {
      state.broken = true
      state.onError?.(failure)
      transport.giveUpAll()
      void transport.close().catch(() => undefined)
    },
  }
  const inner =
    kind === 'sse'
      ? new SSEClientTransport(url, { fetch: serverFetch(server) })
      : new StreamableHTTPClientTransport(url, {
          fetch: serverFetch(server),
          sessionId,
          protocolVersion: sessionId === undefined ? undefined : protocolVersion,
          reconnectionScheduler: (reconnect, delay) => runtime.setTimer(reconnect, clampDelay(delay)),
        })
  const transport = new GuardedTransport(inner, {
    answersInResponse: kind !== 'sse',
    unread: false,
    questionMs,
    runtime,
    early,
    handshake,
  })
  return {
    transport,
    state,
    ...(inner instanceof StreamableHTTPClientTransport
      ? {
          plainRequests: (agreed) =>
            new PlainRequests({
              url,
              server,
              runtime,
              session: inner,
              notify: (message) => transport.send(message),
              deliver: (message) => transport.deliver(message),
              ...agreed,
            }),
          terminate: () => inner.terminateSession(),
          receive: (signal, onOpen) =>
            receiveUnasked({
              url,
              fetch: endpoint.fetch,
              session: inner,
              deliverTo: transport,
              gates,
              signal,
              onOpen,
            }),
        }
      : withoutSession),
  }
}

/** There is no session to end, and what is unasked comes on the stream that is there. */
const withoutSession = {
  terminate: () => Promise.resolve(),
  receive: () => Promise.resolve('unavailable' as const),
}

/** Clamps a server's requested pause, in ms: a timer takes at most 31 bits, and nobody waits longer than a minute. */
function clampDelay(ms: number): number {
  return Math.min(Math.max(ms, 10), 60_000)
}
