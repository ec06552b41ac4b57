import type { Approval, ApprovalStatus, ApprovalDecision } from '../../model/approval.js'
import { IntegrationError } from '../../model/errors.js'
import { decisionInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import { copyArguments, type CopiedArguments } from '../../policy/arguments.js'
import { bindingHash } from '../../policy/binding.js'
import { grantFrom } from '../../policy/grant-rule.js'
import type { ActorContext } from '../state/context.js'
import type { Change } from '../state/event-feed.js'
import { retrying } from '../state/retrying.js'
import type { ApprovalRecord } from '../state/records.js'
import { presentApproval, readDecidable, statusNow, transition, type FoundApproval } from './approvals.js'
import { checkEditedArguments } from './edited-arguments.js'
import { grantWrites } from './grants.js'
import { settleEqual } from './settle-equal.js'

/** How a decision is recorded. */
export interface DecideOptions {
  /** `@default the actor */
  readonly by?: string | undefined
  /** The integration of all approvals, if known, which saves one read. */
  readonly integrationId?: string | undefined
}

/** A checked decision about some approvals. */
interface CheckedDecision extends DecideOptions {
  readonly decision: 'approve' | 'deny'
  readonly args?: CopiedArguments | undefined
  readonly remember?: unknown
  readonly reason?: string | undefined
}

/**
 * `approvals.decide()`: decisions are final. Deciding again the same way returns the same approval; several are decided
 * in commits of up to ten.
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `conflict`
 */
export async function decide(
  context: ActorContext,
  ids: readonly string[],
  input: ApprovalDecision,
  options: DecideOptions = {},
): Promise<readonly Approval[]> {
  const { args, ...decision }: { args?: unknown; decision: 'approve' | 'deny' } = parse(
    'decide()',
    decisionInput,
    input,
  )
  if (ids.length > 100) throw invalid('decide()', [{ path: '', message: 'accepts at most 100 approvals at once' }])
  if (ids.length > 1 && args !== undefined)
    throw invalid('decide()', [{ path: 'args', message: 'can only be edited for one approval at a time' }])
  const maxBytes = context.options.limits.maxArgumentBytes
  const checked: CheckedDecision = {
    ...options,
    ...decision,
    args: args === undefined ? undefined : copyArguments(args, { maxBytes }),
  }
  const each = [...new Set(ids)]
  const decided: Approval[] = []
  for (let n = 0; n < each.length; n += 10) {
    const batch = each.slice(n, n + 10)
    decided.push(
      ...(await context.decisions.deciding(batch, () =>
        retrying('The approval', () => decideBatch(context, batch, checked)),
      )),
    )
  }
  return decided
}

async function decideBatch(
  context: ActorContext,
  ids: readonly string[],
  decision: CheckedDecision,
): Promise<readonly Approval[] | false> {
  const { actor } = context
  const found = await readDecidable(context, ids, decision.integrationId)
  const changes: Change[] = []
  const decided: ApprovalRecord[] = []
  const approvals: Approval[] = []
  for (const each of found) {
    const { stored, now } = each
    const status = statusNow(stored.value, now)
    if (status === 'pending') {
      const { record, ...change } = await decideOne(context, each, decision)
      changes.push(change)
      decided.push(record)
      approvals.push(presentApproval(record, now))
    } else approvals.push(alreadyDecided(each, status, decision))
  }
  if (decided.length === 0) return approvals
  const commit: Change = {
    writes: changes.flatMap(({ writes = [] }) => writes),
    events: changes.flatMap(({ events = [] }) => events),
    audit: changes.flatMap(({ audit = [] }) => audit),
  }
  if ((await context.feed.commit(actor.workspaceId, commit)) === false) return false
  for (const { request, status } of decided) context.decisions.notice(request.approvalId, status)
  if (decision.remember !== undefined)
    for (const userId of new Set(decided.map(({ request }) => request.userId)))
      context.runInBackground(() => settleEqual(context, actor.workspaceId, userId), actor)
  return approvals
}

/** The change that decides one pending approval and, if requested, remembers the decision. */
async function decideOne(
  context: ActorContext,
  { stored, now }: FoundApproval,
  { decision, args, reason, remember, by = context.actor.userId }: CheckedDecision,
): Promise<Change & { readonly record: ApprovalRecord }> {
  const { actor } = context
  const { binding, request } = stored.value
  if (remember !== undefined && request.userId !== actor.userId)
    throw new IntegrationError(
      'forbidden',
      `You can't remember a decision about approval "${request.approvalId}": it is another person's. Decide it without \`remember\`.`,
      { integrationId: request.integration.id },
    )
  const edited = args !== undefined && args.digest !== binding.argumentsDigest
  if (edited) await checkEditedArguments(context, stored.value, args.value)
  const bound = edited ? { ...binding, argumentsDigest: args.digest } : binding
  const editing = edited
    ? { argumentsJson: args.json, edited: true, binding: bound, bindingHash: bindingHash(bound) }
    : undefined
  const decided = transition(
    context,
    stored,
    decision === 'approve' ? 'approved' : 'denied',
    { decidedAt: now, decidedBy: by, reason, ...editing },
    [
      {
        action: 'decide',
        userId: actor.userId,
        agentId: request.agentId,
        integrationId: request.integration.id,
        tool: binding.tool,
        approvalId: request.approvalId,
        rule: request.rule,
        outcome: decision,
        argumentsDigest: bound.argumentsDigest,
        changed: edited ? ['arguments'] : undefined,
      },
    ],
  )
  if (remember === undefined) return decided
  const grant = grantFrom(remember, {
    binding: bound,
    label: request.tool.label,
    trusted: request.integration.trusted,
    annotations: request.tool.untrusted.annotations,
    id: context.runtime.randomId(),
    now,
  })
  const remembered = grantWrites(grant, actor)
  return {
    ...decided,
    writes: [...decided.writes!, ...remembered.writes],
    events: [...decided.events!, ...remembered.events],
  }
}

/** Handles an approval that is already decided: the same decision returns it, a different one is a conflict. */
function alreadyDecided(
  { stored: { value: record }, now }: FoundApproval,
  status: ApprovalStatus,
  { decision, args }: CheckedDecision,
): Approval {
  const approved = status === 'approved' || status === 'dispatched' || status === 'finished' || status === 'unknown'
  const same = decision === 'approve' ? approved : status === 'denied'
  if (same && (args === undefined || args.digest === record.binding.argumentsDigest))
    return presentApproval(record, now)
  const { approvalId, integration } = record.request
  throw new IntegrationError(
    'conflict',
    `Approval "${approvalId}" was already ${same ? `${status} with other arguments` : status} and can't be changed.`,
    { integrationId: integration.id, reason: status },
  )
}
