import { sha256Hex } from '../../model/digest.js'
import type { Integration } from '../../model/integration.js'
import { makeHandle } from '../../policy/tool-name.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ActorContext, Context } from '../state/context.js'
import { IntegrationError } from '../../model/errors.js'
import { retrying } from '../state/retrying.js'
import { toJson, type IntegrationRecord } from '../state/records.js'
import type { Presence } from '../state/presence.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { sealHeaders } from '../servers/headers.js'
import { sealOAuthSettings } from '../servers/oauth-settings.js'
import type { ConnectPlan } from './plan-connect.js'
import { presentNew } from './present-integration.js'

/** Records to store with a new integration. */
export interface NewIntegration {
  readonly auth: IntegrationRecord['auth']
  /** Holds the commit to the person and the workspace not having been forgotten. */
  readonly presence: Presence
  /** Further writes of the same commit. */
  rest(now: number): Promise<readonly StorageWrite[]>
  /** Whether the integration already works; called after {@link NewIntegration.rest}. `@default` yes */
  established?(): boolean
}

/** How long an integration may wait for its first sign-in before a sweep removes it, in ms. */
export const signInMs = 600_000

/** Stores a new integration with all its records, under a new handle. @returns the integration as its owner sees it */
export async function storeIntegration(
  context: ActorContext,
  id: string,
  plan: ConnectPlan,
  { auth, rest, established = () => true, presence }: NewIntegration,
): Promise<Integration> {
  const { actor } = context
  const { workspaceId, userId } = actor
  const stored = await retrying('The handle', async () => {
    const { handle, now } = await freeHandle(context, workspaceId, plan)
    const more = await rest(now)
    const setAt = Object.keys(plan.headers).map((name) => ({ name, setAt: now }))
    const headersOwner = plan.credentials === 'per_user' ? ownerKey(userId) : sharedOwner
    const record: IntegrationRecord = {
      handle,
      name: plan.name,
      ownerId: userId,
      connectorId: plan.connector?.id,
      url: plan.url,
      origin: plan.origin,
      headers: setAt,
      auth,
      visibility: plan.visibility,
      credentials: plan.credentials,
      enabled: plan.enabled,
      trusted: plan.trusted,
      agents: plan.agents,
      bindingRevision: 1,
      revision: 1,
      established: established(),
      createdAt: now,
      updatedAt: now,
    }
    const secrets: StorageWrite[] = []
    const of = { workspaceId, integrationId: id }
    if (setAt.length > 0) {
      const ref = { workspaceId, integrationId: id, owner: headersOwner }
      const set = { values: plan.headers, headers: setAt }
      const value = await sealHeaders(context, ref, set, { origin: plan.origin, tag: id })
      secrets.push({ key: keys.headers(id, headersOwner), value: toJson(value) })
    }
    if (plan.oauth !== undefined)
      secrets.push({
        key: keys.oauthSettings(id),
        value: toJson({ sealed: await sealOAuthSettings(context, of, plan.origin, plan.oauth) }),
      })
    const written = await context.feed.commit(workspaceId, {
      writes: [
        { key: keys.integration(id), ifVersion: null, value: toJson(record) },
        { key: keys.handle(handle), ifVersion: null, value: { integrationId: id } },
        { key: plan.visibility === 'workspace' ? keys.visibleToAll(id) : keys.visibleTo(userId, id), value: { id } },
        ...(record.established ? [] : [{ key: keys.due.signIn(id), value: null, expiresAt: now + signInMs }]),
        ...secrets,
        ...more,
        ...presence.checks,
      ],
      events: [{ type: 'integration_connected', integrationId: id, name: plan.name, by: userId }],
      audit: [{ action: 'connect', userId, integrationId: id }],
    })
    if (written === false) await presence.check()
    return written !== false && { record, writes: more, now }
  })
  return presentNew(context, id, stored)
}

async function freeHandle(
  context: Context,
  workspaceId: string,
  { name, url, connector }: ConnectPlan,
): Promise<{ handle: string; now: number }> {
  const fallback = url === undefined ? (connector?.id ?? '') : new URL(url).hostname
  for (const { first, many } of handleNumbers(context)) {
    const candidates = new Set<string>()
    while (candidates.size < many)
      candidates.add(makeHandle(name, fallback, (candidate) => candidates.has(candidate), first))
    const wanted = [...candidates]
    const { records, now } = await context.storage.read(workspaceId, wanted.map(keys.handle))
    const handle = wanted.find((_handle, n) => records[n] === undefined)
    if (handle !== undefined) return { handle, now }
  }
  throw new IntegrationError('conflict', 'No free handle was found for this name. Try again, or choose another name.')
}

/**
 * The numbers of the handles to try, in batches of one read each. After the first 21 they are random, so that nobody waits
 * longer because many handles of a name are taken.
 */
function* handleNumbers({ runtime }: Context): Generator<{ readonly first: number; readonly many: number }> {
  yield { first: 1, many: 1 }
  yield { first: 2, many: 20 }
  for (let round = 0; round < 20; round++)
    yield { first: 100 + Number.parseInt(sha256Hex(runtime.randomId()).slice(0, 6), 16), many: 1 }
}
