import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { postgresStorage } from '../../src/storage/postgres.js'
import { describeStorageContract } from '../../src/testing/storage-contract.js'
import { type PostgresServer, startPostgres } from '../support/postgres.js'

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  pool = new pg.Pool({ connectionString: server.url, max: 10 })
  pool.on('error', () => {})
})
afterAll(async () => {
  await pool?.end()
  await server?.stop()
})

describeStorageContract({ describe, it }, (options) => postgresStorage({ ...options, pool }))
