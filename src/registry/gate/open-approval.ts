import { sha256Hex } from '../../model/digest.js'
import type { ConfirmRequest } from '../../model/approval.js'
import { IntegrationError } from '../../model/errors.js'
import { invalid } from '../../model/input.js'
import type { ToolAnnotations, ToolChange } from '../../model/tool.js'
import { displayArguments } from '../../policy/arguments.js'
import { bindingHash, sameHash, type ApprovalBinding } from '../../policy/binding.js'
import { visible } from '../../policy/visible-text.js'
import { openKeys, openRecord, readApproval, statusNow, type StoredApproval } from './approvals.js'
import type { Context } from '../state/context.js'
import { timeOrderedId } from '../state/event-feed.js'
import { retrying } from '../state/retrying.js'
import { versioned, toJson, type ApprovalRecord, type OpenRecord } from '../state/records.js'
import { keys, prefixes } from '../state/keys.js'
import { bindingOf, type CallDecision, type ResolvedCall } from './resolve-tool.js'
import { changesOf } from './tool-changes.js'

/** Stores a pending approval, or finds the equal one that already waits in this conversation. */
export async function openApproval(
  context: Context,
  call: ResolvedCall,
  decision: CallDecision,
  idempotencyKey?: string,
): Promise<{ readonly approval: StoredApproval; readonly opened: boolean }> {
  const { workspaceId, userId } = call.target
  const bound = bindingOf(call)
  const same = bound.conversationId === undefined ? undefined : sameHash(bound)
  const [change] = await changesOf(context, call.target, [{ ...decision, tool: call.tool }])
  const named = idempotencyKey === undefined ? undefined : nameOf(bound, idempotencyKey)
  const open = async (): Promise<{ approval: StoredApproval; opened: boolean } | false> => {
    const before = named === undefined ? undefined : await readApproval(context, workspaceId, named)
    if (before !== undefined) return { approval: before.stored, opened: false }
    if (same !== undefined) {
      const waiting = await equalWaiting(context, workspaceId, same)
      if (waiting !== undefined) return { approval: waiting, opened: false }
    }
    await checkPending(context, call)
    const id = named ?? timeOrderedId(context.runtime, call.now)
    const binding = { ...bound, approvalId: id, expiresAt: call.now + context.options.approvals.expiresAfterMs }
    const record: ApprovalRecord = {
      request: requestOf(context, call, decision, id, binding.expiresAt, change),
      argumentsJson: call.args.json,
      binding,
      bindingHash: bindingHash(binding),
      sameHash: same,
      status: 'pending',
    }
    const { expiresAt } = binding
    const written = await context.feed.commit(workspaceId, {
      writes: [
        {
          key: keys.approval(id),
          ifVersion: null,
          value: toJson(record),
          expiresAt: expiresAt + context.options.retention.approvalsMs,
        },
        ...openKeys(record).map((key) => ({ key, value: openRecord(record), expiresAt })),
        ...(same === undefined
          ? []
          : [{ key: keys.same(same), ifVersion: null, value: { approvalId: id }, expiresAt }]),
      ],
      events: [
        {
          type: 'approval_changed',
          integrationId: call.target.integrationId,
          approvalId: id,
          status: 'pending',
          userId: bound.userId,
        },
      ],
    })
    return written === false
      ? false
      : { approval: { key: keys.approval(id), version: written[0]!.version!, value: record }, opened: true }
  }
  return context.decisions.inTurn(`${workspaceId}\n${userId}`, () => retrying('The approval', open))
}

/** The id of an approval whose call the caller has named: the same for the same call, in any process. */
function nameOf(bound: ApprovalBinding, idempotencyKey: unknown): string {
  if (typeof idempotencyKey !== 'string' || idempotencyKey === '' || idempotencyKey.length > 200)
    throw invalid('call()', [{ path: 'idempotencyKey', message: 'must be a string of 1-200 characters' }])
  return sha256Hex(`${sameHash(bound)} ${idempotencyKey}`)
}

async function equalWaiting(context: Context, workspaceId: string, same: string): Promise<StoredApproval | undefined> {
  const { records } = await context.storage.read(workspaceId, [keys.same(same)])
  const pointer = versioned<{ approvalId: string }>(records[0])
  if (pointer === undefined) return undefined
  const found = await readApproval(context, workspaceId, pointer.value.approvalId)
  return found !== undefined && statusNow(found.stored.value, found.now) === 'pending' ? found.stored : undefined
}

/** A model that asks and asks must not bury the person. */
async function checkPending(context: Context, call: ResolvedCall): Promise<void> {
  const { maxPendingPerConversation, maxPendingPerUser } = context.options.approvals
  const { actor, conversationId } = call.session
  const { records } = await context.storage.list({
    workspaceId: actor.workspaceId,
    prefix: prefixes.open(actor.userId),
    limit: 1000,
  })
  const pending = records
    .map((record) => versioned<OpenRecord>(record)!.value)
    .filter(({ approved }) => approved !== true)
  const ofConversation = pending.filter((open) => open.conversationId === conversationId).length
  if (
    pending.length >= maxPendingPerUser ||
    (conversationId !== undefined && ofConversation >= maxPendingPerConversation)
  )
    throw new IntegrationError(
      'limit_reached',
      'Too many calls already wait for this person. Decide or cancel some of them first.',
      { integrationId: call.target.integrationId },
    )
}

function requestOf(
  context: Context,
  call: ResolvedCall,
  decision: CallDecision,
  approvalId: string,
  expiresAt: number,
  change: ToolChange | undefined,
): ApprovalRecord['request'] {
  const { record, integrationId, workspaceId } = call.target
  const { definition } = call.tool
  const request: ApprovalRecord['request'] = {
    approvalId,
    workspaceId,
    userId: call.session.actor.userId,
    agentId: call.session.agentId,
    conversationId: call.session.conversationId,
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
        description: definition.description === undefined ? undefined : visible(definition.description, 4000),
        annotations: definition.annotations === undefined ? undefined : shownAnnotations(definition.annotations),
      },
    },
    rule: decision.verdict.rule,
    why: decision.verdict.why,
    change,
    requestedAt: call.now,
    expiresAt,
  }
  const risk = riskLine(context, { ...request, arguments: call.args.value, display: displayArguments(call.args.value) })
  return risk === undefined ? request : { ...request, risk }
}

/** The hints that we know, and no other words of the server in their company. */
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

/** The host's own line about the risk; one that fails says nothing. */
function riskLine(context: Context, request: Omit<ConfirmRequest, 'risk'>): string | undefined {
  try {
    const line = context.options.approvals.risk?.(request)
    return typeof line === 'string' ? visible(line, 500) : undefined
  } catch {
    return undefined
  }
}
