import Database from 'libsql'
import pg from 'pg'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { sqliteStorage } from 'mcp-integrations/sqlite'

/** What a process needs to sit down at the common storage. */
export interface Seat {
  readonly kind: 'postgres' | 'sqlite'
  /** A database URL, or a file. */
  readonly place: string
  /** Seals credentials, base64. */
  readonly secret: string
}

export const redirectUrl = 'http://127.0.0.1:34567/callback'
export const ana = { workspaceId: 'acme', userId: 'ana' }

/** A registry of one process on the common storage, at the time that it is told. */
export function openRegistry(seat: Seat, now: () => number = Date.now) {
  const pool = seat.kind === 'postgres' ? new pg.Pool({ connectionString: seat.place, max: 10 }) : undefined
  pool?.on('error', () => {})
  const storage =
    pool === undefined ? sqliteStorage({ database: new Database(seat.place), now }) : postgresStorage({ pool, now })
  const registry = new IntegrationRegistry({
    storage,
    credentials: encryptedCredentials({ keys: [{ id: 'race', secret: seat.secret }] }),
    agents: ['assistant'],
    oauth: { redirectUrl, clientName: 'Race' },
    egress: { allowLoopback: true },
    runtime: { now },
  })
  return {
    registry,
    async close(): Promise<void> {
      await registry.close()
      await pool?.end()
    },
  }
}
