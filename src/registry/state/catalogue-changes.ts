import type { StorageListResult } from '../../ports/storage.js'
import type { Context } from './context.js'
import { changesToolsets } from '../../model/event.js'
import { integrationIdsOf, keys, numbered, prefixes } from './keys.js'
import { ifReadable } from './read-record.js'
import type { CatalogueChangeRecord } from './records.js'
import { boundedCache } from './bounded-cache.js'

/** How far the catalogue changes of a workspace have been read. */
export interface CataloguePosition {
  /** The version of the record that every change writes. */
  readonly version: string | undefined
  /** The key of the last change; absent if no change is stored. */
  readonly last: string | undefined
  /** How many of the changes are included that were reported after a read: its number, and how many. */
  readonly heard: { readonly read: number; readonly count: number }
}

/** The changes since a position. */
export interface CatalogueNews {
  readonly position: CataloguePosition
  /** Ids of the integrations that changed; absent: any integration may have changed. */
  readonly changed: readonly string[] | undefined
  /** The storage's time. */
  readonly now: number
}

/** Changes that the storage has reported, so that nothing had to be read. */
export interface ReportedNews extends CatalogueNews {
  readonly changed: readonly string[]
}

/** Reports which integrations of a workspace have changed, so that a cached toolset keeps its other parts. */
export interface CatalogueChanges {
  /** The changes since a position, at once, if the storage has reported all of them; otherwise `undefined`: call `read()`. */
  reportedSince(workspaceId: string, position: CataloguePosition): ReportedNews | undefined
  /** Reads the changes since a position in one query. */
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

/** What is known of a workspace without asking the storage. */
interface Seen {
  readonly read: number
  readonly version: string | undefined
  readonly now: number
  readonly readAt: number
  /** The integrations that were reported as changed since. */
  readonly heard: string[]
}

/** Reads changes, and trusts the last read and what is reported after it where the storage reports changes. */
export function catalogueChanges({
  storage,
  runtime,
  feed,
}: Pick<Context, 'storage' | 'runtime' | 'feed'>): CatalogueChanges {
  const seen = boundedCache<Seen>(maxWorkspaces)
  let reads = 0
  /** The running read of each workspace; a change in the meantime prevents its caching. */
  const reading = new Map<string, number>()
  const forget = (workspaceId: string): void => {
    seen.delete(workspaceId)
    reading.delete(workspaceId)
  }
  const hear = (workspaceId: string, integrationIds: () => readonly string[]): void => {
    reading.delete(workspaceId)
    const { heard } = seen.get(workspaceId) ?? {}
    if (heard === undefined) return
    const integrations = integrationIds()
    heard.push(...integrations)
    if (integrations.length === 0 || heard.length > maxChanges) forget(workspaceId)
  }
  const unwatch = storage.watch?.(({ workspaceId, keys: changed }) => {
    if (changed === undefined) forget(workspaceId)
    else if (changed.includes(keys.catalogue)) hear(workspaceId, () => integrationIdsOf(changed))
  })
  // Changes of this process count at once, however late the storage reports them.
  if (unwatch !== undefined)
    feed.local.on('stored', ({ type, workspaceId, integrationId }) => {
      if (changesToolsets(type)) hear(workspaceId, () => [integrationId])
    })
  const readNews = async (workspaceId: string, since: CataloguePosition | undefined): Promise<StoredNews> => {
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
    reportedSince(workspaceId, position) {
      const last = seen.get(workspaceId)
      if (last === undefined || last.version !== position.version) return undefined
      const age = runtime.now() - last.readAt
      if (age < 0 || age >= versionTtlMs) return undefined
      const known = position.heard.read === last.read ? position.heard.count : 0
      return {
        position: { ...position, heard: { read: last.read, count: last.heard.length } },
        changed: last.heard.slice(known),
        now: last.now + age,
      }
    },
    async read(workspaceId, since) {
      const read = ++reads
      reading.set(workspaceId, read)
      const readAt = runtime.now()
      const { position, changed, now } = await readNews(workspaceId, since)
      if (reading.get(workspaceId) === read) {
        reading.delete(workspaceId)
        if (unwatch !== undefined) seen.set(workspaceId, { read, version: position.version, now, readAt, heard: [] })
      }
      return { position: { ...position, heard: { read, count: 0 } }, changed, now }
    },
    close: () => unwatch?.(),
  }
}

/** News as they are stored. */
type StoredNews = Omit<CatalogueNews, 'position'> & {
  readonly position: Omit<CataloguePosition, 'heard'>
}

/** @param page - in key order, from the last known change. If that one is still stored, none was missed. */
function newsOf({ records, now }: StorageListResult, since: CataloguePosition | undefined): StoredNews {
  const version = records.find(({ key }) => key === keys.catalogue)?.version
  const changes = records.filter(({ key }) => key !== keys.catalogue)
  const isContinued = version !== undefined && since !== undefined && changes[0]?.key === since.last
  const read = changes.slice(1).map((record) => ifReadable<CatalogueChangeRecord>(record)?.integrations)
  const changed = read.flatMap((integrations) => integrations ?? [])
  const isWhole = isContinued && !read.includes(undefined)
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
