import { randomBytes } from 'node:crypto'
import {
  encryptedCredentials,
  IntegrationRegistry,
  memoryStorage,
  type IntegrationRegistryOptions,
  type RegistryStorage,
} from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import pg from 'pg'
// What the library loads with the first server: under load that takes longer than some tests let a server take.
import '../../src/egress/guarded-fetch.js'
import '../../src/mcp/live-connection.js'

const agents = ['assistant', 'builder'] as const
export type TestAgent = (typeof agents)[number]

/** The key of {@link credentials}, whose id is `test`. */
export const secret = randomBytes(32).toString('base64')

/** The vault of all registries of a test file: what one seals, another opens. */
export const credentials = encryptedCredentials({ keys: [{ id: 'test', secret }] })

/** A registry as a host would make it, on loopback, on a storage of its own unless told otherwise. */
export function makeRegistry(
  options: Partial<IntegrationRegistryOptions<TestAgent>> & { storage?: RegistryStorage } = {},
): IntegrationRegistry<TestAgent> {
  return new IntegrationRegistry<TestAgent>({
    storage: options.storage ?? makeStorage(),
    credentials,
    agents: [...agents],
    egress: { allowLoopback: true },
    ...options,
    limits: { ...patience, ...options.limits },
  })
}

/** A manual clock may leap while a real database takes its time. */
const patience = process.env['TEST_STORAGE'] === 'postgres' ? { storageTimeoutMs: 86_400_000 } : {}

let pool: pg.Pool | undefined

/** A new storage: in memory, or a schema of its own in the lane on PostgreSQL (`npm run test:postgres`). */
export function makeStorage(options: { readonly now?: () => number } = {}): RegistryStorage {
  if (process.env['TEST_STORAGE'] !== 'postgres') return memoryStorage(options)
  pool ??= newPool()
  return postgresStorage({ pool, schema: `test_${randomBytes(8).toString('hex')}`, ...options })
}

function newPool(): pg.Pool {
  const opened = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 8, allowExitOnIdle: true })
  opened.on('error', () => {})
  return opened
}

/** Everything that is stored of a workspace, or of all, expired or not. */
export async function dump(storage: RegistryStorage, workspaceId?: string): Promise<readonly Dumped[]> {
  const records: Dumped[] = []
  for (let after: string | undefined; ;) {
    const query = { prefix: '', limit: 1000, ...(after === undefined ? {} : { after }) }
    const page = workspaceId === undefined ? await storage.scan(query) : await storage.list({ ...query, workspaceId })
    records.push(
      ...page.records.map(({ key, value, ...rest }) => ({ workspaceId: workspaceId ?? '', ...rest, key, value })),
    )
    if (page.next === undefined) break
    after = page.next
  }
  if (workspaceId !== undefined) return records
  for (let after: string | undefined; ;) {
    const page = await storage.expired({ limit: 1000, after })
    records.push(...page.records)
    if (page.next === undefined) break
    after = page.next
  }
  return records.toSorted((a, b) => compare(a.workspaceId, b.workspaceId) || compare(a.key, b.key))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A stored record and where it is. */
export interface Dumped {
  readonly workspaceId: string
  readonly key: string
  readonly version: string
  readonly value: unknown
  /** ms since the epoch; absent: it doesn't end. */
  readonly expiresAt?: number | undefined
}

export const ana = { workspaceId: 'acme', userId: 'ana' }
export const bo = { workspaceId: 'acme', userId: 'bo' }
export const root = { workspaceId: 'acme', userId: 'root', role: 'admin' as const }
export const outsider = { workspaceId: 'evil', userId: 'ana', role: 'admin' as const }
