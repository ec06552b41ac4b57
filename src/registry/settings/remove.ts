import { endOpenApprovals } from '../gate/end-approvals.js'
import type { ActorContext, Context } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { eraseIntegration } from './erase-credential.js'
import { markUnreadableRemoved, unreadableFor } from './remove-unreadable.js'
import { endGrants } from '../gate/grants.js'
import { load, type LoadedIntegration } from '../state/access.js'
import { toJson, type DueRemovalRecord } from '../state/records.js'
import { keys } from '../state/keys.js'
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
