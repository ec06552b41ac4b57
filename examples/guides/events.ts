import type { Diagnostic } from 'mcp-integrations'
import { admin, connectedNotes, expect } from './host.js'

// #region diagnostics
const onDiagnostic = ({ area, message, error }: Diagnostic) => console.warn(`[mcp] ${area}: ${message}`, error ?? '')
// #endregion

export async function events(): Promise<void> {
  const { registry, mine, integration, close } = await connectedNotes({ onDiagnostic })
  // #region on
  const shown: string[] = []
  const off = registry.on('integration_status_changed', ({ integrationId, status, reason }) => {
    shown.push(`${integrationId} is ${status}: ${reason}`) // this process only, best effort
  })
  registry.on('call_finished', ({ tool, outcome, durationMs }) => shown.push(`${tool} ${outcome} ${durationMs} ms`))
  // #endregion
  await (await mine.toolset('assistant')).call('notes__search', { query: 'pricing' })
  off()
  expect('listeners heard it', shown.length === 1)
  // #region feed
  let cursor: string | undefined // what you kept last time
  const page = await registry.events({ workspaceId: 'acme', after: cursor })
  for (const event of page.events) shown.push(`${event.at} ${event.type}`)
  cursor = page.after // keep it with what you did: at least once, in order, none is missed
  // #endregion
  expect('the feed has it', page.events.some(({ type }) => type === 'integration_connected') && cursor !== undefined)
  await mine.disable(integration.id)
  // #region audit
  const { entries } = await registry.actingAs(admin).audit({ limit: 100 })
  for (const { at, userId, action, tool, rule, outcome } of entries)
    shown.push([new Date(at).toISOString(), userId, action, tool, rule, outcome].join(' '))
  // #endregion
  expect('the audit has it', (await mine.audit()).entries.some(({ action }) => action === 'call') && entries.length > 0)
  // #region sweep
  await registry.sweep() // now and then, in any process: finishes what time or a dead process left
  // #endregion
  await close()
}
