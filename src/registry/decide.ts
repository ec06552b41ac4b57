import type { Approval, ApprovalStatus, Decision } from '../model/approval.js'
import { IntegrationError } from '../model/errors.js'
import { decisionInput, invalid, parse } from '../model/input.js'
import { takeArguments } from '../policy/arguments.js'
import { bindingHash } from '../policy/binding.js'
import { grantFrom } from '../policy/grant-rule.js'
import type { Write } from '../ports/storage.js'
import { move, presentApproval, readApproval, readDecidable, statusNow, transition } from './approvals.js'
import type { Context } from './context.js'
import type { Person } from './person.js'
import { checkEditedArguments } from './edited-arguments.js'
import { retrying, type Change, type NewAudit } from './events.js'
import { findGrant, grantWrites, useGrant } from './grants.js'
import { idsUnder } from './integrations.js'
import { prefixes, type ApprovalRecord } from './records.js'

/**
 * `approvals.decide()`: decisions are final. Deciding again the same way answers the same approval; several ids are
 * decided in commits of up to ten.
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `conflict`
 */
export async function decide(
  context: Context,
  actor: Person,
  ids: readonly string[],
  input: Decision,
  by: string = actor.userId,
): Promise<readonly Approval[]> {
  const decision = parse('decide()', decisionInput, input)
  if (ids.length > 100) throw invalid('decide()', [{ path: '', message: 'takes at most 100 approvals at once' }])
  if (ids.length > 1 && 'args' in decision && decision.args !== undefined)
    throw invalid('decide()', [{ path: 'args', message: 'can be edited for one approval at a time' }])
  const decided: Approval[] = []
  for (let n = 0; n < ids.length; n += 10) {
    const batch = [...new Set(ids.slice(n, n + 10))]
    decided.push(...(await retrying('The approval', () => decideBatch(context, actor, batch, decision, by))))
  }
  return decided
}

async function decideBatch(
  context: Context,
  actor: Person,
  ids: readonly string[],
  decision: { decision: 'approve' | 'deny'; args?: unknown; remember?: unknown; reason?: string | undefined },
  by: string,
): Promise<readonly Approval[] | false> {
  const found = await Promise.all(ids.map((id) => readDecidable(context, actor, id)))
  const writes: Write[] = []
  const change = { writes, events: [] as NonNullable<Change['events']>[number][], audit: [] as NewAudit[] }
  const answers: Approval[] = []
  const noticed: string[] = []
  const settled: ApprovalRecord[] = []
  for (const { stored, now } of found) {
    const status = statusNow(stored.value, now)
    if (status !== 'pending') {
      answers.push(alreadyDecided(stored.value, status, decision.decision, now))
      continue
    }
    const patch: { -readonly [Key in keyof ApprovalRecord]?: ApprovalRecord[Key] } = { decidedAt: now, decidedBy: by }
    if (decision.reason !== undefined) patch.reason = decision.reason
    if (decision.args !== undefined) {
      const edited = takeArguments(decision.args, { maxBytes: context.options.limits.maxArgumentBytes })
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
      settled.push(moved.record)
    }
    answers.push(presentApproval(moved.record, now))
    noticed.push(stored.value.request.approvalId)
  }
  if (writes.length > 0) {
    if ((await context.feed.commit(actor.workspaceId, change)) === false) return false
  }
  for (const id of noticed) context.decisions.notice(id)
  for (const record of settled) context.behind(() => settleEqual(context, actor, record))
  return answers
}

/** Decided before: the same decision again is answered with what stands, another one is told what stands. */
function alreadyDecided(
  record: ApprovalRecord,
  status: ApprovalStatus,
  decision: 'approve' | 'deny',
  now: number,
): Approval {
  const approved = status === 'approved' || status === 'dispatched' || status === 'finished' || status === 'unknown'
  if (decision === 'approve' ? approved : status === 'denied') return presentApproval(record, now)
  throw new IntegrationError('conflict', `This approval can't be decided any more: it is ${status}.`, {
    integrationId: record.request.integration.id,
    reason: status,
  })
}

/** A decision that was remembered settles the equal calls already waiting. */
export async function settleEqual(context: Context, actor: Person, decided: ApprovalRecord): Promise<void> {
  for (const id of await idsUnder(context, actor, prefixes.open(decided.request.userId))) {
    const found = await readApproval(context, actor.workspaceId, id)
    if (found === undefined || statusNow(found.stored.value, found.now) !== 'pending') continue
    if (found.stored.value.request.rule === 'mode_ask') continue
    const grant = await findGrant(context, actor.workspaceId, found.stored.value.binding)
    if (grant === undefined || !(await useGrant(context, actor.workspaceId, grant))) continue
    await move(context, actor.workspaceId, found.stored, 'approved', {
      decidedAt: found.now,
      decidedBy: `grant:${grant.value.id}`,
    })
  }
}
