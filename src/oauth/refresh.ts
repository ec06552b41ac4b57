import { isIntegrationError } from '../model/errors.js'
import { openCredential } from './credential-record.js'
import { sameIssuer } from './discovery.js'
import { endGrant, isSame, noteFailure, readGrant, takeLease } from './lease.js'
import { readProtectedResource } from './protected-resource.js'
import { isLastRefusal, classifyFailure } from './refresh-failure.js'
import { renewTokens } from './renewal.js'
import { idOf, tokenKeeper } from './token-keeper.js'
import { temporary, stillUsable, withoutRefresh } from './usable-token.js'
import { pause, unlessAborted } from './waiting.js'
import type { CredentialSecrets } from './credential-record.js'
import type { CredentialVault } from '../ports/credential-vault.js'
import type { OAuthEnvironment } from './environment.js'
import type { CredentialAccess, GrantEnd, ReadGrant } from './lease.js'
import type { RegistryStorage } from '../ports/storage.js'
import type { TokenOutcome } from './token-outcome.js'
import type { TokenRequest } from './usable-token.js'
import type { TokenSource } from './authorized-fetch.js'

/** Provides access tokens and refreshes them: one refresh at a time per credential, across processes. */
export interface Refresher {
  /** The token source of one stored credential, for {@link authorizedFetch}. */
  source(grant: CredentialAccess): TokenSource
  /** Ends waiting calls, and lets running refreshes finish and be saved. Safe to call twice. */
  close(): Promise<void>
}

/** How long to wait for a refresh of another process, in ms. */
const refreshWaitMs = 90_000

/**
 * Creates the refresher of a registry.
 *
 * The protocol needs only compare-and-set: take the lease, send the refresh token, save the tokens unless the lineage
 * changed. Others wait. The lease of a crashed process expires; then the refresh token is sent once more, and only a
 * final refusal ends the grant.
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
  const running = new Map<string, Promise<TokenOutcome>>()
  const closing = new AbortController()
  const keeper = tokenKeeper({ env, storage, vault, closing: closing.signal })

  return {
    source: (grant) => ({
      token: ({ signal }) => obtain(grant, {}, signal),
      rejected: (token, challenge, { signal }) => obtain(grant, { rejected: { token, challenge } }, signal),
    }),
    async close() {
      closing.abort()
      await Promise.allSettled(running.values())
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

  /** One refresh per credential. No caller's signal aborts it: others wait for it, and its tokens must be saved. */
  function join(grant: CredentialAccess, request: TokenRequest): Promise<TokenOutcome> {
    const id = idOf(grant)
    const refresh = running.get(id) ?? refreshUntilDone(grant, request).finally(() => running.delete(id))
    running.set(id, refresh)
    return refresh
  }

  async function refreshUntilDone(grant: CredentialAccess, request: TokenRequest): Promise<TokenOutcome> {
    const giveUpAt = env.runtime.now() + refreshWaitMs
    let retried = false
    for (let round = 0; ; round++) {
      const { outcome, read, secrets } = await lookUp(grant, request)
      if (outcome !== undefined) return outcome
      const fallback = stillUsable(read, secrets, request)
      if (isHeld(read)) {
        if (fallback !== undefined) return fallback
        if (env.runtime.now() > giveUpAt || closing.signal.aborted) return { type: 'temporary', code: 'timeout' }
        await pause(env.runtime, Math.min(50 * 1.5 ** round, 250))
        continue
      }
      if (round === 0 && (await hasMoved(secrets, request, grant))) {
        if (await endGrant(storage, grant, read, { reason: 'issuer_changed' }))
          return { type: 'reauthorize', reason: 'issuer_changed' }
        continue
      }
      if (!(await takeLease(storage, grant, read, holder))) continue
      const result = await ask(grant, read, secrets, retried)
      if (result === 'again') retried = true
      else if (result.type === 'temporary') return fallback ?? result
      else return result
    }
  }

  /** The stored credential, and the outcome if no refresh is needed for it. */
  async function lookUp(grant: CredentialAccess, request: TokenRequest): Promise<LookUp> {
    const kept = keeper.unsaved(grant)
    const unsaved = kept?.outcome.token === request.rejected?.token ? undefined : kept
    let read: ReadGrant | undefined
    try {
      read = await readGrant(storage, grant)
    } catch (error) {
      if (unsaved === undefined) throw error
      return { outcome: unsaved.outcome }
    }
    if (read === undefined) return { outcome: { type: 'reauthorize', reason: 'credential_missing' } }
    if (unsaved !== undefined && isSame(unsaved.replaces, read.credential)) return { outcome: unsaved.outcome }
    const { ended } = read.credential
    if (ended !== undefined && !isRetryDue(read)) return { outcome: { type: 'reauthorize', reason: ended } }
    try {
      const secrets = await openCredential(vault, grant.secret, read.credential)
      const { serverOrigin } = secrets.context
      // The integration's URL changed: tokens for one server are never sent to another.
      if (serverOrigin !== undefined && serverOrigin !== new URL(grant.serverUrl).origin)
        return { outcome: { type: 'reauthorize', reason: 'credential_missing' } }
      const outcome = withoutRefresh(read, secrets, request)
      return outcome === undefined ? { read, secrets } : { outcome }
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
      return { outcome: { type: 'reauthorize', reason: 'credential_unreadable' } }
    }
  }

  /** Whether a given-up credential is due for a retry, because its problem can be fixed without a sign-in. */
  function isRetryDue({ credential: { attempt, lease }, now }: ReadGrant): boolean {
    return attempt !== undefined && now >= attempt.retryAt && (lease === undefined || now >= lease.until)
  }

  function isHeld({ credential: { lease }, now }: ReadGrant): boolean {
    return lease !== undefined && lease.holder !== holder && now < lease.until
  }

  /** Whether the server now names another authorization server: then nothing is sent to the old one. */
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

  /** Sends the refresh request under the lease. `again`: read the credential again, because it changed or a retry is due. */
  async function ask(
    grant: CredentialAccess,
    read: ReadGrant,
    secrets: CredentialSecrets,
    retried: boolean,
  ): Promise<TokenOutcome | 'again'> {
    const { credential } = read
    // With an expired lease of the same intent, its holder crashed or lost the response, so the server may have acted.
    const doubt = credential.attempt?.doubt === true || credential.lease?.intent === credential.lineage
    let renewed: CredentialSecrets
    try {
      renewed = await renewTokens(env, secrets, await grant.settings?.())
    } catch (error) {
      const failure = classifyFailure(error, secrets, doubt)
      if (failure.type === 'final') return end(grant, read, failure)
      if (failure.refused && isLastRefusal(credential.attempt, read.now))
        return end(grant, read, { reason: doubt ? 'refresh_outcome_unknown' : 'refresh_rejected', revivable: true })
      // The connection broke during the response: one immediate retry, within the grace period of some servers.
      if (failure.lost && failure.code === 'unreachable' && !retried) return 'again'
      const noted = noteFailure(storage, grant, read, { ...failure, lost: failure.lost || doubt, holder })
      await noted.catch(() => {}) // otherwise the lease expires, which takes as long
      if (credential.ended !== undefined) return { type: 'reauthorize', reason: credential.ended }
      return temporary(failure.code, failure.retryAfterMs)
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
