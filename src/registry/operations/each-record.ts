import { recordLimits } from '../../model/record-limits.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import { closed } from '../state/errors.js'
import { everyPage } from '../state/pages.js'

/** A record of any workspace. */
export type Scanned = StorageRecord & { readonly workspaceId: string }

/**
 * Visits the records of all workspaces under a prefix, page by page.
 *
 * @throws IntegrationError `closed` when the registry begins to close; the rest can be visited later
 */
export async function eachRecord(
  context: Context,
  prefix: string,
  visit: (record: Scanned, now: number) => Promise<void>,
): Promise<void> {
  const read = (after: string | undefined) => whileOpen(context).scan({ prefix, limit: 500, after })
  for await (const { records, now } of everyPage(read)) for (const record of records) await visit(record, now)
}

/**
 * Visits the expired records of all workspaces, page by page, in the order in which they expired.
 *
 * @throws IntegrationError `closed` when the registry begins to close; the rest can be visited later
 */
export async function eachExpired(
  context: Context,
  visit: (records: readonly Scanned[], now: number) => Promise<void>,
): Promise<void> {
  const read = (after: string | undefined) => whileOpen(context).expired({ limit: 500, after })
  for await (const { records, now } of everyPage(read)) await visit(records, now)
}

function whileOpen({ closing, storage }: Context): Context['storage'] {
  if (closing.aborted) throw closed()
  return storage
}

/** Deletes records unless they were written again in the meantime. @returns the number of deleted records */
export async function deleteExpired(context: Context, records: readonly Scanned[]): Promise<number> {
  let deleted = 0
  for (const [workspaceId, own] of byWorkspace(records))
    for (let n = 0; n < own.length; n += recordLimits.writes)
      deleted += await deleteTogether(context, workspaceId, own.slice(n, n + recordLimits.writes))
  return deleted
}

/** Deletes in one commit, or one by one if another process already deleted some. */
async function deleteTogether(context: Context, workspaceId: string, records: readonly Scanned[]): Promise<number> {
  const writes = records.map(({ key, version }) => ({ key, ifVersion: version, value: undefined }))
  if ((await context.storage.commit(workspaceId, writes)) !== false) return writes.length
  if (writes.length === 1) return 0
  let deleted = 0
  for (const write of writes) if ((await context.storage.commit(workspaceId, [write])) !== false) deleted++
  return deleted
}

function byWorkspace(records: readonly Scanned[]): ReadonlyMap<string, readonly Scanned[]> {
  const groups = new Map<string, Scanned[]>()
  for (const record of records) {
    const group = groups.get(record.workspaceId)
    if (group === undefined) groups.set(record.workspaceId, [record])
    else group.push(record)
  }
  return groups
}
