import type { Approval, ApprovalStatus, ApprovalDecision } from '../../model/approval.js'
import { IntegrationError } from '../../model/errors.js'
import { decisionInput, invalid, parse } from '../../model/input.js'
import { takeArguments, type TakenArguments } from '../../policy/arguments.js'
import { bindingHash } from '../../policy/binding.js'
import { grantFrom } from '../../policy/grant-rule.js'
import type { StorageWrite } from '../../ports/storage.js'
import { presentApproval, readApproval, readDecidable, statusNow, transition } from './approvals.js'
import { assess } from './assess-tool.js'
import type { ActorContext, Context } from '../state/context.js'
import { checkEditedArguments } from './edited-arguments.js'
import type { Change, NewAudit } from '../state/event-feed.js'
import { retrying } from '../state/retrying.js'
import { findGrant, grantWrites, useOf } from './grants.js'
import { idsUnder } from '../state/pages.js'
import type { ApprovalRecord } from '../state/records.js'
import { prefixes } from '../state/keys.js'
import { bindingOf, resolveWireTool, subjectOf } from './resolve-tool.js'

/**
 * `approvals.decide()`: decisions are final. Deciding again the same way answers the same approval; several ids are
 * decided in commits of up to ten.
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `conflict`
 */
export async function decide(
  context: ActorContext,
  ids: readonly string[],
  input: ApprovalDecision,
  by: string = context.actor.userId,
): Promise<readonly Approval[]> {
  const decision = parse('decide()', decisionInput, input)
  if (ids.length > 100) throw invalid('decide()', [{ path: '', message: 'takes at most 100 approvals at once' }])
  if (ids.length > 1 && 'args' in decision && decision.args !== undefined)
    throw invalid('decide()', [{ path: 'args', message: 'can be edited for one approval at a time' }])
  const each = [...new Set(ids)]
  const decided: Approval[] = []
  for (let n = 0; n < each.length; n += 10) {
    const batch = each.slice(n, n + 10)
    decided.push(...(await retrying('The approval', () => decideBatch(context, batch, decision, by))))
  }
  return decided
}

async function decideBatch(
  context: ActorContext,
  ids: readonly string[],
  decision: { decision: 'approve' | 'deny'; args?: unknown; remember?: unknown; reason?: string | undefined },
  by: string,
): Promise<readonly Approval[] | false> {
  const { actor } = context
  const found = await Promise.all(ids.map((id) => readDecidable(context, id)))
  const writes: StorageWrite[] = []
  const change = { writes, events: [] as NonNullable<Change['events']>[number][], audit: [] as NewAudit[] }
  const answers: Approval[] = []
  const noticed: string[] = []
  const remembering = new Set<string>()
  for (const { stored, now } of found) {
    const status = statusNow(stored.value, now)
    const edited =
      decision.args === undefined
        ? undefined
        : takeArguments(decision.args, { maxBytes: context.options.limits.maxArgumentBytes })
    if (status !== 'pending') {
      answers.push(alreadyDecided(stored.value, status, decision.decision, edited, now))
      continue
    }
    const patch: { -readonly [Key in keyof ApprovalRecord]?: ApprovalRecord[Key] } = { decidedAt: now, decidedBy: by }
    if (decision.reason !== undefined) patch.reason = decision.reason
    if (edited !== undefined && edited.digest !== stored.value.binding.argumentsDigest) {
      await checkEditedArguments(context, stored.value, edited.value)
      patch.argumentsJson = edited.json
      patch.edited = true
      patch.binding = { ...stored.value.binding, argumentsDigest: edited.digest }
      patch.bindingHash = bindingHash(patch.binding)
    }
    const moved = transition(context, stored, decision.decision === 'approve' ? 'approved' : 'denied', patch, [
      {
        action: 'decide',
        userId: actor.userId,
        agentId: stored.value.request.agentId,
        integrationId: stored.value.request.integration.id,
        tool: stored.value.binding.tool,
        approvalId: stored.value.request.approvalId,
        rule: stored.value.request.rule,
        outcome: decision.decision,
        argumentsDigest: (patch.binding ?? stored.value.binding).argumentsDigest,
        changed: patch.edited === true ? ['arguments'] : undefined,
      },
    ])
    writes.push(...moved.writes!)
    change.events.push(...moved.events!)
    change.audit.push(...moved.audit!)
    if (decision.remember !== undefined) {
      const grant = grantFrom(decision.remember, {
        binding: moved.record.binding,
        label: stored.value.request.tool.label,
        trusted: stored.value.request.integration.trusted,
        annotations: stored.value.request.tool.untrusted.annotations,
        id: context.runtime.randomId(),
        now,
      })
      const remembered = grantWrites(grant, actor)
      writes.push(...remembered.writes)
      change.events.push(...remembered.events)
      remembering.add(grant.userId)
    }
    answers.push(presentApproval(moved.record, now))
    noticed.push(stored.value.request.approvalId)
  }
  if (writes.length > 0) {
    if ((await context.feed.commit(actor.workspaceId, change)) === false) return false
  }
  for (const id of noticed) context.decisions.notice(id)
  for (const userId of remembering) context.runInBackground(() => settleEqual(context, actor.workspaceId, userId))
  return answers
}

/** Decided before: the same decision again is answered with what stands, another one is told what stands. */
function alreadyDecided(
  record: ApprovalRecord,
  status: ApprovalStatus,
  decision: 'approve' | 'deny',
  edited: TakenArguments | undefined,
  now: number,
): Approval {
  const approved = status === 'approved' || status === 'dispatched' || status === 'finished' || status === 'unknown'
  const same = decision === 'approve' ? approved : status === 'denied'
  if (same && (edited === undefined || edited.digest === record.binding.argumentsDigest))
    return presentApproval(record, now)
  const { approvalId, integration } = record.request
  throw new IntegrationError(
    'conflict',
    `Approval "${approvalId}" can't be decided so any more: it is ${status}${same ? ' with other arguments' : ''}.`,
    { integrationId: integration.id, reason: status },
  )
}

/** A decision that was remembered settles the calls already waiting that it would let now. */
async function settleEqual(context: Context, workspaceId: string, userId: string): Promise<void> {
  for (const id of await idsUnder(context, { workspaceId }, prefixes.open(userId))) {
    const found = await readApproval(context, workspaceId, id)
    if (found === undefined || statusNow(found.stored.value, found.now) !== 'pending') continue
    const { request, binding, argumentsJson } = found.stored.value
    const session = {
      actor: { workspaceId, userId, role: 'member' as const },
      agentId: request.agentId,
      conversationId: request.conversationId,
    }
    const args = takeArguments(JSON.parse(argumentsJson), { maxBytes: context.options.limits.maxArgumentBytes })
    const call = await resolveWireTool(context, session, request.integration.id, binding.tool, args).catch(() => {})
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
    await context.feed.commit(workspaceId, { ...moved, writes: [...moved.writes!, ...useOf(grant)] })
    context.decisions.notice(id)
  }
}
