import type { StorageRecord } from '../../ports/storage.js'

/** A record with its version and a typed value. */
export interface Versioned<T> {
  readonly key: string
  readonly version: string
  readonly value: T
}

/** A stored record with the type of its key. Only the registry writes these records. */
export function versioned<T>(record: StorageRecord | undefined): Versioned<T> | undefined {
  return record as Versioned<T> | undefined
}
