import type { Approval } from '../../model/approval.js'
import { IntegrationError } from '../../model/errors.js'
import type { ActorContext, Context } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { idsUnder, pages } from '../state/pages.js'
import { prefixes } from '../state/keys.js'
import type { ApprovalIndexRecord, ApprovalRecord } from '../state/records.js'
import { readOrReport, reportUnreadable } from '../state/read-record.js'
import { isOpen, move, presentApproval, readApproval, readDecidable, statusNow, transition } from './approvals.js'

/** Why open approvals end. */
export interface ApprovalEnd {
  readonly to: 'cancelled' | 'superseded'
  /** A sentence for the person and the model. */
  readonly reason: string
  /** Selects the approvals to end. `@default all` */
  readonly only?: ((record: ApprovalRecord) => boolean) | undefined
}

/**
 * `approvals.cancel()`: cancels the actor's own request if it was not used yet. Cancelling again returns the same
 * approval.
 * @throws IntegrationError `not_found`, `forbidden`, `conflict`
 */
export async function cancelApproval(context: ActorContext, id: string): Promise<Approval> {
  const { actor } = context
  return retrying('The approval', async () => {
    const [found] = await readDecidable(context, [id])
    const { stored, now } = found!
    const { request, binding } = stored.value
    if (request.userId !== actor.userId)
      throw new IntegrationError(
        'forbidden',
        `You can't cancel approval "${id}": only the person who asked can. Deny it with approvals.decide().`,
        { integrationId: request.integration.id },
      )
    const status = statusNow(stored.value, now)
    if (status === 'cancelled') return presentApproval(stored.value, now)
    if (!isOpen(status))
      throw new IntegrationError('conflict', `Approval "${id}" is already ${status} and can't be cancelled.`, {
        integrationId: request.integration.id,
        reason: status,
      })
    const change = transition(context, stored, 'cancelled', { reason: 'The person cancelled the request.' }, [
      {
        action: 'cancel_approval',
        userId: actor.userId,
        agentId: request.agentId,
        integrationId: request.integration.id,
        tool: binding.tool,
        approvalId: id,
        argumentsDigest: binding.argumentsDigest,
      },
    ])
    if ((await context.feed.commit(actor.workspaceId, change)) === false) return false
    context.decisions.notice(id, 'cancelled')
    return presentApproval(change.record, now)
  })
}

/** Ends the open approvals of an integration, of one person or of all. Running calls continue. */
export async function endOpenApprovals(
  context: Context,
  workspaceId: string,
  integrationId: string,
  end: ApprovalEnd,
): Promise<void> {
  for await (const { records } of pages(context.storage, { workspaceId, prefix: prefixes.open, limit: 1000 }))
    for (const record of records) {
      const index = readOrReport<ApprovalIndexRecord>(context, workspaceId, record)
      if (index?.integrationId === integrationId)
        await endOne(context, workspaceId, record.key.slice(prefixes.open.length), end)
    }
}

/** Ends the open approvals of one person. */
export async function endApprovalsOf(
  context: Context,
  workspaceId: string,
  userId: string,
  end: ApprovalEnd,
): Promise<void> {
  for (const prefix of [prefixes.pending(userId), prefixes.approved(userId)])
    for (const id of await idsUnder(context, { workspaceId }, prefix)) await endOne(context, workspaceId, id, end)
}

/** Ends one approval unless it was decided or used in the meantime. One that can't be read can't be used either. */
export async function endOne(context: Context, workspaceId: string, id: string, end: ApprovalEnd): Promise<void> {
  const { to, reason, only = () => true } = end
  await retrying('The approval', async () => {
    const found = await readApproval(context, workspaceId, id)
    if (found === undefined || !isOpen(found.stored.value.status) || !only(found.stored.value)) return true
    return (await move(context, workspaceId, found.stored, to, { reason })) !== false
  }).catch((error: unknown) => reportUnreadable(context.report, workspaceId, error))
}
