import type { RegistryStorage, StorageRecord } from '../../ports/storage.js'
import { ifReadable, versioned } from './read-record.js'
import { keys } from './keys.js'
import { boundedCache } from './bounded-cache.js'

/**
 * Finds integrations by the handle in front of their tools' names. A handle belongs to one integration until that is
 * removed. The cache may still contain a removed one.
 */
export interface Handles {
  /** The integration id from the cache. */
  recall(workspaceId: string, handle: string): string | undefined
  /** The integration id as stored now. */
  findStored(workspaceId: string, handle: string): Promise<string | undefined>
}

const remembered = 10_000

export function handles(storage: RegistryStorage): Handles {
  const known = boundedCache<string>(remembered)
  const nameOf = (workspaceId: string, handle: string): string => `${handle}\n${workspaceId}`
  return {
    recall: (workspaceId, handle) => known.get(nameOf(workspaceId, handle)),
    async findStored(workspaceId, handle) {
      const { records } = await storage.read(workspaceId, [keys.handle(handle)])
      const id = versioned<{ integrationId: string }>(records[0])?.value.integrationId
      known.delete(nameOf(workspaceId, handle))
      if (id === undefined) return undefined
      known.set(nameOf(workspaceId, handle), id)
      return id
    },
  }
}

/** Whether a record of a handle is that of this integration. */
export function isHandleOf(record: StorageRecord, integrationId: string): boolean {
  return ifReadable<{ readonly integrationId: string }>(record)?.integrationId === integrationId
}
