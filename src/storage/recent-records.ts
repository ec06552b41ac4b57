import { LRUCache } from 'lru-cache'
import type { StorageRecord } from '../ports/storage.js'

/** Differs between two moments if somebody has written to the database in between. */
export interface DatabaseState {
  /** Changes with every commit of another connection. */
  readonly others: number
  /** How many rows this connection has changed. */
  readonly own: number
}

/**
 * The records that calls read again and again. They are good while nobody writes to the database except through the
 * storage that keeps them, which says what it changes. After any other write all of them are forgotten.
 */
export class RecentRecords {
  readonly #records = new LRUCache<string, StorageRecord | typeof absent>({ maxSize: mostCharacters })
  #state = unknown

  /** @returns the records in the order of the keys, `undefined` for an absent one; or `undefined`: not all are kept */
  find(workspaceId: string, keys: readonly string[], state: DatabaseState): Found | undefined {
    if (state.others !== this.#state.others || state.own !== this.#state.own) {
      this.#records.clear()
      this.#state = state
    }
    const found: (StorageRecord | undefined)[] = []
    for (const key of keys) {
      const record = this.#records.get(placeOf(workspaceId, key))
      if (record === undefined) return undefined
      found.push(record === absent ? undefined : record)
    }
    return found
  }

  /** Keeps what was read in the state that the last `find` was given, or in a later one. The records must be frozen. */
  keep(workspaceId: string, keys: readonly string[], records: Found): void {
    for (const [n, key] of keys.entries()) {
      const size = key.length + (JSON.stringify(records[n]?.value)?.length ?? 0)
      this.#records.set(placeOf(workspaceId, key), records[n] ?? absent, { size })
    }
  }

  /** Says that the storage has changed a row, and of which record. */
  changed(workspaceId: string, key?: string): void {
    this.#state = { ...this.#state, own: this.#state.own + 1 }
    if (key !== undefined) this.#records.delete(placeOf(workspaceId, key))
  }

  /** Says that the storage may have changed anything. */
  clear(): void {
    this.#state = unknown
  }
}

type Found = readonly (StorageRecord | undefined)[]

const unknown: DatabaseState = { others: -1, own: -1 }
const absent = Symbol('absent')

/** In characters of keys and values, so that it is 1-3 MB of heap. */
const mostCharacters = 512 * 1024

/** Unambiguous, because neither part can contain a NUL. */
function placeOf(workspaceId: string, key: string): string {
  return `${workspaceId}\0${key}`
}
