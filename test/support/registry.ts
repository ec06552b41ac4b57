import { randomBytes } from 'node:crypto'
import {
  encryptedCredentials,
  IntegrationRegistry,
  memoryStorage,
  type IntegrationRegistryOptions,
  type RegistryStorage,
} from 'mcp-integrations'

export const agents = ['assistant', 'builder'] as const
export type TestAgent = (typeof agents)[number]

const secret = randomBytes(32).toString('base64')

/** A registry as a host would make it, on loopback, in memory unless told otherwise. */
export function makeRegistry(
  options: Partial<IntegrationRegistryOptions<TestAgent>> & { storage?: RegistryStorage } = {},
): IntegrationRegistry<TestAgent> {
  return new IntegrationRegistry<TestAgent>({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: 'test', secret }] }),
    agents: [...agents],
    egress: { allowLoopback: true },
    ...options,
  })
}

export const ana = { workspaceId: 'acme', userId: 'ana' }
export const bo = { workspaceId: 'acme', userId: 'bo' }
export const root = { workspaceId: 'acme', userId: 'root', role: 'admin' as const }
export const outsider = { workspaceId: 'evil', userId: 'ana', role: 'admin' as const }
