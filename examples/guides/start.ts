/** What most guides start from, as one program that can be pasted: it needs no server and no network. */
import { expect } from './host.js'

// #region start
import { randomBytes } from 'node:crypto'
import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { testServer } from 'mcp-integrations/testing'

const notes = testServer({
  tools: [
    { name: 'search', annotations: { readOnlyHint: true }, run: ({ query }) => `2 notes about ${String(query)}` },
    { name: 'send', annotations: { readOnlyHint: false }, run: ({ to }) => `sent to ${String(to)}` },
  ],
})
const { url } = notes
const registry = new IntegrationRegistry({
  storage: memoryStorage(),
  credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: randomBytes(32) }] }),
  agents: ['assistant', 'builder'],
  connectors: [{ id: 'notes', name: 'Notes', url, auth: 'none', trusted: true }],
  runtime: { fetch: notes.fetch }, // the server above; leave it out to reach real ones
})
const ana = { workspaceId: 'acme', userId: 'ana' }
const admin = { workspaceId: 'acme', userId: 'root', role: 'admin' } as const
const mine = registry.actingAs(ana)
const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant', 'builder'] })
// #endregion

expect('the notes are connected', integration.status === 'connected' && integration.tools.total === 2)
expect('an admin may be asked for', registry.actingAs(admin) !== undefined)
await registry.close()
await notes.close()
