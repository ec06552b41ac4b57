import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorageChange } from '../../src/ports/storage.js'
import { type SqliteDatabase, sqliteStorage } from '../../src/storage/sqlite.js'
import { describeStorageContract } from '../../src/testing/storage-contract.js'
import { expectCpuRatioBelow } from '../support/cpu.js'
import { runProcesses } from '../support/processes.js'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sqlite-storage-'))
  path = join(directory, 'registry.db')
})
afterEach(async () => await rm(directory, { recursive: true, force: true }))

describeStorageContract({ describe, it }, (options) => sqliteStorage({ ...options, database: new Database(path) }))

describe('sqliteStorage', () => {
  it('keeps everything when the file is opened again, and never gives a version or number twice', async () => {
    const first = await sqliteStorage({ database: new Database(path) }).commit('w', [
      { key: 'a', value: { kept: true } },
      { append: 'event/', value: 1 },
      { key: 'b', value: 1 },
    ])
    if (first === false) throw new Error('refused')
    const reopened = sqliteStorage({ database: new Database(path) })
    const { records } = await reopened.read('w', ['a'])
    expect(records).toEqual([{ key: 'a', version: first[0]!.version, value: { kept: true } }])
    await reopened.commit('w', [{ key: 'b', value: undefined }])
    const again = await reopened.commit('w', [
      { key: 'b', value: 1 },
      { append: 'event/', value: 2 },
    ])
    expect(again && again[1]!.key).toBe('event/0000000000000002')
    expect(first.map(({ version }) => version)).not.toContain(again && again[0]!.version)
  })

  it('writes what is committed at one moment in one transaction, each commit by itself all or nothing', async () => {
    const database = new Database(path)
    const statements: string[] = []
    const counted: SqliteDatabase = {
      exec: (sql) => {
        statements.push(sql)
        return database.exec(sql)
      },
      prepare: (sql) => database.prepare(sql),
    }
    const storage = sqliteStorage({ database: counted })
    await storage.commit('w', [{ key: 'taken', value: 1 }])
    statements.length = 0
    const written = await Promise.all([
      storage.commit('w', [{ key: 'a', ifVersion: null, value: 1 }]),
      storage.commit('w', [
        { key: 'b', value: 1 },
        { key: 'taken', ifVersion: null, value: 2 },
      ]),
      storage.commit('w', [{ key: 'a', ifVersion: null, value: 2 }]),
      storage.commit('v', [{ key: 'a', ifVersion: null, value: 3 }]),
    ])
    expect(written.map((one) => one !== false)).toEqual([true, false, false, true])
    expect(statements).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
    const { records } = await storage.read('w', ['a', 'b', 'taken'])
    expect(records.map((record) => record?.value)).toEqual([1, undefined, 1])
  })

  it('reads an earlier commit that was not awaited', async () => {
    const storage = sqliteStorage({ database: new Database(path) })
    const committed = storage.commit('w', [{ key: 'a', value: 1 }])
    expect((await storage.read('w', ['a'])).records[0]?.value).toBe(1)
    expect(await committed).toHaveLength(1)
  })

  it('rejects every commit of a transaction that could not be written', async () => {
    const database = new Database(path)
    let isFull = false
    const failing: SqliteDatabase = {
      exec: (sql) => {
        if (isFull && sql === 'COMMIT') throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' })
        return database.exec(sql)
      },
      prepare: (sql) => database.prepare(sql),
    }
    const storage = sqliteStorage({ database: failing })
    await storage.commit('w', [{ key: 'kept', value: 1 }])
    isFull = true
    const keys = ['a', 'b']
    const ended = await Promise.allSettled(keys.map((key) => storage.commit('w', [{ key, value: 1 }])))
    const rejected = { status: 'rejected', reason: { code: 'storage_unavailable' } }
    expect(ended).toMatchObject([rejected, rejected])
    isFull = false
    const { records } = await storage.read('w', ['a', 'b', 'kept'])
    expect(records.map((record) => record?.value)).toEqual([undefined, undefined, 1])
  })

  it('loses nothing when four processes write to one file at once', async () => {
    const commits = 100
    const names = ['a', 'b', 'c', 'd']
    const answers = (await runProcesses(
      new URL('sqlite-writer.program.ts', import.meta.url),
      names.map((name) => ({ path, commits, name })),
    )) as { appended: string[]; lost: number }[]
    const storage = sqliteStorage({ database: new Database(path) })
    const { records } = await storage.read('w', ['count'])
    expect(records[0]?.value).toBe(names.length * commits)
    const events = await storage.list({ workspaceId: 'w', prefix: 'event/', limit: 1000 })
    const numbers = Array.from(
      { length: names.length * commits },
      (_, index) => `event/${String(index + 1).padStart(16, '0')}`,
    )
    expect(events.records.map(({ key }) => key)).toEqual(numbers)
    for (const { appended } of answers) expect(appended).toEqual(appended.toSorted())
    expect(answers.flatMap(({ appended }) => appended).toSorted()).toEqual(numbers)
    const rows = await storage.list({ workspaceId: 'w', prefix: 'by/', limit: 1000 })
    expect(rows.records).toHaveLength(names.length * commits)
  })

  it('finds a page far in a list as fast as the first one, from either end', async () => {
    const storage = sqliteStorage({ database: new Database(path) })
    const key = (n: number): string => `k/${String(n).padStart(5, '0')}`
    for (let n = 0; n < 20_000; n += 100)
      void storage.commit(
        'w',
        Array.from({ length: 100 }, (_, index) => ({ key: key(n + index), value: 1 })),
      )
    const firstOf = async (after: string | undefined, reverse: boolean) => {
      const { records } = await storage.list({ workspaceId: 'w', prefix: 'k/', after, limit: 5, reverse })
      return records[0]?.key
    }
    const far = async (): Promise<void> => {
      for (let round = 0; round < 50; round++) {
        expect(await firstOf(key(19_000), false)).toBe(key(19_001))
        expect(await firstOf(key(1_000), true)).toBe(key(999))
      }
    }
    const near = async (): Promise<void> => {
      for (let round = 0; round < 50; round++) {
        expect(await firstOf(undefined, false)).toBe(key(0))
        expect(await firstOf(undefined, true)).toBe(key(19_999))
      }
    }
    await expectCpuRatioBelow(20, far, near)
  })

  it('sets up the connection for several processes and for durable commits', async () => {
    const other = new Database(path)
    await sqliteStorage({ database: other }).commit('w', [{ key: 'a', value: 1 }])
    expect(other.prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'wal' }])
    expect(other.prepare('PRAGMA busy_timeout').all()).toEqual([{ timeout: 4000 }])
    expect(other.prepare('PRAGMA synchronous').all()).toEqual([{ synchronous: 2 }])
  })

  it('refuses a file that a newer version has migrated, and leaves it as it is', async () => {
    const database = new Database(path)
    await sqliteStorage({ database }).commit('w', [{ key: 'a', value: 1 }])
    const [schema] = database.prepare('SELECT version FROM mcp_integrations_schema').all() as { version: number }[]
    database.exec('UPDATE mcp_integrations_schema SET version = 1000')
    const storage = sqliteStorage({ database: new Database(path) })
    await expect(storage.read('w', ['a'])).rejects.toMatchObject({ code: 'storage_incompatible' })
    await expect(storage.commit('w', [{ key: 'a', value: 2 }])).rejects.toMatchObject({ code: 'storage_incompatible' })
    database.exec(`UPDATE mcp_integrations_schema SET version = ${schema!.version}`)
    expect((await storage.read('w', ['a'])).records[0]?.value).toBe(1)
  })

  it('brings a file of the first version up to date, and finds what has expired by an index', async () => {
    const database = new Database(path)
    database.exec(`CREATE TABLE mcp_integrations_records (
        workspace TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, value TEXT NOT NULL, expires_at INTEGER,
        PRIMARY KEY (workspace, key));
      CREATE TABLE mcp_integrations_counters (workspace TEXT NOT NULL PRIMARY KEY, last INTEGER NOT NULL);
      CREATE TABLE mcp_integrations_schema (version INTEGER NOT NULL);
      INSERT INTO mcp_integrations_schema VALUES (1);
      INSERT INTO mcp_integrations_records VALUES ('w', 'a', 'v1', '1', NULL), ('w', 'b', 'v2', '2', 1000)`)
    const storage = sqliteStorage({ database, now: () => 2000 })
    expect((await storage.read('w', ['a'])).records[0]).toMatchObject({ version: 'v1', value: 1 })
    expect((await storage.expired({ limit: 10 })).records).toMatchObject([{ workspaceId: 'w', key: 'b', value: 2 }])
    const plan = database
      .prepare(
        `EXPLAIN QUERY PLAN SELECT key FROM mcp_integrations_records
          WHERE expires_at <= 1 AND (expires_at, workspace, key) > (0, '', '') ORDER BY expires_at, workspace, key LIMIT 1`,
      )
      .all() as { detail: string }[]
    expect(plan.map(({ detail }) => detail).join()).toMatch(
      /SEARCH .* USING (COVERING )?INDEX mcp_integrations_expiries/,
    )
    expect(plan.map(({ detail }) => detail).join()).not.toContain('TEMP B-TREE')
  })

  it('leaves the tables of the host alone', async () => {
    const database = new Database(path)
    database.exec('CREATE TABLE records (id INTEGER); INSERT INTO records VALUES (1); PRAGMA user_version = 7')
    await sqliteStorage({ database }).commit('w', [{ key: 'a', value: 1 }])
    expect(database.prepare('SELECT * FROM records').all()).toEqual([{ id: 1 }])
    expect(database.prepare('PRAGMA user_version').all()).toEqual([{ user_version: 7 }])
  })

  it('rejects with storage_unavailable while the database fails, without its words, and heals', async () => {
    const real = new Database(path)
    let failing = true
    const database: SqliteDatabase = {
      exec: (sql) => (failing ? fail() : real.exec(sql)),
      prepare: (sql) => (failing ? fail() : real.prepare(sql)),
    }
    const storage = sqliteStorage({ database })
    const error = await storage.commit('w', [{ key: 'a', value: 's3cret' }]).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining('SQLITE_IOERR') as string,
    })
    expect(inspect(error)).not.toContain('s3cret')
    failing = false
    await storage.commit('w', [{ key: 'a', value: 1 }])
    failing = true
    await expect(storage.commit('w', [{ key: 'a', value: 2 }])).rejects.toMatchObject({ code: 'storage_unavailable' })
    failing = false
    expect((await storage.read('w', ['a'])).records[0]?.value).toBe(1)
  })

  it('undoes a commit that fails in its middle', async () => {
    const database = new Database(path)
    const storage = sqliteStorage({ database })
    await storage.commit('w', [{ key: 'a', value: 1 }])
    database.exec(`CREATE TRIGGER fails BEFORE INSERT ON mcp_integrations_records WHEN new.key = 'bad'
      BEGIN SELECT RAISE(FAIL, 'no'); END`)
    const writes = ['good', 'bad'].map((key) => ({ key, value: 1 }))
    await expect(storage.commit('w', writes)).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect((await storage.read('w', ['good'])).records).toEqual([undefined])
    expect(await storage.commit('w', [{ key: 'good', ifVersion: null, value: 1 }])).toHaveLength(1)
  })

  it('tells those who watch it, and not of what was refused', async () => {
    const storage = sqliteStorage({ database: new Database(path) })
    const changes: StorageChange[] = []
    storage.watch?.((change) => changes.push(change))
    await storage.commit('w', [{ key: 'a', value: 1 }])
    await storage.commit('w', [{ key: 'a', ifVersion: null, value: 1 }])
    await storage.commit('w', [])
    expect(changes).toMatchObject([{ workspaceId: 'w', keys: ['a'] }])
  })
})

function fail(): never {
  throw Object.assign(new Error("disk I/O error near 's3cret'"), { code: 'SQLITE_IOERR' })
}
