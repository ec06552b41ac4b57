// #region first
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
// #endregion
import { expect, startNotes } from './host.js'

export async function readme(): Promise<void> {
  const notes = await startNotes()
  const asked: string[] = []
  const askThePerson = async (request: { readonly tool: { readonly name: string } }) => {
    asked.push(request.tool.name)
    return 'approve' as const
  }
  const [file, key, url] = [':memory:', 'x'.repeat(42) + '0', notes.url]
  // #region registry
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
}
