import { move, statusNow } from '../gate/approvals.js'
import type { Context } from '../state/context.js'
import { eraseIntegration, revokeLeftover } from '../settings/erase-credential.js'
import { eachRecord } from './each-record.js'
import {
  versioned,
  type ApprovalRecord,
  type IntegrationRecord,
  type RemovedRecord,
  type StatusRecord,
} from '../state/records.js'
import { keys, prefixes } from '../state/keys.js'
import { markRemoved, finishRemoval } from '../settings/remove.js'

/** Result of a sweep. */
export interface SweepReport {
  /** Expired records that were deleted. */
  readonly expired: number
  /** Approvals that were recorded as expired or unknown. */
  readonly approvals: number
  /** Removals that a crashed process had left unfinished, or after which a late write was found. */
  readonly removals: number
  /** Integrations that were never connected and whose sign-in expired. */
  readonly abandoned: number
}

/** `sweep()`: finishes expired and interrupted work. Safe at any time, in any number of processes. */
export async function sweep(context: Context): Promise<SweepReport> {
  const report = { expired: 0, approvals: 0, removals: 0, abandoned: 0 }
  await eachRecord(context, prefixes.approvals, false, async ({ workspaceId, key, version, value }, now) => {
    const record = value as unknown as ApprovalRecord
    const status = statusNow(record, now)
    if (status === record.status) return
    const reason = status === 'unknown' ? 'Its process ended before the response arrived.' : 'Nobody used it in time.'
    if (await move(context, workspaceId, { key, version, value: record }, status, { reason })) report.approvals++
  })
  await eachRecord(context, prefixes.removed, false, async ({ workspaceId, key, value }) => {
    await finishRemoval(
      context,
      workspaceId,
      key.slice(prefixes.removed.length),
      (value as unknown as RemovedRecord).handle,
    )
    report.removals++
  })
  await eachRecord(context, prefixes.unrevoked, false, ({ workspaceId, key, value }) =>
    revokeLeftover(context, workspaceId, key, value),
  )
  report.removals += await eraseOrphans(context)
  await eachRecord(context, prefixes.integrations, false, async ({ workspaceId, key, value, version }, now) => {
    const record = value as unknown as IntegrationRecord
    if (record.established || now - record.updatedAt < 600_000) return
    const id = key.slice(prefixes.integrations.length)
    const statuses = await context.storage.list({ workspaceId, prefix: `status/${id}/`, limit: 1000 })
    const waiting = statuses.records.some((status) => {
      const { reason, until } = versioned<StatusRecord>(status)!.value
      return reason === 'awaiting_authorization' && now < (until ?? 0)
    })
    if (waiting || !(await markRemoved(context, { workspaceId, id, record, version, now }))) return
    await finishRemoval(context, workspaceId, id, record.handle)
    report.abandoned++
  })
  await eachRecord(context, '', true, async ({ workspaceId, key, version, expiresAt }, now) => {
    if (expiresAt === undefined || now < expiresAt) return
    if ((await context.storage.commit(workspaceId, [{ key, ifVersion: version, value: undefined }])) !== false)
      report.expired++
  })
  return report
}

/** Erases records that a running check, call or edit wrote after the integration's removal. */
async function eraseOrphans(context: Context): Promise<number> {
  const looked = new Set<string>()
  let erased = 0
  for (const kind of ['status', 'settings', 'tools', 'server', 'headers', 'credential'])
    await eachRecord(context, `${kind}/`, false, async ({ workspaceId, key }) => {
      const id = key.split('/')[1]!
      const name = `${id}\n${workspaceId}`
      if (looked.has(name)) return
      looked.add(name)
      const { records } = await context.storage.read(workspaceId, [keys.integration(id)])
      if (records[0] !== undefined) return
      await eraseIntegration(context, workspaceId, id, id)
      erased++
    })
  return erased
}
