import { IntegrationError } from '../model/errors.js'
import {
  checkExpired,
  checkList,
  checkRead,
  checkScan,
  checkWrites,
  expiredCursor,
  isCheck,
  reportedKeys,
  scanCursor,
} from './contract.js'
import type { RegistryStorage, StorageChange, StorageRecord, StorageWrite } from '../ports/storage.js'
import { type PostgresPool, type Query, sqlState, usingClient } from './postgres-client.js'
import { notifications, type PostgresListener } from './postgres-listener.js'
import { CHECK, databaseNow, migrate } from './postgres-schema.js'
import { inOrderOf, keyOf, pageOf, valueOf } from './found-records.js'
import { watchers } from './watchers.js'

export type { PostgresClient, PostgresPool } from './postgres-client.js'
export type { PostgresListener } from './postgres-listener.js'

/** Options of {@link postgresStorage}. */
export interface PostgresStorageOptions {
  /**
   * The host's pool. The storage doesn't close it. Add an `error` listener to a pool of `pg`, otherwise a lost idle
   * connection ends the process. Set `connectionTimeoutMillis`, otherwise a failing connection keeps its place in the pool.
   */
  readonly pool: PostgresPool
  /**
   * Opens a connected client that only listens, so that `watch` reports the commits of other processes. Connect it to the
   * database itself, not to a transaction-pooling proxy. It is opened with the first watcher, replaced when it is lost,
   * and ended with the last watcher. If left out, `watch` reports only the commits of this storage object.
   */
  readonly listen?: (() => PostgresListener | Promise<PostgresListener>) | undefined
  /** The storage's clock, in ms since the epoch. `@default` the database's */
  readonly now?: (() => number) | undefined
  /** The PostgreSQL schema of its tables: 1-40 characters of `[a-z0-9_]`. `@default 'mcp_integrations'` */
  readonly schema?: string | undefined
}

/**
 * Stores everything in PostgreSQL 13 or later, for any number of processes.
 *
 * The schema is created and migrated at first use, also when several processes start at once. Every operation is one
 * round trip without session state, so a transaction-pooling proxy works. A commit is repeated if PostgreSQL requests it.
 * Every operation ends within 4.5 s.
 *
 * The methods reject with `storage_unavailable` if the database fails or does not respond in time, and with
 * `storage_incompatible` if a newer version of this package has migrated the schema.
 *
 * @returns a storage that uses the host's pool
 * @throws `invalid_input` for an invalid schema name
 *
 * @example
 * ```ts
 * // examples/guides/storage.ts#postgres
 * const connectionString = process.env['DATABASE_URL'] ?? 'postgres://nobody@127.0.0.1:1/none'
 * const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 5_000 })
 * pool.on('error', () => {}) // or a lost idle connection ends your process
 * const listen = async () => {
 *   const client = new pg.Client({ connectionString })
 *   await client.connect()
 *   return client
 * }
 * const postgres = postgresStorage({ pool, listen }) // `listen`: hear at once what other processes commit
 * ```
 */
export function postgresStorage(options: PostgresStorageOptions): RegistryStorage {
  const { pool, listen, now, schema: name = 'mcp_integrations' } = options
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(name)) {
    throw new IntegrationError(
      'invalid_input',
      'The option `schema` of postgresStorage() must be 1-40 characters of [a-z0-9_].',
      {
        fields: [{ path: 'schema', message: 'Give 1-40 characters of [a-z0-9_].' }],
      },
    )
  }
  const schema = `"${name}"`
  const statements = statementsFor(schema)
  const channel = `mcp_integrations:${name}`
  const origin = crypto.randomUUID()
  const watching = watchers()
  const listening =
    listen &&
    notifications({
      open: listen,
      channel: `"${channel}"`,
      onMessage(payload) {
        const change = changeOf(payload, origin)
        if (change) watching.notify(change)
      },
    })
  let migrated = false

  async function using<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return await usingClient(pool, DEADLINE_MS, async (query) => {
      if (!migrated) await repeating(() => migrate(query, schema))
      migrated = true
      return await repeating(() => work(query))
    })
  }

  return {
    async read(workspaceId, keys) {
      checkRead(workspaceId, keys)
      const rows = await using((query) => query(statements.read, [now?.(), workspaceId, keys]))
      const { found, now: time } = rowsOf(rows)
      return { records: inOrderOf(keys, found.map(recordOf)), now: time }
    },

    async list(query) {
      checkList(query)
      const { workspaceId, prefix, limit, reverse = false } = query
      const { after = reverse ? prefix + END : '' } = query
      const values = [now?.(), prefix, prefix + END, limit + 1, workspaceId, after]
      const { found, now: time } = rowsOf(
        await using((send) => send(statements[reverse ? 'listReverse' : 'list'], values)),
      )
      return pageOf(found, { limit, now: time, toRecord: recordOf, cursorOf: keyOf })
    },

    async commit(workspaceId, writes) {
      const values = checkWrites(workspaceId, writes)
      if (writes.length === 0) return []
      const version = crypto.randomUUID()
      const places = writes.map((write, index) => ({ write, value: isCheck(write) ? CHECK : (values[index] ?? null) }))
      const keyed = places.filter(isKeyed).toSorted((a, b) => (a.write.key < b.write.key ? -1 : 1))
      const appends = places.filter(isAppend)
      const [row] = (await using((query) =>
        query(statements.commit, [
          workspaceId,
          version,
          now?.(),
          keyed.map(({ write }) => write.key),
          keyed.map(({ write }) => (write.ifVersion === undefined ? null : (write.ifVersion ?? ''))),
          keyed.map(({ value }) => value),
          keyed.map(({ write }) => write.expiresAt ?? null),
          appends.map(({ write }) => write.append),
          appends.map(({ value }) => value),
          appends.map(({ write }) => write.expiresAt ?? null),
          channel,
          origin,
        ]),
      )) as { appended: string[] | null }[]
      if (!row?.appended) return false
      const appended = row.appended.values()
      const written = places.map(({ write, value }) => ({
        key: 'append' in write ? (appended.next().value ?? '') : write.key,
        version: isCheck(write) ? write.ifVersion : value === null ? undefined : version,
      }))
      watching.notify({ workspaceId, keys: reportedKeys(writes, written) })
      return written
    },

    async scan(query) {
      const { workspaceId, key } = checkScan(query)
      const { prefix, limit } = query
      const values = [now?.(), prefix, prefix + END, limit + 1, workspaceId, key]
      const { found, now: time } = rowsOf(await using((send) => send(statements.scan, values)))
      return pageOf(found, { limit, now: time, toRecord: placedRecordOf, cursorOf: scanCursor })
    },

    async expired(query) {
      const { expiresAt, workspaceId, key } = checkExpired(query)
      const values = [now?.(), expiresAt, workspaceId, key, query.limit + 1]
      const { found, now: time } = rowsOf(await using((send) => send(statements.expired, values)))
      return pageOf(found, { limit: query.limit, now: time, toRecord: placedRecordOf, cursorOf: expiredCursor })
    },

    watch(listener) {
      const end = watching.add(listener)
      listening?.start()
      return () => {
        end()
        if (watching.none()) void listening?.stop()
      }
    },

    close: async () => await listening?.stop(),
  }
}

type Place<W> = { readonly write: W; readonly value: string | null }
type KeyedWrite = Extract<StorageWrite, { key: string }>
type AppendWrite = Extract<StorageWrite, { append: string }>

interface Row {
  readonly now: string | number | bigint
  readonly workspace: string
  readonly key: string
  readonly version: string
  readonly value: string
  readonly expires_at: string | number | bigint | null
}

interface NoRow {
  readonly now: Row['now']
  readonly key: null
}

/** The time limit of an operation, so that an outage is reported within 5 s. */
const DEADLINE_MS = 4_500

/** Sorts after every key character, so that the keys from `prefix` to `prefix + END` are those that start with it. */
const END = '\x7f'

/** Every statement returns a row with the clock. Without a record, its key is null. */
function statementsFor(schema: string) {
  const select = (where: string) => `SELECT clock.now, found.*
    FROM (SELECT coalesce($1::bigint, ${databaseNow}) AS now) AS clock LEFT JOIN LATERAL (
      SELECT workspace, key, version, value, expires_at FROM ${schema}.records WHERE ${where}) AS found ON true`
  const present = '(expires_at IS NULL OR expires_at > clock.now)'
  const page = `key >= $2 AND key < $3`
  return {
    read: select(`workspace = $2 AND key = ANY($3::text[]) AND ${present}`),
    list: `${select(`workspace = $5 AND ${page} AND key > $6 AND ${present} ORDER BY key LIMIT $4`)} ORDER BY found.key`,
    listReverse: `${select(`workspace = $5 AND ${page} AND key < $6 AND ${present}
      ORDER BY key DESC LIMIT $4`)} ORDER BY found.key DESC`,
    scan: `${select(`(workspace, key) > ($5, $6) AND ${page} AND ${present}
      ORDER BY workspace, key LIMIT $4`)} ORDER BY found.workspace, found.key`,
    expired: `${select(`expires_at <= clock.now AND (expires_at, workspace, key) > ($2::bigint, $3, $4)
      ORDER BY expires_at, workspace, key LIMIT $5`)} ORDER BY found.expires_at, found.workspace, found.key`,
    commit: `SELECT ${schema}.commit_writes($1, $2, $3::bigint, $4::text[], $5::text[], $6::text[], $7::bigint[],
      $8::text[], $9::text[], $10::bigint[], $11, $12) AS appended`,
  }
}

/** Repeats a transaction that PostgreSQL rolled back because it conflicts with others. */
async function repeating<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const repeatable = ['40001', '40P01'].includes(sqlState(error) ?? '')
      if (!repeatable || attempt === ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** attempt))
    }
  }
}

const ATTEMPTS = 10

function rowsOf(rows: unknown[]) {
  const rowList = rows as (Row | NoRow)[]
  const found = rowList.filter((row) => row.key !== null)
  return { found, now: Number(rowList[0]?.now) }
}

function placedRecordOf(row: Row): StorageRecord & { readonly workspaceId: string } {
  return { ...recordOf(row), workspaceId: row.workspace }
}

function recordOf({ key, version, value, expires_at: expiresAt }: Row): StorageRecord {
  const record = { key, version, value: valueOf(value) }
  return expiresAt === null ? record : { ...record, expiresAt: Number(expiresAt) }
}

function isKeyed(place: Place<StorageWrite>): place is Place<KeyedWrite> {
  return 'key' in place.write
}

function isAppend(place: Place<StorageWrite>): place is Place<AppendWrite> {
  return 'append' in place.write
}

/** The change in a notification; `undefined` for this storage's own commits, which are already reported, and for unknown messages. */
function changeOf(payload: string, origin: string): StorageChange | undefined {
  try {
    const [from, workspaceId, keys] = JSON.parse(payload) as [string, string, string[]?]
    return from === origin ? undefined : { workspaceId, keys: keys }
  } catch {
    return undefined
  }
}
