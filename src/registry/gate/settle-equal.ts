import { copyArguments } from '../../policy/arguments.js'
import type { Context } from '../state/context.js'
import { idsUnder } from '../state/pages.js'
import { prefixes } from '../state/keys.js'

import { readApproval, statusNow, transition } from './approvals.js'
import { assess } from './assess-tool.js'
import { findGrant, useOf } from './grants.js'
import { bindingOf, subjectOf } from './resolved-call.js'
import { resolveWireTool } from './resolve-tool.js'

/** Applies a newly remembered decision to the pending approvals that it covers. */
export async function settleEqual(context: Context, workspaceId: string, userId: string): Promise<void> {
  for (const id of await idsUnder(context, { workspaceId }, prefixes.pending(userId))) {
    const found = await readApproval(context, workspaceId, id)
    if (found === undefined || statusNow(found.stored.value, found.now) !== 'pending') continue
    const { request, binding, argumentsJson } = found.stored.value
    const scope = {
      actor: { workspaceId, userId, role: 'member' as const },
      agentId: request.agentId,
      conversationId: request.conversationId,
    }
    const args = copyArguments(JSON.parse(argumentsJson), { maxBytes: context.options.limits.maxArgumentBytes })
    const call = await resolveWireTool(context, scope, {
      integrationId: request.integration.id,
      name: binding.tool,
      args,
    }).catch(() => undefined)
    if (call === undefined) continue
    const { verdict } = assess(context, subjectOf(call), { arguments: args.value, granted: true })
    const grant = verdict.rule === 'grant' ? await findGrant(context, workspaceId, bindingOf(call)) : undefined
    if (grant === undefined) continue
    const rule = `grant:${grant.value.id}`
    const moved = transition(context, found.stored, 'approved', { decidedAt: found.now, decidedBy: rule }, [
      {
        action: 'decide',
        userId,
        agentId: request.agentId,
        integrationId: request.integration.id,
        tool: binding.tool,
        approvalId: id,
        rule,
        outcome: 'approve',
        argumentsDigest: binding.argumentsDigest,
      },
    ])
    if ((await context.feed.commit(workspaceId, { ...moved, writes: [...moved.writes!, ...useOf(grant)] })) === false)
      continue
    context.decisions.notice(id, 'approved')
  }
}
