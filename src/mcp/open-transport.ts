import { SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { isIntegrationError } from '../model/errors.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import { FloodGates } from './flood-gate.js'
import { GuardedTransport, type GuardOptions } from './guarded-transport.js'
import { serverFetch, type ServerFetchOptions } from './server-fetch.js'
import { PlainRequests } from './plain-requests.js'
import { receiveUnasked } from './unasked-messages.js'

/** A transport that can be connected once, with its functions. */
export interface OpenTransport {
  readonly transport: GuardedTransport
  readonly state: ConnectionState
  /** Streamable HTTP: sends requests without the SDK's client. */
  plainRequests?(agreed: Pick<ServerProfile, 'era' | 'protocolVersion'>): PlainRequests
  /** Legacy Streamable HTTP: ends the session at the server. */
  terminate(): Promise<void>
  /** Legacy Streamable HTTP: receives unsolicited messages until the stream ends. */
  receive(signal: AbortSignal, onOpen: () => void): Promise<'ended' | 'unavailable'>
}

/** The state of a connection between requests. */
export interface ConnectionState {
  broken: boolean
  /** Whether a request got a response. */
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

/** Creates the SDK's transport of a kind with a guard, over the endpoint's `fetch`. */
export async function openTransport(
  { endpoint, runtime, timeoutMs, maxMessageBytes }: OpenOptions,
  kind: ServerProfile['transport'],
  { sessionId, protocolVersion, early, handshake }: KnownServer,
): Promise<OpenTransport> {
  const state: ConnectionState = { broken: false }
  const questionMs = timeoutMs / 2
  const gates = new FloodGates(() => runtime.now())
  if ('local' in endpoint) {
    // The port declares `unknown`, so that our declarations contain no SDK type.
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
      // Requests that wait on this stream were already sent.
      transport.giveUpAll(isIntegrationError(failure) ? failure.with({ mayHaveRun: true }) : undefined)
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
          reconnectionScheduler: (reconnect, delay) =>
            runtime.setTimer(reconnect, clampDelay(gates.pauseBeforeResuming(delay))),
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

/** For transports without sessions: there is none to end, and unsolicited messages arrive on the only stream. */
const withoutSession = {
  terminate: () => Promise.resolve(),
  receive: () => Promise.resolve('unavailable' as const),
}

/** Clamps a server's requested pause, in ms. Timers accept at most 31 bits, and a minute is the longest useful pause. */
function clampDelay(ms: number): number {
  return Math.min(Math.max(ms, 10), 60_000)
}
