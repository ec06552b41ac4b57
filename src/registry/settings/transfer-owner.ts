import { endOpenApprovals } from '../gate/end-approvals.js'
import type { ActorContext } from '../state/context.js'
import { drop, sharedSecrets, eraseAllCredentials } from './drop-credential.js'
import { retrying } from '../state/retrying.js'
import { endGrants } from '../gate/grants.js'
import { load } from '../state/access.js'
import { toJson, type IntegrationRecord } from '../state/records.js'
import { check, hostShapes } from '../state/verb-shapes.js'
import { keys, sharedOwner } from '../state/keys.js'
import { poolPrefix } from '../servers/use-server.js'

/**
 * Transfers an integration to another person. A private integration loses its credential: the new owner sets a new one.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`
 */
export async function transferOwner(context: ActorContext, id: string, userId: string): Promise<void> {
  const { actor } = context
  check('transferOwner()', hostShapes.transferOwner, { userId })
  const taken = await retrying('The integration', async () => {
    const { record, version, now, others } = await load(context, id, 'transfer_owner', sharedSecrets(id))
    if (record.ownerId === userId) return 'nothing'
    const wasPrivate = record.visibility === 'private'
    const dropped = wasPrivate ? drop(id, others) : undefined
    const next: IntegrationRecord = {
      ...record,
      ownerId: userId,
      revision: record.revision + 1,
      bindingRevision: wasPrivate ? record.bindingRevision + 1 : record.bindingRevision,
      headers: wasPrivate ? [] : record.headers,
      updatedAt: now,
    }
    const done = await context.feed.commit(actor.workspaceId, {
      writes: [
        { key: keys.integration(id), ifVersion: version, value: toJson(next) },
        ...(dropped === undefined
          ? []
          : [
              { key: keys.visibleTo(record.ownerId, id), value: undefined },
              { key: keys.visibleTo(userId, id), value: { id } },
              { key: keys.headers(id, sharedOwner), value: undefined },
              { key: keys.status(id, sharedOwner), value: undefined },
              ...dropped.writes,
            ]),
      ],
      events: [{ type: 'integration_updated', integrationId: id, changed: ['owner'], by: actor.userId }],
      audit: [{ action: 'transfer_owner', userId: actor.userId, integrationId: id }],
    })
    return done && (dropped ?? 'nothing')
  })
  if (taken === 'nothing') return
  context.calls.end(actor.workspaceId, id, 'conflict')
  await context.pool.closeKeys(poolPrefix(actor.workspaceId, id))
  await endOpenApprovals(context, actor.workspaceId, id, {
    to: 'superseded',
    reason: 'The integration has a new owner.',
  })
  await endGrants(context, actor.workspaceId, id)
  await eraseAllCredentials(context, actor.workspaceId, id, taken)
}
