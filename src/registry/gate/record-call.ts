import type { AuditEntry, CallOutcomeName } from '../../model/event.js'
import type { JsonValue } from '../../model/json.js'
import type { ToolCallOutcome } from '../../model/outcome.js'
import type { Context } from '../state/context.js'
import type { NewAudit } from '../state/event-feed.js'
import type { ApprovalRecord } from '../state/records.js'
import type { ResolvedCall } from './resolved-call.js'

/** Audit fields of a call that ended before it was sent. */
type Entry = Pick<AuditEntry, 'approvalId' | 'errorCode'> & { readonly rule: string; readonly outcome: CallOutcomeName }

/** Records a call that ended before it was sent. */
export async function recordCall(context: Context, call: ResolvedCall, entry: Entry): Promise<void> {
  await appendAudit(context, call.target.workspaceId, auditOf(context, call, entry))
}

/** Records a call that was not approved. */
export async function recordEnded(
  context: Context,
  workspaceId: string,
  record: ApprovalRecord,
  outcome: ToolCallOutcome,
): Promise<void> {
  const { userId, agentId, integration, approvalId, rule } = record.request
  await appendAudit(context, workspaceId, {
    action: 'call',
    userId,
    agentId,
    integrationId: integration.id,
    tool: record.binding.tool,
    argumentsDigest: record.binding.argumentsDigest,
    arguments: context.options.retention.auditArguments ? (JSON.parse(record.argumentsJson) as JsonValue) : undefined,
    rule,
    approvalId,
    outcome: outcome.type === 'approval_required' ? 'approval_required' : 'not_run',
  })
}

/** The audit entry of a call: person, agent, tool, deciding rule, outcome, and the digest of the arguments. */
export function auditOf(context: Context, call: ResolvedCall, entry: Partial<AuditEntry>): NewAudit {
  return {
    action: 'call',
    userId: call.scope.actor.userId,
    agentId: call.scope.agentId,
    integrationId: call.target.integrationId,
    tool: call.tool.name,
    argumentsDigest: call.args.digest,
    arguments: context.options.retention.auditArguments ? call.args.value : undefined,
    ...entry,
  }
}

/** Notifies the listeners of this process that a call ended. */
export function notifyFinished(context: Context, workspaceId: string, at: number, audit: NewAudit): void {
  context.feed.notifyCall(() => {
    const { arguments: _arguments, ...news } = audit
    return { type: 'call_finished', workspaceId, at, ...news }
  })
}

async function appendAudit(context: Context, workspaceId: string, audit: NewAudit): Promise<void> {
  notifyFinished(context, workspaceId, context.runtime.now(), audit)
  await context.feed.commit(workspaceId, { audit: [audit] })
}
