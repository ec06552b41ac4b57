import type { AuditEntry, CallOutcomeName } from '../model/event.js'
import type { Context } from './context.js'
import type { NewAudit } from './events.js'
import type { ResolvedCall } from './resolve.js'

/** Files a call that ended before anything was to be sent. */
export async function recordCall(
  context: Context,
  call: ResolvedCall,
  entry: { rule: string; outcome: CallOutcomeName; approvalId?: string },
): Promise<void> {
  await context.feed.commit(call.target.workspaceId, { audit: [auditOf(context, call, entry)] })
}

/** A call as the audit tells of it: who, which agent and tool, the rule that decided, how it ended; arguments as a digest. */
export function auditOf(context: Context, call: ResolvedCall, entry: Partial<AuditEntry>): NewAudit {
  return {
    action: 'call',
    userId: call.session.actor.userId,
    agentId: call.session.agentId,
    integrationId: call.target.integrationId,
    tool: call.tool.definition.name,
    argumentsDigest: call.args.digest,
    ...(context.options.retention.auditArguments ? { arguments: call.args.value } : {}),
    ...entry,
  }
}
