import { isIntegrationError, type ErrorCode } from '../../model/errors.js'
import { invalid } from '../../model/invalid.js'
import { copyArguments } from '../../policy/arguments.js'
import { bindingHash, compareBinding } from '../../policy/binding.js'
import type { Context } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { prefixes } from '../state/keys.js'
import type { ApprovalRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { move, readApproval, statusNow, type FoundApproval, type StoredApproval } from './approvals.js'
import { assess } from './assess-tool.js'
import type { CallScope } from './call-scope.js'
import { endedOutcome, type Ended } from './ended-outcome.js'
import type { FoundGrant } from './grants.js'
import { recordEnded } from './record-call.js'
import { resolveWireTool } from './resolve-tool.js'
import { bindingOf, subjectOf, type ResolvedCall } from './resolved-call.js'

/** A call that may be sent once. */
export interface Permitted {
  readonly type: 'permitted'
  readonly call: ResolvedCall
  /** The rule that allows the call. */
  readonly rule: string
  /** The approval that is used up by sending the call. */
  readonly approval?: StoredApproval | undefined
  /** The remembered decision that allows the call. */
  readonly grant?: FoundGrant | undefined
}

/**
 * `resume()`: the permitted call of a decided approval, if nothing that the approval is bound to has changed and the rules
 * still allow the call; otherwise the outcome that ends it.
 *
 * @param args - for frameworks that repeat the arguments: must equal the approved ones
 * @throws IntegrationError `not_found` for an approval of another person, agent or conversation, `invalid_input`
 */
export async function redeemApproval(
  context: Context,
  scope: CallScope,
  approvalId: string,
  args?: unknown,
): Promise<Permitted | Ended> {
  const found = await readApproval(context, scope.actor.workspaceId, approvalId)
  if (found === undefined || !isOf(scope, found.stored)) throw notFound('approval', String(approvalId))
  const { binding } = found.stored.value
  if (args !== undefined && copyArgumentsOf(context, args).digest !== binding.argumentsDigest)
    throw invalid('resume()', [{ path: 'args', message: 'must equal the approved arguments, or be left out' }])
  if (statusNow(found.stored.value, found.now) !== 'approved') return end(context, scope.actor.workspaceId, found)
  return redeemNow(context, scope, found.stored)
}

/** Redeems a known approval: reads it and everything it is checked against at one moment. */
export async function redeemNow(context: Context, scope: CallScope, known: StoredApproval): Promise<Permitted | Ended> {
  const { request, binding, argumentsJson } = known.value
  const { workspaceId } = scope.actor
  // The id in the key. The id in the record is compared with it below.
  const approvalId = known.key.slice(prefixes.approvals.length)
  let read: ResolvedCall
  try {
    read = await resolveWireTool(context, scope, {
      integrationId: request.integration.id,
      name: binding.tool,
      args: copyArgumentsOf(context, JSON.parse(argumentsJson)),
      extraKey: known.key,
    })
  } catch (error) {
    if (!isIntegrationError(error) || !lost.has(error.code)) throw error
    const found = await readApproval(context, workspaceId, approvalId)
    if (found === undefined) throw notFound('approval', approvalId)
    if (statusNow(found.stored.value, found.now) !== 'approved') return end(context, workspaceId, found)
    return supersede(context, workspaceId, found, error.message)
  }
  const { now } = read
  const stored = versioned<ApprovalRecord>(read.extra)
  if (stored === undefined) throw notFound('approval', approvalId)
  const record = stored.value
  if (statusNow(record, now) !== 'approved') return end(context, workspaceId, { stored, now })

  // The person may have edited the arguments.
  const call = { ...read, args: copyArgumentsOf(context, JSON.parse(record.argumentsJson)) }
  const bound = { ...bindingOf(call), approvalId, expiresAt: request.expiresAt }
  const different = compareBinding(record.binding, bound)
  if (different.length > 0 || bindingHash(bound) !== record.bindingHash)
    return supersede(
      context,
      workspaceId,
      { stored, now },
      `These have changed since it was approved: ${different.join(', ')}.`,
    )
  const { verdict } = assess(context, subjectOf(call), { arguments: call.args.value })
  if (verdict.mode === 'deny')
    return supersede(context, workspaceId, { stored, now }, `Policy denies it now (${verdict.rule}).`)
  return { type: 'permitted', call, rule: record.request.rule, approval: stored }
}

/** Errors that mean that a permission was lost, or the tool or integration is gone, since the approval. */
const lost: ReadonlySet<ErrorCode> = new Set([
  'tool_not_found',
  'tool_disabled',
  'integration_disabled',
  'agent_not_allowed',
])

function copyArgumentsOf(context: Context, args: unknown) {
  return copyArguments(args, { maxBytes: context.options.limits.maxArgumentBytes })
}

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
  { stored, now }: FoundApproval,
  reason: string,
): Promise<Ended> {
  const moved = await move(context, workspaceId, stored, 'superseded', { reason })
  if (moved !== false) return end(context, workspaceId, { stored: moved, now })
  const found = await readApproval(context, workspaceId, stored.key.slice(prefixes.approvals.length))
  return end(context, workspaceId, found ?? { stored, now })
}

async function end(context: Context, workspaceId: string, { stored, now }: FoundApproval): Promise<Ended> {
  const outcome = endedOutcome(stored.value, now)
  await recordEnded(context, workspaceId, stored.value, outcome)
  return { type: 'ended', outcome }
}
