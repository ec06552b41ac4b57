import { expect, it } from 'vitest'
import { ask, openGate, sent, writeNote } from '../support/gate.js'

const open = { ...writeNote, inputSchema: { type: 'object' } }

it.each<[string, object]>([
  ['quotes', { text: '"'.repeat(32_000) }],
  ['control characters', { text: '\u0001'.repeat(10_000) }],
  ['many fields', Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n]))],
  ['other scripts', { text: '漢'.repeat(21_000) }],
])('asks about arguments as large as they may be: %s', async (_what, args) => {
  const gate = await openGate({ tools: [open] })
  const toolset = await gate.toolset()
  const { approvalId, display } = await ask(toolset, args)
  expect(display.text.length).toBeGreaterThan(0)
  await gate.mine.approvals.decide(approvalId, 'approve')
  expect(await toolset.resume(approvalId)).toMatchObject({ type: 'completed' })
  expect(sent(gate.server)).toEqual([args])
})

it('asks about a tool of which nearly everything has changed', async () => {
  const fields = (text: string): object =>
    Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`f${n}`, { type: 'string', description: text.repeat(35) }]),
    )
  const tool = (text: string) => ({ ...open, inputSchema: { type: 'object', properties: fields(text) } })
  const gate = await openGate({ tools: [tool('before ')] })
  await gate.server.setTools([tool('now "" ')])
  await gate.mine.refreshTools(gate.id)
  const { change } = await ask(await gate.toolset(), { f1: '1' })
  expect(change!.differences.length).toBeGreaterThan(0)
})

it('refuses arguments that are larger than can be kept, and runs nothing', async () => {
  const gate = await openGate({ tools: [open], limits: { maxArgumentBytes: 192 * 1024 } })
  await expect(ask(await gate.toolset(), { text: '"'.repeat(95_000) })).rejects.toMatchObject({
    code: 'invalid_input',
    mayHaveRun: false,
  })
  expect((await gate.mine.approvals.list()).approvals).toEqual([])
  expect(sent(gate.server)).toEqual([])
})
