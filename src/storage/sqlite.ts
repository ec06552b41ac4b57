import { isIntegrationError } from '../model/errors.js'
import { frozen } from '../model/frozen.js'
import {
  checkExpired,
  checkList,
  checkRead,
  checkScan,
  checkWrites,
  expiredCursor,
  reportOf,
  scanCursor,
} from './contract.js'
import type { RegistryStorage, StorageListQuery, StorageRecord, StorageWritten } from '../ports/storage.js'
import { type DatabaseState, RecentRecords } from './recent-records.js'
import { type Commit, writeCommits } from './sqlite-commit.js'
import { isIdle, prepare, type SqliteDatabase, type Statements, unavailable } from './sqlite-database.js'
import { inOrderOf, keyOf, pageOf, valueOf } from './found-records.js'
import { watchers } from './watchers.js'

export type { SqliteDatabase, SqliteStatement } from './sqlite-database.js'

/** Options of {@link sqliteStorage}. */
export interface SqliteStorageOptions {
  /**
   * An open database, used only by this storage: while the host has a transaction open on the same connection, commits
   * reject with `storage_unavailable`. The storage doesn't close it.
   */
  readonly database: SqliteDatabase
  /** The storage's clock, in ms since the epoch. `@default Date.now` */
  readonly now?: (() => number) | undefined
}

/**
 * Stores everything in one SQLite file, which several processes of one machine can share.
 *
 * The tables (`mcp_integrations_*`) are created and migrated at first use. The connection is set to write-ahead logging,
 * full durability and a wait of 4 s for other writers. `watch` reports only the commits of this storage object; commits
 * of other processes are visible to the next read.
 *
 * The methods reject with `storage_unavailable` if the database fails, and with `storage_incompatible` if a newer version
 * of this package has migrated the database.
 *
 * @returns a storage that uses the host's client
 * @see https://www.sqlite.org/wal.html
 *
 * @example
 * ```ts
 * // examples/guides/storage.ts#sqlite
 * const database = new Database(':memory:') // or a file; libsql, better-sqlite3, or node:sqlite from Node 22.13
 * const sqlite = sqliteStorage({ database })
 * ```
 */
export function sqliteStorage(options: SqliteStorageOptions): RegistryStorage {
  const { database, now = Date.now } = options
  const watching = watchers()
  let prepared: Statements | undefined
  const recent = new RecentRecords()
  let waiting: WaitingCommit[] = []

  /** Runs work synchronously, so that no other work of this process interleaves. */
  function using<T>(work: (statements: Statements) => T): T {
    try {
      prepared ??= prepare(database)
      return work(prepared)
    } catch (error) {
      throw isIntegrationError(error) ? error : unavailable(error)
    }
  }

  /** Reads after all earlier commits are written. */
  function reading<T>(work: (statements: Statements) => T): T {
    if (waiting.length > 0) writeWaiting()
    return using(work)
  }

  /** Records by key, expired ones too. Few keys are asked for again and again by calls. */
  function recordsOf(
    statements: Statements,
    workspaceId: string,
    keys: readonly string[],
  ): readonly (StorageRecord | undefined)[] {
    const isKept = keys.length <= maxKeptKeys && isIdle(database)
    const kept = isKept ? recent.find(workspaceId, keys, stateOf(statements)) : undefined
    if (kept !== undefined) return kept
    const rows = statements.read.all(workspaceId, JSON.stringify(keys)) as Row[]
    const records = inOrderOf(keys, rows.map(recordOf))
    if (isKept) recent.keep(workspaceId, frozen(records), { keys, lengths: lengthsOf(keys, rows) })
    return records
  }

  /** Writes all waiting commits in one transaction, because waiting for the disk is most of the cost. */
  function writeWaiting(): void {
    const commits = waiting
    waiting = []
    if (commits.length === 0) return
    try {
      const time = now()
      const written = using((statements) => writeCommits({ database, statements, recent, time }, commits))
      for (const [n, { resolve }] of commits.entries()) resolve(written[n]!)
    } catch (error) {
      for (const { reject } of commits) reject(error)
    }
  }

  return {
    async read(workspaceId, keys) {
      checkRead(workspaceId, keys)
      return reading((statements) => {
        const time = now()
        const found = recordsOf(statements, workspaceId, keys)
        const isPresent = ({ expiresAt = Infinity }: StorageRecord): boolean => expiresAt > time
        return { records: found.map((one) => (one !== undefined && isPresent(one) ? one : undefined)), now: time }
      })
    },

    async list(query) {
      checkList(query)
      const { workspaceId, limit, reverse = false } = query
      const [from, to] = keysOf(query)
      return reading((statements) => {
        const time = now()
        const rows = statements[reverse ? 'listReverse' : 'list'].all(workspaceId, from, to, time, limit + 1) as Row[]
        return pageOf(rows, { limit, now: time, toRecord: recordOf, cursorOf: keyOf })
      })
    },

    async commit(workspaceId, writes) {
      const values = checkWrites(workspaceId, writes)
      const written = await new Promise<false | readonly StorageWritten[]>((resolve, reject) => {
        waiting.push({ workspaceId, writes, values, resolve, reject })
        if (waiting.length === 1) afterOthers(writeWaiting)
      })
      if (written && written.length > 0) watching.notify(reportOf(workspaceId, writes, written, values))
      return written
    },

    async scan(query) {
      const after = checkScan(query)
      return reading((statements) => {
        const { prefix, limit } = query
        const time = now()
        const from = [after.workspaceId, after.key, prefix, prefix + END]
        const rows = statements.scan.all(...from, time, limit + 1) as PlacedRow[]
        return pageOf(rows, { limit, now: time, toRecord: placedRecordOf, cursorOf: scanCursor })
      })
    },

    async expired(query) {
      const after = checkExpired(query)
      return using((statements) => {
        const time = now()
        const from = [after.expiresAt, after.workspaceId, after.key]
        const rows = statements.expired.all(time, ...from, query.limit + 1) as PlacedRow[]
        return pageOf(rows, { limit: query.limit, now: time, toRecord: placedRecordOf, cursorOf: expiredCursor })
      })
    },

    watch: watching.add,
  }
}

/** A commit that waits to be written. */
interface WaitingCommit extends Commit {
  resolve(written: false | readonly StorageWritten[]): void
  reject(error: unknown): void
}

/** Calls back after all simultaneous requests have been handled. */
const afterOthers: (callback: () => void) => void =
  typeof setImmediate === 'function' ? (callback) => void setImmediate(callback) : queueMicrotask

/** Reads of more keys build whole toolsets, whose parts are remembered elsewhere. */
const maxKeptKeys = 20

interface Row {
  readonly key: string
  readonly version: string
  readonly value: string
  readonly expires_at: number | bigint | null
}

interface PlacedRow extends Row {
  readonly workspace: string
}

/** Sorts after every key character, so that the keys from `prefix` to `prefix + END` are those that start with it. */
const END = '\x7f'

/**
 * The first key to list, and the key to stop before. SQLite seeks to one bound only: of two on the same side, it would read
 * everything between them.
 */
function keysOf({ prefix, after, reverse }: StorageListQuery): readonly [from: string, to: string] {
  const end = prefix + END
  if (after === undefined) return [prefix, end]
  if (reverse === true) return [prefix, after < end ? after : end]
  return [after < prefix ? prefix : after + FIRST, end]
}

/** Before every key character, so that no key is between a key and that key + FIRST. */
const FIRST = '\x01'

/** The lengths of the values as they are stored, in the order of the keys; 0 for an absent record. */
function lengthsOf(keys: readonly string[], rows: readonly Row[]): readonly number[] {
  const byKey = new Map(rows.map(({ key, value }) => [key, value.length]))
  return keys.map((key) => byKey.get(key) ?? 0)
}

function stateOf(statements: Statements): DatabaseState {
  const [row] = statements.state.all() as Record<keyof DatabaseState, number | bigint>[]
  return { otherCommits: Number(row?.otherCommits), ownChanges: Number(row?.ownChanges) }
}

function placedRecordOf(row: PlacedRow): StorageRecord & { readonly workspaceId: string } {
  return { ...recordOf(row), workspaceId: row.workspace }
}

function recordOf(row: Row): StorageRecord {
  const { key, version, value, expires_at: expiresAt } = row
  const record = { key, version, value: valueOf(value) }
  return expiresAt === null ? record : { ...record, expiresAt: Number(expiresAt) }
}
