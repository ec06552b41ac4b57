import { isIntegrationError } from '../model/errors.js'
import { isClientError } from './client-authentication.js'
import type { CredentialRecord, CredentialSecrets } from './credential-record.js'
import type { IntegrationError } from '../model/errors.js'
import type { TemporaryErrorCode } from './token-outcome.js'

/** The consequence of a failed refresh for the grant. */
export type RefreshFailure =
  /** The authorization server ended the grant. `dropClient`: it no longer knows the registered client. */
  | {
      readonly type: 'final'
      readonly reason:
        'refresh_rejected' | 'refresh_outcome_unknown' | 'credential_rejected' | 'client_rejected' | 'issuer_changed'
      readonly dropClient?: true | undefined
      /** The problem can be fixed without a sign-in, so the refresh is retried from time to time. */
      readonly revivable?: true | undefined
    }
  | TemporaryFailure

/** The grant is kept. */
export interface TemporaryFailure {
  readonly type: 'temporary'
  readonly code: TemporaryErrorCode
  readonly retryAfterMs?: number | undefined
  /** Whether the request may have arrived and its response was lost. */
  readonly lost: boolean
  /** Whether the authorization server refused with an error that is not final by itself. */
  readonly refused: boolean
}

/** OAuth error codes that end a grant at once. */
const endOfGrant = new Set([
  'invalid_grant', 'invalid_refresh_token', 'bad_refresh_token', 'interaction_required', 'consent_required',
  'login_required', 'account_selection_required', 'unsupported_grant_type',
]) // prettier-ignore

/**
 * Classifies a failed refresh: some error codes are final; other refusals are counted, see {@link isLastRefusal};
 * everything else is temporary.
 *
 * @param doubt - whether an earlier response to the same refresh token was lost
 */
export function classifyFailure(error: unknown, { context }: CredentialSecrets, doubt: boolean): RefreshFailure {
  if (!isIntegrationError(error)) return { type: 'temporary', code: 'server_error', lost: true, refused: false }
  const { code, reason = '', retryAfterMs } = error
  if (code === 'authorization_failed') {
    if (reason === 'issuer_changed') return { type: 'final', reason }
    if (endOfGrant.has(reason)) return { type: 'final', reason: doubt ? 'refresh_outcome_unknown' : 'refresh_rejected' }
    if (isClientError(error))
      return context.client.source === 'dynamic'
        ? { type: 'final', reason: 'credential_rejected', dropClient: true }
        : { type: 'final', reason: 'client_rejected', revivable: true }
  }
  return { type: 'temporary', code: temporaryCode(error), lost: isLost(error), refused: isRefusal(error), retryAfterMs }
}

/** Whether the authorization server itself refused: neither a web page nor an outage. */
function isRefusal({ code, reason, httpStatus = 0 }: IntegrationError): boolean {
  const said = code === 'authorization_failed' && reason !== 'token_response_invalid'
  const status = (httpStatus >= 400 && httpStatus <= 404) || httpStatus === 410 || httpStatus === 422
  return said && (status || (httpStatus >= 200 && httpStatus < 300))
}

/**
 * Whether the endpoint may have moved: it is gone, or refuses without an error code about the grant. Nothing was done, so
 * another endpoint can be tried.
 */
export function mayHaveMoved(error: unknown): boolean {
  if (!isIntegrationError(error)) return false
  const { code, httpStatus = 0, mayHaveRun } = error
  const isGone = httpStatus === 404 || httpStatus === 405 || httpStatus === 410
  return isGone || isRefusal(error) || code === 'redirect_refused' || (code === 'unreachable' && !mayHaveRun)
}

const maxRefusals = 3
const refusedForMs = 10 * 60_000

/** Whether non-standard refusals have lasted long enough to be final: three, over more than ten minutes. */
export function isLastRefusal(previous: CredentialRecord['attempt'], now: number): boolean {
  const { refusals } = previous ?? {}
  return refusals !== undefined && refusals.count + 1 >= maxRefusals && now - refusals.since > refusedForMs
}

const minWaitMs = 30_000
const maxWaitMs = 5 * 60_000
const maxRequestedWaitMs = 15 * 60_000

/** The time of the next attempt: 30 s after the first failure, twice as long after each, at most 5 min (15 if the server asks for it), with jitter. */
export function nextAttempt(
  now: number,
  failure: TemporaryFailure,
  previous: CredentialRecord['attempt'],
): NonNullable<CredentialRecord['attempt']> {
  const count = (previous?.count ?? 0) + 1
  const backoff = Math.min(minWaitMs * 2 ** Math.min(count - 1, 10), maxWaitMs)
  const asked = Math.min(failure.retryAfterMs ?? 0, maxRequestedWaitMs)
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

/** Whether a response was cut off or unreadable, so that it may have contained the new tokens. */
function isLost({ code, mayHaveRun, reason, httpStatus = 200 }: IntegrationError): boolean {
  const isUnreadable = reason === 'token_response_invalid' && httpStatus >= 200 && httpStatus < 300
  return isUnreadable || code === 'response_too_large' || (mayHaveRun && code !== 'redirect_refused')
}

const temporaryCodes: readonly TemporaryErrorCode[] = [
  'unreachable',
  'timeout',
  'server_error',
  'rate_limited',
  'response_too_large',
  'url_refused',
]

function temporaryCode({ code }: IntegrationError): TemporaryErrorCode {
  return temporaryCodes.find((known) => known === code) ?? 'server_error'
}
