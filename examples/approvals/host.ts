import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry, type ConfirmRequest } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

/** What both processes of the host know. */
export interface HostConfig {
  /** The SQLite file that they share. */
  readonly file: string
  readonly encryptionKey: string
}

export const ana = { workspaceId: 'acme', userId: 'ana' }

export function openRegistry({ file, encryptionKey }: HostConfig) {
  return new IntegrationRegistry({
    storage: sqliteStorage({ database: new Database(file) }),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: encryptionKey }] }),
    agents: ['assistant'],
    approvals: { risk },
    egress: { allowLoopback: true },
  })
}

/** The host's own line about what is at stake, made of what will really be sent. */
function risk({ arguments: { to } }: Pick<ConfirmRequest, 'arguments'>): string | undefined {
  return String(to).includes('everyone') ? `Mails ${String(to)}: many people will read it.` : undefined
}
