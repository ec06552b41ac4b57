import type { StorageRecord } from '../../ports/storage.js'
import { poolPrefix } from '../servers/use-server.js'
import { eraseIntegration } from '../settings/erase-credential.js'
import type { Context } from '../state/context.js'
import { momentKey } from '../state/event-feed.js'
import { forgottenMs } from '../state/presence.js'
import { keys, prefixes } from '../state/keys.js'
import { deleteUnder, idsUnder } from '../state/pages.js'
import { toJson, type DueForgettingRecord, type IntegrationRecord } from '../state/records.js'
import { ifReadable } from '../state/read-record.js'

/**
 * `forgetWorkspace()`: revokes every token and erases every record of a workspace, including events and audit log. What calls
 * that are in flight still write is erased by sweeps, for as long as a call may take.
 */
export async function forgetWorkspace(context: Context, workspaceId: string): Promise<void> {
  const { now } = await context.storage.read(workspaceId, [])
  await context.storage.commit(workspaceId, [
    { key: keys.due.forgottenWorkspace, value: null, expiresAt: now + forgottenMs },
  ])
  const ids = await idsUnder(context, { workspaceId }, prefixes.integrations)
  for (let n = 0; n < ids.length; n += idsOfRecord) {
    const forgetting: DueForgettingRecord = { forgottenAt: now, integrations: ids.slice(n, n + idsOfRecord) }
    await context.storage.commit(workspaceId, [
      { key: keys.due.forgetting(context.runtime.randomId()), value: toJson(forgetting), expiresAt: now },
    ])
  }
  for (const id of ids) await forgetIntegration(context, workspaceId, id)
  // By itself: who watches reads everything again.
  await deleteUnder(context, workspaceId, prefixes.catalogue)
  await deleteRest(context, workspaceId)
}

const idsOfRecord = 1000

/**
 * Erases what was written of forgotten integrations after they were forgotten; everything, unless the workspace has been begun
 * again.
 *
 * @returns whether there was anything
 */
export async function forgetLateWrites(
  context: Context,
  workspaceId: string,
  { forgottenAt, integrations }: DueForgettingRecord,
): Promise<boolean> {
  const forgotten = new Set(integrations)
  let found = false
  for (const id of forgotten) found = (await forgetIntegration(context, workspaceId, id)) || found
  const { records: others } = await context.storage.list({ workspaceId, prefix: prefixes.integrations, limit: 1 })
  if (others.length === 0) return (await deleteRest(context, workspaceId)) > 0 || found
  const isForgotten = (record: StorageRecord): boolean =>
    forgotten.has(ifReadable<{ readonly integrationId?: string }>(record)?.integrationId ?? '')
  const since = prefixes.audit + momentKey(forgottenAt - clockSkewMs)
  const deleted =
    (await deleteUnder(context, workspaceId, prefixes.audit, { after: since, which: isForgotten })) +
    (await deleteUnder(context, workspaceId, prefixes.event, { which: isForgotten }))
  return deleted > 0 || found
}

/** Audit entries have the time of the process that writes them. */
const clockSkewMs = 3_600_000

/** Everything but the records by which sweeps find late writes, and running operations notice that all is forgotten. */
function deleteRest(context: Context, workspaceId: string): Promise<number> {
  return deleteUnder(context, workspaceId, '', {
    which: ({ key }) => !key.startsWith(prefixes.dueForgettings) && key !== keys.due.forgottenWorkspace,
  })
}

async function forgetIntegration(context: Context, workspaceId: string, id: string): Promise<boolean> {
  const key = keys.integration(id)
  const { records } = await context.storage.read(workspaceId, [key])
  if (records[0] !== undefined) await context.storage.commit(workspaceId, [{ key, value: undefined }])
  context.calls.end(workspaceId, id, 'not_found')
  await context.pool.closeKeys(poolPrefix(workspaceId, id))
  return eraseIntegration(context, workspaceId, id, ifReadable<IntegrationRecord>(records[0])?.handle ?? id)
}
