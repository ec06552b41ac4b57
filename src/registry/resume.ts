import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { invalid } from '../model/input.js'
import { takeArguments, type TakenArguments } from '../policy/arguments.js'
import { compareBinding } from '../policy/binding.js'
import { assess } from './assess.js'
import type { Permit } from './approve.js'
import { endedOutcome, type Ended } from './ended-outcome.js'
import { move, readApproval, statusNow, type StoredApproval } from './approvals.js'
import type { Context } from './context.js'
import { notFound } from './refusals.js'
import { bindingOf, resolveWireTool, subjectOf, type ResolvedCall } from './resolve.js'
import type { Session } from './session.js'

/** A decided approval as the call it was given for, if that still is the same call; or how it ended instead. */
export async function approvedCall(
  context: Context,
  session: Session,
  approvalId: string,
  args: unknown,
): Promise<{ readonly type: 'call'; readonly call: ResolvedCall; readonly permit: Permit } | Ended> {
  const { workspaceId } = session.actor
  const found = await readApproval(context, workspaceId, approvalId)
  const record = found?.stored.value
  if (
    found === undefined ||
    record === undefined ||
    record.request.userId !== session.actor.userId ||
    record.request.agentId !== session.agentId ||
    record.request.conversationId !== session.conversationId
  )
    throw notFound('approval', String(approvalId))
  const { stored, now } = found
  if (
    args !== undefined &&
    takeArguments(args, { maxBytes: context.options.limits.maxArgumentBytes }).digest !== record.binding.argumentsDigest
  )
    throw invalid('resume()', [{ path: 'args', message: 'must equal what was approved, or be left out' }])
  if (statusNow(record, now) !== 'approved') return { type: 'ended', outcome: endedOutcome(record, now) }

  const taken: TakenArguments = takeArguments(JSON.parse(record.argumentsJson) as unknown, {
    maxBytes: context.options.limits.maxArgumentBytes,
  })
  let call: ResolvedCall
  try {
    call = await resolveWireTool(context, session, record.request.integration.id, record.binding.tool, taken)
  } catch (error) {
    if (isIntegrationError(error) && lost.has(error.code)) return supersede(context, stored, now, error.message)
    throw error
  }
  const different = compareBinding(record.binding, { ...record.binding, ...bindingOf(call) })
  if (different.length > 0)
    return supersede(context, stored, now, `It was approved for something else: ${different.join(', ')} changed.`)
  const { verdict } = assess(context, subjectOf(call), { arguments: taken.value })
  if (verdict.mode === 'deny') return supersede(context, stored, now, `Policy refuses it now (${verdict.rule}).`)
  return { type: 'call', call, permit: { type: 'permit', rule: record.request.rule, approval: stored } }
}

/** Rights and things that were there when it was approved and are not any more. */
const lost: ReadonlySet<IntegrationError['code']> = new Set([
  'tool_not_found',
  'tool_disabled',
  'integration_disabled',
  'agent_not_allowed',
])

async function supersede(context: Context, stored: StoredApproval, now: number, reason: string): Promise<Ended> {
  const moved = await move(context, stored.value.request.workspaceId, stored, 'superseded', { reason })
  const record =
    moved === false
      ? ((await readApproval(context, stored.value.request.workspaceId, stored.value.request.approvalId))?.stored
          .value ?? stored.value)
      : moved.value
  return { type: 'ended', outcome: endedOutcome(record, now) }
}
