import type { RegistryRuntime } from '../ports/runtime.js'
import type { BodySource } from '../model/lean-response.js'
import type { EgressOptions } from './url-policy.js'

/**
 * Sends a checked request and returns the head of its response. Never follows a redirect. One file implements it for
 * Node, another for every other platform.
 */
export interface Dialer {
  /** @throws `unreachable`, `timeout`, `url_refused`, `protocol_error`, `aborted`, `closed`, or the signal's own `IntegrationError` */
  send(request: OutgoingRequest): Promise<IncomingResponse>
  /** Ends running requests with `closed`, and resolves when no socket or timer is left. */
  close(): Promise<void>
}

/** A request that may be sent. */
export interface OutgoingRequest {
  /** A URL that has passed `checkUrl`. */
  readonly url: URL
  readonly method: string
  /** Headers by their lower-case names; names and values are checked. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string | Uint8Array | undefined
  readonly signal: AbortSignal | undefined
  /** A final check on an open connection: the request is sent next or, if the check throws, never. */
  readonly beforeSend?: BeforeSend | undefined
}

/** @param waited - whether the request waited for a connection */
export type BeforeSend = (waited: boolean) => Promise<void>

/** The head of a response, with its body to read. */
export interface IncomingResponse {
  readonly status: number
  readonly headers: Headers | [string, string][]
  readonly body: BodySource
}

/** Options of every platform's `createDialer`. */
export interface DialerOptions {
  readonly egress: EgressOptions
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
}
