import {
  IntegrationRegistry,
  type ActorIntegrations,
  type ConfirmCallback,
  type IntegrationRegistryOptions,
} from 'mcp-integrations'
import { testServer, type TestServer, type TestTool } from 'mcp-integrations/testing'
import { credentials, makeStorage } from '../support/registry.js'

/** A registry with one trusted server, `notes`, in this process. */
export interface Bench extends AsyncDisposable {
  readonly server: TestServer
  readonly mine: ActorIntegrations
  readonly integrationId: string
  /** The same person at another registry on the same storage, as in another process. */
  elsewhere(): ActorIntegrations
}

export const readNote: TestTool = {
  name: 'read_note',
  title: 'Read a note',
  description: 'Reads a note.',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
  annotations: { readOnlyHint: true },
  run: ({ id }) => `note ${String(id)}`,
}

export const writeNote: TestTool = {
  name: 'write_note',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  annotations: { readOnlyHint: false },
  run: ({ text }) => `wrote ${String(text)}`,
}

export async function bench(
  tools: readonly TestTool[] = [readNote, writeNote],
  options: Partial<IntegrationRegistryOptions> = {},
): Promise<Bench> {
  const server = testServer({ tools })
  const storage = options.storage ?? makeStorage()
  const registries: IntegrationRegistry[] = []
  const elsewhere = (): ActorIntegrations => {
    const registry = new IntegrationRegistry({
      storage,
      credentials,
      agents: ['assistant'],
      connectors: [{ id: 'notes', name: 'Notes', url: server.url, auth: 'none', trusted: true }],
      runtime: { fetch: server.fetch },
      ...options,
    })
    registries.push(registry)
    return registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  }
  const mine = elsewhere()
  const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant'] })
  return {
    server,
    mine,
    integrationId: integration.id,
    elsewhere,
    async [Symbol.asyncDispose]() {
      await Promise.all(registries.map((registry) => registry.close()))
      await server.close()
    },
  }
}

/** What a model says in one step: calls of tools, or its last words. */
export type Step = string | readonly { readonly toolName: string; readonly input: unknown; readonly id?: string }[]

/** A confirm callback that answers so and counts. */
export function person(answer: Awaited<ReturnType<ConfirmCallback>>): ConfirmCallback & { asked: number } {
  const confirm = Object.assign(
    () => {
      confirm.asked++
      return answer
    },
    { asked: 0 },
  )
  return confirm
}
