import { statusReasons } from '../../model/integration.js'
import type { SameCommitWrites, CredentialChange } from '../../oauth/lease.js'
import type { Context } from '../state/context.js'
import type { NewEvent } from '../state/event-feed.js'
import { toJson, type ClientRecord, type StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys, sharedOwner } from '../state/keys.js'
import { currentStatus, statusChange } from './status.js'
import type { Target } from '../state/target.js'

/** The status and the events that are committed together with a refreshed credential. */
export async function credentialWrites(
  context: Context,
  target: Target,
  change: CredentialChange,
): Promise<SameCommitWrites> {
  const { workspaceId, integrationId, owner, userId } = target
  const key = keys.status(integrationId, owner)
  const { records, now } = await context.storage.read(workspaceId, [key, keys.client(integrationId)])
  const stored = versioned<StatusRecord>(records[0])
  const before = stored === undefined ? undefined : currentStatus(stored.value, now)
  const found = foundBy(change, before)
  const status =
    found === undefined
      ? { writes: [], events: [] }
      : statusChange({ integrationId, owner, userId }, stored?.value, found, { now })
  const refreshed: NewEvent = {
    type: 'credential_changed',
    integrationId,
    change: 'refreshed',
    userId: owner === sharedOwner ? undefined : userId,
  }
  const client = versioned<ClientRecord>(records[1])
  const refuses = change.type === 'ended' && change.dropClient && client !== undefined
  return context.feed.prepare(workspaceId, {
    writes: [
      ...status.writes.map((write) => ({ ...write, ifVersion: stored?.version ?? null })),
      ...(refuses
        ? [{ key: client.key, ifVersion: client.version, value: toJson({ ...client.value, refused: true }) }]
        : []),
    ],
    events: [...status.events, ...(change.type === 'refreshed' ? [refreshed] : [])],
  })
}

/** The status after a change of the credential; `undefined` when it stays the same. */
function foundBy(change: CredentialChange, before: StatusRecord | undefined): StatusRecord | undefined {
  const waiting = before?.reason === 'awaiting_authorization'
  const known = waiting ? before.before : before?.reason
  if (change.type === 'refreshed') {
    const recovers = change.recovered || known === undefined || statusReasons[known] === 'error'
    if (!recovers) return undefined
  }
  const reason = change.type === 'refreshed' ? 'ok' : change.type === 'ended' ? change.reason : change.code
  // The person is still at the authorization server; this status counts if they don't come back.
  if (waiting) return { ...before, before: reason }
  return { reason, until: change.type === 'failed' ? change.retryAt : undefined }
}
