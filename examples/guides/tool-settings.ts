import { admin, connectedNotes, expect } from './host.js'

export async function toolSettings(): Promise<void> {
  const { registry, mine, integration, close } = await connectedNotes()
  // #region overview
  const { tools } = await mine.tools(integration.id)
  for (const { name, label, enabled, approval } of tools)
    console.log(
      `  ${name}: ${label?.value ?? 'unlabelled'}, ${enabled ? 'on' : 'off'}, ${approval.mode} → ${approval.resolved} (${approval.rule})`,
    )
  // #endregion
  expect('all tools are there', tools.length === 2)
  // #region configure
  await mine.configureTools(integration.id, {
    send: { approval: 'ask', agents: ['assistant'] }, // asks every time, and is not for builder
    search: { label: 'read' }, // what a person says of it counts; `null` takes it back
  })
  await mine.configureTools(integration.id, { send: { enabled: false } })
  // #endregion
  // #region unavailable
  const builder = await mine.toolset('builder')
  for (const { integration: from, name, reason } of builder.unavailable)
    console.log(`  ${from.name} ${name ?? ''}: ${reason}`) // never silently missing
  // #endregion
  expect(
    'what is off is told',
    builder.unavailable.some(({ reason }) => reason === 'tool_disabled'),
  )
  await mine.update(integration.id, { visibility: 'workspace', credentials: 'shared' })
  // #region trust
  await registry.actingAs(admin).trust(integration.id, false) // its annotations are shown, and not believed
  // #endregion
  const { approval } = (await mine.tools(integration.id)).tools.find(({ name }) => name === 'send')!
  expect('an ask setting stays', approval.rule === 'mode_ask')
  // #region switch
  await mine.disable(integration.id) // at once: new calls refused, running ones aborted, open approvals cancelled
  await mine.enable(integration.id) // nothing was lost
  // #endregion
  await close()
}
