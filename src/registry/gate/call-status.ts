import { statusReasons } from '../../model/integration.js'
import type { Context } from '../state/context.js'
import type { Change } from '../state/event-feed.js'
import { versioned, type StatusRecord } from '../state/records.js'
import { keys } from '../state/keys.js'
import type { ResolvedCall } from './resolved-call.js'
import { statusChange } from '../servers/status.js'

/** How often calls that change nothing write when it last worked, in ms. */
const statusWriteIntervalMs = 60_000

/**
 * What a call says of its integration, to be committed with its end. Nothing, when the status changed while it ran:
 * whoever wrote it, a refresh of the token or another call, knew more. So many calls at once that meet the same end tell
 * it once.
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
