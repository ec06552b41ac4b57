import type { Context } from './context.js'
import { keys } from './keys.js'

/** The version of what a workspace's toolsets are made of, and the storage's time. */
export interface CatalogueVersion {
  readonly version: string | undefined
  readonly now: number
}

/** The catalogue's version of each workspace. */
export interface CatalogueVersions {
  /** What was read less than a second ago, while the storage has told of no change since. */
  known(workspaceId: string): CatalogueVersion | undefined
  read(workspaceId: string): Promise<CatalogueVersion>
  close(): void
}

/** A storage may miss to tell of a change, or tell of other processes' not at all: what was read is good for so long, in ms. */
const goodForMs = 1000
const most = 10_000

/** Reads versions, and keeps them where the storage tells of changes. */
export function catalogueVersions({
  storage,
  runtime,
  feed,
}: Pick<Context, 'storage' | 'runtime' | 'feed'>): CatalogueVersions {
  const kept = new Map<string, CatalogueVersion & { readonly readAt: number }>()
  /** The last read under way of each workspace; a change in between makes it one that is not kept. */
  const reading = new Map<string, symbol>()
  const forget = (workspaceId: string): void => {
    kept.delete(workspaceId)
    reading.delete(workspaceId)
  }
  const unwatch = storage.watch?.(({ workspaceId, keys: changed }) => {
    if (changed === undefined || changed.includes(keys.catalogue)) forget(workspaceId)
  })
  // Our own changes count at once, however late a storage tells of them.
  if (unwatch !== undefined) feed.local.on('*', (event) => 'id' in event && forget(event.workspaceId))
  return {
    known(workspaceId) {
      const last = kept.get(workspaceId)
      if (last === undefined) return undefined
      const age = runtime.now() - last.readAt
      return age >= 0 && age < goodForMs ? { version: last.version, now: last.now + age } : undefined
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
