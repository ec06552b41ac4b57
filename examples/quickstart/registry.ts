import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

/** The configuration a host needs before any server is connected. */
export interface HostConfig {
  /** The SQLite file. */
  readonly file: string
  /** Seals credentials: 32 random bytes in base64. */
  readonly encryptionKey: string
  /** Where the trusted server is. */
  readonly everythingUrl: string
}

/** The registry as a host makes it, once for a process. */
export function openRegistry({ file, encryptionKey, everythingUrl }: HostConfig) {
  // #region registry
  const registry = new IntegrationRegistry({
    storage: sqliteStorage({ database: new Database(file) }),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: encryptionKey }] }),
    agents: ['assistant', 'builder'],
    connectors: [
      {
        id: 'everything',
        name: 'Everything',
        url: everythingUrl,
        auth: { type: 'header', name: 'X-Api-Key' },
        trusted: true, // its annotations are believed
        tools: { 'get-env': { enabled: false } }, // not needed here
      },
    ],
    egress: { allowLoopback: true }, // these servers run on this machine
  })
  // #endregion
  return registry
}

/** The person that the quick start is done for. */
export const ana = { workspaceId: 'acme', userId: 'ana' }
