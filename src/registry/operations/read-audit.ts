import { invalid } from '../../model/input.js'
import type { AuditEntry } from '../../model/event.js'
import { decideAccess } from '../../policy/access.js'
import type { ActorContext } from '../state/context.js'
import { versioned, type IntegrationRecord } from '../state/records.js'
import { keys, prefixes } from '../state/keys.js'

/** A page of the audit, oldest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** Give it as `after` for more; absent: that was all. */
  readonly next?: string | undefined
}

/**
 * `audit()`: who did what, oldest first. Members see their own; admins everything about shared integrations, and of
 * others' private ones that something happened, never what.
 */
export async function readAudit(
  context: ActorContext,
  query: { readonly after?: string | undefined; readonly limit?: number | undefined } = {},
): Promise<AuditPage> {
  const { actor } = context
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? 100), 1), 1000)
  if (query.after !== undefined && !/^[A-Za-z0-9_-]{1,100}$/.test(query.after))
    throw invalid('audit()', [{ path: 'after', message: 'must be the next of a page before' }])
  const entries: AuditEntry[] = []
  let after = query.after === undefined ? undefined : prefixes.audit + query.after
  for (let pages = 0; pages < 10; pages++) {
    const page = await context.storage.list({
      workspaceId: actor.workspaceId,
      prefix: prefixes.audit,
      limit: 500,
      after,
    })
    const raw = page.records.map((record) => ({
      ...versioned<AuditEntry>(record)!.value,
      id: record.key.slice(prefixes.audit.length),
    }))
    const shown =
      actor.role === 'admin'
        ? await seenByAdmin(context, raw)
        : raw.map((entry) => (entry.userId === actor.userId ? entry : undefined))
    for (const [n, entry] of shown.entries()) {
      after = page.records[n]!.key
      if (entry !== undefined) entries.push(entry)
      if (entries.length === limit) return { entries, next: after.slice(prefixes.audit.length) }
    }
    if (page.next === undefined) return { entries }
  }
  return { entries, next: after === undefined ? undefined : after.slice(prefixes.audit.length) }
}

async function seenByAdmin(
  context: ActorContext,
  entries: readonly AuditEntry[],
): Promise<readonly (AuditEntry | undefined)[]> {
  const { actor } = context
  const ids = [...new Set(entries.flatMap(({ integrationId }) => (integrationId === undefined ? [] : [integrationId])))]
  const { records } = await context.storage.read(actor.workspaceId, ids.map(keys.integration))
  const known = new Map(ids.map((id, n) => [id, versioned<IntegrationRecord>(records[n])?.value]))
  return entries.map((entry) => {
    if (entry.userId === actor.userId || entry.integrationId === undefined) return entry
    const record = known.get(entry.integrationId)
    const access =
      record === undefined
        ? 'forbidden'
        : decideAccess(
            'audit_all',
            actor,
            { workspaceId: actor.workspaceId, ownerId: record.ownerId, visibility: record.visibility },
            context.options.access,
          )
    if (access === 'allowed') return entry
    const { id, workspaceId, at, userId, integrationId, action } = entry
    return { id, workspaceId, at, integrationId, action, userId }
  })
}
