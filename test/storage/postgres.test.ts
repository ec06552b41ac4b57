import { inspect } from 'node:util'
import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type PostgresClient, type PostgresPool, postgresStorage } from '../../src/storage/postgres.js'
import { describeStorageContract } from '../../src/testing/storage-contract.js'
import { usePostgres } from '../support/postgres-pool.js'

const postgres = usePostgres()

describe('postgresStorage', () => {
  describeStorageContract({ describe, it }, (options) =>
    postgresStorage({ ...options, pool: postgres.pool, schema: postgres.schema }),
  )
})

describe('postgresStorage behind a transaction-pooling proxy', () => {
  describeStorageContract({ describe, it }, (options) =>
    postgresStorage({ ...options, pool: pooledByTransaction(postgres.pool), schema: postgres.schema }),
  )
})

describe('postgresStorage where transactions are serializable', () => {
  let pool: pg.Pool | undefined
  describeStorageContract({ describe, it }, (options) => {
    pool ??= postgres.newPool({ options: '-c default_transaction_isolation=serializable' })
    return postgresStorage({ ...options, pool, schema: postgres.schema })
  })
})

describe('postgresStorage', () => {
  it("goes by the database's clock", async () => {
    const clock = async () => {
      const { rows } = await postgres.pool.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
      return Number(rows[0].ms)
    }
    const storage = postgresStorage({ pool: postgres.pool, schema: postgres.schema })
    const before = await clock()
    const { now } = await storage.read('clock', [])
    expect(now).toBeGreaterThanOrEqual(Math.floor(before))
    expect(now).toBeLessThanOrEqual(await clock())
    const writes = [-1000, 60_000].map((ms) => ({ key: `k${ms}`, value: 1, expiresAt: now + ms }))
    await storage.commit('clock', writes)
    const { records } = await storage.list({ workspaceId: 'clock', prefix: '', limit: 10 })
    expect(records.map(({ key }) => key)).toEqual(['k60000'])
  })

  it('needs one round trip for everything, and no prepared statement', async () => {
    const sent: unknown[][] = []
    const storage = postgresStorage({ pool: spied(postgres.pool, sent), schema: postgres.schema })
    await storage.read('trips', ['a'])
    const operations = [
      () => storage.read('trips', ['a', 'b', 'c']),
      () => storage.list({ workspaceId: 'trips', prefix: 'a', limit: 10 }),
      () => storage.scan({ prefix: 'a', limit: 10 }),
      () =>
        storage.commit('trips', [
          { key: 'b', ifVersion: null, value: 1 },
          { key: 'a', value: 2 },
          { append: 'event/', value: 3 },
        ]),
      () => storage.commit('trips', [{ key: 'b', ifVersion: null, value: 1 }]),
    ]
    for (const operation of operations) {
      sent.length = 0
      await operation()
      expect(sent).toHaveLength(1)
      expect(sent[0]![0]).toBeTypeOf('string')
    }
    sent.length = 0
    await storage.commit('trips', [])
    expect(sent).toHaveLength(0)
  })

  it('repeats what PostgreSQL asks to repeat', async () => {
    const failures = ['40001', '40P01', '40001']
    const storage = postgresStorage({ pool: failing(postgres.pool, failures), schema: postgres.schema })
    expect(await storage.commit('repeat', [{ key: 'a', ifVersion: null, value: 1 }])).toHaveLength(1)
    expect(failures).toEqual([])
  })

  it('gives up on what never gets through', async () => {
    const storage = postgresStorage({
      pool: failing(postgres.pool, Array(1000).fill('40001')),
      schema: postgres.schema,
    })
    await expect(storage.read('w', ['a'])).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  it('tells a failure by its code and not by its words', async () => {
    const storage = postgresStorage({ pool: failing(postgres.pool, ['53200']), schema: postgres.schema })
    const error = await storage.commit('w', [{ key: 'a', value: 's3cret' }]).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'storage_unavailable', message: expect.stringContaining('53200') as string })
    expect(inspect(error)).not.toContain('s3cret')
    expect((await storage.read('w', ['a'])).records).toEqual([undefined])
  })

  it('refuses a schema that a newer version has migrated', async () => {
    const { pool, schema } = postgres
    await postgresStorage({ pool, schema }).read('w', [])
    const { rows } = await pool.query<{ version: number }>(`SELECT version FROM ${schema}.schema_version`)
    await pool.query(`UPDATE ${schema}.schema_version SET version = 1000`)
    const storage = postgresStorage({ pool, schema })
    await expect(storage.read('w', ['a'])).rejects.toMatchObject({ code: 'storage_incompatible' })
    await expect(storage.commit('w', [{ key: 'a', value: 1 }])).rejects.toMatchObject({ code: 'storage_incompatible' })
    await pool.query(`UPDATE ${schema}.schema_version SET version = ${rows[0]!.version}`)
    expect((await storage.read('w', ['a'])).records).toEqual([undefined])
  })

  it('brings a schema of the first version up to date, and finds what has expired by an index', async () => {
    const { pool, schema } = postgres
    const storage = postgresStorage({ pool, schema, now: () => 2000 })
    await storage.commit('first', [{ key: 'old', value: 1, expiresAt: 1000 }])
    await pool.query(`DROP INDEX ${schema}.expiries; UPDATE ${schema}.schema_version SET version = 1`)
    const updated = postgresStorage({ pool, schema, now: () => 2000 })
    const { records } = await updated.expired({ limit: 1000 })
    expect(records.filter(({ workspaceId }) => workspaceId === 'first')).toMatchObject([{ key: 'old', value: 1 }])
    const { rows } = await pool.query(
      `SELECT 1 FROM pg_indexes WHERE schemaname = '${schema}' AND indexname = 'expiries'`,
    )
    expect(rows).toHaveLength(1)
  })

  it('works for a role that may not create anything, once the schema is there', async () => {
    const { pool, schema } = postgres
    await postgresStorage({ pool, schema }).read('w', [])
    const role = `role_${schema}`
    await pool.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`)
    const storage = postgresStorage({ pool: postgres.newPool({ options: `-c role=${role}` }), schema })
    expect(await storage.commit('role', [{ append: 'event/', value: 1 }])).toHaveLength(1)
    await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  it('keeps apart what is in different schemas', async () => {
    const { pool, schema } = postgres
    const other = `${schema.slice(0, 30)}_b`
    await postgresStorage({ pool, schema }).commit('schemas', [{ key: 'a', value: 1 }])
    expect((await postgresStorage({ pool, schema: other }).read('schemas', ['a'])).records).toEqual([undefined])
    await pool.query(`DROP SCHEMA ${other} CASCADE`)
  })

  it.each(['', 'a b', 'a"; DROP', 'Ab', 'x'.repeat(41)])('refuses the schema name %j', (schema) => {
    expect(() => postgresStorage({ pool: postgres.pool, schema })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    )
  })
})

/** Every statement may meet another session, and finds none of what others left there: what such a proxy does. */
function pooledByTransaction(pool: pg.Pool): PostgresPool {
  const client: PostgresClient = {
    async query(text, values) {
      const session = await pool.connect()
      try {
        return await session.query(text, values)
      } finally {
        await session.query('DISCARD ALL')
        session.release()
      }
    },
    release: () => {},
    on: () => {},
    off: () => {},
  }
  return { connect: async () => client }
}

function spied(pool: pg.Pool, sent: unknown[][]): PostgresPool {
  return changed(pool, (client) => async (...statement) => {
    sent.push(statement)
    return await client.query(...statement)
  })
}

/** Fails statements with the given codes, then works. */
function failing(pool: pg.Pool, codes: string[]): PostgresPool {
  return changed(pool, (client) => async (...statement) => {
    const code = codes.shift()
    if (code !== undefined) throw Object.assign(new Error('failed with s3cret'), { code })
    return await client.query(...statement)
  })
}

function changed(pool: pg.Pool, query: (client: pg.PoolClient) => PostgresClient['query']): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect()
      return {
        query: query(client),
        release: (error) => client.release(error),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
      }
    },
  }
}
