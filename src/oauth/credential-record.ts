import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { sha256Base64url } from '../model/digest.js'
import type { CredentialVault, SecretContext } from '../ports/credential-vault.js'
import type { JsonValue } from '../model/json.js'
import type { OAuthGrant } from '../model/oauth.js'
import type { PassingFault, ReauthorizeReason } from './token-outcome.js'
import type { TokenContext, TokenSet } from './tokens.js'

/**
 * A stored OAuth credential. Plain JSON; secrets are only inside `sealed`. Times are ms since the epoch by the storage's
 * clock.
 */
export type CredentialRecord = {
  readonly kind: 'oauth'
  /** {@link CredentialSecrets}, sealed. */
  readonly sealed: string
  /** SHA-256 of the refresh token (of the access token where there is none), base64url: which rotation this is. */
  readonly lineage: string
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly account?: string | undefined
  readonly obtainedAt: number
  readonly obtainedBy: 'sign_in' | 'refresh'
  /** When the access token is due to be refreshed, and when it ends. Absent: only a 401 tells. */
  readonly refreshAt?: number | undefined
  readonly accessExpiresAt?: number | undefined
  /** Somebody is refreshing: until then nobody else does. `intent`: the lineage that is being sent. */
  readonly lease?: { readonly holder: string; readonly until: number; readonly intent: string } | undefined
  /** The last refresh failed for a passing reason. `doubt`: its answer was lost, so the server may have acted. */
  readonly attempt?:
    | {
        readonly code: PassingFault
        readonly count: number
        readonly retryAt: number
        readonly doubt: boolean
        /** Refusals in words that are not final by themselves, since the last success. `since`: the first of them. */
        readonly refusals?: { readonly count: number; readonly since: number } | undefined
      }
    | undefined
  /** It is over until a person signs in again. With `attempt` beside it, it is still tried now and then. */
  readonly ended?: ReauthorizeReason | undefined
}

/** Everything that using and refreshing a credential takes: nothing else has to be read for it, or can be swapped under it. */
export interface CredentialSecrets {
  readonly tokens: TokenSet
  readonly context: TokenContext
  /** For credentials that are renewed without a person and without a refresh token. */
  readonly grant?: OAuthGrant | undefined
}

/**
 * Makes the record of tokens just obtained.
 *
 * @param obtained - `at`: the storage's clock before the tokens were asked for.
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
    refreshAt: lifetimeMs === undefined ? undefined : obtained.at + lifetimeMs - headStart(lifetimeMs),
    accessExpiresAt: lifetimeMs === undefined ? undefined : obtained.at + lifetimeMs,
  }
}

/** The record in a stored value; `undefined` when it is something else, e.g. headers. */
export function readCredential(value: JsonValue | undefined): CredentialRecord | undefined {
  const record = value as Partial<CredentialRecord> | null | undefined // checked below by its kind: only sealCredential() makes it
  return typeof record === 'object' && record?.kind === 'oauth' ? (record as CredentialRecord) : undefined
}

/** @throws IntegrationError `credential_unreadable`; `storage_unavailable` when the vault can't be used now. */
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

/** A tenth of the lifetime, at most a minute: refreshed before it ends, also where it lives for seconds. */
function headStart(lifetimeMs: number): number {
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
