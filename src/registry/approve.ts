import { IntegrationError } from '../model/errors.js'
import { visible } from '../policy/visible-text.js'
import { statusNow, type StoredApproval } from './approvals.js'
import type { Context } from './context.js'
import { endedOutcome, type Ended } from './ended-outcome.js'
import { openApproval } from './open-approval.js'
import { recordCall } from './record-call.js'
import type { CallDecision, ResolvedCall } from './resolve.js'
import type { CallOptions } from './session.js'
import { waitForDecision } from './wait-for-decision.js'

/** Leave to send one call, once. */
export interface Permit {
  readonly type: 'permit'
  /** The rule that gave it. */
  readonly rule: string
  /** Used up by sending. */
  readonly approval?: StoredApproval
}

/**
 * Turns a decision into a permit, or into the end of the call. A tool that asks gets a stored approval; the confirm
 * callback may answer during the call; otherwise somebody decides later, anywhere.
 *
 * @throws IntegrationError `forbidden` (with the rule), `limit_reached`, `aborted`
 */
export async function approve(
  context: Context,
  call: ResolvedCall,
  decision: CallDecision,
  options: CallOptions,
): Promise<Permit | Ended> {
  const { verdict } = decision
  if (verdict.mode === 'auto')
    return { type: 'permit', rule: decision.grant === undefined ? verdict.rule : `grant:${decision.grant.id}` }
  if (verdict.mode === 'deny') {
    await recordCall(context, call, { rule: verdict.rule, outcome: 'refused' })
    throw new IntegrationError(
      'forbidden',
      `Policy refuses tool "${visible(call.tool.definition.name)}" of integration "${call.target.record.name}": ${verdict.why}`,
      {
        integrationId: call.target.integrationId,
        rule: verdict.rule,
      },
    )
  }
  const { approval, mine } = await openApproval(context, call, decision)
  const decided = await waitForDecision(
    context,
    call,
    approval,
    mine ? (options.confirm ?? call.session.confirm) : undefined,
    !mine && hasConfirm(call, options),
    options.signal,
  )
  const now = call.now
  if (statusNow(decided.value, now) === 'approved')
    return { type: 'permit', rule: decided.value.request.rule, approval: decided }
  const outcome = endedOutcome(decided.value, now)
  await recordCall(context, call, {
    rule: verdict.rule,
    outcome: outcome.type === 'approval_required' ? 'approval_required' : 'not_run',
    approvalId: decided.value.request.approvalId,
  })
  return { type: 'ended', outcome }
}

function hasConfirm(call: ResolvedCall, options: CallOptions): boolean {
  return (options.confirm ?? call.session.confirm) !== undefined
}
