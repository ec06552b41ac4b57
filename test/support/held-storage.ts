import type { RegistryStorage, StorageWrite } from 'mcp-integrations'
import { later } from './gate.js'

/** One operation of a storage that is about to be done. */
export interface StorageOperation {
  /** Its number since {@link HeldStorage.holdBefore}, from 0. */
  readonly number: number
  /** The keys that a commit writes; empty for a read. */
  readonly writes: readonly string[]
}

/** The storage of one process, in which one operation can be held while other processes go on. */
export interface HeldStorage {
  readonly storage: RegistryStorage
  /** Holds the first operation that fits until `release()`. `reached` resolves when it is held. */
  holdBefore(which: (operation: StorageOperation) => boolean): { readonly reached: Promise<void>; release(): void }
}

export function heldStorage(shared: RegistryStorage): HeldStorage {
  let number = 0
  let held: { which: (operation: StorageOperation) => boolean; hold: () => Promise<void> } | undefined
  const before = async (writes: readonly StorageWrite[] = []): Promise<void> => {
    const operation = { number: number++, writes: writes.flatMap((write) => ('key' in write ? [write.key] : [])) }
    if (held?.which(operation) !== true) return
    const { hold } = held
    held = undefined
    await hold()
  }
  const storage: RegistryStorage = {
    read: async (...given) => (await before(), shared.read(...given)),
    list: async (...given) => (await before(), shared.list(...given)),
    commit: async (workspaceId, writes) => (await before(writes), shared.commit(workspaceId, writes)),
    scan: (...given) => shared.scan(...given),
    expired: (...given) => shared.expired(...given),
    watch: shared.watch && ((listener) => shared.watch!(listener)),
  }
  return {
    storage,
    holdBefore(which) {
      const [reached, released] = [later(), later()]
      number = 0
      held = {
        which,
        hold() {
          reached.resolve()
          return released.promise
        },
      }
      return { reached: reached.promise, release: released.resolve }
    },
  }
}

/** Whether a commit writes a record of a kind. */
export function writing(prefix: string): (operation: StorageOperation) => boolean {
  return ({ writes }) => writes.some((key) => key.startsWith(prefix))
}
