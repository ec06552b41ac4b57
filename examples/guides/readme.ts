import type { ConfirmRequest } from 'mcp-integrations'
import { expect, startNotes } from './host.js'

const notes = await startNotes()
const [file, key, url] = [':memory:', 'A'.repeat(43), notes.url]
const asked: string[] = []
const askThePerson = async ({ tool }: ConfirmRequest) => {
  asked.push(tool.name)
  return 'approve' as const
}

// #region readme
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

const registry = new IntegrationRegistry({
  storage: sqliteStorage({ database: new Database(file) }),
  credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: key }] }), // openssl rand -base64 32
  agents: ['assistant', 'builder'],
  confirm: (request) => askThePerson(request), // 'approve' or 'deny': your dialog
  egress: { allowLoopback: true }, // for development: servers on this machine
})
const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
await mine.connect({ url, name: 'Notes', agents: ['assistant'] })

const toolset = await mine.toolset('assistant') // toolset.tools is for the model
const outcome = await toolset.call('notes__search', { query: 'pricing' }) // asks ana first
// #endregion

expect('the call asked and ran', outcome.type === 'completed' && asked.join() === 'search')
await registry.close()
await notes.close()
