import type { Context } from './context.js'
import { keys } from './keys.js'

/** The version of the data behind a workspace's toolsets, and the storage's time. */
export interface CatalogueVersion {
  readonly version: string | undefined
  readonly now: number
}

/** The catalogue's version of each workspace. */
export interface CatalogueVersions {
  /** The version read less than a second ago, if the storage has reported no change since. */
  known(workspaceId: string): CatalogueVersion | undefined
  read(workspaceId: string): Promise<CatalogueVersion>
  close(): void
}

/**
 * How long a read version is trusted, in ms: a storage may miss a change, or not report other processes' changes at
 * all.
 */
const versionTtlMs = 1000
const most = 10_000

/** Reads versions, and caches them where the storage reports changes. */
export function catalogueVersions({
  storage,
  runtime,
  feed,
}: Pick<Context, 'storage' | 'runtime' | 'feed'>): CatalogueVersions {
  const kept = new Map<string, CatalogueVersion & { readonly readAt: number }>()
  /** The running read of each workspace; a change in the meantime prevents its caching. */
  const reading = new Map<string, symbol>()
  const forget = (workspaceId: string): void => {
    kept.delete(workspaceId)
    reading.delete(workspaceId)
  }
  const unwatch = storage.watch?.(({ workspaceId, keys: changed }) => {
    if (changed === undefined || changed.includes(keys.catalogue)) forget(workspaceId)
  })
  // Changes of this process count at once, however late the storage reports them.
  if (unwatch !== undefined) feed.local.on('*', (event) => 'id' in event && forget(event.workspaceId))
  return {
    known(workspaceId) {
      const last = kept.get(workspaceId)
      if (last === undefined) return undefined
      const age = runtime.now() - last.readAt
      return age >= 0 && age < versionTtlMs ? { version: last.version, now: last.now + age } : undefined
    },
    async read(workspaceId) {
      const mark = Symbol()
      reading.set(workspaceId, mark)
      const readAt = runtime.now()
      const { records, now } = await storage.read(workspaceId, [keys.catalogue])
      const version = records[0]?.version
      if (unwatch !== undefined && reading.get(workspaceId) === mark) {
        if (kept.size >= most) kept.clear()
        kept.set(workspaceId, { version, now, readAt })
      }
      if (reading.get(workspaceId) === mark) reading.delete(workspaceId)
      return { version, now }
    },
    close: () => unwatch?.(),
  }
}
