import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { manualRuntime, testServer } from 'mcp-integrations/testing'
import { expect } from './host.js'

export async function testing(): Promise<void> {
  // #region testing
  const keys = [{ id: 'test', secret: new Uint8Array(32).fill(1) }]
  const runtime = manualRuntime() // time stands still until you move it
  const notes = testServer({ tools: [{ name: 'search', run: ({ query }) => `2 notes about ${String(query)}` }] })
  const registry = new IntegrationRegistry({
    storage: memoryStorage({ now: runtime.now }),
    credentials: encryptedCredentials({ keys, now: runtime.now }),
    agents: ['assistant'],
    confirm: () => 'defer',
    runtime: { ...runtime, fetch: notes.fetch }, // no port, no network; several: fetchAmong([notes, mail])
  })
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  await mine.connect({ url: notes.url, name: 'Notes', agents: ['assistant'] })
  const toolset = await mine.toolset('assistant')
  const waiting = await toolset.call('notes__search', { query: 'pricing' }) // approval_required; nothing was called
  await runtime.advance(86_400_000) // a day later, it has expired
  // #endregion
  const [approval] = (await mine.approvals.list()).approvals
  expect('it waited and expired', waiting.type === 'approval_required' && approval?.status === 'expired')
  expect('nothing was called', !notes.calls.has('search'))
  await registry.close()
  await notes.close()
}
