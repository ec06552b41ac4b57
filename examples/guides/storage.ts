import Database from 'libsql'
import pg from 'pg'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { describeStorageContract } from 'mcp-integrations/testing'
import { expect } from './host.js'

export async function storages(): Promise<void> {
  // #region sqlite
  const database = new Database(':memory:') // or a file; libsql, better-sqlite3, or node:sqlite from Node 22.13
  const sqlite = sqliteStorage({ database })
  // #endregion
  // #region postgres
  const connectionString = process.env['DATABASE_URL'] ?? 'postgres://nobody@127.0.0.1:1/none'
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => {}) // or a lost idle connection ends your process
  const listen = async () => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    return client
  }
  const postgres = postgresStorage({ pool, listen }) // `listen`: hear at once what other processes commit
  // #endregion
  for (const storage of [sqlite, postgres, memoryStorage()]) expect('a storage', typeof storage.commit === 'function')
  await pool.end()

  const tests: (() => unknown)[] = []
  const describe = (_name: string, body: () => void): void => body()
  const it = (_name: string, body: () => unknown): void => void tests.push(body)
  // #region contract
  const myStorage = ({ now }: { readonly now: () => number }): RegistryStorage => memoryStorage({ now }) // yours
  // In your tests, with vitest, jest, mocha, node:test or bun:test:
  describeStorageContract({ describe, it }, ({ now }) => myStorage({ now }))
  // #endregion
  for (const test of tests) await test()
  expect('the contract has tests', tests.length > 20)
}
