import { isIntegrationError } from '../model/errors.js'
import { isClientError } from './client-authentication.js'
import type { CredentialRecord, CredentialSecrets } from './credential-record.js'
import type { IntegrationError } from '../model/errors.js'
import type { PassingFault } from './token-outcome.js'

/** What a failed refresh means for the grant. */
export type RefreshFailure =
  /** The authorization server's final word. `dropClient`: it no longer knows the client that we registered. */
  | {
      readonly type: 'final'
      readonly reason:
        'refresh_rejected' | 'refresh_outcome_unknown' | 'credential_rejected' | 'client_rejected' | 'issuer_changed'
      readonly dropClient?: true | undefined
      /** Somebody may fix it without a sign-in, so it is retried from time to time. */
      readonly revivable?: true | undefined
    }
  | PassingFailure

/** The grant is kept. */
export interface PassingFailure {
  readonly type: 'passing'
  readonly code: PassingFault
  readonly retryAfterMs?: number | undefined
  /** The request may have arrived and its answer is lost. */
  readonly lost: boolean
  /** The authorization server said no, in words that are not final by themselves. */
  readonly refused: boolean
}

/** What ends a grant at once, in the words of the field. */
const endOfGrant = new Set([
  'invalid_grant', 'invalid_refresh_token', 'bad_refresh_token', 'interaction_required', 'consent_required',
  'login_required', 'account_selection_required', 'unsupported_grant_type',
]) // prettier-ignore

/**
 * Judges a failed refresh: some words are final; a refusal in other words is counted, see {@link isLastRefusal}; everything
 * else passes.
 *
 * @param doubt - an earlier answer to the same refresh token was lost.
 */
export function judgeFailure(error: unknown, { context }: CredentialSecrets, doubt: boolean): RefreshFailure {
  if (!isIntegrationError(error)) return { type: 'passing', code: 'server_error', lost: true, refused: false }
  const { code, reason = '', retryAfterMs } = error
  if (code === 'authorization_failed') {
    if (reason === 'issuer_changed') return { type: 'final', reason }
    if (endOfGrant.has(reason)) return { type: 'final', reason: doubt ? 'refresh_outcome_unknown' : 'refresh_rejected' }
    if (isClientError(error))
      return context.client.source === 'dynamic'
        ? { type: 'final', reason: 'credential_rejected', dropClient: true }
        : { type: 'final', reason: 'client_rejected', revivable: true }
  }
  return { type: 'passing', code: passing(error), lost: isLost(error), refused: isRefusal(error), retryAfterMs }
}

/** An answer of the authorization server itself that says no: neither a web page nor an outage. */
function isRefusal({ code, reason, httpStatus = 0 }: IntegrationError): boolean {
  const said = code === 'authorization_failed' && reason !== 'token_response_invalid'
  const status = (httpStatus >= 400 && httpStatus <= 404) || httpStatus === 410 || httpStatus === 422
  return said && (status || (httpStatus >= 200 && httpStatus < 300))
}

/**
 * Whether the endpoint that was asked may be the wrong one by now: it is gone, or says no in words about no grant.
 * Nothing was done, so another one may be asked.
 */
export function mayHaveMoved(error: unknown): boolean {
  if (!isIntegrationError(error)) return false
  const { code, httpStatus = 0, mayHaveRun } = error
  const isGone = httpStatus === 404 || httpStatus === 405 || httpStatus === 410
  return isGone || isRefusal(error) || code === 'redirect_refused' || (code === 'unreachable' && !mayHaveRun)
}

const mostRefusals = 3
const refusedForMs = 10 * 60_000

/** Whether a refusal in other words than those of the standard has lasted: three, over more than ten minutes. */
export function isLastRefusal(previous: CredentialRecord['attempt'], now: number): boolean {
  const { refusals } = previous ?? {}
  return refusals !== undefined && refusals.count + 1 >= mostRefusals && now - refusals.since > refusedForMs
}

const shortestWait = 30_000
const longestWait = 5 * 60_000
const longestAskedWait = 15 * 60_000

/** When the next attempt may be made: 30 s after the first failure, twice as long after each, at most 5 min (15 if asked), with jitter. */
export function nextAttempt(
  now: number,
  failure: PassingFailure,
  previous: CredentialRecord['attempt'],
): NonNullable<CredentialRecord['attempt']> {
  const count = (previous?.count ?? 0) + 1
  const backoff = Math.min(shortestWait * 2 ** Math.min(count - 1, 10), longestWait)
  const asked = Math.min(failure.retryAfterMs ?? 0, longestAskedWait)
  const wait = Math.max(backoff, asked) * (1 + Math.random() / 5)
  const before = previous?.refusals ?? { count: 0, since: now }
  return {
    code: failure.code,
    count,
    retryAt: now + Math.ceil(wait),
    doubt: failure.lost || previous?.doubt === true,
    refusals: failure.refused ? { ...before, count: before.count + 1 } : previous?.refusals,
  }
}

/** An answer that ends unread, or that nobody could read, may have held the new tokens. */
function isLost({ code, mayHaveRun, reason, httpStatus = 200 }: IntegrationError): boolean {
  const isUnreadable = reason === 'token_response_invalid' && httpStatus >= 200 && httpStatus < 300
  return isUnreadable || code === 'response_too_large' || (mayHaveRun && code !== 'redirect_refused')
}

const passingFaults: readonly PassingFault[] = [
  'unreachable',
  'timeout',
  'server_error',
  'rate_limited',
  'response_too_large',
  'url_refused',
]

function passing({ code }: IntegrationError): PassingFault {
  return passingFaults.find((fault) => fault === code) ?? 'server_error'
}
