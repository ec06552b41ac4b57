import { sha256Hex } from '../../model/digest.js'
import { invalid } from '../../model/invalid.js'
import { bindingHash, requestHashOf } from '../../policy/binding.js'
import type { Context } from '../state/context.js'
import { timeOrderedId } from '../state/event-feed.js'
import { retrying } from '../state/retrying.js'
import { keys } from '../state/keys.js'
import { toJson, type ApprovalPointerRecord, type ApprovalRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { approvalRequest } from './approval-request.js'
import { indexRecord, indexWrites, readApproval, statusNow, type StoredApproval } from './approvals.js'
import type { ToolCallOptions } from './call-scope.js'
import { checkPending, readPending } from './pending-approvals.js'
import { bindingOf, type ResolvedCall } from './resolved-call.js'
import type { CallDecision } from './decide-call.js'
import { changesOf } from './tool-changes.js'

/** The approval that a call waits for, and whether this call opened it. */
export interface OpenedApproval {
  readonly approval: StoredApproval
  readonly opened: boolean
}

/**
 * Stores a pending approval for a call, or finds an existing one: with the same idempotency key or, without a key, of an
 * equal pending call of the conversation.
 *
 * @throws IntegrationError `invalid_input`, `limit_reached`
 */
export async function openApproval(
  context: Context,
  call: ResolvedCall,
  decision: CallDecision,
  options: ToolCallOptions,
): Promise<OpenedApproval> {
  const { workspaceId, userId } = call.target
  const bound = bindingOf(call)
  const requestHash = requestHashOf(bound)
  const name = nameOf(requestHash, options.idempotencyKey)
  const asksNow = (options.confirm ?? call.scope.confirm) !== undefined
  const joins = name === undefined && (bound.conversationId !== undefined || !asksNow)
  const [change] = await changesOf(context, call.target, [{ ...decision, tool: call.tool }])

  const open = async (): Promise<OpenedApproval | false> => {
    const pending = await readPending(context, workspaceId, userId)
    const equal = pending.filter((other) => other.requestHash === requestHash)
    const crowded = equal.length >= context.options.approvals.maxPendingEqual
    if (equal.length > 0 && (joins || crowded)) {
      const waiting =
        (name === undefined ? undefined : await findNamed(context, workspaceId, name)) ??
        (await findPending(context, workspaceId, equal.at(-1)!.approvalId))
      if (waiting !== undefined) return { approval: waiting, opened: false }
    }
    try {
      checkPending(context, call, pending)
    } catch (error) {
      const named = name === undefined ? undefined : await findNamed(context, workspaceId, name)
      if (named !== undefined) return { approval: named, opened: false }
      throw error
    }
    const approvalId = timeOrderedId(context.runtime, call.now)
    const expiresAt = call.now + context.options.approvals.expiresAfterMs
    const binding = { ...bound, approvalId, expiresAt }
    const record: ApprovalRecord = {
      request: approvalRequest(context, call, { approvalId, requestHash, expiresAt, decision, change }),
      argumentsJson: call.args.json,
      binding,
      bindingHash: bindingHash(binding),
      joinHash: joins ? requestHash : undefined,
      status: 'pending',
    }
    const version = await store(context, record, name)
    if (version !== undefined)
      return { approval: { key: keys.approval(approvalId), version, value: record }, opened: true }
    const named = name === undefined ? undefined : await findNamed(context, workspaceId, name)
    return named !== undefined && { approval: named, opened: false }
  }
  return context.decisions.inTurn(`${workspaceId}\n${userId}`, () => retrying('The approval', open))
}

/**
 * @returns the version of the stored approval; `undefined` if the same call, or an equal one to share, was stored first
 */
async function store(context: Context, record: ApprovalRecord, name: string | undefined): Promise<string | undefined> {
  const { approvalId, workspaceId, userId, integration, expiresAt } = record.request
  const keptUntil = expiresAt + context.options.retention.approvalsMs
  const pointer = { approvalId } satisfies ApprovalPointerRecord
  const { status: _status, ...asked } = indexRecord(record)
  const written = await context.feed.commit(workspaceId, {
    writes: [
      { key: keys.approval(approvalId), ifVersion: null, value: toJson(record), expiresAt: keptUntil },
      { key: keys.asked(userId, approvalId), value: toJson(asked), expiresAt: keptUntil },
      ...indexWrites(record),
      ...(record.joinHash === undefined
        ? []
        : [{ key: keys.same(record.joinHash), ifVersion: null, value: pointer, expiresAt }]),
      ...(name === undefined ? [] : [{ key: keys.named(name), ifVersion: null, value: pointer, expiresAt: keptUntil }]),
    ],
    events: [{ type: 'approval_changed', integrationId: integration.id, approvalId, status: 'pending', userId }],
  })
  return written === false ? undefined : written[0]!.version
}

/** The name under which an idempotency key is stored: equal for the same call in every process. */
function nameOf(requestHash: string, idempotencyKey: unknown): string | undefined {
  if (idempotencyKey === undefined) return undefined
  if (typeof idempotencyKey !== 'string' || idempotencyKey === '' || idempotencyKey.length > 200)
    throw invalid('call()', [{ path: 'idempotencyKey', message: 'must be a string of 1-200 characters' }])
  return sha256Hex(`${requestHash} ${idempotencyKey}`)
}

async function findNamed(context: Context, workspaceId: string, name: string): Promise<StoredApproval | undefined> {
  const { records } = await context.storage.read(workspaceId, [keys.named(name)])
  const pointer = versioned<ApprovalPointerRecord>(records[0])?.value
  return pointer === undefined ? undefined : (await readApproval(context, workspaceId, pointer.approvalId))?.stored
}

/** The approval with this id, if it is still pending. */
async function findPending(context: Context, workspaceId: string, id: string): Promise<StoredApproval | undefined> {
  const found = await readApproval(context, workspaceId, id)
  return found !== undefined && statusNow(found.stored.value, found.now) === 'pending' ? found.stored : undefined
}
