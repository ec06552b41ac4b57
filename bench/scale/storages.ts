import Database from 'libsql'
import type { RegistryStorage } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import pg from 'pg'

/** Where a process finds the storage that is measured. */
export type StorageAddress =
  { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'postgres'; readonly url: string }

/** Opens it as a host does. */
export function openStorage(address: StorageAddress): {
  readonly storage: RegistryStorage
  close(): Promise<void>
} {
  if (address.kind === 'sqlite') {
    const database = new Database(address.file)
    return { storage: sqliteStorage({ database }), close: async () => void database.close() }
  }
  const pool = new pg.Pool({ connectionString: address.url, max: 4 })
  pool.on('error', () => {})
  const listen = async () => {
    const client = new pg.Client({ connectionString: address.url })
    await client.connect()
    return client
  }
  const storage = postgresStorage({ pool, listen })
  return {
    storage,
    async close() {
      await storage.close?.()
      await pool.end()
    },
  }
}
