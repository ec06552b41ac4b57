import { auditInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import type { AuditEntry } from '../../model/event.js'
import { accessTo } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import type { IntegrationRecord } from '../state/records.js'
import { readOrReport } from '../state/read-record.js'
import { momentKey } from '../state/event-feed.js'
import { keys, prefixes } from '../state/keys.js'
import { pages } from '../state/pages.js'

/** Query of the audit log. Times are ms since the epoch. */
export interface AuditQuery {
  readonly integrationId?: string | undefined
  readonly agentId?: string | undefined
  readonly userId?: string | undefined
  /** Only entries of this action. */
  readonly action?: AuditEntry['action'] | undefined
  /** The server's name of the tool. */
  readonly tool?: string | undefined
  readonly approvalId?: string | undefined
  /** Only entries from this time on. */
  readonly since?: number | undefined
  /** Only entries before this time. */
  readonly until?: number | undefined
  /** `@default 'oldest'` first */
  readonly order?: 'oldest' | 'newest' | undefined
  /** The `next` cursor of the previous page. */
  readonly after?: string | undefined
  /** `@default 100`, at most 1000 */
  readonly limit?: number | undefined
}

/** A page of the audit log. */
export interface AuditPage {
  /** The entries of this page. */
  readonly entries: readonly AuditEntry[]
  /** Pass it as `after` for the next page; absent on the last page. */
  readonly next?: string | undefined
}

/** The maximum number of records to scan for one page. The caller then continues with `next`. */
const maxScanned = 5_000

/**
 * `audit()`: the audit log. Members see their own entries. Admins also see all entries of shared integrations, and that
 * something happened to others' private ones, without details.
 */
export async function readAudit(context: ActorContext, query: AuditQuery = {}): Promise<AuditPage> {
  const { actor } = context
  const { integrationId, agentId, userId, action, tool, approvalId, since, until, order, after, limit } = query
  const filter = { integrationId, agentId, userId, action, tool, approvalId }
  const asked = parse('audit()', auditInput, { ...filter, since, until, order, after, limit })
  const newest = asked.order === 'newest'
  const entries: AuditEntry[] = []
  let at = asked.after === undefined ? startOf(asked) : prefixes.audit + asked.after
  let scanned = 0
  const all = { workspaceId: actor.workspaceId, prefix: prefixes.audit, limit: 500, after: at, reverse: newest }
  for await (const { records, next } of pages(context.storage, all)) {
    const raw = records.flatMap((record) => {
      const entry = readOrReport<AuditEntry>(context, actor.workspaceId, record)
      return entry === undefined ? [] : [{ ...entry, id: record.key.slice(prefixes.audit.length) }]
    })
    for (const [n, entry] of (await shownTo(context, raw)).entries()) {
      if (isPast(raw[n]!, asked)) return { entries }
      at = prefixes.audit + raw[n]!.id
      // Filters the entry as shown, because a filter must not reveal fields that an admin may not see.
      if (entry !== undefined && matches(entry, filter) && isWithin(entry, asked)) entries.push(entry)
      if (entries.length === (asked.limit ?? 100)) return { entries, next: at.slice(prefixes.audit.length) }
    }
    scanned += records.length
    if (next !== undefined && scanned >= maxScanned) return { entries, next: next.slice(prefixes.audit.length) }
  }
  return { entries }
}

/** Ids start with their time, so a time is a position in the list. */
function startOf({ order, since, until }: Pick<AuditQuery, 'order' | 'since' | 'until'>): string | undefined {
  const moment = order === 'newest' ? until : since
  return moment === undefined ? undefined : prefixes.audit + momentKey(moment)
}

function isPast({ at }: AuditEntry, { order, since, until }: Pick<AuditQuery, 'order' | 'since' | 'until'>): boolean {
  return order === 'newest' ? since !== undefined && at < since : until !== undefined && at >= until
}

function isWithin({ at }: AuditEntry, { since, until }: Pick<AuditQuery, 'since' | 'until'>): boolean {
  return (since === undefined || at >= since) && (until === undefined || at < until)
}

function matches(entry: AuditEntry, filter: Partial<AuditEntry>): boolean {
  return Object.entries(filter).every(
    ([field, wanted]) => wanted === undefined || entry[field as keyof AuditEntry] === wanted,
  )
}

async function shownTo(
  context: ActorContext,
  entries: readonly AuditEntry[],
): Promise<readonly (AuditEntry | undefined)[]> {
  const { actor } = context
  if (actor.role === 'admin') return seenByAdmin(context, entries)
  return entries.map((entry) => (entry.userId === actor.userId ? entry : undefined))
}

async function seenByAdmin(
  context: ActorContext,
  entries: readonly AuditEntry[],
): Promise<readonly (AuditEntry | undefined)[]> {
  const { actor } = context
  const ids = [...new Set(entries.flatMap(({ integrationId }) => (integrationId === undefined ? [] : [integrationId])))]
  const { records } = await context.storage.read(actor.workspaceId, ids.map(keys.integration))
  const recordOf = (n: number) => readOrReport<IntegrationRecord>(context, actor.workspaceId, records[n])
  const known = new Map(ids.map((id, n) => [id, recordOf(n)]))
  return entries.map((entry) => {
    if (entry.userId === actor.userId || entry.integrationId === undefined) return entry
    const record = known.get(entry.integrationId)
    if (accessTo(context, 'audit_all', record) === 'allowed') return entry
    const { id, workspaceId, at, userId, integrationId, action } = entry
    return { id, workspaceId, at, integrationId, action, userId }
  })
}
