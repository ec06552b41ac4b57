import { frozen } from '../../model/frozen.js'
import type { RegistryStorage, StorageRecord } from '../../ports/storage.js'
import { boundedCache } from './bounded-cache.js'

/** Records in the order of the keys. */
type Records = readonly (StorageRecord | undefined)[]

/**
 * Records for toolsets, as they were last read or, since then, reported as written: after a change of this process,
 * nothing is read. Calls read the storage.
 */
export interface ReportedRecords {
  /** Reads the storage, so that changes which it doesn't report are seen. */
  read(workspaceId: string, keys: readonly string[]): Promise<Records>
  /** The records from memory, at once; `undefined` if one of them isn't known. */
  recall(workspaceId: string, keys: readonly string[]): Records | undefined
  /** Reads the storage, and knows the records from then on. */
  learn(workspaceId: string, keys: readonly string[]): Promise<Records>
  /** Stops listening to the storage. */
  close(): void
}

/** Those of about 150 integrations, none of which expires. A long record counts for one for each 16 KiB: 16 MiB in all. */
const maxRecords = 1000

/** A record as it is known; `undefined` if there is none. */
interface Known {
  readonly record: StorageRecord | undefined
}

/** Keeps only what was learned, because most integrations don't change. */
export function reportedRecords(storage: RegistryStorage): ReportedRecords {
  const known = boundedCache<Known>(maxRecords, ({ record }) =>
    record === undefined ? 1 : 1 + (JSON.stringify(record.value).length >> 14),
  )
  let reports = 0
  /** Only such a storage reports before `commit` resolves; from another, a known record may be older than the change. */
  let reportsRecords = false
  const keep = (place: string, record: StorageRecord | undefined): void => {
    // What expires must be read when it has.
    if (record?.expiresAt === undefined) known.set(place, { record: frozen(record) })
    else known.delete(place)
  }
  const unwatch = storage.watch?.(({ workspaceId, keys = [], recordOf }) => {
    reports++
    reportsRecords = recordOf !== undefined
    if (recordOf === undefined) known.clear()
    else
      for (const key of keys) {
        const place = placeOf(workspaceId, key)
        if (known.has(place)) keep(place, recordOf(key))
      }
  })
  /** Reads the storage, and keeps what is known as new as any toolset. */
  const read = async (workspaceId: string, keys: readonly string[], isKept: (place: string) => boolean) => {
    const before = reports
    const { records } = await storage.read(workspaceId, keys)
    const isLatest = reportsRecords && reports === before
    for (const [n, key] of keys.entries()) {
      const place = placeOf(workspaceId, key)
      if (!isLatest) known.delete(place)
      else if (isKept(place)) keep(place, records[n])
    }
    return records
  }
  return {
    async read(workspaceId, keys) {
      // The first toolset of a process.
      if (known.size === 0) return (await storage.read(workspaceId, keys)).records
      return read(workspaceId, keys, (place) => known.has(place))
    },
    recall(workspaceId, keys) {
      const found: (StorageRecord | undefined)[] = []
      for (const key of keys) {
        const one = known.get(placeOf(workspaceId, key))
        if (one === undefined) return undefined
        found.push(one.record)
      }
      return found
    },
    learn: (workspaceId, keys) => read(workspaceId, keys, () => true),
    close: () => unwatch?.(),
  }
}

function placeOf(workspaceId: string, key: string): string {
  return `${workspaceId}\0${key}`
}
