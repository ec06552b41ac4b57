import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/model/json.js'
import type { RegistryStorage, StorageWrite } from '../../src/ports/storage.js'
import { memoryStorage } from '../../src/storage/memory.js'
import { type SqliteDatabase, sqliteStorage } from '../../src/storage/sqlite.js'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sqlite-reads-'))
  path = join(directory, 'registry.db')
})
afterEach(async () => await rm(directory, { recursive: true, force: true }))

/** A storage on a connection of its own, and how often it has read records of the database. */
function opened(database = new Database(path)) {
  const counted = { reads: 0 }
  const watched: SqliteDatabase = {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql)
      const all = (...parameters: unknown[]): unknown[] => {
        if (sql.includes('json_each')) counted.reads++
        return statement.all(...parameters)
      }
      return { run: (...parameters) => statement.run(...parameters), all }
    },
    get inTransaction() {
      return database.inTransaction
    },
  }
  return { storage: sqliteStorage({ database: watched }), database, counted }
}

const valuesOf = async (storage: RegistryStorage, ...keys: string[]): Promise<unknown[]> =>
  (await storage.read('w', keys)).records.map((record) => record?.value)

describe('records that are read again', () => {
  it('are read from the database once, also after other records were written', async () => {
    const { storage, counted } = opened()
    await storage.commit('w', [{ key: 'a', value: { n: 1 } }])
    expect(await valuesOf(storage, 'a', 'none')).toEqual([{ n: 1 }, undefined])
    await storage.commit('w', [{ key: 'audit/1', ifVersion: null, value: 1 }])
    await storage.commit('w', [
      { append: 'event/', value: 1 },
      { key: 'b', value: 2, expiresAt: 1 },
    ])
    expect(await valuesOf(storage, 'none', 'a')).toEqual([undefined, { n: 1 }])
    expect(counted.reads).toBe(1)
  })

  it.each<[string, (storage: RegistryStorage) => Promise<unknown>, unknown[]]>([
    ['overwritten', (storage) => storage.commit('w', [{ key: 'a', value: 2 }]), [2, undefined]],
    ['removed', (storage) => storage.commit('w', [{ key: 'a', value: undefined }]), [undefined, undefined]],
    ['added', (storage) => storage.commit('w', [{ key: 'b', ifVersion: null, value: 2 }]), [1, 2]],
    [
      'added with others',
      (storage) =>
        storage.commit('w', [
          { key: 'b', value: 2 },
          { append: 'c/', value: 3 },
        ]),
      [1, 2],
    ],
    [
      'removed and added at one moment',
      (storage) =>
        Promise.all([
          storage.commit('w', [{ key: 'a', value: undefined }]),
          storage.commit('w', [{ key: 'a', ifVersion: null, value: 3 }]),
        ]),
      [3, undefined],
    ],
  ])('show at once that one was %s, by this storage or another one', async (_what, write, after) => {
    for (const writer of ['itself', 'another connection', 'another storage of the connection']) {
      const { storage, database } = opened()
      await storage.commit('w', [
        { key: 'a', value: 1 },
        { key: 'b', value: undefined },
      ])
      expect(await valuesOf(storage, 'a', 'b')).toEqual([1, undefined])
      const others: Record<string, () => RegistryStorage> = {
        'another connection': () => opened().storage,
        'another storage of the connection': () => sqliteStorage({ database }),
      }
      await write(others[writer]?.() ?? storage)
      expect(await valuesOf(storage, 'a', 'b'), writer).toEqual(after)
    }
  })

  it('show at once what the host itself changes in the table', async () => {
    const { storage, database } = opened()
    await storage.commit('w', [{ key: 'a', value: 1 }])
    expect(await valuesOf(storage, 'a')).toEqual([1])
    database.exec(`UPDATE mcp_integrations_records SET value = '2'`)
    expect(await valuesOf(storage, 'a')).toEqual([2])
    database.exec('DELETE FROM mcp_integrations_records')
    expect(await valuesOf(storage, 'a')).toEqual([undefined])
  })

  it('are neither kept nor written in a transaction that the host has left open', async () => {
    const { storage, database } = opened()
    await storage.commit('w', [{ key: 'a', value: 1 }])
    database.exec(`BEGIN; UPDATE mcp_integrations_records SET value = '2'`)
    expect(await valuesOf(storage, 'a', 'b')).toEqual([2, undefined])
    await expect(storage.commit('w', [{ key: 'b', ifVersion: null, value: 1 }])).rejects.toMatchObject({
      code: 'storage_unavailable',
    })
    database.exec('ROLLBACK')
    expect(await valuesOf(storage, 'a', 'b')).toEqual([1, undefined])
  })

  it('are read from the database each time, if the driver does not tell of transactions', async () => {
    const database = new Database(path)
    const { storage, counted } = opened({
      exec: (sql: string) => database.exec(sql),
      prepare: (sql: string) => database.prepare(sql),
    } as unknown as Database.Database)
    await storage.commit('w', [{ key: 'a', ifVersion: null, value: 1 }])
    expect(await valuesOf(storage, 'a')).toEqual([1])
    expect(await valuesOf(storage, 'a')).toEqual([1])
    expect(counted.reads).toBe(2)
  })

  it('are read again after a commit that failed, because it may have been written', async () => {
    const database = new Database(path)
    let isBroken = false
    const { storage } = opened({
      exec(sql: string) {
        database.exec(sql)
        if (isBroken && sql === 'COMMIT') throw Object.assign(new Error('lost'), { code: 'SQLITE_IOERR' })
      },
      prepare: (sql: string) => database.prepare(sql),
      inTransaction: false,
    } as unknown as Database.Database)
    await storage.commit('w', [{ key: 'a', value: 1 }])
    expect(await valuesOf(storage, 'a')).toEqual([1])
    isBroken = true
    await expect(storage.commit('w', [{ key: 'a', value: 2 }])).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect(await valuesOf(storage, 'a')).toEqual([2])
  })

  it('expire, and come back if the clock does', async () => {
    let now = 1000
    const storage = sqliteStorage({ database: new Database(path), now: () => now })
    await storage.commit('w', [{ key: 'a', value: 1, expiresAt: 2000 }])
    expect(await valuesOf(storage, 'a')).toEqual([1])
    now = 2000
    expect(await valuesOf(storage, 'a')).toEqual([undefined])
    expect(await storage.commit('w', [{ key: 'a', ifVersion: null, value: 2, expiresAt: 3000 }])).toHaveLength(1)
    expect(await valuesOf(storage, 'a')).toEqual([2])
    now = 3000
    expect(await valuesOf(storage, 'a')).toEqual([undefined])
    now = 2999
    expect(await valuesOf(storage, 'a')).toEqual([2])
    expect(await storage.commit('w', [{ key: 'a', ifVersion: null, value: 3 }])).toBe(false)
  })

  it("can't be changed by a reader, and belong to one workspace", async () => {
    const { storage } = opened()
    await storage.commit('w', [{ key: 'a', value: { list: [1] } }])
    const { records } = await storage.read('w', ['a'])
    expect(() => (records[0]!.value as { list: number[] }).list.push(2)).toThrow(TypeError)
    expect(await valuesOf(storage, 'a')).toEqual([{ list: [1] }])
    expect((await storage.read('v', ['a'])).records).toEqual([undefined])
  })

  it('are counted by a connection that reads large integers too', async () => {
    const { storage, database, counted } = opened()
    database.defaultSafeIntegers(true)
    await storage.commit('w', [{ key: 'a', value: 1, expiresAt: 9e15 }])
    await valuesOf(storage, 'a')
    await storage.commit('w', [{ key: 'b', value: 1 }])
    expect((await storage.read('w', ['a'])).records[0]).toMatchObject({ value: 1, expiresAt: 9e15 })
    expect(counted.reads).toBe(1)
  })

  it('take bounded memory', async () => {
    const { storage, counted } = opened()
    const text = 'x'.repeat(100_000)
    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)
    for (const key of keys) await storage.commit('w', [{ key, value: text }])
    for (const key of keys) await valuesOf(storage, key)
    expect(counted.reads).toBe(20)
    await valuesOf(storage, 'k19')
    expect(counted.reads).toBe(20)
    await valuesOf(storage, 'k0')
    expect(counted.reads).toBe(21)
  })

  it('are what a storage without memory answers, whatever two connections do', async () => {
    const key = fc.constantFrom('a', 'b', 'c')
    const write = fc.oneof(
      fc.record({ key, value: fc.nat(9) }),
      fc.record({ key, value: fc.constant(undefined) }),
      fc.record({ key, value: fc.nat(9), ifVersion: fc.constant(null) }),
      fc.record({ append: fc.constant('n/'), value: fc.nat(9) }),
    )
    const commit = fc.record({
      by: fc.constantFrom(0, 1),
      writes: fc.uniqueArray(write, { maxLength: 3, selector: (one) => ('key' in one ? one.key : Symbol('append')) }),
    })
    const read = fc.record({ by: fc.constantFrom(0, 1), keys: fc.uniqueArray(key, { minLength: 1 }) })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(commit, read), { maxLength: 30 }), async (steps) => {
        const file = join(directory, `${run++}.db`)
        const connections = [new Database(file), new Database(file)]
        const storages = connections.map((database) => sqliteStorage({ database }))
        const expected = memoryStorage()
        for (const step of steps) {
          const storage = storages[step.by]!
          if ('keys' in step) {
            const [here, there] = await Promise.all([storage.read('w', step.keys), expected.read('w', step.keys)])
            const value = (record: { readonly value: JsonValue } | undefined): unknown => record?.value
            expect(here.records.map(value)).toEqual(there.records.map(value))
          } else {
            const writes = step.writes as StorageWrite[]
            const [here, there] = [await storage.commit('w', writes), await expected.commit('w', writes)]
            expect(here === false).toBe(there === false)
          }
        }
        for (const database of connections) database.close()
      }),
      { numRuns: 100 },
    )
  })
})
