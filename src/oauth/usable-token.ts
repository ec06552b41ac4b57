import type { Challenge } from './challenge.js'
import type { CredentialSecrets } from './credential-record.js'
import type { PassingFault, TokenOutcome } from './token-outcome.js'
import type { ReadGrant } from './lease.js'
import type { TokenSet } from './tokens.js'

/** What was asked: a token, or another one than the refused. */
export interface TokenRequest {
  readonly rejected?: { readonly token: string; readonly challenge: Challenge } | undefined
}

/** A credential that was refused this soon after a refresh is refused for good. */
const provenMs = 30_000

/** The answer where no refresh is needed, possible or allowed yet; otherwise `undefined`. */
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
    : (usable ?? passing(attempt.code, attempt.retryAt - now))
}

/** The access token, if it hasn't ended and isn't the refused one. */
export function stillUsable(
  { credential, now }: ReadGrant,
  secrets: CredentialSecrets,
  { rejected }: TokenRequest,
): TokenOutcome | undefined {
  const alive = credential.accessExpiresAt === undefined || now < credential.accessExpiresAt
  return alive && secrets.tokens.accessToken !== rejected?.token ? fresh(secrets) : undefined
}

/** Use this one. */
export function fresh({ tokens, context }: CredentialSecrets): TokenOutcome & { type: 'fresh' } {
  const { steppedUpFor } = context
  return { type: 'fresh', token: tokens.accessToken, scopes: tokens.scopes, steppedUpFor }
}

/** Not now. */
export function passing(code: PassingFault, retryAfterMs?: number): TokenOutcome {
  return { type: 'passing', code, retryAfterMs }
}

/** A server that doesn't rotate, or doesn't say again who signed in, means what it said before. */
export function inherit(tokens: TokenSet, previous: TokenSet): TokenSet {
  return {
    ...tokens,
    refreshToken: tokens.refreshToken ?? previous.refreshToken,
    account: tokens.account ?? previous.account,
  }
}
