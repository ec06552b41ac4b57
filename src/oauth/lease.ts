import { IntegrationError } from '../model/errors.js'
import { nextAttempt } from './refresh-failure.js'
import { readCredential } from './credential-record.js'
import type { CredentialRecord } from './credential-record.js'
import type { JsonValue } from '../model/json.js'
import type { OAuthSettings } from '../model/oauth.js'
import type { PassingFault, ReauthorizeReason } from './token-outcome.js'
import type { PassingFailure } from './refresh-failure.js'
import type { RegistryStorage, StorageWrite, StorageWritten } from '../ports/storage.js'
import type { SecretContext } from '../ports/credential-vault.js'

/** Access to a stored credential. */
export interface CredentialAccess {
  readonly workspaceId: string
  /** Where its {@link CredentialRecord} is. */
  readonly key: string
  readonly secret: SecretContext
  /** The MCP server that it is for. */
  readonly serverUrl: string
  /** What a host or a person configured, as it is now: read before each refresh, because a secret may be another one. */
  settings?(): Promise<OAuthSettings | undefined>
  /**
   * Further writes for the commit that changes the credential: status, event. Asked again for each try of the commit, so it
   * reads what its `ifVersion`s rest on.
   */
  sameCommitWrites(change: CredentialChange): SameCommitWrites | Promise<SameCommitWrites>
}

/** What goes into the commit that changes a credential. */
export interface SameCommitWrites {
  readonly writes: readonly StorageWrite[]
  /** Called once after the commit, with what became of `writes`, in their order. */
  done?: ((written: readonly StorageWritten[]) => void) | undefined
}

/** What happens to a credential in a commit. */
export type CredentialChange =
  /** New tokens. `recovered`: the credential had been given up and works again. */
  | { readonly type: 'refreshed'; readonly credential: CredentialRecord; readonly recovered: boolean }
  /** A person is needed. `dropClient`: the stored client registration of this issuer is unusable too. */
  | {
      readonly type: 'ended'
      readonly reason: ReauthorizeReason
      readonly issuer: string
      readonly dropClient: boolean
    }
  /** It could not be refreshed now; the grant is kept. */
  | { readonly type: 'failed'; readonly code: PassingFault; readonly retryAt: number }

/** A read credential. `now`: the storage's clock. */
export interface ReadGrant {
  readonly version: string
  readonly credential: CredentialRecord
  readonly now: number
}

/** How long a refresh lease lasts, in ms: longer than a token request, with time to save. */
export const leaseMs = 30_000

/** Reads a credential; `undefined` when there is none. */
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
 * Takes the lease, by compare-and-set on what was read. It also proves that the storage can be written before the
 * authorization server is asked.
 *
 * @returns `false`: somebody wrote first.
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
 * Saves new tokens over those that were sent, whoever holds the lease by now: a holder that was frozen may still save the
 * only valid token, and never writes over a newer one.
 *
 * @returns `superseded`: newer tokens are there; `gone`: the credential was removed meanwhile.
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
    if (credential.sealed === refreshed.sealed) return 'saved' // by a commit that seemed to have failed
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
 * Gives a grant up, unless newer tokens are there.
 *
 * @param failure - why. A revivable one is retried while people see the grant as given up.
 * @returns whether it is given up, by this or by somebody else.
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
    const passing = { type: 'passing', code: 'server_error', lost: false, refused: false } as const
    const next: CredentialRecord = {
      ...kept,
      ended: reason,
      attempt: revivable ? nextAttempt(current.now, passing, attempt) : undefined,
    }
    if (kept.ended === reason) return (await replace(storage, grant, current, next)) || undefined
    const change: CredentialChange = { type: 'ended', reason, issuer: kept.issuer, dropClient }
    return (await commitWith(storage, grant, { current, next, change })) || undefined
  })
}

/** Why a grant is given up. */
export interface GrantEnd {
  readonly reason: ReauthorizeReason
  readonly dropClient?: boolean | undefined
  readonly revivable?: boolean | undefined
}

/** Notes a failure that passes and lets go of the lease. When somebody wrote meanwhile, there is nothing to note. */
export async function noteFailure(
  storage: RegistryStorage,
  grant: CredentialAccess,
  sent: ReadGrant,
  failure: PassingFailure & { readonly holder: string },
): Promise<void> {
  await persist(async () => {
    const current = await readGrant(storage, grant)
    const mine = current?.credential.lease?.holder === failure.holder && isSame(current.credential, sent.credential)
    if (current === undefined || !mine) return true
    const { lease: _lease, ...kept } = current.credential
    const attempt = nextAttempt(current.now, failure, kept.attempt)
    const next = { ...kept, attempt }
    // A grant that was given up stays so for people, until a retry succeeds.
    if (kept.ended !== undefined) return (await replace(storage, grant, current, next)) || undefined
    const change: CredentialChange = { type: 'failed', code: attempt.code, retryAt: attempt.retryAt }
    return (await commitWith(storage, grant, { current, next, change })) || undefined
  })
}

/** Tries until there is an answer: somebody wrote first, be it the credential or a companion, so look again. */
async function persist<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await attempt()
    if (answer !== undefined) return answer
  }
  throw new IntegrationError(
    'storage_unavailable',
    'The credential could not be written: its record or one beside it kept changing.',
  )
}

/** The same rotation, and for servers that don't rotate also the same answer. */
function isSame(left: CredentialRecord, right: CredentialRecord): boolean {
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

/** Plain JSON, as its type says; the type checker can't see it because of the optional fields. */
function stored(record: CredentialRecord): JsonValue {
  return record as unknown as JsonValue
}
