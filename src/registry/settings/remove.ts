import type { CheckedActor } from '../../model/actor.js'
import { isIntegrationError } from '../../model/errors.js'
import type { StorageRecord } from '../../ports/storage.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import type { ActorContext, Context } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { pages } from '../state/pages.js'
import { retrying } from '../state/retrying.js'
import { eraseIntegration, isHandleOf } from './erase-credential.js'
import { endGrants } from '../gate/grants.js'
import { load, type LoadedIntegration } from '../state/access.js'
import { toJson, type DueRemovalRecord } from '../state/records.js'
import { keys, prefixes } from '../state/keys.js'
import { poolPrefix } from '../servers/use-server.js'

/**
 * Removes an integration. One small commit makes sure that nothing can call it. Then approvals and grants end, tokens are
 * revoked and secrets erased. If the process crashes in between, `sweep()` finishes the removal.
 *
 * @throws IntegrationError `not_found`, `forbidden`
 */
export async function remove(context: ActorContext, id: string): Promise<void> {
  const { actor } = context
  const handle = await retrying('The integration', async () => {
    const loaded = await load(context, id, 'remove').catch(unreadableFor(actor))
    if (loaded === 'unreadable') return markUnreadableRemoved(context, actor.workspaceId, id, actor.userId)
    return (await markRemoved(context, loaded, actor.userId)) && loaded.record.handle
  })
  await finishRemoval(context, actor.workspaceId, id, handle)
}

/** Without its record, nobody's rights to an integration are known: only an admin can remove it. */
function unreadableFor({ role }: CheckedActor): (error: unknown) => 'unreadable' {
  return (error) => {
    if (role === 'admin' && isIntegrationError(error) && error.code === 'storage_incompatible') return 'unreadable'
    throw error
  }
}

/** The one commit that removes an integration. */
export async function markRemoved(
  context: Context,
  { workspaceId, id, record, version, now }: Omit<LoadedIntegration, 'others'>,
  by?: string,
): Promise<boolean> {
  const { ownerId, visibility } = record
  const removal: DueRemovalRecord = { handle: record.handle, removedAt: now }
  const written = await context.feed.commit(workspaceId, {
    writes: [
      { key: keys.integration(id), ifVersion: version, value: undefined },
      { key: keys.visibleToAll(id), value: undefined },
      { key: keys.visibleTo(record.ownerId, id), value: undefined },
      { key: keys.due.removal(id), value: toJson(removal), expiresAt: now },
    ],
    events: [{ type: 'integration_removed', integrationId: id, ownerId, visibility, by }],
    audit: [{ action: 'remove', integrationId: id, userId: by }],
  })
  return written !== false
}

/**
 * The one commit that removes an integration whose record can't be read. Who could see it is known from the indexes.
 *
 * @returns its handle; its id if no record has the handle; `false` if another writer was first
 */
export async function markUnreadableRemoved(
  context: Context,
  workspaceId: string,
  id: string,
  by?: string,
): Promise<string | false> {
  const { records, now } = await context.storage.read(workspaceId, [keys.integration(id), keys.visibleToAll(id)])
  const [record, toAll] = records
  if (record === undefined) throw notFound('integration', id)
  const handle = await findKey(context, workspaceId, prefixes.handles, (stored) => isHandleOf(stored, id))
  const toOne = await findKey(context, workspaceId, prefixes.visibleToOne, ({ key }) => key.endsWith(`/${id}`))
  const removal: DueRemovalRecord = { handle: handle?.slice(prefixes.handles.length) ?? id, removedAt: now }
  const visibility = toAll === undefined ? 'private' : 'workspace'
  const written = await context.feed.commit(workspaceId, {
    writes: [
      { key: keys.integration(id), ifVersion: record.version, value: undefined },
      { key: keys.visibleToAll(id), value: undefined },
      ...(toOne === undefined ? [] : [{ key: toOne, value: undefined }]),
      { key: keys.due.removal(id), value: toJson(removal), expiresAt: now },
    ],
    events: [{ type: 'integration_removed', integrationId: id, ownerId: '', visibility, by }],
    audit: [{ action: 'remove', integrationId: id, userId: by }],
  })
  return written !== false && removal.handle
}

async function findKey(
  context: Context,
  workspaceId: string,
  prefix: string,
  which: (record: StorageRecord) => boolean,
): Promise<string | undefined> {
  for await (const { records } of pages(context.storage, { workspaceId, prefix, limit: 1000 })) {
    const found = records.find(which)
    if (found !== undefined) return found.key
  }
  return undefined
}

/** The work after a removal. Safe to repeat. */
export async function finishRemoval(context: Context, workspaceId: string, id: string, handle: string): Promise<void> {
  context.calls.end(workspaceId, id, 'not_found')
  await context.pool.closeKeys(poolPrefix(workspaceId, id))
  await endOpenApprovals(context, workspaceId, id, { to: 'cancelled', reason: 'The integration was removed.' })
  await endGrants(context, workspaceId, id)
  await eraseIntegration(context, workspaceId, id, handle)
  await eraseAgainLater(context, workspaceId, id)
}

/** A running check, call or edit may still write. Sweeps erase such writes for as long as such work can run. */
async function eraseAgainLater(context: Context, workspaceId: string, id: string): Promise<void> {
  const { now } = await context.storage.read(workspaceId, [])
  const removal: DueRemovalRecord = { removedAt: now, erased: true }
  await context.storage.commit(workspaceId, [{ key: keys.due.removal(id), value: toJson(removal), expiresAt: now }])
}
