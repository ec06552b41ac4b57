/** Shared by the guides' examples: a small MCP server on this machine, a registry, and a way to print results. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import {
  encryptedCredentials,
  IntegrationRegistry,
  memoryStorage,
  type IntegrationRegistryOptions,
} from 'mcp-integrations'
import { testServer, type TestTool } from 'mcp-integrations/testing'

export const ana = { workspaceId: 'acme', userId: 'ana' }
export const admin = { workspaceId: 'acme', userId: 'root', role: 'admin' as const }

const tools: readonly TestTool[] = [
  {
    name: 'search',
    description: 'Finds notes.',
    inputSchema: { type: 'object', properties: { query: { type: 'string' } } },
    annotations: { readOnlyHint: true },
    run: ({ query }) => `2 notes about ${String(query)}`,
  },
  {
    name: 'send',
    description: 'Sends a note to somebody.',
    inputSchema: { type: 'object', properties: { to: { type: 'string' }, text: { type: 'string' } } },
    annotations: { readOnlyHint: false },
    run: ({ to }) => `sent to ${String(to)}`,
  },
]

/** The server of the examples, on its own port. */
export async function startNotes() {
  const server = testServer({ tools })
  const http = createServer(async (request, response) => {
    const answer = await server.fetch(
      new Request(server.url, {
        method: request.method ?? 'GET',
        headers: request.headers as Record<string, string>,
        body: request.method === 'POST' ? (Readable.toWeb(request) as ReadableStream) : undefined,
        duplex: request.method === 'POST' ? 'half' : undefined,
      } as RequestInit),
    )
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    if (answer.body === null) response.end()
    else Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]).pipe(response)
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    calls: server.calls,
    setTools: (more: readonly TestTool[]) => server.setTools([...tools, ...more]),
    async close() {
      http.closeAllConnections()
      http.close()
      await server.close()
    },
  }
}

/** A registry in memory, with the notes connected and trusted. */
export async function connectedNotes(options: Partial<IntegrationRegistryOptions> = {}) {
  const notes = await startNotes()
  const registry = new IntegrationRegistry({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: new Uint8Array(32).fill(1) }] }),
    agents: ['assistant', 'builder'],
    connectors: [{ id: 'notes', name: 'Notes', url: notes.url, auth: 'none', trusted: true }],
    egress: { allowLoopback: true },
    ...options,
  })
  const mine = registry.actingAs(ana)
  const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant', 'builder'] })
  return {
    registry,
    mine,
    integration,
    notes,
    async close() {
      await registry.close()
      await notes.close()
    },
  }
}

/** Ends the example when something is not as the guide says. */
export function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`The guide says otherwise: ${what}`)
}
