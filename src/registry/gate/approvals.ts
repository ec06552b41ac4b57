import { approvalTransitions, type Approval, type ApprovalStatus } from '../../model/approval.js'
import { IntegrationError } from '../../model/errors.js'
import type { JsonObject } from '../../model/json.js'
import { displayArguments } from '../../policy/arguments.js'
import type { Access } from '../../policy/access.js'
import type { StorageWrite } from '../../ports/storage.js'
import { accessTo, isId } from '../state/access.js'
import type { ActorContext, Context } from '../state/context.js'
import { notFound } from '../state/errors.js'
import type { Change, NewAudit } from '../state/event-feed.js'
import { toJson, type ApprovalIndexRecord, type ApprovalRecord, type IntegrationRecord } from '../state/records.js'
import { versioned, type Versioned } from '../state/read-record.js'
import { keys } from '../state/keys.js'

/** A stored approval with its version. */
export type StoredApproval = Versioned<ApprovalRecord>

/** A stored approval and the storage's clock when it was read, in ms since the epoch. */
export interface FoundApproval {
  readonly stored: StoredApproval
  readonly now: number
}

/** An approval as hosts see it now: after its deadline it is `expired`, or `unknown` if the call was sent. */
export function presentApproval(record: ApprovalRecord, now: number): Approval {
  const { request, decidedAt, decidedBy, reason, edited } = record
  const args = JSON.parse(record.argumentsJson) as JsonObject
  const status = statusNow(record, now)
  return { ...request, arguments: args, display: displayArguments(args), status, decidedAt, decidedBy, reason, edited }
}

/** The status now: deadlines apply before a sweep records them. */
export function statusNow(record: ApprovalRecord, now: number): ApprovalStatus {
  if (isOpen(record.status) && now >= record.request.expiresAt) return 'expired'
  if (record.status === 'dispatched' && now >= (record.dispatchedUntil ?? 0)) return 'unknown'
  return record.status
}

/** Whether an approval may still be decided or used. */
export function isOpen(status: ApprovalStatus): boolean {
  return status === 'pending' || status === 'approved'
}

/** Reads an approval of any person; `undefined` if there is none. */
export async function readApproval(
  context: Context,
  workspaceId: string,
  id: string,
): Promise<FoundApproval | undefined> {
  if (!isId(id)) return undefined
  const { records, now } = await context.storage.read(workspaceId, [keys.approval(id)])
  const stored = versioned<ApprovalRecord>(records[0])
  return stored === undefined ? undefined : { stored, now }
}

/**
 * Reads approvals that this actor may see and decide.
 *
 * @param integrationId - the integration of all approvals, if known, which saves one read
 * @throws IntegrationError `not_found`, `forbidden`
 */
export async function readDecidable(
  context: ActorContext,
  ids: readonly string[],
  integrationId?: string,
): Promise<readonly FoundApproval[]> {
  const { actor } = context
  const missing = ids.find((id) => !isId(id))
  if (missing !== undefined) throw notFound('approval', String(missing))
  const known = integrationId === undefined ? [] : [integrationId]
  const read = await context.storage.read(actor.workspaceId, [
    ...ids.map(keys.approval),
    ...known.map(keys.integration),
  ])
  const found = read.records.slice(0, ids.length).map((record, n) => {
    const stored = versioned<ApprovalRecord>(record)
    if (stored === undefined) throw notFound('approval', ids[n]!)
    return { stored, now: read.now }
  })
  const integrations = [...new Set(found.map(({ stored }) => stored.value.request.integration.id))]
  const { records } =
    integrationId === undefined
      ? await context.storage.read(actor.workspaceId, integrations.map(keys.integration))
      : { records: read.records.slice(ids.length) }
  for (const { stored } of found) {
    const { request } = stored.value
    const integration = versioned<IntegrationRecord>(records[integrations.indexOf(request.integration.id)])?.value
    const access = accessToApproval(context, request.userId, integration)
    if (access === 'hidden') throw notFound('approval', request.approvalId)
    if (access === 'forbidden')
      throw new IntegrationError(
        'forbidden',
        `You can't decide approval "${request.approvalId}": it belongs to another person. The host can let admins decide for others with access.adminsDecideForOthers.`,
        { integrationId: request.integration.id },
      )
  }
  return found
}

/**
 * Whether an actor may see and decide an approval of `userId`. People keep access to their own approvals after an
 * integration was removed.
 */
export function accessToApproval(
  context: ActorContext,
  userId: string,
  integration: IntegrationRecord | undefined,
): Access {
  const own = userId === context.actor.userId
  if (integration === undefined) return own ? 'allowed' : 'hidden'
  return accessTo(context, own ? 'decide_own_approval' : 'decide_others_approval', integration)
}

/** `approvals.get()`. */
export async function getApproval(context: ActorContext, id: string): Promise<Approval> {
  const [found] = await readDecidable(context, [id])
  return presentApproval(found!.stored.value, found!.now)
}

/** The change that moves an approval to its next state, with its indexes and events. */
export function transition(
  context: Context,
  stored: StoredApproval,
  to: ApprovalStatus,
  patch: Partial<ApprovalRecord> = {},
  audit: readonly NewAudit[] = [],
): Change & { readonly record: ApprovalRecord } {
  const from = stored.value.status
  if (!approvalTransitions[from].includes(to))
    throw new IntegrationError(
      'conflict',
      `Approval "${stored.value.request.approvalId}" is ${from} and can't become ${to}.`,
    )
  const record: ApprovalRecord = { ...stored.value, ...patch, status: to }
  const { approvalId, userId, integration, expiresAt } = record.request
  return {
    record,
    writes: [
      {
        key: stored.key,
        ifVersion: stored.version,
        value: toJson(record),
        expiresAt: expiresAt + context.options.retention.approvalsMs,
      },
      ...indexWrites(record, from),
    ],
    events: [{ type: 'approval_changed', integrationId: integration.id, approvalId, status: to, userId }],
    audit,
  }
}

/** Commits a transition and wakes the calls that wait for it. `false`: another writer was first, so read again. */
export async function move(
  context: Context,
  workspaceId: string,
  stored: StoredApproval,
  to: ApprovalStatus,
  patch: Partial<ApprovalRecord> = {},
): Promise<StoredApproval | false> {
  const change = transition(context, stored, to, patch)
  const written = await context.feed.commit(workspaceId, change)
  if (written === false) return false
  context.decisions.notice(stored.value.request.approvalId, to)
  return { key: stored.key, version: written[0]!.version!, value: change.record }
}

/** The writes that update the indexes of open approvals. @param from - the status before; absent for a new approval */
export function indexWrites(record: ApprovalRecord, from?: ApprovalStatus): readonly StorageWrite[] {
  const { status, joinHash, request } = record
  const { approvalId: id, userId, expiresAt } = request
  const value = toJson(indexRecord(record))
  const index = (key: string, present: boolean, before: boolean): readonly StorageWrite[] =>
    present ? [{ key, value, expiresAt }] : before ? [{ key, value: undefined }] : []
  return [
    ...index(keys.pending(userId, id), status === 'pending', from === 'pending'),
    ...index(keys.approved(userId, id), status === 'approved', from === 'approved'),
    ...index(keys.open(id), isOpen(status), from !== undefined && isOpen(from)),
    ...dueWrites(record, from),
    ...(from === 'pending' && joinHash !== undefined ? [{ key: keys.same(joinHash), value: undefined }] : []),
  ]
}

/** Lets a sweep find the approval at its deadline. */
function dueWrites(record: ApprovalRecord, from: ApprovalStatus | undefined): readonly StorageWrite[] {
  const { approvalId, expiresAt } = record.request
  const key = keys.due.approval(approvalId)
  if (isOpen(record.status)) return [{ key, value: null, expiresAt }]
  if (record.status === 'dispatched') return [{ key, value: null, expiresAt: record.dispatchedUntil ?? expiresAt }]
  return from === undefined ? [] : [{ key, value: undefined }]
}

/** The indexed fields of an approval. */
export function indexRecord({ request, status }: ApprovalRecord): ApprovalIndexRecord {
  const { userId, agentId, conversationId, integration, requestHash } = request
  return { userId, agentId, conversationId, integrationId: integration.id, requestHash, status }
}
