import { atFirstUse } from '../../model/at-first-use.js'
import type { IntegrationError } from '../../model/errors.js'
import type { JsonObject } from '../../model/json.js'
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
import type { CallObservation } from '../../ports/call-observer.js'
import { observeCall } from './observe-call.js'
import type { ResolvedCall } from './resolved-call.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { reasonOf } from '../servers/status.js'
import { authorizationRequired, isAboutServer, isDefiniteRefusal, toCallError } from './call-error.js'
import { statusAfter, worksAsBefore } from './call-status.js'

/** The state of sending a call. */
export interface Ending {
  /** When the call began, in ms since the epoch. */
  readonly started: number
  readonly admission: Admission
  /** The host's observation of the call. */
  readonly observation: CallObservation | undefined
  /** How many requests of the call were about to leave. */
  sent: number
  answer?: ToolAnswer | undefined
  error?: unknown
}

/** Notifies listeners of a call that is about to be sent. @param maxMs - how long a response may take */
export function begin(context: Context, permitted: Permitted, maxMs: number): Ending {
  const { call, rule } = permitted
  const { actor, agentId } = call.scope
  const { workspaceId, integrationId } = call.target
  const tool = call.tool.name
  const at = call.now
  context.feed.notifyCall(() => ({
    type: 'call_started',
    workspaceId,
    at,
    userId: actor.userId,
    agentId,
    integrationId,
    tool,
    rule,
  }))
  return {
    started: context.runtime.now(),
    admission: { permitted, maxMs },
    observation: observeCall(context, permitted),
    sent: 0,
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
    const { outputSchema } = call.tool.definition
    const warnings = outputSchema === undefined || result.isError === true ? [] : await warningsOf(outputSchema, result)
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
  const error = unsent ?? toCallError(ending.error, call, ending.sent > 0)
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

/** The storage's time, estimated without a read. */
function storageTime(context: Context, call: ResolvedCall, started: number): number {
  return call.now + Math.max(0, context.runtime.now() - started)
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
    const isNews = found !== undefined && !worksAsBefore(target.status, found, now)
    const status: Change = isNews ? await statusAfter(context, call, found, now) : {}
    // If the approval was recorded as unknown in the meantime, or the status changed, the rest is still recorded.
    const changes = claimed === undefined && !isNews ? [{}] : [both(moved, status), moved, status, {}]
    for (const change of changes)
      if ((await context.feed.commit(target.workspaceId, { ...change, audit: [audit] })) !== false) break
    if (claimed !== undefined) context.decisions.notice(claimed.value.request.approvalId, how.approval)
  } catch (error) {
    // A tool's result is returned even if it can't be recorded: the approval stays dispatched and becomes unknown.
    const { workspaceId, integrationId } = target
    const message =
      "A call's end could not be stored: it is missing from the audit log, and its approval becomes unknown."
    context.report({ area: 'audit', message, error, workspaceId, integrationId })
  }
}

function both(one: Change, other: Change): Change {
  return {
    writes: [...(one.writes ?? []), ...(other.writes ?? [])],
    events: [...(one.events ?? []), ...(other.events ?? [])],
  }
}

async function warningsOf(outputSchema: JsonObject, result: ToolResult): Promise<readonly ResultWarning[]> {
  const { outputProblem } = await loadValidation()
  const problem = outputProblem(outputSchema, result.structuredContent)
  return problem === undefined ? [] : [problem]
}

const loadValidation = atFirstUse(() => import('../../mcp/output-validation.js'))
