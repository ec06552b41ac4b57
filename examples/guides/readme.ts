import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ana, expect, startNotes } from './host.js'

const notes = await startNotes()
const [here, folder] = [process.cwd(), await mkdtemp(join(tmpdir(), 'mcp-readme-'))]
process.chdir(folder)
process.env['MCP_KEY'] = 'A'.repeat(43)

// #region readme
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { integrationsHandler } from 'mcp-integrations/http'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { settingsPage } from 'mcp-integrations/ui'

const registry = new IntegrationRegistry({
  storage: sqliteStorage({ database: new Database('integrations.db') }),
  credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: process.env['MCP_KEY'] ?? '' }] }), // openssl rand -base64 32
  agents: ['assistant', 'builder'],
  egress: { allowLoopback: true }, // for development: servers on this machine
})

const whoIs = (_request: Request) => ({ workspaceId: 'acme', userId: 'ana' }) // your session says

// Settings → MCP Integrations, the approvals inbox and their API. Hono: app.all('/mcp/*', (c) => handler(c.req.raw))
const handler = integrationsHandler(registry, { basePath: '/mcp', actor: whoIs, ui: settingsPage() })
// #endregion

const page = await handler(new Request('http://localhost/mcp'))
expect('the page is there', page.status === 200 && (await page.text()).includes('<mcp-integrations'))
await registry.actingAs(ana).connect({ url: notes.url, name: 'Notes', agents: ['assistant'] })

// #region call
const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
const toolset = await mine.toolset('assistant') // toolset.tools is for the model
const outcome = await toolset.call('notes__search', { query: 'pricing' }) // waits for ana's yes, or runs
// #endregion

expect('the call waits', outcome.type === 'approval_required')
await registry.close()
await notes.close()
process.chdir(here)
await rm(folder, { recursive: true })
