import { inspect } from 'node:util'
import Database from 'libsql'
import pg from 'pg'
import { encryptedCredentials } from '../../src/vaults/encrypted.js'
import type { Actor } from '../../src/model/actor.js'
import { isIntegrationError } from '../../src/model/errors.js'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { IntegrationRegistry } from '../../src/registry/integration-registry.js'
import { postgresStorage } from '../../src/storage/postgres.js'
import { sqliteStorage } from '../../src/storage/sqlite.js'

/** Where a host keeps its data: a file, or a schema of a database. */
export type Place = { readonly file: string } | { readonly url: string; readonly schema: string }

/** What a host process is told when it starts. */
export interface HostInput {
  readonly place: Place
  readonly keys: readonly { readonly id: string; readonly secret: string }[]
}

/** What a host process is asked to do. */
export interface HostRequest {
  readonly on: 'mine' | 'toolset' | 'approvals' | 'registry'
  readonly method: string
  readonly args?: readonly unknown[]
  readonly actor?: Actor
  /** How many times at once. `@default 1` */
  readonly times?: number
  /** What the confirm callback of a toolset answers. */
  readonly confirm?: 'approve' | 'deny' | 'defer'
  /** The process kills itself before or after its n-th commit from here on. */
  readonly dieAt?: { readonly commit: number; readonly when: 'before' | 'after' }
}

/** One answer for each time. */
export type HostAnswer =
  { readonly value: unknown } | { readonly error: { readonly code: string; readonly mayHaveRun: boolean } }

/** Opens a place, and says how to close it. */
export function openPlace(place: Place): { storage: RegistryStorage; close(): Promise<void> } {
  if ('file' in place) {
    const database = new Database(place.file)
    return { storage: sqliteStorage({ database }), close: async () => void database.close() }
  }
  const pool = new pg.Pool({ connectionString: place.url, max: 5 })
  pool.on('error', () => {})
  const listen = async () => {
    const client = new pg.Client(place.url)
    client.on('error', () => {})
    await client.connect()
    return client
  }
  return { storage: postgresStorage({ pool, schema: place.schema, listen }), close: () => pool.end() }
}

export function makeHost(place: Place, keys: HostInput['keys'], wrap = (storage: RegistryStorage) => storage) {
  const { storage, close } = openPlace(place)
  const registry = new IntegrationRegistry({
    storage: wrap(storage),
    credentials: encryptedCredentials({ keys: [...keys] as [(typeof keys)[number]] }),
    agents: ['assistant'],
    egress: { allowLoopback: true },
  })
  return {
    registry,
    storage,
    async close() {
      await registry.close()
      await storage.close?.()
      await close()
    },
  }
}

/** Runs a host in this process, for the one that forked it. It ends when that goes away. */
export function serveHost({ place, keys }: HostInput): void {
  let dies: HostRequest['dieAt']
  let commits = 0
  const die = (): Promise<never> => {
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {})
  }
  const { registry } = makeHost(place, keys, (storage) => ({
    ...storage,
    async commit(workspaceId, writes) {
      const last = ++commits === dies?.commit
      if (last && dies?.when === 'before') return die()
      const written = await storage.commit(workspaceId, writes)
      return last && dies?.when === 'after' ? die() : written
    },
  }))
  process.on('disconnect', () => process.exit())
  process.on('message', ({ id, request }: { id: number; request: HostRequest }) => {
    dies = request.dieAt
    commits = 0
    void Promise.all(Array.from({ length: request.times ?? 1 }, () => serve(registry, request))).then((answers) =>
      process.send!({ id, answers }),
    )
  })
  process.send!({ id: 0, answers: [] })
}

async function serve(registry: IntegrationRegistry, request: HostRequest): Promise<HostAnswer> {
  try {
    const mine = registry.actingAs(request.actor ?? { workspaceId: 'acme', userId: 'ana' })
    const { confirm } = request
    const target =
      request.on === 'registry'
        ? registry
        : request.on === 'approvals'
          ? mine.approvals
          : request.on === 'mine'
            ? mine
            : await mine.toolset('assistant', confirm === undefined ? {} : { confirm: () => confirm })
    const method = (target as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[request.method]!
    return { value: (await method.apply(target, [...(request.args ?? [])])) ?? null }
  } catch (error) {
    if (!isIntegrationError(error)) return { error: { code: inspect(error), mayHaveRun: true } }
    return { error: { code: error.code, mayHaveRun: error.mayHaveRun } }
  }
}
