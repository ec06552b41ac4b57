import { expect, startNotes } from './host.js'

const notes = await startNotes()
const [file, key] = [':memory:', 'A'.repeat(43)]
const ana = { workspaceId: 'acme', userId: 'ana' }
const whoIs = (_request: Request) => ana

// #region readme
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { integrationsHandler } from 'mcp-integrations/http'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { settingsPage } from 'mcp-integrations/ui'

const registry = new IntegrationRegistry({
  storage: sqliteStorage({ database: new Database(file) }),
  credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: key }] }), // openssl rand -base64 32
  agents: ['assistant', 'builder'],
  egress: { allowLoopback: true }, // for development: servers on this machine
})

// Settings → MCP Integrations, the approvals inbox and their API. Hono: app.all('/mcp/*', (c) => handler(c.req.raw))
const handler = integrationsHandler(registry, { basePath: '/mcp', actor: whoIs, ui: settingsPage() })
// #endregion

const page = await handler(new Request('http://localhost/mcp'))
expect('the page is there', page.status === 200 && (await page.text()).includes('<mcp-integrations'))
await registry.actingAs(ana).connect({ url: notes.url, name: 'Notes', agents: ['assistant'] })

// #region call
const toolset = await registry.actingAs(ana).toolset('assistant') // toolset.tools is for the model
const outcome = await toolset.call('notes__search', { query: 'pricing' }) // waits for ana's yes, or runs
// #endregion

expect('the call waits', outcome.type === 'approval_required')
await registry.close()
await notes.close()
