import { statusReasons } from '../../model/integration.js'
import type { Context } from '../state/context.js'
import type { Change } from '../state/event-feed.js'
import type { StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys } from '../state/keys.js'
import type { ResolvedCall } from './resolved-call.js'
import { statusChange } from '../servers/status.js'

/** Minimum time between two writes of `lastWorkedAt` by calls, in ms. */
const statusWriteIntervalMs = 60_000

/**
 * The status change that a call's result implies, to be committed with the result. Empty if the status changed during the
 * call, because that writer (a token refresh, another call) knew more. So simultaneous calls with the same result write
 * the status once.
 */
export async function statusAfter(
  context: Context,
  { target, scope }: ResolvedCall,
  reported: Pick<StatusRecord, 'reason' | 'scopes'>,
  now: number,
): Promise<Change> {
  const { workspaceId, integrationId, owner } = target
  const of = { integrationId, owner, userId: scope.actor.userId }
  const needsPerson = statusReasons[reported.reason] === 'reconnect_required'
  const found = { ...reported, foundByCall: needsPerson ? target.credential : undefined }
  if (statusChange(of, target.status, found, { now, notOftenerThanMs: statusWriteIntervalMs }).writes.length === 0)
    return {}
  const { records } = await context.storage.read(workspaceId, [keys.status(integrationId, owner)])
  const current = versioned<StatusRecord>(records[0])
  if (current?.value.reason !== target.status?.reason) return {}
  const { writes, events } = statusChange(of, current?.value, found, { now, notOftenerThanMs: statusWriteIntervalMs })
  return { events, writes: writes.map((write) => ({ ...write, ifVersion: current?.version ?? null })) }
}

/** Whether the stored status already says that the integration works, as for most calls. */
export function worksAsBefore(
  status: StatusRecord | undefined,
  { reason }: Pick<StatusRecord, 'reason'>,
  now: number,
): boolean {
  if (status?.reason !== 'ok' || reason !== 'ok' || now - (status.checkedAt ?? 0) >= statusWriteIntervalMs) return false
  const { until, scopes, foundByCall, serverMessage } = status
  return [until, scopes, foundByCall, serverMessage].every((held) => held === undefined)
}
