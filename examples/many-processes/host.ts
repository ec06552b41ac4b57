import pg from 'pg'
import { encryptedCredentials, IntegrationRegistry, isIntegrationError } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'

export interface HostSettings {
  readonly databaseUrl: string
  readonly schema: string
  /** 32 bytes, base64: the same in every process. */
  readonly secret: string
}

/** One host: the same few lines in each process. */
export function runHost({ databaseUrl, schema, secret }: HostSettings): void {
  // #region registry
  const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 4000 })
  pool.on('error', () => {})
  const storage = postgresStorage({
    pool,
    schema,
    listen: async () => {
      const client = new pg.Client(databaseUrl)
      client.on('error', () => {})
      await client.connect()
      return client
    },
  })
  const registry = new IntegrationRegistry({
    storage,
    credentials: encryptedCredentials({ keys: [{ id: '2026', secret }] }),
    agents: ['assistant'],
    egress: { allowLoopback: true },
  })
  // #endregion registry

  // One person; the load balancer sends their requests to either process.
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  const verbs: Record<string, (...args: string[]) => Promise<unknown>> = {
    connect: (url) => mine.connect({ url: url!, name: 'Notes', agents: ['assistant'] }),
    call: async (tool, args) => (await mine.toolset('assistant')).call(tool!, args),
    callNow: async (tool, args) => (await mine.toolset('assistant', { confirm: () => 'approve' })).call(tool!, args),
    approve: (approvalId) => mine.approvals.decide(approvalId!, 'approve'),
    resume: async (approvalId) => (await mine.toolset('assistant')).resume(approvalId!),
    disable: (id) => mine.disable(id!),
    async close() {
      await registry.close()
      await storage.close?.()
      await pool.end()
      process.disconnect()
    },
  }
  process.on('message', ({ id, verb, args }: { id: number; verb: string; args: string[] }) => {
    verbs[verb]!(...args).then(
      (value) => void (process.connected && process.send!({ id, value })),
      (error: unknown) =>
        process.send!({ id, error: isIntegrationError(error) ? { code: error.code } : { code: String(error) } }),
    )
  })
}
