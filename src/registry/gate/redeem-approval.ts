import { isIntegrationError, type ErrorCode } from '../../model/errors.js'
import { invalid } from '../../model/input.js'
import { takeArguments } from '../../policy/arguments.js'
import { bindingHash, compareBinding } from '../../policy/binding.js'
import { assess } from './assess-tool.js'
import { endedOutcome, type Ended } from './ended-outcome.js'
import { move, readApproval, statusNow, type StoredApproval } from './approvals.js'
import type { Context } from '../state/context.js'
import { recordEnded } from './record-call.js'
import { notFound } from '../state/errors.js'
import { bindingOf, resolveWireTool, subjectOf, type ResolvedCall } from './resolve-tool.js'
import type { CallScope } from './call-scope.js'

/** A call with leave to be sent, once. */
export interface Permitted {
  readonly type: 'permitted'
  readonly call: ResolvedCall
  /** The rule that gave leave. */
  readonly rule: string
  /** Used up by sending. */
  readonly approval?: StoredApproval | undefined
}

/**
 * A decided approval as the call it was given for, if everything it binds still is the same and the rules still let it;
 * or how it ended instead. Sending uses it up.
 *
 * @param args - given again by a framework: must equal what was approved
 * @throws IntegrationError `not_found` for an approval of another person, agent or conversation, `invalid_input`
 */
export async function redeemApproval(
  context: Context,
  session: CallScope,
  approvalId: string,
  args?: unknown,
): Promise<Permitted | Ended> {
  const { workspaceId } = session.actor
  const found = await readApproval(context, workspaceId, approvalId)
  if (found === undefined || !isOf(session, found.stored)) throw notFound('approval', String(approvalId))
  const { stored, now } = found
  const record = stored.value
  const take = (value: unknown) => takeArguments(value, { maxBytes: context.options.limits.maxArgumentBytes })
  if (args !== undefined && take(args).digest !== record.binding.argumentsDigest)
    throw invalid('resume()', [{ path: 'args', message: 'must equal what was approved, or be left out' }])
  if (statusNow(record, now) !== 'approved') return end(context, workspaceId, stored, now)

  let call: ResolvedCall
  try {
    call = await resolveWireTool(
      context,
      session,
      record.request.integration.id,
      record.binding.tool,
      take(JSON.parse(record.argumentsJson)),
    )
  } catch (error) {
    if (isIntegrationError(error) && lost.has(error.code))
      return supersede(context, workspaceId, stored, now, error.message)
    throw error
  }
  const bound = { ...bindingOf(call), approvalId, expiresAt: record.request.expiresAt }
  const different = compareBinding(record.binding, bound)
  if (different.length > 0 || bindingHash(bound) !== record.bindingHash)
    return supersede(
      context,
      workspaceId,
      stored,
      now,
      `It was approved for something else: ${different.join(', ')} changed.`,
    )
  const { verdict } = assess(context, subjectOf(call), { arguments: call.args.value })
  if (verdict.mode === 'deny')
    return supersede(context, workspaceId, stored, now, `Policy refuses it now (${verdict.rule}).`)
  return { type: 'permitted', call, rule: record.request.rule, approval: stored }
}

/** Rights and things that were there when it was approved and are not any more. */
const lost: ReadonlySet<ErrorCode> = new Set([
  'tool_not_found',
  'tool_disabled',
  'integration_disabled',
  'agent_not_allowed',
])

function isOf(scope: CallScope, { value: { request } }: StoredApproval): boolean {
  return (
    request.userId === scope.actor.userId &&
    request.agentId === scope.agentId &&
    request.conversationId === scope.conversationId &&
    scope.integrations?.has(request.integration.id) !== false
  )
}

async function supersede(
  context: Context,
  workspaceId: string,
  stored: StoredApproval,
  now: number,
  reason: string,
): Promise<Ended> {
  const moved = await move(context, workspaceId, stored, 'superseded', { reason })
  if (moved !== false) return end(context, workspaceId, moved, now)
  const found = await readApproval(context, workspaceId, stored.value.request.approvalId)
  return end(context, workspaceId, found?.stored ?? stored, found?.now ?? now)
}

async function end(context: Context, workspaceId: string, { value }: StoredApproval, now: number): Promise<Ended> {
  const outcome = endedOutcome(value, now)
  await recordEnded(context, workspaceId, value, outcome)
  return { type: 'ended', outcome }
}
