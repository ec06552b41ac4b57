import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { CallOutcomeName } from '../../model/event.js'
import type { ApprovalStatus } from '../../model/approval.js'
import type { StatusReason } from '../../model/integration.js'
import type { ResultWarning, ToolCallOutcome } from '../../model/outcome.js'
import type { ToolResult } from '../../model/tool.js'
import type { ToolAnswer } from '../../mcp/connection.js'
import { resultText } from '../../policy/model-content.js'
import type { Permitted } from './redeem-approval.js'
import { Unsent, type Admission } from './admit.js'
import { auditOf, notifyFinished } from './record-call.js'
import { transition } from './approvals.js'
import type { Context } from '../state/context.js'
import type { Change } from '../state/event-feed.js'
import { EndedCall } from '../state/calls-in-flight.js'
import type { CallObservation } from '../../ports/call-observer.js'
import { observeCall } from './observe-call.js'
import type { ResolvedCall } from './resolved-call.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { actionFor, reasonOf } from '../servers/status.js'
import { statusAfter } from './call-status.js'

/** The state of sending a call. */
export interface Ending {
  /** When the call began, in ms since the epoch. */
  readonly started: number
  readonly admission: Admission
  /** The host's observation of the call. */
  readonly observation: CallObservation | undefined
  answer?: ToolAnswer | undefined
  error?: unknown
}

/** Notifies listeners of a call that is about to be sent. @param maxMs - how long a response may take */
export function begin(context: Context, permitted: Permitted, maxMs: number): Ending {
  const { call, rule } = permitted
  const { actor, agentId } = call.scope
  const { workspaceId, integrationId } = call.target
  const tool = call.tool.definition.name
  context.feed.notify([
    { type: 'call_started', workspaceId, at: call.now, userId: actor.userId, agentId, integrationId, tool, rule },
  ])
  return {
    started: context.runtime.now(),
    admission: { permitted, dispatchedUntil: call.now + maxMs },
    observation: observeCall(context, permitted),
  }
}

/** How many times an approval becomes usable again after a person was needed. */
const maxReturns = 3

/** Records the end of a call (approval, status and audit entry in one commit), and returns its outcome. */
export async function conclude(context: Context, ending: Ending): Promise<ToolCallOutcome> {
  const { call } = ending.admission.permitted
  const { answer } = ending
  if (answer !== undefined) {
    const { result, rpcError } = answer
    await recordEnding(context, ending, {
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
  const unsent = ending.error instanceof Unsent ? ending.error.end : undefined
  if (unsent !== undefined && 'outcome' in unsent) {
    ending.observation?.end({ outcome: 'not_run' })
    return unsent.outcome
  }
  const error = unsent ?? toCallError(ending.error, call)
  if (error instanceof AuthorizationRequired) {
    const { returns = 0 } = ending.admission.claimed?.value ?? {}
    await recordEnding(context, ending, {
      outcome: 'authorization_required',
      approval: returns < maxReturns ? 'approved' : 'unknown',
      status: error.reason,
      scopes: error.scopes,
    })
    return authorizationRequired(call, error)
  }
  await recordEnding(context, ending, {
    outcome: 'failed',
    approval: error.mayHaveRun ? 'unknown' : isDefiniteRefusal(error) ? 'finished' : 'approved',
    status: unsent === undefined && error.reason !== 'forbidden' && isAboutServer(error) ? reasonOf(error) : undefined,
    error,
  })
  throw error
}

/** Whether the server definitely refused the call, so that the approval is used. */
function isDefiniteRefusal({ code, httpStatus, reason }: IntegrationError): boolean {
  return (
    httpStatus !== undefined ||
    reason === 'forbidden' ||
    code === 'protocol_error' ||
    code === 'session_lost' ||
    code === 'redirect_refused'
  )
}

/** The storage's time, estimated without a read. */
function storageTime(context: Context, call: ResolvedCall, started: number): number {
  return call.now + Math.max(0, context.runtime.now() - started)
}

function authorizationRequired(call: ResolvedCall, error: AuthorizationRequired): ToolCallOutcome {
  const { record, integrationId } = call.target
  return {
    type: 'authorization_required',
    integrationId,
    action: actionFor(error.reason, record.auth) ?? 'reconnect',
    scopes: error.scopes,
    modelText: `The call of ${call.modelName} has not run: integration "${record.name}" needs a person to ${record.auth === 'header' ? 'correct its credential' : 'sign in'} first.`,
  }
}

/** The error for the caller: names the integration and the cause. */
function toCallError(error: unknown, call: ResolvedCall): IntegrationError | AuthorizationRequired {
  if (error instanceof AuthorizationRequired) return error
  const { integrationId, record } = call.target
  if (error instanceof EndedCall) return ended(error, call)
  if (!isIntegrationError(error))
    return new IntegrationError('protocol_error', `The call of "${call.modelName}" failed unexpectedly.`, {
      integrationId,
      mayHaveRun: true,
    })
  const message = `Integration "${record.name}": ${error.message}`
  return error.with({ message, integrationId, cause: undefined, modelText: toModelText(error.with({ message }), call) })
}

/** What happened, whether the tool may have run, and what the server says of it. */
function toModelText({ message, reason, mayHaveRun, serverMessage }: IntegrationError, call: ResolvedCall): string {
  const { modelName, target } = call
  const isForbidden = reason === 'forbidden'
  return [
    isForbidden
      ? `The server of integration "${target.record.name}" doesn't allow the call of ${modelName} with this credential. It has not run. Don't try it again.`
      : message,
    mayHaveRun ? 'It may have run anyway.' : '',
    serverMessage === undefined || serverMessage === '' ? '' : `The server says: ${serverMessage}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
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
    mayHaveRun: isIntegrationError(by.endedWith) && by.endedWith.mayHaveRun,
  })
}

/**
 * Whether an error says something about the server: an outage, a lost session, or a reason why the call wasn't sent. A
 * slow, failing or forbidden tool doesn't.
 */
function isAboutServer({ code, mayHaveRun, httpStatus }: IntegrationError): boolean {
  if (code === 'response_too_large' || code === 'protocol_error' || httpStatus === 403) return false
  return !mayHaveRun || code === 'unreachable' || code === 'rate_limited'
}

async function recordEnding(
  context: Context,
  { admission, started, observation, answer }: Ending,
  how: {
    outcome: CallOutcomeName
    approval: ApprovalStatus
    status?: StatusReason | undefined
    scopes?: readonly string[] | undefined
    error?: IntegrationError | undefined
  },
): Promise<void> {
  const { claimed, permitted } = admission
  const { call, rule, approval } = permitted
  const { target } = call
  const now = storageTime(context, call, started)
  const found = how.status === undefined ? undefined : { reason: how.status, scopes: how.scopes }
  const audit = auditOf(context, call, {
    rule,
    outcome: how.outcome,
    durationMs: now - call.now,
    approvalId: approval?.value.request.approvalId,
    errorCode: how.error?.code,
    mayHaveRun: how.error?.mayHaveRun,
  })
  notifyFinished(context, target.workspaceId, now, audit)
  observation?.end({
    outcome: how.outcome,
    errorCode: how.error?.code,
    httpStatus: how.error?.httpStatus,
    rpcErrorCode: answer?.rpcError?.code,
    protocolVersion: target.status?.protocolVersion,
  })
  try {
    const returns = how.approval === 'approved' ? (claimed?.value.returns ?? 0) + 1 : undefined
    const moved: Change = claimed === undefined ? {} : transition(context, claimed, how.approval, { returns })
    const status: Change = found === undefined ? {} : await statusAfter(context, call, found, now)
    // If the approval was recorded as unknown in the meantime, or the status changed, the rest is still recorded.
    for (const parts of [[moved, status], [moved], [status], []]) {
      const writes = parts.flatMap((part) => part.writes ?? [])
      const events = parts.flatMap((part) => part.events ?? [])
      if ((await context.feed.commit(target.workspaceId, { writes, events, audit: [audit] })) !== false) break
    }
    if (claimed !== undefined) context.decisions.notice(claimed.value.request.approvalId, how.approval)
  } catch (error) {
    // A tool's result is returned even if it can't be recorded: the approval stays dispatched and becomes unknown.
    const { workspaceId, integrationId } = target
    const message =
      "A call's end could not be stored: it is missing from the audit log, and its approval becomes unknown."
    context.report({ area: 'audit', message, error, workspaceId, integrationId })
  }
}

async function warningsOf(call: ResolvedCall, result: ToolResult): Promise<readonly ResultWarning[]> {
  const { outputSchema } = call.tool.definition
  if (outputSchema === undefined || result.isError === true) return []
  const { outputProblem } = await import('../../mcp/output-validation.js')
  const problem = outputProblem(outputSchema, result.structuredContent)
  return problem === undefined ? [] : [problem]
}
