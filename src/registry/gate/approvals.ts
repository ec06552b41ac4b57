import { approvalTransitions, type Approval, type ApprovalStatus } from '../../model/approval.js'
import { IntegrationError } from '../../model/errors.js'
import { invalid } from '../../model/input.js'
import type { JsonObject } from '../../model/json.js'
import { displayArguments } from '../../policy/arguments.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ActorContext, Context } from '../state/context.js'
import { notFound } from '../state/errors.js'
import type { Change, NewAudit } from '../state/event-feed.js'
import { retrying } from '../state/retrying.js'
import { allow, isId } from '../state/access.js'
import {
  versioned,
  toJson,
  type ApprovalRecord,
  type IntegrationRecord,
  type OpenRecord,
  type Versioned,
} from '../state/records.js'
import { keys, prefixes } from '../state/keys.js'

/** A stored approval at a version. */
export type StoredApproval = Versioned<ApprovalRecord>

/** What `approvals.list()` answers, oldest first. */
export interface ApprovalPage {
  readonly approvals: readonly Approval[]
  /** Give it as `after` for more; absent: that was all. */
  readonly next?: string | undefined
}

/** An approval as hosts see it at this moment: what ran out meanwhile is told as such. */
export function presentApproval(record: ApprovalRecord, now: number): Approval {
  const args = JSON.parse(record.argumentsJson) as JsonObject
  return {
    ...record.request,
    arguments: args,
    display: displayArguments(args),
    status: statusNow(record, now),
    ...(record.decidedAt === undefined ? {} : { decidedAt: record.decidedAt }),
    ...(record.decidedBy === undefined ? {} : { decidedBy: record.decidedBy }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
    ...(record.edited === undefined ? {} : { edited: record.edited }),
  }
}

/** Deadlines hold whether or not somebody has come by to write it down. */
export function statusNow(record: ApprovalRecord, now: number): ApprovalStatus {
  if ((record.status === 'pending' || record.status === 'approved') && now >= record.request.expiresAt) return 'expired'
  if (record.status === 'dispatched' && now >= (record.dispatchedUntil ?? 0)) return 'unknown'
  return record.status
}

/** Reads an approval, whoever's it is; `undefined` where there is none. */
export async function readApproval(
  context: Context,
  workspaceId: string,
  id: string,
): Promise<{ stored: StoredApproval; now: number } | undefined> {
  if (!isId(id)) return undefined
  const { records, now } = await context.storage.read(workspaceId, [keys.approval(id)])
  const stored = versioned<ApprovalRecord>(records[0])
  return stored === undefined ? undefined : { stored, now }
}

/** The change that moves an approval to its next state, its indexes and news with it. */
export function transition(
  context: Context,
  stored: StoredApproval,
  to: ApprovalStatus,
  patch: Partial<ApprovalRecord> = {},
  audit: readonly NewAudit[] = [],
): Change & { readonly record: ApprovalRecord } {
  const from = stored.value.status
  if (!approvalTransitions[from].includes(to))
    throw new IntegrationError('conflict', `This approval is ${from} and can't become ${to}.`)
  const record: ApprovalRecord = { ...stored.value, ...patch, status: to }
  const { approvalId, userId, integration, expiresAt } = record.request
  const indexes: StorageWrite[] = []
  if (from === 'pending' && record.sameHash !== undefined)
    indexes.push({ key: keys.same(record.sameHash), value: undefined })
  if (isOpen(to)) indexes.push(...openKeys(record).map((key) => ({ key, value: openRecord(record), expiresAt })))
  else if (isOpen(from)) indexes.push(...openKeys(record).map((key) => ({ key, value: undefined })))
  return {
    record,
    writes: [
      {
        key: stored.key,
        ifVersion: stored.version,
        value: toJson(record),
        expiresAt: expiresAt + context.options.retention.approvalsMs,
      },
      ...indexes,
    ],
    events: [{ type: 'approval_changed', integrationId: integration.id, approvalId, status: to, userId }],
    audit,
  }
}

/** Commits a transition and tells who waits; `false`: somebody was faster, read again. */
export async function move(
  context: Context,
  workspaceId: string,
  stored: StoredApproval,
  to: ApprovalStatus,
  patch: Partial<ApprovalRecord> = {},
  audit: readonly NewAudit[] = [],
): Promise<StoredApproval | false> {
  const change = transition(context, stored, to, patch, audit)
  const written = await context.feed.commit(workspaceId, change)
  if (written === false) return false
  context.decisions.notice(stored.value.request.approvalId)
  return { key: stored.key, version: written[0]!.version!, value: change.record }
}

/** The records by which an open approval is found. */
export function openKeys({ request }: ApprovalRecord): readonly string[] {
  return [keys.open(request.userId, request.approvalId), keys.openOf(request.integration.id, request.approvalId)]
}

export function openRecord({ request, status }: ApprovalRecord) {
  return toJson({
    approvalId: request.approvalId,
    userId: request.userId,
    conversationId: request.conversationId,
    approved: status === 'approved' ? (true as const) : undefined,
  } satisfies OpenRecord)
}

/** `approvals.get()`. */
export async function getApproval(context: ActorContext, id: string): Promise<Approval> {
  const { stored, now } = await readDecidable(context, id)
  return presentApproval(stored.value, now)
}

/** The approval, if this actor may decide it. */
export async function readDecidable(
  context: ActorContext,
  id: string,
): Promise<{ stored: StoredApproval; now: number }> {
  const { actor } = context
  const found = await readApproval(context, actor.workspaceId, id)
  if (found === undefined) throw notFound('approval', String(id))
  const { userId, integration } = found.stored.value.request
  const { records } = await context.storage.read(actor.workspaceId, [keys.integration(integration.id)])
  const record = versioned<IntegrationRecord>(records[0])?.value
  if (userId === actor.userId) {
    if (record === undefined) return found
  } else if (record === undefined) throw notFound('approval', id)
  try {
    const whose = userId === actor.userId ? 'decide_own_approval' : 'decide_others_approval'
    allow(context, integration.id, record, whose)
  } catch (error) {
    throw (error as IntegrationError).code === 'not_found' ? notFound('approval', id) : error
  }
  return found
}

/** `approvals.list()`: the actor's own, oldest first. */
export async function listApprovals(
  context: ActorContext,
  query: { status?: ApprovalStatus | undefined; after?: string | undefined; limit?: number | undefined } = {},
): Promise<ApprovalPage> {
  const { actor } = context
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? 50), 1), 200)
  if (query.after !== undefined && !isId(query.after))
    throw invalid('approvals.list()', [{ path: 'after', message: 'must be the next of a page before' }])
  const open = query.status === 'pending' || query.status === 'approved'
  const prefix = open ? prefixes.open(actor.userId) : prefixes.approvals
  const approvals: Approval[] = []
  let after = query.after === undefined ? undefined : prefix + query.after
  for (let pages = 0; pages < 10; pages++) {
    const page = await context.storage.list({
      workspaceId: actor.workspaceId,
      prefix,
      limit: 200,
      after,
    })
    const found = open
      ? (
          await context.storage.read(
            actor.workspaceId,
            page.records.map((record) => keys.approval(record.key.slice(prefix.length))),
          )
        ).records.map((record) => versioned<ApprovalRecord>(record)?.value)
      : page.records.map((record) => versioned<ApprovalRecord>(record)?.value)
    for (const [n, record] of found.entries()) {
      after = page.records[n]!.key
      if (record === undefined || record.request.userId !== actor.userId) continue
      const approval = presentApproval(record, page.now)
      if (query.status !== undefined && approval.status !== query.status) continue
      approvals.push(approval)
      if (approvals.length === limit) return { approvals, next: after.slice(prefix.length) }
    }
    if (page.next === undefined) return { approvals }
  }
  return { approvals, next: after === undefined ? undefined : after.slice(prefix.length) }
}

/** Ends what still waits for one integration (or one person's part of it), in batches; what is dispatched is left. */
export async function endOpenApprovals(
  context: Context,
  workspaceId: string,
  integrationId: string,
  to: 'cancelled' | 'superseded',
  reason: string,
  only: (record: ApprovalRecord) => boolean = () => true,
): Promise<void> {
  await endUnder(context, workspaceId, prefixes.openOf(integrationId), to, reason, only)
}

/** Ends what still waits of one person. */
export async function endApprovalsOf(
  context: Context,
  workspaceId: string,
  userId: string,
  reason: string,
): Promise<void> {
  await endUnder(context, workspaceId, prefixes.open(userId), 'cancelled', reason, () => true)
}

async function endUnder(
  context: Context,
  workspaceId: string,
  prefix: string,
  to: 'cancelled' | 'superseded',
  reason: string,
  only: (record: ApprovalRecord) => boolean,
): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await context.storage.list({
      workspaceId,
      prefix,
      limit: 100,
      after,
    })
    for (const { key } of page.records) await endOne(context, workspaceId, key.slice(prefix.length), to, reason, only)
    if (page.next === undefined) return
    after = page.next
  }
}

/** Ends one approval unless it was decided or used meanwhile. */
export async function endOne(
  context: Context,
  workspaceId: string,
  id: string,
  to: 'cancelled' | 'superseded' | 'expired',
  reason: string,
  only: (record: ApprovalRecord) => boolean = () => true,
): Promise<void> {
  await retrying('The approval', async () => {
    const found = await readApproval(context, workspaceId, id)
    if (found === undefined || !isOpen(found.stored.value.status) || !only(found.stored.value)) return true
    return (await move(context, workspaceId, found.stored, to, { reason })) !== false
  })
}

function isOpen(status: ApprovalStatus): boolean {
  return status === 'pending' || status === 'approved'
}
