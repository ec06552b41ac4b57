import { IntegrationError } from '../../model/errors.js'
import type { Context } from '../state/context.js'
import { prefixes } from '../state/keys.js'
import { versioned, type ApprovalIndexRecord } from '../state/records.js'
import type { ResolvedCall } from './resolved-call.js'

/** A pending approval, as its person's index has it. */
export interface PendingApproval extends ApprovalIndexRecord {
  readonly approvalId: string
}

/** Everything that waits for one person's decision, oldest first. */
export async function readPending(
  context: Context,
  workspaceId: string,
  userId: string,
): Promise<readonly PendingApproval[]> {
  const prefix = prefixes.pending(userId)
  const { records } = await context.storage.list({ workspaceId, prefix, limit: 1000 })
  return records.map((record) => ({
    ...versioned<ApprovalIndexRecord>(record)!.value,
    approvalId: record.key.slice(prefix.length),
  }))
}

/**
 * Keeps a model that asks and asks from burying the person, and from taking the places of their other agents: one that
 * has nothing waiting may always ask once.
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
    `Too many calls of ${full} wait for a decision. Decide some with approvals.decide(), or take them back with approvals.cancel().`,
    { integrationId: call.target.integrationId },
  )
}
