import type { ConnectResult } from '../../model/outcome.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { reasonOf, statusChange } from '../servers/status.js'
import { load } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { keys } from '../state/keys.js'
import type { StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { retrying } from '../state/retrying.js'
import { targetFrom, targetKeys } from '../state/target.js'
import { getIntegration } from './integrations.js'
import { refreshTools } from './refresh-tools.js'

/**
 * Lists the tools with the newly stored credential and returns the result; server errors become the integration's
 * status.
 */
export async function refreshAfterSignIn(
  context: ActorContext,
  integrationId: string,
  signal: AbortSignal | undefined,
): Promise<Exclude<ConnectResult, { type: 'authorization_required' }>> {
  const { actor } = context
  const { record, others } = await load(context, integrationId, 'get', targetKeys(integrationId, actor))
  const target = targetFrom(actor, integrationId, record, others)
  try {
    await refreshTools(context, target, { bypassBreaker: true, fresh: true, signal })
    return { type: 'connected', integration: await getIntegration(context, integrationId) }
  } catch (error) {
    const found =
      error instanceof AuthorizationRequired
        ? { reason: error.reason, scopes: error.scopes }
        : { reason: reasonOf(error) }
    if (found.reason === undefined) throw error
    await settleStatus(context, integrationId, target.owner, { ...found, reason: found.reason })
    return { type: 'failed', integration: await getIntegration(context, integrationId) }
  }
}

/** Stores a status in place of an earlier one, with an event if the status changed. */
export async function settleStatus(
  context: ActorContext,
  integrationId: string,
  owner: string,
  status: StatusRecord,
): Promise<void> {
  const { actor } = context
  await retrying('The status', async () => {
    const { records, now } = await context.storage.read(actor.workspaceId, [keys.status(integrationId, owner)])
    const before = versioned<StatusRecord>(records[0])
    // The person has signed out, was forgotten, or has lost access.
    if (before === undefined) return true
    const { writes, events } = statusChange({ integrationId, owner, userId: actor.userId }, before.value, status, {
      now,
    })
    if (writes.length === 0) return true
    const held = writes.map((write) => ({ ...write, ifVersion: before.version }))
    return context.feed.commit(actor.workspaceId, { writes: held, events })
  })
}
