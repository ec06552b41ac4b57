import { IntegrationError } from '../../model/errors.js'
import type { Context } from '../state/context.js'
import { prefixes } from '../state/keys.js'
import type { ApprovalIndexRecord } from '../state/records.js'
import { readOrReport } from '../state/read-record.js'
import type { ResolvedCall } from './resolved-call.js'

/** A pending approval in its person's index. */
export interface PendingApproval extends ApprovalIndexRecord {
  readonly approvalId: string
}

/** All approvals that wait for one person's decision, oldest first. */
export async function readPending(
  context: Context,
  workspaceId: string,
  userId: string,
): Promise<readonly PendingApproval[]> {
  const prefix = prefixes.pending(userId)
  const { records } = await context.storage.list({ workspaceId, prefix, limit: 1000 })
  return records.flatMap((record) => {
    const index = readOrReport<ApprovalIndexRecord>(context, workspaceId, record)
    return index === undefined ? [] : [{ ...index, approvalId: record.key.slice(prefix.length) }]
  })
}

/**
 * Limits the pending approvals of a conversation, an agent and a person. An agent with no pending approval may always
 * ask once.
 *
 * @throws IntegrationError `limit_reached`
 */
export function checkPending(context: Context, call: ResolvedCall, pending: readonly PendingApproval[]): void {
  const { maxPendingPerConversation, maxPendingPerAgent, maxPendingPerUser } = context.options.approvals
  const { agentId, conversationId } = call.scope
  const ofAgent = pending.filter((open) => open.agentId === agentId).length
  const ofConversation = pending.filter((open) => open.conversationId === conversationId).length
  const full =
    conversationId !== undefined && ofConversation >= maxPendingPerConversation
      ? 'this conversation'
      : ofAgent >= maxPendingPerAgent
        ? `agent "${agentId}"`
        : pending.length >= maxPendingPerUser && ofAgent > 0
          ? 'this person'
          : undefined
  if (full === undefined) return
  throw new IntegrationError(
    'limit_reached',
    `Too many calls of ${full} wait for a decision. Decide some with approvals.decide(), or cancel some with approvals.cancel().`,
    { integrationId: call.target.integrationId },
  )
}
