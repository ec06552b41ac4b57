import type { StorageRecord } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import { closed } from '../state/errors.js'

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
  expired: boolean,
  visit: (record: Scanned, now: number) => Promise<void>,
): Promise<void> {
  for (let after: string | undefined; ;) {
    if (context.closing.aborted) throw closed()
    const page = await context.storage.scan({ prefix, limit: 500, expired, after })
    for (const record of page.records) await visit(record, page.now)
    if (page.next === undefined) return
    after = page.next
  }
}
