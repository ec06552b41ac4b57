import { recordLimits } from '../../model/record-limits.js'
import type { RegistryStorage, StorageListQuery, StorageListResult, StorageRecord } from '../../ports/storage.js'
import type { Context } from './context.js'

/** All records under a prefix, page by page, until the reader stops. */
export async function* pages(
  storage: Pick<RegistryStorage, 'list'>,
  query: StorageListQuery,
): AsyncGenerator<StorageListResult, void, void> {
  yield* everyPage((after) => storage.list({ ...query, after }), query.after)
}

/** One page after the other, until there is no `next` or the reader stops. */
export async function* everyPage<Page extends { readonly next?: string | undefined }>(
  read: (after: string | undefined) => Promise<Page>,
  first?: string,
): AsyncGenerator<Page, void, void> {
  for (let after = first; ;) {
    const page = await read(after)
    yield page
    if (page.next === undefined) return
    after = page.next
  }
}

/** All keys under a prefix, without the prefix. */
export async function idsUnder(
  context: Pick<Context, 'storage'>,
  { workspaceId }: { readonly workspaceId: string },
  prefix: string,
): Promise<readonly string[]> {
  const ids: string[] = []
  let after: string | undefined
  do {
    const { records, next } = await context.storage.list({ workspaceId, prefix, after, limit: 1000 })
    for (const { key } of records) ids.push(key.slice(prefix.length))
    after = next
  } while (after !== undefined)
  return ids
}

/** Deletes the records under a prefix. @returns how many */
export async function deleteUnder(
  context: Pick<Context, 'storage'>,
  workspaceId: string,
  prefix: string,
  { after, which = () => true }: { readonly after?: string; readonly which?: (record: StorageRecord) => boolean } = {},
): Promise<number> {
  let deleted = 0
  const query = { workspaceId, prefix, after, limit: recordLimits.writes }
  for await (const { records } of pages(context.storage, query)) {
    const found = records.filter(which).map(({ key }) => key)
    await deleteKeys(context, workspaceId, found)
    deleted += found.length
  }
  return deleted
}

/** Deletes records by their keys, in commits of the largest allowed size. */
export async function deleteKeys(
  context: Pick<Context, 'storage'>,
  workspaceId: string,
  keys: readonly string[],
): Promise<void> {
  for (let n = 0; n < keys.length; n += recordLimits.writes)
    await context.storage.commit(
      workspaceId,
      keys.slice(n, n + recordLimits.writes).map((key) => ({ key, value: undefined })),
    )
}
