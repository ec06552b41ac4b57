import { isIntegrationError } from '../model/errors.js'
import type { CredentialRecord, CredentialSecrets } from './credential-record.js'
import type { IntegrationError } from '../model/errors.js'
import type { PassingFault } from './token-outcome.js'

/** What a failed refresh means for the grant. */
export type RefreshFailure =
  /** The authorization server's final word. `dropClient`: it no longer knows the client that we registered. */
  | {
      readonly type: 'final'
      readonly reason: 'refresh_rejected' | 'refresh_outcome_unknown' | 'credential_rejected'
      readonly dropClient?: true | undefined
    }
  /** The grant is kept. `lost`: the request may have arrived and its answer is lost. */
  | {
      readonly type: 'passing'
      readonly code: PassingFault
      readonly retryAfterMs?: number | undefined
      readonly lost: boolean
    }

/**
 * Judges a failed refresh. Only `invalid_grant` is final, and `invalid_client` or `unauthorized_client` for a client that
 * was registered dynamically; everything else passes.
 *
 * @param doubt - an earlier answer to the same refresh token was lost.
 */
export function judgeFailure(error: unknown, { context }: CredentialSecrets, doubt: boolean): RefreshFailure {
  if (!isIntegrationError(error)) return { type: 'passing', code: 'protocol_error', lost: true }
  const { code, reason, retryAfterMs } = error
  if (code === 'authorization_failed') {
    if (reason === 'invalid_grant')
      return { type: 'final', reason: doubt ? 'refresh_outcome_unknown' : 'refresh_rejected' }
    if ((reason === 'invalid_client' || reason === 'unauthorized_client') && context.client.source === 'dynamic') {
      return { type: 'final', reason: 'credential_rejected', dropClient: true }
    }
  }
  return {
    type: 'passing',
    code: passing(error),
    lost: isLost(error),
    retryAfterMs,
  }
}

const shortestWait = 30_000
const longestWait = 5 * 60_000
const longestAskedWait = 15 * 60_000

/** When the next attempt may be made: 30 s after the first failure, twice as long after each, at most 5 min (15 if asked), with jitter. */
export function nextAttempt(
  now: number,
  failure: RefreshFailure & { type: 'passing' },
  previous: CredentialRecord['attempt'],
): NonNullable<CredentialRecord['attempt']> {
  const count = (previous?.count ?? 0) + 1
  const backoff = Math.min(shortestWait * 2 ** Math.min(count - 1, 10), longestWait)
  const asked = Math.min(failure.retryAfterMs ?? 0, longestAskedWait)
  const wait = Math.max(backoff, asked) * (1 + Math.random() / 5)
  return { code: failure.code, count, retryAt: now + Math.ceil(wait), doubt: failure.lost || previous?.doubt === true }
}

/** An answer that ends unread, or that nobody could read, may have held the new tokens. */
function isLost({ code, mayHaveRun, reason, httpStatus }: IntegrationError): boolean {
  const unreadable =
    reason === 'token_response_invalid' ||
    code === 'response_too_large' ||
    (code === 'protocol_error' && httpStatus === 200)
  return unreadable || (mayHaveRun && code !== 'redirect_refused')
}

const passingFaults: readonly PassingFault[] = [
  'unreachable',
  'timeout',
  'server_error',
  'rate_limited',
  'protocol_error',
  'response_too_large',
  'url_refused',
]

function passing({ code, reason }: IntegrationError): PassingFault {
  if (reason === 'token_response_invalid') return 'protocol_error'
  return passingFaults.find((fault) => fault === code) ?? 'server_error'
}
