import type { JsonValue } from '../model/json.js'

/**
 * Stores everything of the registry: versioned JSON records under ordered keys.
 *
 * One atomic compare-and-set over a few records is the only primitive. A host implements it on its own database and
 * proves it with the contract suite of `mcp-integrations/testing`.
 *
 * Keys are 1-512 printable ASCII bytes, ordered bytewise. Versions are opaque strings and never reused, not even after a
 * record was deleted and created again. Values are JSON up to 256 KiB serialised; those that are read are copies or
 * frozen, so that no reader changes what others read. After its `expiresAt`, a record is absent for `read`, `list`,
 * `scan` and `ifVersion: null`.
 *
 * An error of a method means that the storage is unavailable now. An error of {@link RegistryStorage.commit} means that
 * the writes may or may not have happened.
 */
export interface RegistryStorage {
  /**
   * Reads records by key, in one round trip and at one moment.
   *
   * @returns one entry for each key, in the order of the keys; `undefined` for an absent record
   */
  read(workspaceId: string, keys: readonly string[]): Promise<StorageReadResult>
  /** Lists records of one workspace in key order, or in reverse. */
  list(query: StorageListQuery): Promise<StorageListResult>
  /**
   * Writes all or nothing. At most 100 writes, no key twice.
   *
   * @returns the new versions in the order of `writes` (for a delete: `undefined`), and for `append` the keys; or
   * `false`: an `ifVersion` did not match, because another write came first. Then *nothing* was written.
   */
  commit(workspaceId: string, writes: readonly StorageWrite[]): Promise<false | readonly StorageWritten[]>
  /** Lists records of all workspaces, in order of workspace and key: for maintenance only. */
  scan(query: StorageScanQuery): Promise<StorageScanResult>
  /**
   * Lists records of all workspaces that are past their `expiresAt`, in order of expiry, workspace and key. A sweep
   * deletes them. The cost must depend on the number of expired records, not on all stored ones, so this needs an index.
   */
  expired(query: StorageExpiredQuery): Promise<StorageScanResult>
  /**
   * Reports commits as they happen, including those of other processes. Best effort: it may miss or repeat some.
   *
   * @returns a function that stops reporting
   */
  watch?: ((listener: (change: StorageChange) => void) => () => void) | undefined
  /** Releases everything that the adapter itself opened. Safe to call twice. The host's own client stays open. */
  close?: (() => Promise<void>) | undefined
}

/** A stored record. */
export interface StorageRecord {
  /** The key in the workspace. */
  readonly key: string
  /** Opaque; changes with every write. */
  readonly version: string
  /** The written value: a copy for each reader, or frozen. */
  readonly value: JsonValue
  /** ms since the epoch, by the storage's clock. */
  readonly expiresAt?: number | undefined
}

/** Result of {@link RegistryStorage.read}. */
export interface StorageReadResult {
  /** One entry for each key, in the order of the keys; `undefined` for an absent record. */
  readonly records: readonly (StorageRecord | undefined)[]
  /** The storage's clock, in ms since the epoch. All processes use it for expiry and leases. */
  readonly now: number
}

/** A query of {@link RegistryStorage.list}: keys that start with `prefix`, after `after` (exclusive), at most `limit`. */
export interface StorageListQuery {
  readonly workspaceId: string
  /** Only keys that start with this text; empty: all keys of the workspace. */
  readonly prefix: string
  /** Only keys after this one, which need not exist; absent: from the first key. */
  readonly after?: string | undefined
  /** 1-1000. */
  readonly limit: number
  /** Whether to list from the last key to the first; `after` then means smaller keys. `@default false` */
  readonly reverse?: boolean | undefined
}

/** Result of {@link RegistryStorage.list}. */
export interface StorageListResult {
  /** The records, in key order. */
  readonly records: readonly StorageRecord[]
  /** Pass it as `after` for the next page; absent on the last page. */
  readonly next?: string | undefined
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
}

/** A query of {@link RegistryStorage.scan}, over all workspaces. */
export interface StorageScanQuery {
  /** Only keys that start with this text; empty: all keys. */
  readonly prefix: string
  /** The `next` cursor of the previous page. */
  readonly after?: string | undefined
  /** 1-1000. */
  readonly limit: number
}

/** A query of {@link RegistryStorage.expired}, over all workspaces. */
export interface StorageExpiredQuery {
  /** The `next` cursor of the previous page. */
  readonly after?: string | undefined
  /** 1-1000. */
  readonly limit: number
}

/** Result of {@link RegistryStorage.scan}. */
export interface StorageScanResult {
  /** The records, in order of workspace and key. */
  readonly records: readonly (StorageRecord & { readonly workspaceId: string })[]
  /** Pass it as `after` for the next page; absent on the last page. */
  readonly next?: string | undefined
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
}

/** One write of a commit. */
export type StorageWrite = StorageRecordWrite | StorageCheck | StorageAppend

/** Writes or deletes one record. */
export interface StorageRecordWrite {
  /** The record to write. */
  readonly key: string
  /**
   * A version: write only if the record still has it. `null`: only if the record is absent. Left out: unconditionally.
   */
  readonly ifVersion?: string | null | undefined
  /** `undefined` deletes. */
  readonly value: JsonValue | undefined
  /** ms since the epoch by the storage's clock. Left out: never. */
  readonly expiresAt?: number | undefined
}

/** Checks the version of a record without writing it. The record keeps its value and version; `watch` doesn't report it. */
export interface StorageCheck {
  /** The record to check. */
  readonly key: string
  /** The commit succeeds only if the record still has this version. */
  readonly ifVersion: string
  /** Marks a check. */
  readonly check: true
  /** Never given: nothing is written. */
  readonly value?: undefined
  /** Never given: nothing is written. */
  readonly expiresAt?: undefined
}

/** Adds one record under the workspace's next number. */
export interface StorageAppend {
  /**
   * A prefix such as `event/`. The storage completes the key with the workspace's next number, 16 decimal digits,
   * in commit order: a number becomes visible only when all smaller ones are.
   */
  readonly append: string
  /** The value of the new record. */
  readonly value: JsonValue
  /** When it expires, in ms since the epoch by the storage's clock. Left out: never. */
  readonly expiresAt?: number | undefined
}

/** Result of one write. */
export interface StorageWritten {
  /** The written key; for `append` the new key. */
  readonly key: string
  /** `undefined` after a delete; unchanged after a check. */
  readonly version: string | undefined
}

/** A commit that {@link RegistryStorage.watch} reports. */
export interface StorageChange {
  readonly workspaceId: string
  /** The keys that were written or deleted; absent: unknown, so read again. */
  readonly keys?: readonly string[] | undefined
  /**
   * Returns what the commit wrote under one of these keys, so that nobody has to read it again; `undefined` if it deleted
   * the record. Only for a storage that reports each commit of this process before its `commit` resolves, in their order. A
   * storage that wraps another one and changes values must wrap this too, or leave it out.
   */
  readonly recordOf?: ((key: string) => StorageRecord | undefined) | undefined
}
