import { IntegrationError } from '../model/errors.js'

/** Why a server can't be reached, as `reason` of `unreachable` and `timeout`. Only `reset` can occur after the request was sent. */
export type NetworkReason = 'dns' | 'refused' | 'tls' | 'reset' | 'connect'

/** A network error with a message of this package: the platform's may quote a header or a URL. */
export function networkError(reason: NetworkReason, url: URL, mayHaveRun: boolean): IntegrationError {
  const code = reason === 'connect' ? 'timeout' : 'unreachable'
  return new IntegrationError(code, `${url.host}: ${words[reason]}`, { reason, mayHaveRun })
}

/** The error for an aborted signal: its own coded reason, a `timeout`, or `aborted`. */
export function abortError(signal: AbortSignal, mayHaveRun: boolean): IntegrationError {
  const reason: unknown = signal.reason
  if (reason instanceof IntegrationError) return mayHaveRun ? reason.with({ mayHaveRun }) : reason
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError'
  return timedOut
    ? new IntegrationError('timeout', 'The server did not respond in time.', { mayHaveRun })
    : new IntegrationError('aborted', 'The request was aborted.', { mayHaveRun })
}

/** Whether a request can have an effect: only then can a sent request have run a tool or used up a token. */
export function startsWork(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** The reason for a platform's error code; `undefined` if the code doesn't prove that nothing was sent. */
export function reasonOfCode(code: unknown): Exclude<NetworkReason, 'reset'> | undefined {
  if (typeof code !== 'string') return undefined
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'dns'
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'connect'
  if (refusedCodes.has(code)) return 'refused'
  return tlsCode.test(code) ? 'tls' : undefined
}

const refusedCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ConnectionRefused'])
const tlsCode = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_TLS_CERT)/

const words: Record<NetworkReason, string> = {
  dns: 'the host name does not resolve. Check the URL.',
  refused: 'nothing accepts connections there. Check the URL, or try again later.',
  tls: 'no secure connection could be made (TLS). Check that the server speaks https: there and that its certificate is valid for this host.',
  reset: 'the connection broke before the response was complete.',
  connect: 'no connection was made in time. Try again later.',
}
