import { describe, expect, it } from 'vitest'
import type { ApprovalOptions, CallExplanation } from 'mcp-integrations'
import { ask, openGate, readNote, sent, writeNote, type Gate } from '../support/gate.js'
import { ana, bo } from '../support/registry.js'

const trust = (gate: Gate): Promise<unknown> => gate.as({ ...ana, role: 'admin' }).trust(gate.id, true)
const set = (settings: object) => (gate: Gate) => gate.mine.configureTools(gate.id, { write_note: settings })

/** Explains a call, makes it, and holds the two against each other. */
async function explained(gate: Gate, tool = 'notes__write_note', args: object = { id: '7', text: 'x' }) {
  const explanation = await (await gate.toolset()).explain(tool, args)
  expect((await gate.mine.approvals.list()).approvals).toEqual([])
  expect(sent(gate.server)).toEqual([])
  const met = await (await gate.toolset()).call(tool, args).then(
    (outcome) =>
      outcome.type === 'approval_required'
        ? { type: 'ask', rule: outcome.approval.rule }
        : { type: 'auto', rule: undefined },
    ({ code, rule }: { code: string; rule?: string }) =>
      code === 'forbidden' ? { type: 'deny', rule } : { type: 'unavailable', code },
  )
  const { type, rule, code } = explanation as CallExplanation & { rule?: string; code?: string }
  expect({ type, ...(code === undefined ? { rule: met.type === 'auto' ? undefined : rule } : { code }) }).toEqual(met)
  return explanation
}

describe('explain', () => {
  it.each<[string, (gate: Gate) => unknown, ApprovalOptions, Partial<Record<string, string>>]>([
    ['an untrusted server', () => {}, {}, { type: 'ask', rule: 'untrusted' }],
    ['a trusted server', trust, {}, { type: 'ask', rule: 'annotations_write' }],
    ['a label', set({ label: 'read' }), {}, { type: 'auto', rule: 'label_read' }],
    ['mode auto', set({ approval: 'auto' }), {}, { type: 'auto', rule: 'mode_auto' }],
    ['mode ask', set({ approval: 'ask', label: 'read' }), {}, { type: 'ask', rule: 'mode_ask' }],
    [
      'a policy that looks at arguments',
      () => {},
      { policy: ({ arguments: args }) => ({ mode: args?.id === '7' ? 'deny' : 'auto', rule: 'no sevens' }) },
      { type: 'deny', rule: 'policy:no sevens' },
    ],
    [
      'a policy that throws',
      () => {},
      {
        policy: () => {
          throw new Error('down')
        },
      },
      { type: 'deny', rule: 'policy_failed' },
    ],
    [
      'a policy that loosens',
      set({ approval: 'ask' }),
      { policy: () => ({ mode: 'auto', rule: 'all' }) },
      { type: 'ask', rule: 'mode_ask' },
    ],
    ['a tool that is off', set({ enabled: false }), {}, { type: 'unavailable', code: 'tool_disabled' }],
    ['a tool for others', set({ agents: ['builder'] }), {}, { type: 'unavailable', code: 'agent_not_allowed' }],
    [
      'an integration that is off',
      ({ mine, id }) => mine.disable(id),
      {},
      { type: 'unavailable', code: 'integration_disabled' },
    ],
    [
      'an integration of other agents',
      ({ mine, id }) => mine.update(id, { agents: ['builder'] }),
      {},
      { type: 'unavailable', code: 'agent_not_allowed' },
    ],
    [
      'a tool that is gone',
      async ({ server, mine, id }) => {
        await server.setTools([readNote])
        await mine.refreshTools(id)
      },
      {},
      { type: 'unavailable', code: 'tool_not_found' },
    ],
    [
      'a tool that is held',
      async ({ server, mine, id }) => {
        await server.setTools([{ ...writeNote, inputSchema: { type: 'object' } }])
        await mine.refreshTools(id)
      },
      { onToolChange: 'hold' },
      { type: 'deny', rule: 'tool_held' },
    ],
  ])('tells of %s what then happens', async (_what, arrange, approvals, expected) => {
    const gate = await openGate({ approvals })
    await arrange(gate)
    expect(await explained(gate)).toMatchObject({ ...expected, why: expect.any(String) as string })
  })

  it('sees a grant, and uses none of it', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, { decision: 'approve', remember: { for: 'limited', uses: 1 } })
    const args = { id: '7', text: 'hello' }
    for (let n = 0; n < 3; n++)
      expect(await toolset.explain('notes__write_note', args)).toMatchObject({
        type: 'auto',
        rule: 'grant',
      })
    expect(await toolset.explain('notes__write_note')).toMatchObject({ type: 'ask' })
    expect(await toolset.call('notes__write_note', args)).toMatchObject({ type: 'completed' })
    expect(await toolset.explain('notes__write_note', args)).toMatchObject({ type: 'ask' })
  })

  it("reveals nothing that the actor can't access", async () => {
    const gate = await openGate()
    const mine = await (await gate.toolset()).explain('notes__nope')
    const theirs = await (await gate.as(bo).toolset('assistant')).explain('notes__write_note')
    expect(theirs).toMatchObject({ type: 'unavailable', code: 'tool_not_found' })
    expect(mine).toMatchObject({ type: 'unavailable', code: 'tool_not_found' })
    for (const name of [7, null, undefined])
      await expect((await gate.toolset()).explain(name as never)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('agrees with what tools() and the toolset say', async () => {
    const gate = await openGate()
    await trust(gate)
    const { tools } = await gate.mine.tools(gate.id)
    const toolset = await gate.toolset()
    for (const { modelName, approval } of tools) {
      const { type, rule } = (await toolset.explain(modelName)) as { type: string; rule: string }
      expect({ mode: 'default', resolved: type, rule }).toEqual(approval)
      expect(toolset.tools.find((tool) => tool.modelName === modelName)!.approval).toEqual(approval)
    }
    expect(tools.map(({ approval }) => approval.rule)).toEqual(['annotations_read', 'annotations_write'])
  })
})
