import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { CallOutcomeName } from '../../model/event.js'
import type { ApprovalStatus } from '../../model/approval.js'
import type { StatusReason } from '../../model/integration.js'
import type { ResultWarning, ToolCallOutcome } from '../../model/outcome.js'
import type { ToolResult } from '../../model/tool.js'
import type { ToolAnswer } from '../../mcp/connection.js'
import { resultText } from '../../policy/model-content.js'
import type { Permitted } from './redeem-approval.js'
import { endedOutcome } from './ended-outcome.js'
import { auditOf, recordEnded, tellFinished } from './record-call.js'
import { move, readApproval, transition, type StoredApproval } from './approvals.js'
import type { Context } from '../state/context.js'
import type { Change } from '../state/event-feed.js'
import { EndedCall } from '../state/calls-in-flight.js'
import type { ResolvedCall } from './resolve-tool.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { actionFor, reasonOf } from '../servers/status.js'
import { statusAfter } from './call-status.js'

/** How sending went, as far as it got. */
export interface Ending {
  /** When it began, ms since the epoch. */
  readonly started: number
  /** `null`: there was no approval to use up. */
  claimed?: StoredApproval | null | undefined
  answer?: ToolAnswer | undefined
  fault?: unknown
}

/** Tells of a call that is about to be sent. */
export function begin(context: Context, { call, rule }: Permitted): Ending {
  const { actor, agentId } = call.session
  const { workspaceId, integrationId } = call.target
  const tool = call.tool.definition.name
  context.feed.tell([
    { type: 'call_started', workspaceId, at: call.now, userId: actor.userId, agentId, integrationId, tool, rule },
  ])
  return { started: context.runtime.now() }
}

/** Uses an approval up: from here on it can't be used by anybody else. */
export async function claim(
  context: Context,
  { call, approval }: Permitted,
  { started }: Ending,
  timeoutMs: number,
): Promise<StoredApproval | null> {
  if (approval === undefined) return null
  const claimed = await move(context, call.target.workspaceId, approval, 'dispatched', {
    dispatchedUntil: storageTime(context, call, started) + longestCallMs(timeoutMs),
  })
  if (claimed === false) throw new UsedElsewhere()
  return claimed
}

/** How long a call may take altogether when its server keeps reporting progress, in ms. */
export function longestCallMs(timeoutMs: number): number {
  return timeoutMs * 5
}

/** Files how a call ended (approval, status, audit: one commit) and turns it into its outcome. */
export async function conclude(context: Context, permitted: Permitted, ending: Ending): Promise<ToolCallOutcome> {
  const { call } = permitted
  if (ending.fault instanceof UsedElsewhere) return usedElsewhere(context, permitted)
  const fault = ending.fault === undefined ? undefined : toCallError(ending.fault, call)
  if (fault === undefined) {
    const { result, rpcError } = ending.answer!
    await file(context, permitted, ending, {
      outcome: result.isError === true ? 'tool_error' : 'completed',
      approval: 'finished',
      status: 'ok',
    })
    const warnings = await warningsOf(call, result)
    return {
      type: 'completed',
      result,
      warnings: warnings.length === 0 ? undefined : warnings,
      rpcError,
      modelText: resultText(result),
    }
  }
  if (fault instanceof AuthorizationRequired) {
    await file(context, permitted, ending, {
      outcome: 'authorization_required',
      approval: 'approved',
      status: fault.reason,
      scopes: fault.scopes,
    })
    return authorizationRequired(call, fault)
  }
  await file(context, permitted, ending, {
    outcome: 'failed',
    approval: fault.mayHaveRun
      ? 'unknown'
      : fault.code === 'protocol_error' || fault.reason === 'forbidden'
        ? 'finished'
        : 'approved',
    status: fault.reason !== 'forbidden' && saysSomethingOfTheServer(fault) ? reasonOf(fault) : undefined,
    fault,
  })
  throw fault
}

/** Another process, or an earlier resume, was first. */
async function usedElsewhere(context: Context, { call, approval }: Permitted): Promise<ToolCallOutcome> {
  const before = approval!.value
  const found = await readApproval(context, call.target.workspaceId, before.request.approvalId)
  const record = found?.stored.value ?? before
  const outcome = endedOutcome(record.status === 'approved' ? { ...record, status: 'finished' } : record, call.now)
  await recordEnded(context, call.target.workspaceId, record, outcome)
  return outcome
}

/** The storage's clock, as far as it can be told without asking again. */
function storageTime(context: Context, call: ResolvedCall, started: number): number {
  return call.now + Math.max(0, context.runtime.now() - started)
}

function authorizationRequired(call: ResolvedCall, fault: AuthorizationRequired): ToolCallOutcome {
  const { record, integrationId } = call.target
  return {
    type: 'authorization_required',
    integrationId,
    action: actionFor(fault.reason, record.auth) ?? 'reconnect',
    scopes: fault.scopes,
    modelText: `The call of ${call.modelName} has not run: integration "${record.name}" needs a person to ${record.auth === 'header' ? 'correct its credential' : 'sign in'} first.`,
  }
}

/** The fault as the caller is told it: of this integration, and by its cause. */
function toCallError(fault: unknown, call: ResolvedCall): IntegrationError | AuthorizationRequired {
  if (fault instanceof AuthorizationRequired) return fault
  const { integrationId, record } = call.target
  if (fault instanceof EndedCall) return ended(fault, call)
  if (!isIntegrationError(fault))
    return new IntegrationError('protocol_error', `The call of "${call.modelName}" failed unexpectedly.`, {
      integrationId,
      mayHaveRun: true,
    })
  return fault.with({ message: `Integration "${record.name}": ${fault.message}`, integrationId, cause: undefined })
}

function ended(by: EndedCall, call: ResolvedCall): IntegrationError {
  const why = {
    integration_disabled: 'was turned off',
    not_found: 'was removed',
    closed: 'is being closed with its registry',
    conflict: 'was changed',
  }[by.why]
  return new IntegrationError(by.why, `Integration "${call.target.record.name}" ${why} during the call.`, {
    integrationId: call.target.integrationId,
    mayHaveRun: isIntegrationError(by.fault) && by.fault.mayHaveRun,
  })
}

/**
 * A tool that is slow, odd, forbidden or fails says nothing about its server; an outage or a lost session does, and so
 * does what kept the call from being sent.
 */
function saysSomethingOfTheServer({ code, mayHaveRun, httpStatus }: IntegrationError): boolean {
  if (code === 'response_too_large' || code === 'protocol_error' || httpStatus === 403) return false
  return !mayHaveRun || code === 'unreachable' || code === 'rate_limited'
}

async function file(
  context: Context,
  { call, rule, approval }: Permitted,
  ending: Ending,
  how: {
    outcome: CallOutcomeName
    approval: ApprovalStatus
    status?: StatusReason | undefined
    scopes?: readonly string[] | undefined
    fault?: IntegrationError | undefined
  },
): Promise<void> {
  const { target } = call
  const now = storageTime(context, call, ending.started)
  const found = how.status === undefined ? undefined : { reason: how.status, scopes: how.scopes }
  const audit = auditOf(context, call, {
    rule,
    outcome: how.outcome,
    durationMs: now - call.now,
    approvalId: approval?.value.request.approvalId,
    errorCode: how.fault?.code,
    mayHaveRun: how.fault?.mayHaveRun,
  })
  tellFinished(context, target.workspaceId, now, audit)
  const claimed = ending.claimed ?? undefined
  try {
    const moved: Change = claimed === undefined ? {} : transition(context, claimed, how.approval)
    const status: Change = found === undefined ? {} : await statusAfter(context, call, found, now)
    // The approval ran out meanwhile and was filed as unknown, or the status changed: the rest is still worth filing.
    for (const parts of [[moved, status], [moved], [status], []]) {
      const writes = parts.flatMap((part) => part.writes ?? [])
      const events = parts.flatMap((part) => part.events ?? [])
      if ((await context.feed.commit(target.workspaceId, { writes, events, audit: [audit] })) !== false) break
    }
    if (claimed !== undefined) context.decisions.notice(claimed.value.request.approvalId)
  } catch {
    // What a tool has answered is never lost because it could not be filed: the approval then stays dispatched and becomes unknown.
  }
}

async function warningsOf(call: ResolvedCall, result: ToolResult): Promise<readonly ResultWarning[]> {
  const { outputSchema } = call.tool.definition
  if (outputSchema === undefined || result.isError === true) return []
  const { outputProblem } = await import('../../mcp/output-validation.js')
  const problem = outputProblem(outputSchema, result.structuredContent)
  return problem === undefined ? [] : [problem]
}

/** Somebody else used the approval first. */
class UsedElsewhere extends Error {}
