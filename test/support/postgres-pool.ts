import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type PostgresServer, startPostgres } from './postgres.js'

/** What {@link usePostgres} gives to the tests of a file. */
export interface PostgresForTests {
  server: PostgresServer
  pool: pg.Pool
  /** A schema of this file's own, dropped afterwards. */
  readonly schema: string
  /** Another pool on the same server, ended afterwards. */
  newPool(config?: pg.PoolConfig): pg.Pool
}

/** Starts a PostgreSQL for the tests of a file, and ends it after them. */
export function usePostgres(): PostgresForTests {
  const pools: pg.Pool[] = []
  const given = {
    schema: `test_${crypto.randomUUID().replaceAll('-', '')}`,
    newPool(config?: pg.PoolConfig): pg.Pool {
      const pool = new pg.Pool({ connectionString: given.server.url, max: 10, ...config })
      pool.on('error', () => {})
      pools.push(pool)
      return pool
    },
  } as PostgresForTests
  beforeAll(async () => {
    given.server = await startPostgres()
    given.pool = given.newPool()
  })
  afterAll(async () => {
    await given.pool?.query(`DROP SCHEMA IF EXISTS ${given.schema} CASCADE`)
    await Promise.all(pools.map((pool) => pool.end()))
    await given.server?.stop()
  })
  return given
}
