import { IntegrationError, isIntegrationError } from '../model/errors.js'
import type { JsonValue } from '../model/json.js'
import { appendedKey, checkList, checkRead, checkScan, checkWrites, scanCursor } from '../model/record.js'
import type { RegistryStorage, StoredRecord, Write, Written } from '../ports/storage.js'
import { watchers } from './watchers.js'

/** The host's own database client: `better-sqlite3`, `libsql` and `node:sqlite` all fit. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
}

/** A prepared statement of a {@link SqliteDatabase}. */
export interface SqliteStatement {
  run(...parameters: unknown[]): unknown
  all(...parameters: unknown[]): unknown[]
}

/** How {@link sqliteStorage} is made. */
export interface SqliteStorageOptions {
  /**
   * An open database. Give it a connection of its own: a transaction that the host leaves open on it would swallow
   * ours. It stays open; closing it is the host's business.
   */
  readonly database: SqliteDatabase
  /** The storage's clock, in ms since the epoch. `@default Date.now` */
  readonly now?: () => number
}

/**
 * Keeps everything in one SQLite file, which several processes of one machine may share.
 *
 * Its tables (`mcp_integrations_*`) are made and migrated at first use. The connection is set to write-ahead logging,
 * full durability and a wait of 4 s for other writers. `watch` tells of the commits of this storage object only; what
 * other processes commit is seen by the next read.
 *
 * Its methods reject with `storage_unavailable` when the database fails, and with `storage_incompatible` when a newer
 * version of this package has migrated it.
 *
 * @returns a storage over the host's client.
 * @see https://www.sqlite.org/wal.html
 */
export function sqliteStorage(options: SqliteStorageOptions): RegistryStorage {
  const { database, now = Date.now } = options
  const watching = watchers()
  let prepared: Statements | undefined

  /** Everything inside is synchronous: nothing else of this process comes between. */
  function using<T>(work: (statements: Statements) => T): T {
    try {
      prepared ??= prepare(database)
      return work(prepared)
    } catch (error) {
      throw isIntegrationError(error) ? error : unavailable(error)
    }
  }

  return {
    async read(workspaceId, keys) {
      checkRead(workspaceId, keys)
      return using((statements) => {
        const time = now()
        const rows = statements.read.all(workspaceId, JSON.stringify(keys), time) as Row[]
        const byKey = new Map(rows.map((row) => [row.key, row]))
        const records = keys.map((key) => {
          const row = byKey.get(key)
          return row && recordOf(row)
        })
        return { records, now: time }
      })
    },

    async list(query) {
      checkList(query)
      const { workspaceId, prefix, after = '', limit } = query
      return using((statements) => {
        const time = now()
        const rows = statements.list.all(workspaceId, prefix, prefix + END, after, time, limit + 1) as Row[]
        const records = rows.slice(0, limit).map(recordOf)
        const last = records.at(-1)
        return { records, ...(rows.length > limit && last ? { next: last.key } : {}), now: time }
      })
    },

    async commit(workspaceId, writes) {
      const values = checkWrites(workspaceId, writes)
      const written = using((statements) =>
        inTransaction(database, () => {
          const time = now()
          if (!writes.every((write) => holds(statements, workspaceId, write, time))) return false
          const version = crypto.randomUUID()
          return writes.map((write, index) => apply(statements, workspaceId, write, values[index], version))
        }),
      )
      if (written && written.length > 0) watching.tell({ workspaceId, keys: written.map(({ key }) => key) })
      return written
    },

    async scan(query) {
      const after = checkScan(query)
      return using((statements) => {
        const { prefix, limit } = query
        const time = now()
        const expiredBefore = query.expired ? -1 : time
        const from = [after.workspaceId, after.key, prefix, prefix + END]
        const rows = statements.scan.all(...from, expiredBefore, limit + 1) as (Row & { workspace: string })[]
        const records = rows.slice(0, limit).map((row) => ({ ...recordOf(row), workspaceId: row.workspace }))
        const last = records.at(-1)
        return { records, ...(rows.length > limit && last ? { next: scanCursor(last) } : {}), now: time }
      })
    },

    watch: watching.add,
  }
}

interface Row {
  readonly key: string
  readonly version: string
  readonly value: string
  readonly expires_at: number | bigint | null
}

type Statements = Readonly<Record<'read' | 'list' | 'scan' | 'find' | 'put' | 'remove' | 'next', SqliteStatement>>

/** After every key character, so that the keys from `prefix` to `prefix + END` are those that start with it. */
const END = '\x7f'

const migrations = [
  `CREATE TABLE mcp_integrations_records (
     workspace TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, value TEXT NOT NULL, expires_at INTEGER,
     PRIMARY KEY (workspace, key));
   CREATE TABLE mcp_integrations_counters (workspace TEXT NOT NULL PRIMARY KEY, last INTEGER NOT NULL);`,
]

function prepare(database: SqliteDatabase): Statements {
  database.exec('PRAGMA busy_timeout = 4000')
  preferWriteAheadLog(database)
  database.exec('PRAGMA synchronous = FULL')
  if (schemaVersion(database) !== migrations.length) inTransaction(database, () => migrate(database))
  const columns = 'key, version, value, expires_at'
  const present = '(expires_at IS NULL OR expires_at > ?)'
  return {
    read: database.prepare(`SELECT ${columns} FROM mcp_integrations_records
      WHERE workspace = ? AND key IN (SELECT value FROM json_each(?)) AND ${present}`),
    list: database.prepare(`SELECT ${columns} FROM mcp_integrations_records
      WHERE workspace = ? AND key >= ? AND key < ? AND key > ? AND ${present} ORDER BY key LIMIT ?`),
    scan: database.prepare(`SELECT workspace, ${columns} FROM mcp_integrations_records
      WHERE (workspace, key) > (?, ?) AND key >= ? AND key < ? AND ${present} ORDER BY workspace, key LIMIT ?`),
    find: database.prepare('SELECT version, expires_at FROM mcp_integrations_records WHERE workspace = ? AND key = ?'),
    put: database.prepare(`INSERT INTO mcp_integrations_records (workspace, ${columns}) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value, expires_at = excluded.expires_at`),
    remove: database.prepare('DELETE FROM mcp_integrations_records WHERE workspace = ? AND key = ?'),
    next: database.prepare(`INSERT INTO mcp_integrations_counters (workspace, last) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET last = last + excluded.last RETURNING last`),
  }
}

/** The file keeps the mode. It can't be changed while another process uses the file, which may be changing it too. */
function preferWriteAheadLog(database: SqliteDatabase): void {
  try {
    database.exec('PRAGMA journal_mode = WAL')
  } catch {
    // slower without it, and as correct
  }
}

function schemaVersion(database: SqliteDatabase): number {
  const tables = database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`)
  if (tables.all('mcp_integrations_schema').length === 0) return 0
  const [row] = database.prepare('SELECT version FROM mcp_integrations_schema').all() as { version: number | bigint }[]
  const version = Number(row?.version ?? 0)
  if (version <= migrations.length) return version
  throw new IntegrationError(
    'storage_incompatible',
    `The SQLite database has schema ${version}, newer than ${migrations.length}: update mcp-integrations.`,
  )
}

/** Looks again, now that no other process can be migrating. */
function migrate(database: SqliteDatabase): void {
  for (const migration of migrations.slice(schemaVersion(database))) database.exec(migration)
  database.exec(`CREATE TABLE IF NOT EXISTS mcp_integrations_schema (version INTEGER NOT NULL);
    DELETE FROM mcp_integrations_schema;
    INSERT INTO mcp_integrations_schema VALUES (${migrations.length});`)
}

/** Takes the write lock at once: a transaction that reads first and locks later fails when somebody wrote meanwhile. */
function inTransaction<T>(database: SqliteDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  let result: T
  try {
    result = work()
    database.exec('COMMIT')
  } catch (error) {
    rollback(database)
    throw error
  }
  return result
}

function rollback(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // SQLite has rolled back by itself
  }
}

function holds(statements: Statements, workspaceId: string, write: Write, time: number): boolean {
  if ('append' in write || write.ifVersion === undefined) return true
  const [row] = statements.find.all(workspaceId, write.key) as Pick<Row, 'version' | 'expires_at'>[]
  if (write.ifVersion !== null) return row?.version === write.ifVersion
  return row === undefined || (row.expires_at !== null && Number(row.expires_at) <= time)
}

function apply(
  statements: Statements,
  workspaceId: string,
  write: Write,
  json: string | undefined,
  version: string,
): Written {
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

function recordOf(row: Row): StoredRecord {
  const { key, version, value, expires_at: expiresAt } = row
  const record = { key, version, value: JSON.parse(value) as JsonValue }
  return expiresAt === null ? record : { ...record, expiresAt: Number(expiresAt) }
}

/** SQLite's own code helps and is no secret; its message may hold values. */
function unavailable(error: unknown): IntegrationError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const known = /^SQLITE_[A-Z_]{1,40}$/.test(code) ? ` (${code})` : ''
  return new IntegrationError('storage_unavailable', `The SQLite database can't be used now${known}.`)
}
