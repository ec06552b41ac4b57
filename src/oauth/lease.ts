import { IntegrationError } from '../model/errors.js'
import { nextAttempt } from './refresh-failure.js'
import { readCredential } from './credential-record.js'
import type { CredentialRecord } from './credential-record.js'
import type { JsonValue } from '../model/json.js'
import type { OAuthSettings } from '../model/oauth.js'
import type { TemporaryErrorCode, ReauthorizeReason } from './token-outcome.js'
import type { TemporaryFailure } from './refresh-failure.js'
import type { RegistryStorage, StorageWrite, StorageWritten } from '../ports/storage.js'
import type { SecretContext } from '../ports/credential-vault.js'

/** Access to a stored credential. */
export interface CredentialAccess {
  readonly workspaceId: string
  /** The storage key of its {@link CredentialRecord}. */
  readonly key: string
  readonly secret: SecretContext
  /** The MCP server that the credential is for. */
  readonly serverUrl: string
  /** The current configuration of the host or person, read before each refresh because a secret may have changed. */
  settings?(): Promise<OAuthSettings | undefined>
  /**
   * Further writes in the commit that changes the credential: status and event. Called again for each attempt of the commit,
   * so it must read the versions of its `ifVersion`s each time.
   */
  sameCommitWrites(change: CredentialChange): SameCommitWrites | Promise<SameCommitWrites>
}

/** Further writes in the commit that changes a credential. */
export interface SameCommitWrites {
  readonly writes: readonly StorageWrite[]
  /** Called once after the commit, with the results of `writes` in their order. */
  done?: ((written: readonly StorageWritten[]) => void) | undefined
}

/** A change of a credential. */
export type CredentialChange =
  /** New tokens. `recovered`: the credential was given up before and works again. */
  | { readonly type: 'refreshed'; readonly credential: CredentialRecord; readonly recovered: boolean }
  /** A person must sign in. `dropClient`: the stored client registration of this issuer is unusable, too. */
  | {
      readonly type: 'ended'
      readonly reason: ReauthorizeReason
      readonly issuer: string
      readonly dropClient: boolean
    }
  /** A temporary failure; the grant is kept. */
  | { readonly type: 'failed'; readonly code: TemporaryErrorCode; readonly retryAt: number }

/** A stored credential with its version. `now`: the storage's time. */
export interface ReadGrant {
  readonly version: string
  readonly credential: CredentialRecord
  readonly now: number
}

/** The duration of a refresh lease, in ms: longer than a token request, with time to save. */
const leaseMs = 30_000

/** Reads a credential; `undefined` if there is none. */
export async function readGrant(
  storage: RegistryStorage,
  { workspaceId, key }: CredentialAccess,
): Promise<ReadGrant | undefined> {
  const { records, now } = await storage.read(workspaceId, [key])
  const [record] = records
  const credential = readCredential(record?.value)
  return record === undefined || credential === undefined ? undefined : { version: record.version, credential, now }
}

/**
 * Takes the lease by compare-and-set. This also proves that the storage is writable before the refresh token is sent.
 *
 * @returns `false` if the record changed in between
 */
export async function takeLease(
  storage: RegistryStorage,
  grant: CredentialAccess,
  read: ReadGrant,
  holder: string,
): Promise<boolean> {
  const { credential, now } = read
  const leased: CredentialRecord = {
    ...credential,
    lease: { holder, until: now + leaseMs, intent: credential.lineage },
  }
  return replace(storage, grant, read, leased)
}

/**
 * Replaces the sent tokens by the new ones, whoever now holds the lease: a holder that was suspended can still save the
 * only valid token, and never overwrites a newer one.
 *
 * @returns `superseded`: newer tokens are stored; `gone`: the credential was removed in the meantime
 */
export async function saveRefreshed(
  storage: RegistryStorage,
  grant: CredentialAccess,
  sent: ReadGrant,
  refreshed: CredentialRecord,
): Promise<'saved' | 'superseded' | 'gone'> {
  return persist(async () => {
    const current = await readGrant(storage, grant)
    if (current === undefined) return 'gone'
    const { credential } = current
    if (credential.sealed === refreshed.sealed) return 'saved' // saved by a commit that seemed to have failed
    if (!isSame(credential, sent.credential)) return 'superseded'
    const change: CredentialChange = {
      type: 'refreshed',
      credential: refreshed,
      recovered: credential.ended !== undefined,
    }
    return (await commitWith(storage, grant, { current, next: refreshed, change })) ? 'saved' : undefined
  })
}

/**
 * Marks a grant as ended, unless newer tokens are stored.
 *
 * @param failure - the reason; a revivable one is still retried
 * @returns whether the grant is ended, by this call or another one
 */
export async function endGrant(
  storage: RegistryStorage,
  grant: CredentialAccess,
  sent: ReadGrant,
  failure: GrantEnd,
): Promise<boolean> {
  return persist(async () => {
    const current = await readGrant(storage, grant)
    if (current === undefined || !isSame(current.credential, sent.credential)) return false
    const { lease, attempt, ...kept } = current.credential
    if (kept.ended !== undefined && lease === undefined) return true
    const { reason, dropClient = false, revivable = false } = failure
    const temporary = { type: 'temporary', code: 'server_error', lost: false, refused: false } as const
    const next: CredentialRecord = {
      ...kept,
      ended: reason,
      attempt: revivable ? nextAttempt(current.now, temporary, attempt) : undefined,
    }
    if (kept.ended === reason) return (await replace(storage, grant, current, next)) || undefined
    const change: CredentialChange = { type: 'ended', reason, issuer: kept.issuer, dropClient }
    return (await commitWith(storage, grant, { current, next, change })) || undefined
  })
}

/** Why a grant ended. */
export interface GrantEnd {
  readonly reason: ReauthorizeReason
  readonly dropClient?: boolean | undefined
  readonly revivable?: boolean | undefined
}

/** Records a temporary failure and releases the lease; does nothing if the record changed in between. */
export async function noteFailure(
  storage: RegistryStorage,
  grant: CredentialAccess,
  sent: ReadGrant,
  failure: TemporaryFailure & { readonly holder: string },
): Promise<void> {
  await persist(async () => {
    const current = await readGrant(storage, grant)
    const mine = current?.credential.lease?.holder === failure.holder && isSame(current.credential, sent.credential)
    if (current === undefined || !mine) return true
    const { lease: _lease, ...kept } = current.credential
    const attempt = nextAttempt(current.now, failure, kept.attempt)
    const next = { ...kept, attempt }
    // An ended grant keeps its status until a retry succeeds.
    if (kept.ended !== undefined) return (await replace(storage, grant, current, next)) || undefined
    const change: CredentialChange = { type: 'failed', code: attempt.code, retryAt: attempt.retryAt }
    return (await commitWith(storage, grant, { current, next, change })) || undefined
  })
}

/** Repeats an attempt while another write came first, to the credential or to a record of the same commit. */
async function persist<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const result = await attempt()
    if (result !== undefined) return result
  }
  throw new IntegrationError(
    'storage_unavailable',
    'The credential could not be saved because its records kept changing. Try again.',
  )
}

/** Whether two records hold the same tokens: the same rotation, and for servers that don't rotate the same response. */
export function isSame(left: CredentialRecord, right: CredentialRecord): boolean {
  return left.lineage === right.lineage && left.obtainedAt === right.obtainedAt
}

async function replace(
  storage: RegistryStorage,
  { workspaceId, key }: CredentialAccess,
  { version }: ReadGrant,
  next: CredentialRecord,
): Promise<boolean> {
  return (await storage.commit(workspaceId, [{ key, ifVersion: version, value: stored(next) }])) !== false
}

async function commitWith(
  storage: RegistryStorage,
  grant: CredentialAccess,
  { current, next, change }: { current: ReadGrant; next: CredentialRecord; change: CredentialChange },
): Promise<boolean> {
  const write: StorageWrite = { key: grant.key, ifVersion: current.version, value: stored(next) }
  const { writes, done } = await grant.sameCommitWrites(change)
  const written = await storage.commit(grant.workspaceId, [write, ...writes])
  if (written === false) return false
  done?.(written.slice(1))
  return true
}

/** A record is plain JSON; the type checker can't see it because of the optional fields. */
function stored(record: CredentialRecord): JsonValue {
  return record as unknown as JsonValue
}
