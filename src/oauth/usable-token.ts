import type { Challenge } from './challenge.js'
import type { CredentialSecrets } from './credential-record.js'
import type { TemporaryErrorCode, TokenOutcome } from './token-outcome.js'
import type { ReadGrant } from './lease.js'
import type { TokenSet } from './tokens.js'

/** A request for a usable token. `rejected`: a token that the server refused, so another one is needed. */
export interface TokenRequest {
  readonly rejected?: { readonly token: string; readonly challenge: Challenge } | undefined
}

/** A token refused within this time after a refresh is refused for good, in ms. */
const provenMs = 30_000

/** The outcome if no refresh is needed, possible or allowed yet; otherwise `undefined`. */
export function withoutRefresh(
  read: ReadGrant,
  secrets: CredentialSecrets,
  request: TokenRequest,
): TokenOutcome | undefined {
  const { credential, now } = read
  const { tokens, grant } = secrets
  const refused = tokens.accessToken === request.rejected?.token
  if (!refused && (credential.refreshAt === undefined || now < credential.refreshAt)) return fresh(secrets)
  const usable = stillUsable(read, secrets, request)
  const renewable = tokens.refreshToken !== undefined || typeof grant === 'object'
  if (!renewable) return usable ?? { type: 'reauthorize', reason: 'credential_rejected' }
  const proven = credential.obtainedBy === 'refresh' && now < credential.obtainedAt + provenMs
  if (refused && proven) return { type: 'reauthorize', reason: 'credential_rejected' }
  const { attempt } = credential
  return attempt === undefined || now >= attempt.retryAt
    ? undefined
    : (usable ?? temporary(attempt.code, attempt.retryAt - now))
}

/** The access token, unless it has expired or was refused. */
export function stillUsable(
  { credential, now }: ReadGrant,
  secrets: CredentialSecrets,
  { rejected }: TokenRequest,
): TokenOutcome | undefined {
  const alive = credential.accessExpiresAt === undefined || now < credential.accessExpiresAt
  return alive && secrets.tokens.accessToken !== rejected?.token ? fresh(secrets) : undefined
}

/** The outcome with a usable token. */
export function fresh({ tokens, context }: CredentialSecrets): TokenOutcome & { type: 'fresh' } {
  const { steppedUpFor } = context
  return { type: 'fresh', token: tokens.accessToken, scopes: tokens.scopes, steppedUpFor }
}

/** The outcome of a temporary failure. */
export function temporary(code: TemporaryErrorCode, retryAfterMs?: number): TokenOutcome {
  return { type: 'temporary', code, retryAfterMs }
}

/** Keeps the previous refresh token and account if the response has none. */
export function keepPrevious(tokens: TokenSet, previous: TokenSet): TokenSet {
  return {
    ...tokens,
    refreshToken: tokens.refreshToken ?? previous.refreshToken,
    account: tokens.account ?? previous.account,
  }
}
