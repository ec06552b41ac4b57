import { makeHandle } from '../../policy/tool-name.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ActorContext, Context } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { versioned, toJson, type HeadersRecord, type IntegrationRecord } from '../state/records.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { seal } from './sign-in.js'
import type { ConnectPlan } from './plan-connect.js'

/** Stores a new integration with everything that belongs to it, under a handle of its own. */
export async function storeIntegration(
  context: ActorContext,
  id: string,
  wish: ConnectPlan,
  auth: IntegrationRecord['auth'],
  rest: (now: number) => Promise<readonly StorageWrite[]>,
  established: () => boolean = () => true,
): Promise<void> {
  const { actor } = context
  const { workspaceId, userId } = actor
  await retrying('The handle', async () => {
    const { handle, now } = await freeHandle(context, workspaceId, wish.name)
    const more = await rest(now)
    const setAt = Object.keys(wish.headers).map((name) => ({ name, setAt: now }))
    const headersOwner = wish.credentials === 'per_user' ? ownerKey(userId) : sharedOwner
    const record: IntegrationRecord = {
      handle,
      name: wish.name,
      ownerId: userId,
      connectorId: wish.connector?.id,
      url: wish.url,
      origin: wish.origin,
      headers: setAt,
      auth,
      visibility: wish.visibility,
      credentials: wish.credentials,
      enabled: wish.enabled,
      trusted: wish.trusted,
      agents: wish.agents,
      bindingRevision: 1,
      revision: 1,
      established: established(),
      createdAt: now,
      updatedAt: now,
    }
    const secrets: StorageWrite[] = []
    if (setAt.length > 0) {
      const sealed = await context.vault.seal(JSON.stringify(wish.headers), {
        workspaceId,
        integrationId: id,
        owner: headersOwner,
        field: 'headers',
      })
      secrets.push({
        key: keys.headers(id, headersOwner),
        value: toJson({ sealed, tag: id, origin: wish.origin, headers: setAt } satisfies HeadersRecord),
      })
    }
    if (wish.oauth !== undefined)
      secrets.push({
        key: keys.oauthSettings(id),
        value: toJson({ sealed: await seal(context, workspaceId, id, 'oauth', wish.oauth) }),
      })
    const written = await context.feed.commit(workspaceId, {
      writes: [
        { key: keys.integration(id), ifVersion: null, value: toJson(record) },
        { key: keys.handle(handle), ifVersion: null, value: { integrationId: id } },
        { key: wish.visibility === 'workspace' ? keys.visibleToAll(id) : keys.visibleTo(userId, id), value: { id } },
        ...secrets,
        ...more,
      ],
      events: [{ type: 'integration_connected', integrationId: id, name: wish.name, by: userId }],
      audit: [{ action: 'connect', userId, integrationId: id }],
    })
    return written !== false
  })
}

async function freeHandle(
  context: Context,
  workspaceId: string,
  name: string,
): Promise<{ handle: string; now: number }> {
  const tried = new Set<string>()
  for (;;) {
    const handle = makeHandle(name, (candidate) => tried.has(candidate))
    const { records, now } = await context.storage.read(workspaceId, [keys.handle(handle)])
    if (versioned(records[0]) === undefined) return { handle, now }
    tried.add(handle)
  }
}
