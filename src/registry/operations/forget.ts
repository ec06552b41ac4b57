import { endApprovalsOf } from '../gate/end-approvals.js'
import type { Context } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { endSignIns, eraseCredential } from '../settings/erase-credential.js'
import { eraseList } from '../state/tool-list-records.js'
import { deleteUnder, idsUnder } from '../state/pages.js'
import { toJson, type ApprovalRecord, type IntegrationRecord } from '../state/records.js'
import { ifReadable, unlessUnreadable, versioned } from '../state/read-record.js'
import { forgottenMs } from '../state/presence.js'
import { keys, ownerKey, prefixes } from '../state/keys.js'
import { finishRemoval, markRemoved } from '../settings/remove.js'
import { markUnreadableRemoved } from '../settings/remove-unreadable.js'
import { poolPrefix } from '../servers/use-server.js'

/**
 * `forgetUser()`: removes a person's private integrations, revokes and erases the person's credentials, ends the person's
 * approvals and grants. Shared integrations stay. Only admins can then manage those that the person owned, unless
 * `transferTo` is given.
 */
export async function forgetUser(
  context: Context,
  who: { readonly workspaceId: string; readonly userId: string; readonly transferTo?: string | undefined },
): Promise<void> {
  const { workspaceId, userId, transferTo = '' } = who
  const owner = ownerKey(userId)
  const endApprovals = () =>
    endApprovalsOf(context, workspaceId, userId, { to: 'cancelled', reason: 'The person has left the workspace.' })
  const { now: begun } = await context.storage.read(workspaceId, [])
  await context.storage.commit(workspaceId, [
    { key: keys.due.forgotten(userId), value: null, expiresAt: begun + forgottenMs },
  ])
  await endApprovals()
  // Before their credentials: none of them can bring another one.
  await endSignIns(context, workspaceId, (flow) => flow.userId === userId)
  for (const id of await idsUnder(context, { workspaceId }, prefixes.integrations)) {
    await retrying('The integration', async () => {
      const { records, now } = await context.storage.read(workspaceId, [
        keys.integration(id),
        keys.visibleTo(userId, id),
      ])
      const [integration, mine] = records
      const stored = unlessUnreadable(context, workspaceId, () => versioned<IntegrationRecord>(integration))
      // Where the record can't be read, only the index says whose private integration it is.
      if (stored === undefined && integration !== undefined && mine !== undefined) {
        const handle = await markUnreadableRemoved(context, workspaceId, id)
        if (handle !== false) await finishRemoval(context, workspaceId, id, handle)
        return handle !== false
      }
      if (stored === undefined || stored.value.ownerId !== userId) return true
      if (stored.value.visibility === 'private') {
        if (!(await markRemoved(context, { workspaceId, id, record: stored.value, version: stored.version, now })))
          return false
        await finishRemoval(context, workspaceId, id, stored.value.handle)
        return true
      }
      return context.feed.commit(workspaceId, {
        writes: [
          {
            key: keys.integration(id),
            ifVersion: stored.version,
            value: toJson({
              ...stored.value,
              ownerId: transferTo,
              revision: stored.value.revision + 1,
              updatedAt: now,
            }),
          },
        ],
        events: [{ type: 'integration_updated', integrationId: id, changed: ['owner'] }],
        audit: [{ action: 'transfer_owner', integrationId: id }],
      })
    })
    const withStatus = { writes: [{ key: keys.status(id, owner), value: undefined }] }
    await eraseCredential(context, { workspaceId, integrationId: id, owner }, withStatus)
    await eraseList(context, { workspaceId, integrationId: id, owner })
    await context.pool.closeKeys(poolPrefix(workspaceId, id, owner))
  }
  await deleteUnder(context, workspaceId, prefixes.grants(userId))
  await endApprovals()
  const asked = new Set(await idsUnder(context, { workspaceId }, prefixes.asked(userId)))
  await deleteUnder(context, workspaceId, prefixes.approvals, {
    which: (record) =>
      asked.has(record.key.slice(prefixes.approvals.length)) ||
      ifReadable<ApprovalRecord>(record)?.request.userId === userId,
  })
  await deleteUnder(context, workspaceId, prefixes.asked(userId))
}
