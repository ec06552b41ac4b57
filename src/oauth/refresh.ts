import { isIntegrationError } from '../model/errors.js'
import { openCredential } from './credential-record.js'
import { sameIssuer } from './discovery.js'
import { endGrant, noteFailure, readGrant, takeLease } from './lease.js'
import { readProtectedResource } from './protected-resource.js'
import { isLastRefusal, judgeFailure } from './refresh-failure.js'
import { renewTokens } from './renewal.js'
import { idOf, tokenKeeper } from './token-keeper.js'
import { passing, stillUsable, withoutRefresh } from './usable-token.js'
import { pause, unlessAborted } from './waiting.js'
import type { CredentialSecrets } from './credential-record.js'
import type { CredentialVault } from '../ports/credential-vault.js'
import type { OAuthEnvironment } from './environment.js'
import type { CredentialAccess, GrantEnd, ReadGrant } from './lease.js'
import type { RegistryStorage } from '../ports/storage.js'
import type { TokenOutcome } from './token-outcome.js'
import type { TokenRequest } from './usable-token.js'
import type { TokenSource } from './authorized-fetch.js'

/** Gives out access tokens and keeps them fresh, one refresh at a time for each credential, whoever asks. */
export interface Refresher {
  /** Tokens of one stored credential, for {@link authorizedFetch}. */
  source(grant: CredentialAccess): TokenSource
  /** Ends waiting, lets refreshes under way finish and be saved. Safe twice. */
  close(): Promise<void>
}

/** How long to wait for somebody else's refresh, in ms. */
const refreshWaitMs = 90_000

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
  const closing = new AbortController()
  const keeper = tokenKeeper({ env, storage, vault, closing: closing.signal })

  return {
    source: (grant) => ({
      token: ({ signal }) => obtain(grant, {}, signal),
      rejected: (token, challenge, { signal }) => obtain(grant, { rejected: { token, challenge } }, signal),
    }),
    async close() {
      closing.abort()
      await Promise.allSettled(flights.values())
      await keeper.settled()
    },
  }

  async function obtain(grant: CredentialAccess, request: TokenRequest, signal?: AbortSignal): Promise<TokenOutcome> {
    const known = await lookUp(grant, request)
    if (known.outcome !== undefined) return known.outcome
    const joined = await unlessAborted(join(grant, request), signal)
    if (joined.type !== 'fresh') return joined
    return joined.token === request.rejected?.token
      ? unlessAborted(join(grant, request), signal)
      : { ...joined, waited: true }
  }

  /** One flight for each credential. Nobody's signal ends it: others wait for it, and its answer must be saved. */
  function join(grant: CredentialAccess, request: TokenRequest): Promise<TokenOutcome> {
    const id = idOf(grant)
    const flight = flights.get(id) ?? fly(grant, request).finally(() => flights.delete(id))
    flights.set(id, flight)
    return flight
  }

  async function fly(grant: CredentialAccess, request: TokenRequest): Promise<TokenOutcome> {
    const giveUpAt = env.runtime.now() + refreshWaitMs
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
      if (round === 0 && (await hasMoved(secrets, request, grant))) {
        if (await endGrant(storage, grant, read, { reason: 'issuer_changed' }))
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
  async function lookUp(grant: CredentialAccess, request: TokenRequest): Promise<LookUp> {
    const unsaved = keeper.unsaved(grant)
    if (unsaved !== undefined && unsaved.token !== request.rejected?.token) return { outcome: unsaved }
    const read = await readGrant(storage, grant)
    if (read === undefined) return { outcome: { type: 'reauthorize', reason: 'credential_missing' } }
    const { ended } = read.credential
    if (ended !== undefined && !isWorthATry(read)) return { outcome: { type: 'reauthorize', reason: ended } }
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

  /** Given up for a reason that somebody may fix without a sign-in, and due. */
  function isWorthATry({ credential: { attempt, lease }, now }: ReadGrant): boolean {
    return attempt !== undefined && now >= attempt.retryAt && (lease === undefined || now >= lease.until)
  }

  function isHeld({ credential: { lease }, now }: ReadGrant): boolean {
    return lease !== undefined && lease.holder !== holder && now < lease.until
  }

  /** Whether the server names another authorization server now: then nothing may be sent to the old one on its behalf. */
  async function hasMoved(
    { context }: CredentialSecrets,
    { rejected }: TokenRequest,
    { serverUrl }: CredentialAccess,
  ): Promise<boolean> {
    if (rejected === undefined) return false
    const limits = { until: env.runtime.now() + 20_000 }
    try {
      const named =
        (await readProtectedResource(env, serverUrl, rejected.challenge, limits))?.authorizationServers ?? []
      const known = [context.server.issuer, context.namedAs ?? context.server.issuer]
      return named.length > 0 && !named.some((name) => known.some((issuer) => sameIssuer(name, issuer)))
    } catch {
      return false
    }
  }

  /** Asks the authorization server, under the lease. `again`: look again, there is something to be done or to be found. */
  async function ask(
    grant: CredentialAccess,
    read: ReadGrant,
    secrets: CredentialSecrets,
    retried: boolean,
  ): Promise<TokenOutcome | 'again'> {
    const { credential } = read
    // A lease that was there before: its holder died or lost the answer, so the server may have acted.
    const doubt = credential.attempt?.doubt === true || credential.lease?.intent === credential.lineage
    let renewed: CredentialSecrets
    try {
      renewed = await renewTokens(env, secrets, await grant.settings?.())
    } catch (error) {
      const failure = judgeFailure(error, secrets, doubt)
      if (failure.type === 'final') return end(grant, read, failure)
      if (failure.refused && isLastRefusal(credential.attempt, read.now))
        return end(grant, read, { reason: doubt ? 'refresh_outcome_unknown' : 'refresh_rejected', revivable: true })
      // A connection that broke under the answer: the one retry, at once, while a server with a grace period takes it.
      if (failure.lost && failure.code === 'unreachable' && !retried) return 'again'
      const noted = noteFailure(storage, grant, read, { ...failure, lost: failure.lost || doubt, holder })
      await noted.catch(() => {}) // then the lease runs out, which is as long
      if (credential.ended !== undefined) return { type: 'reauthorize', reason: credential.ended }
      return passing(failure.code, failure.retryAfterMs)
    }
    return keeper.keep(grant, read, renewed)
  }

  async function end(grant: CredentialAccess, read: ReadGrant, why: GrantEnd): Promise<TokenOutcome | 'again'> {
    const isOver = await endGrant(storage, grant, read, why)
    return isOver ? { type: 'reauthorize', reason: why.reason } : 'again'
  }
}

type LookUp =
  | { readonly outcome: TokenOutcome; readonly read?: undefined; readonly secrets?: undefined }
  | { readonly outcome?: undefined; readonly read: ReadGrant; readonly secrets: CredentialSecrets }
