import { describe, expect, it } from 'vitest'
import type { Diagnostic, RememberOptions, Toolset } from 'mcp-integrations'
import { ask, beginning, later, openGate, readNote, sent, slowTool, writeNote, type Gate } from '../support/gate.js'

const write = 'notes__write_note'
const args = { id: '7', text: 'hello' }

/** Each way to take `assistant` away, and to give it back. */
const ways: readonly [string, (gate: Gate) => Promise<unknown>, (gate: Gate) => Promise<unknown>][] = [
  [
    'the integration',
    ({ mine, id }) => mine.update(id, { agents: ['builder'] }),
    ({ mine, id }) => mine.update(id, { agents: ['builder', 'assistant'] }),
  ],
  [
    'the tool',
    ({ mine, id }) => mine.configureTools(id, { write_note: { agents: ['builder'] } }),
    ({ mine, id }) => mine.configureTools(id, { write_note: { agents: null } }),
  ],
]

async function remember(gate: Gate, toolset: Toolset, options: RememberOptions = { for: 'tool' }): Promise<void> {
  const { approvalId } = await ask(toolset)
  await gate.mine.approvals.decide(approvalId, { decision: 'approve', remember: options })
}

describe.each(ways)('an agent that loses %s', (_what, take, giveBack) => {
  it('and gets it back asks again: what was remembered for it has ended', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    await remember(gate, toolset)
    await take(gate)
    expect(await gate.mine.grants.list()).toEqual([])
    await giveBack(gate)
    expect(await toolset.call(write, args)).toMatchObject({ type: 'approval_required' })
    expect(sent(gate.server)).toEqual([])
    const { events } = await gate.registry.events({ workspaceId: 'acme' })
    expect(events).toContainEqual(expect.objectContaining({ type: 'grant_revoked', userId: 'ana' }))
  })

  it('leaves what was remembered for other agents, for all agents, and for other tools', async () => {
    const asking = { ...readNote, annotations: { readOnlyHint: false } }
    const gate = await openGate({ tools: [asking, writeNote] })
    await remember(gate, await gate.toolset({}, 'builder'))
    await remember(gate, await gate.toolset(), { for: 'tool', agents: 'all' })
    await take(gate)
    expect(await gate.mine.grants.list()).toHaveLength(2)
    await giveBack(gate)
    expect(await (await gate.toolset()).call(write, args)).toMatchObject({ type: 'completed' })
  })

  it('leaves no approval that runs when it gets it back', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const pending = await ask(toolset, { id: '8', text: 'later' })
    const approved = await ask(toolset)
    await gate.mine.approvals.decide(approved.approvalId, 'approve')
    await take(gate)
    await giveBack(gate)
    for (const { approvalId } of [pending, approved])
      expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'superseded' })
    expect(sent(gate.server)).toEqual([])
  })
})

it('limiting one tool to other agents leaves what was remembered of another tool', async () => {
  const asking = { ...readNote, annotations: { readOnlyHint: false } }
  const gate = await openGate({ tools: [asking, writeNote] })
  const toolset = await gate.toolset()
  await remember(gate, toolset)
  await gate.mine.configureTools(gate.id, { read_note: { agents: ['builder'] } })
  expect(await toolset.call(write, args)).toMatchObject({ type: 'completed' })
})

/** A gate whose host has its agents in a function. */
async function openWithAgents(
  options: Parameters<typeof openGate>[0] = {},
): Promise<Gate & { of: () => Promise<string[]>; set(of: () => Promise<string[]>): void }> {
  const host = { of: async (): Promise<string[]> => ['assistant', 'builder'] }
  const gate = await openGate({ ...options, agents: () => host.of() as Promise<never> })
  await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
  return { ...gate, of: host.of, set: (of) => (host.of = of) }
}

const withoutAssistant = async (): Promise<string[]> => ['builder']

describe('an agent that the host no longer has', () => {
  it('can call nothing, through a toolset from before, until the host has it again', async () => {
    const gate = await openWithAgents()
    const toolset = await gate.toolset()
    gate.set(withoutAssistant)
    await expect(toolset.call('notes__read_note', { id: '1' })).rejects.toMatchObject({
      code: 'agent_not_allowed',
      mayHaveRun: false,
    })
    expect(sent(gate.server)).toEqual([])
    gate.set(gate.of)
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
  })

  it('can call nothing by a remembered decision, nor by an approval', async () => {
    const gate = await openWithAgents()
    const toolset = await gate.toolset()
    await remember(gate, toolset)
    const { approvalId } = await ask(toolset, { id: '8', text: 'later' })
    await gate.mine.approvals.decide(approvalId, 'approve')
    gate.set(withoutAssistant)
    await expect(toolset.call(write, args)).rejects.toMatchObject({ code: 'agent_not_allowed' })
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'superseded' })
    expect(sent(gate.server)).toEqual([])
  })

  it('sends no call that waited for a place meanwhile', async () => {
    const { slow, started, working } = slowTool(readNote)
    const gate = await openWithAgents({ tools: [slow, writeNote], limits: { concurrencyPerIntegration: 1 } })
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'auto' } })
    const toolset = await gate.toolset()
    const begun = beginning(gate.mine)
    const first = toolset.call('notes__read_note', { id: '1' })
    await started.promise
    const second = toolset.call(write, args).catch((error: unknown) => error)
    await begun(2)
    gate.set(withoutAssistant)
    working.resolve()
    await first
    expect(await second).toMatchObject({ code: 'agent_not_allowed', mayHaveRun: false })
    expect(sent(gate.server)).toEqual([{ id: '1' }])
  })
})

describe('a host whose agents can’t be read', () => {
  it('gets a typed error of the call, and its own error as a diagnostic', async () => {
    const diagnostics: Diagnostic[] = []
    const gate = await openWithAgents({ onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) })
    const toolset = await gate.toolset()
    const own = new Error('the database is down')
    gate.set(() => Promise.reject(own))
    const error: unknown = await toolset.call('notes__read_note', { id: '1' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'storage_unavailable', mayHaveRun: false })
    expect((error as Error).message).not.toContain('database is down')
    expect(diagnostics).toContainEqual(expect.objectContaining({ area: 'agents', error: own, workspaceId: 'acme' }))
    expect(sent(gate.server)).toEqual([])
  })

  it('makes no call wait for ever', async () => {
    const gate = await openWithAgents()
    const toolset = await gate.toolset()
    const asked = later()
    gate.set(() => {
      asked.resolve()
      return new Promise(() => {})
    })
    const call = toolset.call('notes__read_note', { id: '1' }).catch((thrown: unknown) => thrown)
    await asked.promise
    let ended: unknown
    void call.then((error) => (ended = error))
    await expect
      .poll(async () => {
        // As long as the storage has, which is a day where it is a real database.
        await gate.runtime.advance(86_400_000)
        return ended
      })
      .toMatchObject({ code: 'storage_unavailable', mayHaveRun: false })
  })
})
