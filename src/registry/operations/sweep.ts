import { move, readApproval, statusNow } from '../gate/approvals.js'
import { eraseIntegration, revokeLeftover } from '../settings/erase-credential.js'
import { signInMs } from '../settings/new-integration.js'
import { finishRemoval, markRemoved } from '../settings/remove.js'
import type { Context } from '../state/context.js'
import { keys } from '../state/keys.js'
import { deleteUnusedChunks } from '../state/tool-list-records.js'
import type { DueForgettingRecord, DueRemovalRecord, IntegrationRecord, StatusRecord } from '../state/records.js'
import { ifReadable, readOrReport, reportUnreadable, versioned } from '../state/read-record.js'
import { forgetLateWrites } from './forget-workspace.js'
import { deleteExpired, eachExpired, type Scanned } from './each-record.js'

/** Result of a sweep. */
export interface SweepReport {
  /** Expired records that were deleted. */
  readonly expired: number
  /** Approvals that were recorded as expired or unknown. */
  readonly approvals: number
  /** Finished removals that a crashed process had started, or after which a late write was found. */
  readonly removals: number
  /** Removed integrations that were never connected before their sign-in expired. */
  readonly abandoned: number
}

/**
 * `sweep()`: finishes expired and interrupted work. Safe at any time, in any number of processes. Reads only expired
 * records: work to finish later has a record under `due/` that expires when the work is due.
 */
export async function sweep(context: Context): Promise<SweepReport> {
  const report = { expired: 0, approvals: 0, removals: 0, abandoned: 0 }
  await eachExpired(context, async (records, now) => {
    const due = records.filter(({ key }) => key.startsWith('due/'))
    for (const record of due) {
      // Work on a record that can't be read stays due, and the rest goes on.
      const done = await finish(context, record, now).catch((error: unknown) => {
        reportUnreadable(context.report, record.workspaceId, error)
        return undefined
      })
      if (done !== undefined) report[done]++
    }
    const rest = records.filter(({ key }) => !key.startsWith('due/'))
    report.expired += await deleteExpired(context, rest)
  })
  return report
}

type Done = keyof SweepReport | undefined

/** Finishes one piece of work. @returns the counter to increase, if any */
async function finish(context: Context, record: Scanned, now: number): Promise<Done> {
  const [, kind, id = ''] = record.key.split('/')
  switch (kind) {
    case 'approval':
      return endApproval(context, record, id)
    case 'chunks':
      await deleteUnusedChunks(context, record.workspaceId, id, [record])
      return undefined
    case 'forgetting':
      return endForgetting(context, record, now)
    case 'removal':
      return endRemoval(context, record, id, now)
    case 'revocation':
      await revokeLeftover(context, record.workspaceId, record.key)
      await settle(context, record)
      return undefined
    case 'sign-in':
      return endSignIn(context, record, id, now)
    default:
      await settle(context, record)
      return undefined
  }
}

async function endApproval(context: Context, record: Scanned, id: string): Promise<Done> {
  const { workspaceId } = record
  const found = await readApproval(context, workspaceId, id)
  const status = found && statusNow(found.stored.value, found.now)
  if (found === undefined || status === undefined || status === found.stored.value.status) {
    await settle(context, record)
    return undefined
  }
  const reason =
    status === 'unknown' ? 'The process ended before the response arrived.' : 'The approval was not used in time.'
  return (await move(context, workspaceId, found.stored, status, { reason })) === false ? undefined : 'approvals'
}

/** Finishes a removal, then erases late writes for as long as running work can write. */
async function endRemoval(context: Context, record: Scanned, id: string, now: number): Promise<Done> {
  const { workspaceId } = record
  const removal = ifReadable<DueRemovalRecord>(record)
  if (removal?.erased !== true) {
    await finishRemoval(context, workspaceId, id, removal?.handle ?? id)
    return 'removals'
  }
  const found = await eraseIntegration(context, workspaceId, id, id)
  await settle(context, record, now - removal.removedAt < lateWritesMs ? now + recheckMs : undefined)
  return found ? 'removals' : undefined
}

/** What was written late of a workspace that was forgotten. */
async function endForgetting(context: Context, record: Scanned, now: number): Promise<Done> {
  const forgetting = versioned<DueForgettingRecord>(record)!.value
  const found = await forgetLateWrites(context, record.workspaceId, forgetting)
  await settle(context, record, now - forgetting.forgottenAt < lateWritesMs ? now + recheckMs : undefined)
  return found ? 'removals' : undefined
}

/** The maximum duration of a call. */
const lateWritesMs = 86_400_000
const recheckMs = 3_600_000

/** Removes an integration that nobody signed in to, unless a sign-in is running. */
async function endSignIn(context: Context, record: Scanned, id: string, now: number): Promise<Done> {
  const { workspaceId } = record
  const [{ records }, statuses] = await Promise.all([
    context.storage.read(workspaceId, [keys.integration(id)]),
    context.storage.list({ workspaceId, prefix: `status/${id}/`, limit: 1000 }),
  ])
  const integration = versioned<IntegrationRecord>(records[0])
  if (integration === undefined || integration.value.established) {
    await settle(context, record)
    return undefined
  }
  const waitingUntil = statuses.records.map((status) => {
    const known = readOrReport<StatusRecord>(context, workspaceId, status)
    const { reason, until = 0 } = known ?? {}
    return reason === 'awaiting_authorization' ? until : 0
  })
  const until = Math.max(integration.value.updatedAt + signInMs, ...waitingUntil)
  if (now < until) {
    await settle(context, record, until)
    return undefined
  }
  const { value, version } = integration
  if (!(await markRemoved(context, { workspaceId, id, record: value, version, now }))) return undefined
  await settle(context, record)
  await finishRemoval(context, workspaceId, id, value.handle)
  return 'abandoned'
}

/** Deletes the `due/` record of finished work, or postpones it. */
async function settle(context: Context, { workspaceId, key, version, value }: Scanned, until?: number): Promise<void> {
  await context.storage.commit(workspaceId, [
    { key, ifVersion: version, value: until === undefined ? undefined : value, expiresAt: until },
  ])
}
