import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { openCredential, sealCredential } from './credential-record.js'
import { sameIssuer } from './discovery.js'
import { endGrant, noteFailure, readGrant, saveRefreshed, takeLease } from './lease.js'
import { readProtectedResource } from './protected-resource.js'
import { judgeFailure } from './refresh-failure.js'
import { revokeTokens } from './revoke.js'
import { renewByGrant } from './machine-grants.js'
import { refreshTokens } from './tokens.js'
import { fresh, inherit, passing, stillUsable, withoutRefresh } from './token-verdict.js'
import type { CredentialRecord, CredentialSecrets } from './credential-record.js'
import type { CredentialVault } from '../ports/credential-vault.js'
import type { OAuthEnvironment } from './environment.js'
import type { ReadGrant, StoredGrant } from './lease.js'
import type { RegistryStorage } from '../ports/storage.js'
import type { Runtime } from '../ports/runtime.js'
import type { TokenOutcome } from './token-outcome.js'
import type { TokenSet } from './tokens.js'
import type { TokenRequest } from './token-verdict.js'
import type { TokenSource } from './authorized-fetch.js'

/** Gives out access tokens and keeps them fresh, one refresh at a time for each credential, whoever asks. */
export interface Refresher {
  /** Tokens of one stored credential, for {@link authorizedFetch}. */
  source(grant: StoredGrant): TokenSource
  /** Ends waiting, lets refreshes under way finish and be saved. Safe twice. */
  close(): Promise<void>
}

/** New tokens that the storage could not take yet. */
interface Unsaved {
  readonly outcome: TokenOutcome & { type: 'fresh' }
  readonly done: Promise<void>
}

/** How long to wait for somebody else's refresh, in ms. */
const patienceMs = 90_000

/**
 * Makes the one refresher of a registry.
 *
 * The protocol, over nothing but compare-and-set: take the lease; ask the authorization server; save, fenced by lineage.
 * Others wait for it. A lease whose holder died runs out; then the refresh token is sent once more, and only a final word
 * to that ends the grant.
 */
export function createRefresher({
  env,
  storage,
  vault,
}: {
  readonly env: OAuthEnvironment
  readonly storage: RegistryStorage
  readonly vault: CredentialVault
}): Refresher {
  const holder = env.runtime.randomId()
  const flights = new Map<string, Promise<TokenOutcome>>()
  const unsaved = new Map<string, Unsaved>()
  const closing = new AbortController()

  return {
    source: (grant) => ({
      token: ({ signal }) => obtain(grant, {}, signal),
      rejected: (token, challenge, { signal }) => obtain(grant, { rejected: { token, challenge } }, signal),
    }),
    async close() {
      closing.abort()
      await Promise.allSettled([...flights.values(), ...[...unsaved.values()].map(({ done }) => done)])
    },
  }

  async function obtain(grant: StoredGrant, request: TokenRequest, signal?: AbortSignal): Promise<TokenOutcome> {
    const known = await lookUp(grant, request)
    if (known.outcome !== undefined) return known.outcome
    const joined = await unlessAborted(join(grant, request), signal)
    const refused = joined.type === 'fresh' && joined.token === request.rejected?.token
    return refused ? unlessAborted(join(grant, request), signal) : joined
  }

  /** One flight for each credential. Nobody's signal ends it: others wait for it, and its answer must be saved. */
  function join(grant: StoredGrant, request: TokenRequest): Promise<TokenOutcome> {
    const id = idOf(grant)
    const flight = flights.get(id) ?? fly(grant, request).finally(() => flights.delete(id))
    flights.set(id, flight)
    return flight
  }

  async function fly(grant: StoredGrant, request: TokenRequest): Promise<TokenOutcome> {
    const giveUpAt = env.runtime.now() + patienceMs
    let retried = false
    for (let round = 0; ; round++) {
      const { outcome, read, secrets } = await lookUp(grant, request)
      if (outcome !== undefined) return outcome
      const fallback = stillUsable(read, secrets, request)
      if (isHeld(read)) {
        if (fallback !== undefined) return fallback
        if (env.runtime.now() > giveUpAt || closing.signal.aborted) return { type: 'passing', code: 'timeout' }
        await pause(env.runtime, Math.min(50 * 1.5 ** round, 250))
        continue
      }
      if (round === 0 && (await hasMoved(read, request, grant))) {
        if (await endGrant(storage, grant, read, 'issuer_changed'))
          return { type: 'reauthorize', reason: 'issuer_changed' }
        continue
      }
      if (!(await takeLease(storage, grant, read, holder))) continue
      const answer = await ask(grant, read, secrets, retried)
      if (answer === 'again') retried = true
      else if (answer.type === 'passing') return fallback ?? answer
      else return answer
    }
  }

  /** What is stored, and the answer where that is enough for one. */
  async function lookUp(grant: StoredGrant, request: TokenRequest): Promise<LookUp> {
    const waiting = unsaved.get(idOf(grant))
    if (waiting !== undefined && waiting.outcome.token !== request.rejected?.token) return { outcome: waiting.outcome }
    const read = await readGrant(storage, grant)
    if (read === undefined) return { outcome: { type: 'reauthorize', reason: 'credential_missing' } }
    const { ended } = read.credential
    if (ended !== undefined) return { outcome: { type: 'reauthorize', reason: ended } }
    try {
      const secrets = await openCredential(vault, grant.secret, read.credential)
      const { serverOrigin } = secrets.context
      // The integration was pointed elsewhere: what was given for one server is never shown to another.
      if (serverOrigin !== undefined && serverOrigin !== new URL(grant.serverUrl).origin)
        return { outcome: { type: 'reauthorize', reason: 'credential_missing' } }
      const outcome = withoutRefresh(read, secrets, request)
      return outcome === undefined ? { read, secrets } : { outcome }
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
      return { outcome: { type: 'reauthorize', reason: 'credential_unreadable' } }
    }
  }

  function isHeld({ credential: { lease }, now }: ReadGrant): boolean {
    return lease !== undefined && lease.holder !== holder && now < lease.until
  }

  /** Whether the server names another authorization server now: then nothing may be sent to the old one on its behalf. */
  async function hasMoved(
    { credential }: ReadGrant,
    { rejected }: TokenRequest,
    { serverUrl }: StoredGrant,
  ): Promise<boolean> {
    if (rejected === undefined) return false
    try {
      const named = (await readProtectedResource(env, serverUrl, rejected.challenge))?.authorizationServers ?? []
      return named.length > 0 && !named.some((issuer) => sameIssuer(issuer, credential.issuer))
    } catch {
      return false
    }
  }

  /** Asks the authorization server, under the lease. `again`: look again, there is something to be done or to be found. */
  async function ask(
    grant: StoredGrant,
    read: ReadGrant,
    secrets: CredentialSecrets,
    retried: boolean,
  ): Promise<TokenOutcome | 'again'> {
    const { credential } = read
    // A lease that was there before: its holder died or lost the answer, so the server may have acted.
    const doubt = credential.attempt?.doubt === true || credential.lease?.intent === credential.lineage
    let tokens: TokenSet
    try {
      tokens = await renew(secrets)
    } catch (error) {
      const failure = judgeFailure(error, secrets, doubt)
      if (failure.type === 'final') {
        const ended = await endGrant(storage, grant, read, failure.reason, failure.dropClient)
        return ended ? { type: 'reauthorize', reason: failure.reason } : 'again'
      }
      // A connection that broke under the answer: the one retry, at once, while a server with a grace period takes it.
      if (failure.lost && failure.code === 'unreachable' && !retried) return 'again'
      const noted = noteFailure(storage, grant, read, { ...failure, lost: failure.lost || doubt }, holder)
      await noted.catch(() => {}) // then the lease runs out, which is as long
      return passing(failure.code, failure.retryAfterMs)
    }
    return keep(grant, read, { ...secrets, tokens: inherit(tokens, secrets.tokens) })
  }

  function renew({ tokens, context, grant }: CredentialSecrets): Promise<TokenSet> {
    if (tokens.refreshToken === undefined) return renewByGrant(env, context, grant)
    return refreshTokens(env, { ...context, scopes: tokens.scopes }, tokens.refreshToken)
  }

  /** Saves new tokens. They are usable at once; while the storage is away they are kept here and saved as soon as it is back. */
  async function keep(
    grant: StoredGrant,
    read: ReadGrant,
    secrets: CredentialSecrets,
  ): Promise<TokenOutcome | 'again'> {
    const outcome = fresh(secrets)
    let sealed: CredentialRecord | undefined
    const save = async (): Promise<TokenOutcome | 'again'> => {
      sealed ??= await sealCredential(vault, grant.secret, secrets, { at: read.now, by: 'refresh' })
      const result = await saveRefreshed(storage, grant, read, sealed)
      const useless = result === 'saved' ? read.credential.sealed : sealed.sealed
      await Promise.resolve(vault.destroy?.(useless)).catch(() => {})
      if (result === 'gone') await revokeTokens(env, secrets)
      return result === 'saved'
        ? outcome
        : result === 'gone'
          ? { type: 'reauthorize', reason: 'credential_missing' }
          : 'again'
    }
    try {
      return await save()
    } catch {
      saveLater(idOf(grant), outcome, save)
      return outcome
    }
  }

  function saveLater(id: string, outcome: Unsaved['outcome'], save: () => Promise<unknown>): void {
    const work = async (): Promise<void> => {
      let last = closing.signal.aborted ? 5 : Infinity
      for (let round = 0; last > 0; round++) {
        await pause(env.runtime, Math.min(100 * 2 ** round, 1000))
        if (closing.signal.aborted) last = Math.min(last, 5) - 1
        if (
          await save().then(
            () => true,
            () => false,
          )
        )
          return
      }
    }
    unsaved.set(id, { outcome, done: work().finally(() => unsaved.delete(id)) })
  }
}

type LookUp =
  | { readonly outcome: TokenOutcome; readonly read?: undefined; readonly secrets?: undefined }
  | { readonly outcome?: undefined; readonly read: ReadGrant; readonly secrets: CredentialSecrets }

function idOf({ workspaceId, key }: StoredGrant): string {
  return `${workspaceId}\n${key}`
}

/** With jitter, so that many processes don't ask at once. */
function pause(runtime: Runtime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.setTimer(resolve, ms * (0.5 + Math.random() / 2)))
}

/** One caller leaves; the work goes on for the others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const cleanup = new AbortController()
  const left = new Promise<never>((_, reject) => {
    const leave = () => reject(new IntegrationError('aborted', 'The request was aborted.'))
    signal.addEventListener('abort', leave, { signal: cleanup.signal })
    if (signal.aborted) leave()
  })
  try {
    return await Promise.race([work, left])
  } finally {
    cleanup.abort()
  }
}
