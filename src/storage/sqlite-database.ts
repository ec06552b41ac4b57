import { IntegrationError } from '../model/errors.js'

/** The host's own database client: `better-sqlite3`, `libsql` or `node:sqlite`. */
export interface SqliteDatabase {
  /** Runs statements without parameters. */
  exec(sql: string): unknown
  /** Prepares one statement. */
  prepare(sql: string): SqliteStatement
  /** Whether a transaction is open, as `better-sqlite3` and `libsql` call it. */
  readonly inTransaction?: boolean | undefined
  /** The same, as `node:sqlite` calls it (Node 22.16). */
  readonly isTransaction?: boolean | undefined
}

/** A prepared statement of a {@link SqliteDatabase}. */
export interface SqliteStatement {
  /** Runs the statement without reading rows. */
  run(...parameters: unknown[]): unknown
  /** Runs the statement and returns all rows. */
  all(...parameters: unknown[]): unknown[]
}

/** The prepared statements. */
export type Statements = Readonly<
  Record<
    'state' | 'read' | 'list' | 'listReverse' | 'scan' | 'expired' | 'find' | 'put' | 'putNew' | 'remove' | 'next',
    SqliteStatement
  >
>

const migrations = [
  `CREATE TABLE mcp_integrations_records (
     workspace TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, value TEXT NOT NULL, expires_at INTEGER,
     PRIMARY KEY (workspace, key));
   CREATE TABLE mcp_integrations_counters (workspace TEXT NOT NULL PRIMARY KEY, last INTEGER NOT NULL);`,
  `CREATE INDEX mcp_integrations_expiries ON mcp_integrations_records (expires_at, workspace, key)
     WHERE expires_at IS NOT NULL;`,
]

/**
 * Configures the connection, migrates the schema and prepares the statements.
 *
 * @throws `storage_incompatible` if a newer version of this package has migrated the database
 */
export function prepare(database: SqliteDatabase): Statements {
  database.exec('PRAGMA busy_timeout = 4000')
  preferWriteAheadLog(database)
  database.exec('PRAGMA synchronous = FULL')
  if (schemaVersion(database) !== migrations.length) inTransaction(database, () => migrate(database))
  const columns = 'key, version, value, expires_at'
  const present = '(expires_at IS NULL OR expires_at > ?)'
  const put = `INSERT INTO mcp_integrations_records (workspace, ${columns}) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value, expires_at = excluded.expires_at`
  return {
    state: database.prepare(
      'SELECT data_version AS otherCommits, total_changes() AS ownChanges FROM pragma_data_version',
    ),
    read: database.prepare(`SELECT ${columns} FROM mcp_integrations_records
      WHERE workspace = ? AND key IN (SELECT value FROM json_each(?))`),
    list: database.prepare(`SELECT ${columns} FROM mcp_integrations_records
      WHERE workspace = ? AND key >= ? AND key < ? AND ${present} ORDER BY key LIMIT ?`),
    listReverse: database.prepare(`SELECT ${columns} FROM mcp_integrations_records
      WHERE workspace = ? AND key >= ? AND key < ? AND ${present} ORDER BY key DESC LIMIT ?`),
    scan: database.prepare(`SELECT workspace, ${columns} FROM mcp_integrations_records
      WHERE (workspace, key) > (?, ?) AND key >= ? AND key < ? AND ${present} ORDER BY workspace, key LIMIT ?`),
    expired: database.prepare(`SELECT workspace, ${columns} FROM mcp_integrations_records
      WHERE expires_at <= ? AND (expires_at, workspace, key) > (?, ?, ?)
      ORDER BY expires_at, workspace, key LIMIT ?`),
    find: database.prepare('SELECT version, expires_at FROM mcp_integrations_records WHERE workspace = ? AND key = ?'),
    put: database.prepare(put),
    putNew: database.prepare(`${put} WHERE expires_at <= ? RETURNING 1`),
    remove: database.prepare('DELETE FROM mcp_integrations_records WHERE workspace = ? AND key = ? RETURNING 1'),
    next: database.prepare(`INSERT INTO mcp_integrations_counters (workspace, last) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET last = last + excluded.last RETURNING last`),
  }
}

/** The file stores this mode. Changing it fails while another process uses the file, which may be changing it too. */
function preferWriteAheadLog(database: SqliteDatabase): void {
  try {
    database.exec('PRAGMA journal_mode = WAL')
  } catch {
    // The storage is slower without this mode, but equally correct.
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
    `The SQLite database has schema ${version}, which is newer than ${migrations.length}. Update mcp-integrations.`,
  )
}

/** Checks the version again under the write lock, because another process may have migrated in between. */
function migrate(database: SqliteDatabase): void {
  for (const migration of migrations.slice(schemaVersion(database))) database.exec(migration)
  database.exec(`CREATE TABLE IF NOT EXISTS mcp_integrations_schema (version INTEGER NOT NULL);
    DELETE FROM mcp_integrations_schema;
    INSERT INTO mcp_integrations_schema VALUES (${migrations.length});`)
}

/** Whether the connection surely has no open transaction: the host may have left one open. */
export function isIdle(database: SqliteDatabase): boolean {
  return (database.inTransaction ?? database.isTransaction) === false
}

/** Takes the write lock at the start, because a transaction that reads first fails to lock after another write. */
export function inTransaction<T>(database: SqliteDatabase, work: () => T): T {
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
    // SQLite has already rolled back.
  }
}

/** Only SQLite's code is shown, because its message may contain values. */
export function unavailable(error: unknown): IntegrationError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const known = /^SQLITE_[A-Z_]{1,40}$/.test(code) ? ` (${code})` : ''
  return new IntegrationError('storage_unavailable', `The SQLite database can't be used now${known}.`)
}
