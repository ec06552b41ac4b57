import { isIntegrationError } from '../model/errors.js'
import {
  appendedKey,
  checkExpired,
  checkList,
  checkRead,
  checkScan,
  checkWrites,
  expiredCursor,
  isCheck,
  reportOf,
  scanCursor,
} from './contract.js'
import type {
  RegistryStorage,
  StorageListQuery,
  StorageRecord,
  StorageWrite,
  StorageWritten,
} from '../ports/storage.js'
import { inTransaction, prepare, type SqliteDatabase, type Statements, unavailable } from './sqlite-database.js'
import { inOrderOf, keyOf, pageOf, valueOf } from './found-records.js'
import { watchers } from './watchers.js'

export type { SqliteDatabase, SqliteStatement } from './sqlite-database.js'

/** Options of {@link sqliteStorage}. */
export interface SqliteStorageOptions {
  /**
   * An open database, used only by this storage: a transaction that the host leaves open on the same connection would
   * include the storage's writes. The storage doesn't close it.
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
  let waiting: Commit[] = []

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

  /** Writes all waiting commits in one transaction, because waiting for the disk is most of the cost. */
  function writeWaiting(): void {
    const commits = waiting
    waiting = []
    if (commits.length === 0) return
    try {
      const time = now()
      const written = using((statements) =>
        inTransaction(database, () => commits.map((commit) => writeOne(statements, commit, time))),
      )
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
        const rows = statements.read.all(workspaceId, JSON.stringify(keys), time) as Row[]
        return { records: inOrderOf(keys, rows.map(recordOf)), now: time }
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
interface Commit {
  readonly workspaceId: string
  readonly writes: readonly StorageWrite[]
  readonly values: readonly (string | undefined)[]
  resolve(written: false | readonly StorageWritten[]): void
  reject(error: unknown): void
}

/** Calls back after all simultaneous requests have been handled. */
const afterOthers: (callback: () => void) => void =
  typeof setImmediate === 'function' ? (callback) => void setImmediate(callback) : queueMicrotask

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

/** Writes all of a commit or nothing, independently of the other commits in the transaction. */
function writeOne(
  statements: Statements,
  { workspaceId, writes, values }: Commit,
  time: number,
): false | readonly StorageWritten[] {
  if (!writes.every((one) => holds(statements, workspaceId, one, time))) return false
  const version = crypto.randomUUID()
  return writes.map((one, index) => apply(statements, workspaceId, one, values[index], version))
}

function holds(statements: Statements, workspaceId: string, write: StorageWrite, time: number): boolean {
  if ('append' in write || write.ifVersion === undefined) return true
  const [row] = statements.find.all(workspaceId, write.key) as Pick<Row, 'version' | 'expires_at'>[]
  if (write.ifVersion !== null) return row?.version === write.ifVersion
  return row === undefined || (row.expires_at !== null && Number(row.expires_at) <= time)
}

function apply(
  statements: Statements,
  workspaceId: string,
  write: StorageWrite,
  json: string | undefined,
  version: string,
): StorageWritten {
  if (isCheck(write)) return { key: write.key, version: write.ifVersion }
  if (json === undefined) {
    const key = 'key' in write ? write.key : write.append
    statements.remove.run(workspaceId, key)
    return { key, version: undefined }
  }
  const key = 'append' in write ? appendedKey(write.append, nextNumber(statements, workspaceId)) : write.key
  statements.put.run(workspaceId, key, version, json, write.expiresAt ?? null)
  return { key, version }
}

function nextNumber(statements: Statements, workspaceId: string): number {
  const [row] = statements.next.all(workspaceId, 1) as { last: number | bigint }[]
  return Number(row?.last)
}

function placedRecordOf(row: PlacedRow): StorageRecord & { readonly workspaceId: string } {
  return { ...recordOf(row), workspaceId: row.workspace }
}

function recordOf(row: Row): StorageRecord {
  const { key, version, value, expires_at: expiresAt } = row
  const record = { key, version, value: valueOf(value) }
  return expiresAt === null ? record : { ...record, expiresAt: Number(expiresAt) }
}
