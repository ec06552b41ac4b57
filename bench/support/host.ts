import {
  type Connector,
  encryptedCredentials,
  IntegrationRegistry,
  type IntegrationRegistryOptions,
  type LimitOptions,
  type RegistryStorage,
} from 'mcp-integrations'

export const actor = { workspaceId: 'bench', userId: 'ana', role: 'admin' } as const

/** A registry as a host makes it, with one trusted connector, whose reading tools run without asking. */
export function hostRegistry(
  storage: RegistryStorage,
  url: string,
  options: Partial<Pick<IntegrationRegistryOptions, 'approvals' | 'runtime'>> = {},
) {
  const bench = { id: 'bench', name: 'Bench', url, auth: 'none', trusted: true } as const
  return openRegistry(storage, { concurrencyPerIntegration: 32 }, [bench], options)
}

/** The same with what limits and connectors are given. */
export function openRegistry(
  storage: RegistryStorage,
  limits: LimitOptions,
  connectors: readonly Connector[] = [],
  options: Partial<Pick<IntegrationRegistryOptions, 'approvals' | 'runtime'>> = {},
) {
  return new IntegrationRegistry({
    storage,
    credentials: encryptedCredentials({ keys: [{ id: 'bench', secret: new Uint8Array(32).fill(7) }] }),
    agents: ['assistant'],
    connectors,
    egress: { allowLoopback: true },
    limits,
    ...options,
  })
}
