import type { Approval, ApprovalStatus } from '../../model/approval.js'
import { approvalListInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import type { StorageRecord } from '../../ports/storage.js'
import { IntegrationError } from '../../model/errors.js'
import { isId } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { keys, prefixes } from '../state/keys.js'
import { pages } from '../state/pages.js'
import type { ApprovalIndexRecord, ApprovalRecord, IntegrationRecord } from '../state/records.js'
import { readOrReport, unlessUnreadable, versioned } from '../state/read-record.js'
import { accessToApproval, indexRecord, isOpen, presentApproval, statusNow } from './approvals.js'

/** Query of `approvals.list()`. Each field narrows the result. */
export interface ApprovalQuery {
  /**
   * `others`: approvals of other people that this actor may decide, see `access.adminsDecideForOthers`. `@default 'me'`
   */
  readonly for?: 'me' | 'others' | undefined
  /** Only approvals with this status. */
  readonly status?: ApprovalStatus | undefined
  readonly integrationId?: string | undefined
  readonly agentId?: string | undefined
  readonly conversationId?: string | undefined
  /** `@default 'oldest'` */
  readonly order?: 'oldest' | 'newest' | undefined
  /** The {@link ApprovalPage.next} of the previous page of the same query. */
  readonly after?: string | undefined
  /** At most 200; a page with long arguments ends earlier. `@default 50` */
  readonly limit?: number | undefined
}

/** A page of `approvals.list()`. */
export interface ApprovalPage {
  /** The approvals of this page. */
  readonly approvals: readonly Approval[]
  /** The cursor of the next page; absent on the last page. A short page may have one. */
  readonly next?: string | undefined
}

/** The maximum number of index entries to scan for one page. */
const maxEntries = 2_000
/** Approvals read at once. */
const readAtOnce = 20
/** The maximum number of characters of arguments in one page. */
const maxCharacters = 256 * 1024

/**
 * `approvals.list()`: the actor's own approvals, or those of others that the actor may decide.
 * @throws IntegrationError `invalid_input`, `forbidden`
 */
export async function listApprovals(context: ActorContext, input: ApprovalQuery = {}): Promise<ApprovalPage> {
  const { actor } = context
  const { signal: _signal, ...query } = parse('approvals.list()', approvalListInput, input)
  const { limit = 50, order, after } = query
  if (after !== undefined && !isId(after))
    throw invalid('approvals.list()', [{ path: 'after', message: 'must be the `next` cursor of a previous page' }])
  if (query.for === 'others' && !seesOthers(context)) return { approvals: [] }

  const { prefix, pageSize } = indexFor(actor.userId, query)
  const approvals: Approval[] = []
  let characters = 0
  let scanned = 0
  const all = {
    workspaceId: actor.workspaceId,
    prefix,
    limit: pageSize,
    reverse: order === 'newest',
    after: after && prefix + after,
  }
  for await (const { records, next } of pages(context.storage, all)) {
    const fitting = records.filter((record) => {
      const facts = unlessUnreadable(context, actor.workspaceId, () => factsOf(record))
      return facts !== undefined && fits(facts, actor.userId, query)
    })
    for (let n = 0; n < fitting.length; n += readAtOnce) {
      const ids = fitting.slice(n, n + readAtOnce).map(({ key }) => key.slice(prefix.length))
      for (const { id, record, now } of await readVisible(context, ids)) {
        if (query.status !== undefined && statusNow(record, now) !== query.status) continue
        approvals.push(presentApproval(record, now))
        characters += record.argumentsJson.length
        if (approvals.length === limit || characters > maxCharacters) return { approvals, next: id }
      }
    }
    scanned += pageSize
    if (next !== undefined && scanned >= maxEntries) return { approvals, next: next.slice(prefix.length) }
  }
  return { approvals }
}

/** Members see only their own; an admin's error names the option that permits more. */
function seesOthers(context: ActorContext): boolean {
  if (context.actor.role !== 'admin') return false
  if (context.options.access.adminsDecideForOthers) return true
  throw new IntegrationError(
    'forbidden',
    "You can't see approvals of other people. The host can let admins decide for others with access.adminsDecideForOthers.",
  )
}

/** The smallest index that contains all matching approvals. */
function indexFor(userId: string, query: ApprovalQuery): { readonly prefix: string; readonly pageSize: number } {
  const { status } = query
  if (query.for === 'others')
    return status !== undefined && isOpen(status)
      ? { prefix: prefixes.open, pageSize: 200 }
      : { prefix: prefixes.approvals, pageSize: 50 }
  if (status === 'pending') return { prefix: prefixes.pending(userId), pageSize: 200 }
  if (status === 'approved') return { prefix: prefixes.approved(userId), pageSize: 200 }
  return { prefix: prefixes.asked(userId), pageSize: 200 }
}

function factsOf(record: StorageRecord): ApprovalIndexRecord {
  return record.key.startsWith(prefixes.approvals)
    ? indexRecord(versioned<ApprovalRecord>(record)!.value)
    : versioned<ApprovalIndexRecord>(record)!.value
}

function fits(facts: ApprovalIndexRecord, userId: string, query: ApprovalQuery): boolean {
  const { integrationId, agentId, conversationId } = query
  return (
    (facts.userId === userId) === (query.for !== 'others') &&
    (integrationId === undefined || facts.integrationId === integrationId) &&
    (agentId === undefined || facts.agentId === agentId) &&
    (conversationId === undefined || facts.conversationId === conversationId)
  )
}

/** Reads approvals. People always see their own; for those of others, access to the integration is checked. */
async function readVisible(
  context: ActorContext,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly record: ApprovalRecord; readonly now: number }[]> {
  const { actor } = context
  const { records, now } = await context.storage.read(actor.workspaceId, ids.map(keys.approval))
  const found = records.flatMap((stored, n) => {
    const record = readOrReport<ApprovalRecord>(context, actor.workspaceId, stored)
    return record === undefined ? [] : [{ id: ids[n]!, record, now }]
  })
  const others = found.filter(({ record: { request } }) => request.userId !== actor.userId)
  if (others.length === 0) return found
  const integrations = [...new Set(others.map(({ record }) => record.request.integration.id))]
  const read = await context.storage.read(actor.workspaceId, integrations.map(keys.integration))
  return found.filter(({ record: { request } }) => {
    if (request.userId === actor.userId) return true
    const stored = read.records[integrations.indexOf(request.integration.id)]
    const integration = readOrReport<IntegrationRecord>(context, actor.workspaceId, stored)
    return accessToApproval(context, request.userId, integration) === 'allowed'
  })
}
