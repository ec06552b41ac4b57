import type { StorageListResult } from '../../ports/storage.js'
import type { Context } from './context.js'
import { keys, numbered, prefixes } from './keys.js'
import type { CatalogueChangeRecord } from './records.js'

/** How far the catalogue changes of a workspace have been read. */
export interface CataloguePosition {
  /** The version of the record that every change writes. */
  readonly version: string | undefined
  /** The key of the last change; absent where none is stored any more. */
  readonly last: string | undefined
}

/** The result of reading the changes. */
export interface CatalogueNews {
  readonly position: CataloguePosition
  /** Ids of the integrations that changed; absent: any integration may have changed. */
  readonly changed: readonly string[] | undefined
  /** The storage's time. */
  readonly now: number
}

/** Tells which integrations of a workspace have changed, so that a cached toolset keeps its other parts. */
export interface CatalogueChanges {
  /** The storage's time if nothing has changed as far as this process knows; `undefined`: call `read()`. */
  unchangedSince(workspaceId: string, position: CataloguePosition): number | undefined
  /** Reads the changes since a position, in one query. */
  read(workspaceId: string, since: CataloguePosition | undefined): Promise<CatalogueNews>
  close(): void
}

/**
 * How long a read version is trusted, in ms: a storage may miss a change, or not report other processes' changes at
 * all.
 */
const versionTtlMs = 1000
const maxWorkspaces = 10_000
const maxChanges = 100

/** Reads changes, and trusts the last read where the storage reports changes. */
export function catalogueChanges({
  storage,
  runtime,
  feed,
}: Pick<Context, 'storage' | 'runtime' | 'feed'>): CatalogueChanges {
  const seen = new Map<
    string,
    { readonly version: string | undefined; readonly now: number; readonly readAt: number }
  >()
  /** The running read of each workspace; a change in the meantime prevents its caching. */
  const reading = new Map<string, symbol>()
  const forget = (workspaceId: string): void => {
    seen.delete(workspaceId)
    reading.delete(workspaceId)
  }
  const unwatch = storage.watch?.(({ workspaceId, keys: changed }) => {
    if (changed === undefined || changed.includes(keys.catalogue)) forget(workspaceId)
  })
  // Changes of this process count at once, however late the storage reports them.
  if (unwatch !== undefined) feed.local.on('*', (event) => 'id' in event && forget(event.workspaceId))
  const readNews = async (workspaceId: string, since: CataloguePosition | undefined): Promise<CatalogueNews> => {
    if (since?.last !== undefined) {
      const after = before(since.last)
      const page = await storage.list({ workspaceId, prefix: prefixes.catalogue, after, limit: maxChanges })
      if (page.next === undefined) return newsOf(page, since)
    }
    const page = await storage.list({ workspaceId, prefix: prefixes.catalogue, limit: 2, reverse: true })
    const { position, now } = newsOf({ ...page, records: page.records.toReversed() }, undefined)
    return { position, now, changed: since !== undefined && since.version === position.version ? [] : undefined }
  }
  return {
    unchangedSince(workspaceId, { version }) {
      const last = seen.get(workspaceId)
      if (last === undefined || last.version !== version) return undefined
      const age = runtime.now() - last.readAt
      return age >= 0 && age < versionTtlMs ? last.now + age : undefined
    },
    async read(workspaceId, since) {
      const mark = Symbol()
      reading.set(workspaceId, mark)
      const readAt = runtime.now()
      const news = await readNews(workspaceId, since)
      if (reading.get(workspaceId) === mark) {
        reading.delete(workspaceId)
        if (seen.size >= maxWorkspaces) seen.clear()
        if (unwatch !== undefined) seen.set(workspaceId, { version: news.position.version, now: news.now, readAt })
      }
      return news
    },
    close: () => unwatch?.(),
  }
}

/** @param page - in key order, from the last known change: while that one is still stored, none was missed */
function newsOf({ records, now }: StorageListResult, since: CataloguePosition | undefined): CatalogueNews {
  const version = records.find(({ key }) => key === keys.catalogue)?.version
  const changes = records.filter(({ key }) => key !== keys.catalogue)
  const isWhole = version !== undefined && since !== undefined && changes[0]?.key === since.last
  const changed = changes.slice(1).flatMap(({ value }) => (value as unknown as CatalogueChangeRecord).integrations)
  return {
    position: { version, last: changes.at(-1)?.key },
    changed: since !== undefined && since.version === version ? [] : isWhole ? [...new Set(changed)] : undefined,
    now,
  }
}

/** The greatest key before that of a change. */
function before(change: string): string {
  return numbered(prefixes.catalogue, Number(change.slice(prefixes.catalogue.length)) - 1)
}
