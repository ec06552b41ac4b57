import { encryptedCredentials, IntegrationRegistry, type RegistryStorage } from 'mcp-integrations'

export const actor = { workspaceId: 'bench', userId: 'ana', role: 'admin' } as const

/** A registry as a host makes it, with one trusted connector, whose reading tools run without asking. */
export function hostRegistry(storage: RegistryStorage, url: string) {
  return new IntegrationRegistry({
    storage,
    credentials: encryptedCredentials({ keys: [{ id: 'bench', secret: new Uint8Array(32).fill(7) }] }),
    agents: ['assistant'],
    connectors: [{ id: 'bench', name: 'Bench', url, auth: 'none', trusted: true }],
    egress: { allowLoopback: true },
    limits: { concurrencyPerIntegration: 32 },
  })
}
