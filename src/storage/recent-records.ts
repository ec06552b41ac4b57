import { LRUCache } from 'lru-cache'
import type { StorageRecord } from '../ports/storage.js'

/** Differs between two moments if somebody has written to the database in between. */
export interface DatabaseState {
  /** Changes with every commit of another connection. */
  readonly otherCommits: number
  /** How many rows this connection has changed. */
  readonly ownChanges: number
}

/**
 * The records that calls read again and again. They are good while nobody writes to the database except through the
 * storage that keeps them, which says what it changes. After any other write all of them are forgotten.
 */
export class RecentRecords {
  readonly #records = new LRUCache<string, StorageRecord | typeof absent>({ maxSize: maxCharacters })
  #state: DatabaseState = { otherCommits: -1, ownChanges: -1 }

  /** @returns the records in the order of the keys, `undefined` for an absent one; or `undefined`: not all are kept */
  find(workspaceId: string, keys: readonly string[], state: DatabaseState): Records | undefined {
    const { otherCommits, ownChanges } = this.#state
    if (state.otherCommits !== otherCommits || state.ownChanges !== ownChanges) {
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

  /**
   * Keeps records that were read after `find` was given a state: if there was a write in between, the next `find` forgets
   * them. They must be frozen.
   *
   * @param read - their keys, and the lengths of their values as JSON
   */
  keep(
    workspaceId: string,
    records: Records,
    read: { readonly keys: readonly string[]; readonly lengths: readonly number[] },
  ): void {
    for (const [n, key] of read.keys.entries()) {
      const place = placeOf(workspaceId, key)
      this.#records.set(place, records[n] ?? absent, { size: perRecord + place.length + read.lengths[n]! })
    }
  }

  /** Says that the storage has changed a row, and of which record. */
  changed(workspaceId: string, key?: string): void {
    const { otherCommits, ownChanges } = this.#state
    this.#state = { otherCommits, ownChanges: ownChanges + 1 }
    if (key !== undefined) this.#records.delete(placeOf(workspaceId, key))
  }
}

type Records = readonly (StorageRecord | undefined)[]

const absent = Symbol('absent')

/** In characters of keys and values. In memory an object is a few times as large: 1-3 MB in all. */
const maxCharacters = 512 * 1024
/** What a record takes beside them. */
const perRecord = 100

/** Unambiguous, because neither part can contain a NUL. */
function placeOf(workspaceId: string, key: string): string {
  return `${workspaceId}\0${key}`
}
