import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { sha256Base64url } from '../model/digest.js'
import { hasMembers, isCount, isFlag, isIdText, isListOf, isMs, isOneOf, isText, maybe } from '../model/fits.js'
import { statusReasons } from '../model/integration.js'
import type { CredentialVault, SecretContext } from '../ports/credential-vault.js'
import type { JsonValue } from '../model/json.js'
import type { OAuthGrant } from '../model/oauth.js'
import type { TemporaryErrorCode, ReauthorizeReason } from './token-outcome.js'
import type { TokenContext, TokenSet } from './tokens.js'

/**
 * A stored OAuth credential. Plain JSON; secrets are only inside `sealed`. Times are ms since the epoch by the storage's
 * clock.
 */
export type CredentialRecord = {
  readonly kind: 'oauth'
  /** {@link CredentialSecrets}, sealed. */
  readonly sealed: string
  /** Identifies the rotation: SHA-256 of the refresh token (of the access token if there is none), base64url. */
  readonly lineage: string
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly account?: string | undefined
  readonly obtainedAt: number
  readonly obtainedBy: 'sign_in' | 'refresh'
  /** When to refresh the access token, and when it expires. Absent: unknown until a 401. */
  readonly refreshAt?: number | undefined
  readonly accessExpiresAt?: number | undefined
  /** The lease of a running refresh, which excludes others. `intent`: the lineage that is being sent. */
  readonly lease?: { readonly holder: string; readonly until: number; readonly intent: string } | undefined
  /** The last refresh failed temporarily. `doubt`: its response was lost, so the server may have acted. */
  readonly attempt?:
    | {
        readonly code: TemporaryErrorCode
        readonly count: number
        readonly retryAt: number
        readonly doubt: boolean
        /** Refusals since the last success that are not final by themselves. `since`: the time of the first. */
        readonly refusals?: { readonly count: number; readonly since: number } | undefined
      }
    | undefined
  /** Why a person must sign in again. With `attempt`, it is still retried from time to time. */
  readonly ended?: ReauthorizeReason | undefined
}

/** Everything needed to use and refresh a credential. Sealed as one, so that no part can be exchanged. */
export interface CredentialSecrets {
  readonly tokens: TokenSet
  readonly context: TokenContext
  /** The grant of credentials that are renewed without a person and without a refresh token. */
  readonly grant?: OAuthGrant | undefined
}

/**
 * Creates the record of newly obtained tokens.
 *
 * @param obtained - `at`: the storage's time before the tokens were requested
 */
export async function sealCredential(
  vault: CredentialVault,
  secret: SecretContext,
  secrets: CredentialSecrets,
  obtained: { readonly at: number; readonly by: CredentialRecord['obtainedBy'] },
): Promise<CredentialRecord> {
  const { tokens } = secrets
  const { account, lifetimeMs } = tokens
  return {
    kind: 'oauth',
    sealed: await useVault(() => vault.seal(JSON.stringify(secrets), secret)),
    lineage: sha256Base64url(tokens.refreshToken ?? tokens.accessToken),
    issuer: tokens.issuer,
    scopes: tokens.scopes,
    account,
    obtainedAt: obtained.at,
    obtainedBy: obtained.by,
    refreshAt: lifetimeMs === undefined ? undefined : obtained.at + lifetimeMs - refreshMargin(lifetimeMs),
    accessExpiresAt: lifetimeMs === undefined ? undefined : obtained.at + lifetimeMs,
  }
}

/** The record in a stored value; `undefined` if there is none that can be used: then a person signs in again. */
export function readCredential(value: JsonValue | undefined): CredentialRecord | undefined {
  return isCredential(value) ? (value as unknown as CredentialRecord) : undefined
}

/** Both kinds of failure are status reasons. */
const isReason = isOneOf(Object.keys(statusReasons))

const isCredential = hasMembers<CredentialRecord>({
  kind: isOneOf(['oauth']),
  sealed: isText,
  lineage: isIdText,
  issuer: isText,
  scopes: isListOf(isText),
  account: maybe(isText),
  obtainedAt: isMs,
  obtainedBy: isOneOf(['sign_in', 'refresh']),
  refreshAt: maybe(isMs),
  accessExpiresAt: maybe(isMs),
  lease: maybe(hasMembers<NonNullable<CredentialRecord['lease']>>({ holder: isText, until: isMs, intent: isText })),
  attempt: maybe(
    hasMembers<NonNullable<CredentialRecord['attempt']>>({
      code: isReason,
      count: isCount,
      retryAt: isMs,
      doubt: isFlag,
      refusals: maybe(hasMembers<{ count: number; since: number }>({ count: isCount, since: isMs })),
    }),
  ),
  ended: maybe(isReason),
})

/** @throws IntegrationError `credential_unreadable`; `storage_unavailable` if the vault is unavailable. */
export async function openCredential(
  vault: CredentialVault,
  secret: SecretContext,
  record: Pick<CredentialRecord, 'sealed'>,
): Promise<CredentialSecrets> {
  const opened = await useVault(() => vault.open(record.sealed, secret))
  try {
    return JSON.parse(opened) as CredentialSecrets // sealed by us, bound to this record
  } catch {
    throw new IntegrationError('credential_unreadable', "The stored credential can't be read.")
  }
}

/** How long before its end a token is refreshed: a tenth of its lifetime, at most a minute. */
function refreshMargin(lifetimeMs: number): number {
  return Math.min(60_000, Math.floor(lifetimeMs / 10))
}

async function useVault(work: () => Promise<string>): Promise<string> {
  try {
    return await work()
  } catch (error) {
    if (isIntegrationError(error)) throw error
    throw new IntegrationError('storage_unavailable', 'The credential vault is unavailable.')
  }
}
