import { expect, it, onTestFinished } from 'vitest'
import type { TestTool } from 'mcp-integrations/testing'
import { later, openGate, readNote } from '../support/gate.js'
import { bo } from '../support/registry.js'
import { eventually } from '../support/eventually.js'

const places = 4

/** A tool whose calls hang until `end`. `full` resolves when they hold all places. */
function hanging() {
  const [end, full] = [later(), later()]
  let hung = 0
  const hang: TestTool = {
    ...readNote,
    name: 'hang',
    run: async () => {
      if (++hung === places) full.resolve()
      await end.promise
      return ''
    },
  }
  return { hang, end, full: full.promise, hung: () => hung }
}

it('the hung calls of one person leave places to the others of a shared integration', async () => {
  const { hang, end, full, hung } = hanging()
  const gate = await openGate({
    tools: [hang, readNote],
    connect: { visibility: 'workspace' },
    limits: { concurrencyPerIntegration: places },
  })
  await gate.mine.configureTools(gate.id, { hang: { approval: 'auto' }, read_note: { approval: 'auto' } })
  onTestFinished(() => end.resolve())
  const toolset = await gate.toolset()
  const calls = Array.from({ length: 12 }, (_, n) => toolset.call('notes__hang', { id: String(n) }))
  await eventually(() => expect(hung()).toBeGreaterThanOrEqual(places - 1))
  const others = await gate.as(bo).toolset('assistant')
  const call = others.call('notes__read_note', { id: '7' })
  expect(await Promise.race([call, full])).toMatchObject({ type: 'completed' })
  end.resolve()
  for (const each of calls) expect(await each).toMatchObject({ type: 'completed' })
})

it('the calls of the only person of a private integration have all of its places', async () => {
  const { hang, end, full } = hanging()
  const gate = await openGate({ tools: [hang], limits: { concurrencyPerIntegration: places } })
  await gate.mine.configureTools(gate.id, { hang: { approval: 'auto' } })
  onTestFinished(() => end.resolve())
  const toolset = await gate.toolset()
  const calls = Array.from({ length: 6 }, (_, n) => toolset.call('notes__hang', { id: String(n) }))
  await full
  end.resolve()
  for (const call of calls) expect(await call).toMatchObject({ type: 'completed' })
})
