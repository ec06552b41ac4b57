import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

/** What a process needs to go on where another one died. */
export interface Seat {
  /** The SQLite file. */
  readonly file: string
  /** Seals credentials, base64. */
  readonly secret: string
  /** By how much the time runs ahead, in ms. */
  readonly offsetMs: number
}

/** Where a process kills itself, as from outside: nothing is cleaned up. */
export type Death =
  /** Just before or after the first commit with such a write: `put` or `delete` of a key that begins so. */
  | { readonly commit: 'before' | 'after'; readonly write: 'put' | 'delete'; readonly key: string }
  /** When the answer of a token endpoint has arrived. */
  | { readonly answer: 'token' }
  /** Just before a request to a path that ends so. */
  | { readonly request: string }
  /** Not by itself: the parent kills it. */
  | 'by parent'

export type Deed =
  | { readonly do: 'connect'; readonly url: string }
  | { readonly do: 'finish'; readonly callbackUrl: string }
  | { readonly do: 'call' }
  | { readonly do: 'remove'; readonly id: string }

const ana = { workspaceId: 'acme', userId: 'ana' }
export const redirectUrl = 'http://127.0.0.1:34567/callback'

/** A registry on the file; with a `death` it will not live long. */
export function openRegistry(seat: Seat, death?: Death) {
  const now = (): number => Date.now() + seat.offsetMs
  const database = new Database(seat.file)
  const registry = new IntegrationRegistry({
    storage: mortalStorage(sqliteStorage({ database, now }), death),
    credentials: encryptedCredentials({ keys: [{ id: 'crash', secret: seat.secret }] }),
    agents: ['assistant'],
    oauth: { redirectUrl, clientName: 'Crash' },
    egress: { allowLoopback: true },
    runtime: { now, ...(death === undefined ? {} : { fetch: mortalFetch(death) }) },
  })
  return {
    registry,
    mine: registry.actingAs(ana),
    async close(): Promise<void> {
      await registry.close()
      database.close()
    },
  }
}

/** The child: does one thing and dies of it. */
export async function die(seat: Seat, deed: Deed, death: Death): Promise<void> {
  const { mine } = openRegistry(seat, death)
  if (deed.do === 'connect') await mine.connect({ url: deed.url, name: 'Notes', agents: ['assistant'] })
  else if (deed.do === 'finish') await mine.finishConnect(deed.callbackUrl)
  else if (deed.do === 'remove') await mine.remove(deed.id)
  else await (await mine.toolset('assistant')).call('notes__read_note', { id: '1' })
  console.error('The process outlived its death.')
  process.exit(1)
}

function mortalStorage(storage: RegistryStorage, death: Death | undefined): RegistryStorage {
  if (death === undefined || death === 'by parent' || !('commit' in death)) return storage
  return {
    ...storage,
    async commit(workspaceId, writes) {
      const fatal = writes.some(
        (write) =>
          ('append' in write ? write.append : write.key).startsWith(death.key) &&
          (write.value === undefined) === (death.write === 'delete'),
      )
      if (fatal && death.commit === 'before') kill()
      const written = await storage.commit(workspaceId, writes)
      if (fatal && written !== false) kill()
      return written
    },
  }
}

function mortalFetch(death: Death): typeof fetch {
  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    if (death !== 'by parent' && 'request' in death && pathname.endsWith(death.request)) kill()
    const response = await fetch(input, init)
    if (death === 'by parent' || !('answer' in death) || pathname !== '/token') return response
    await response.text()
    return kill()
  }
}

function kill(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('dead')
}
