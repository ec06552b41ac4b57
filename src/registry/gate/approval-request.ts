import type { ConfirmRequest } from '../../model/approval.js'
import type { ToolAnnotations, ToolChange } from '../../model/tool.js'
import { displayArguments } from '../../policy/arguments.js'
import { visible, visibleText } from '../../model/visible-text.js'
import type { Context } from '../state/context.js'
import type { ApprovalRecord } from '../state/records.js'
import type { ResolvedCall } from './resolved-call.js'
import type { CallDecision } from './decide-call.js'

/** The fields of an approval request that are not part of the call. */
export interface AskedWith {
  readonly approvalId: string
  readonly requestHash: string
  /** ms since the epoch. */
  readonly expiresAt: number
  readonly decision: CallDecision
  readonly change: ToolChange | undefined
}

/** The request to store and show to a person, with invisible characters in the server's texts escaped. */
export function approvalRequest(context: Context, call: ResolvedCall, asked: AskedWith): ApprovalRecord['request'] {
  const { record, integrationId, workspaceId } = call.target
  const { definition } = call.tool
  const { decision } = asked
  const request: ApprovalRecord['request'] = {
    approvalId: asked.approvalId,
    requestHash: asked.requestHash,
    workspaceId,
    userId: call.scope.actor.userId,
    agentId: call.scope.agentId,
    conversationId: call.scope.conversationId,
    integration: {
      id: integrationId,
      name: visible(record.name),
      handle: record.handle,
      origin: record.origin,
      ownerId: record.ownerId,
      trusted: record.trusted,
    },
    tool: {
      name: visible(definition.name),
      modelName: call.modelName,
      label: decision.label,
      untrusted: {
        title: definition.title === undefined ? undefined : visible(definition.title, 200),
        description: definition.description === undefined ? undefined : visibleText(definition.description, 4000),
        annotations: definition.annotations === undefined ? undefined : shownAnnotations(definition.annotations),
      },
    },
    rule: decision.verdict.rule,
    why: decision.verdict.why,
    change: asked.change,
    requestedAt: call.now,
    expiresAt: asked.expiresAt,
  }
  const risk = riskLine(context, { ...request, arguments: call.args.value, display: displayArguments(call.args.value) })
  return { ...request, risk }
}

/** The annotations that MCP defines. Others could contain further text of the server. */
function shownAnnotations(annotations: ToolAnnotations): ToolAnnotations {
  const { title, readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations
  return {
    title: title === undefined ? undefined : visible(title, 200),
    readOnlyHint,
    destructiveHint,
    idempotentHint,
    openWorldHint,
  }
}

/** The host's sentence about the risk; `undefined` if the host's function fails. */
function riskLine(context: Context, request: Omit<ConfirmRequest, 'risk'>): string | undefined {
  try {
    const line = context.options.approvals.risk?.(request)
    return typeof line === 'string' ? visible(line, 500) : undefined
  } catch (error) {
    const message = 'approvals.risk failed. The request has no risk sentence.'
    const { workspaceId, integration } = request
    context.report({ area: 'policy', message, error, workspaceId, integrationId: integration.id })
    return undefined
  }
}
