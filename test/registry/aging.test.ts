import { describe, expect, it } from 'vitest'
import type { RegistryStorage, StorageWrite } from 'mcp-integrations'
import type { TestTool } from 'mcp-integrations/testing'
import { ask, beginning, later, openGate, readNote, sent, slowTool, writeNote, type Gate } from '../support/gate.js'
import { ana, makeStorage } from '../support/registry.js'

const write = 'notes__write_note'
const args = { id: '7', text: 'hello' }
const widened: TestTool = {
  ...writeNote,
  inputSchema: {
    ...writeNote.inputSchema,
    properties: { id: { type: 'string' }, text: { type: 'string' }, publish: { type: 'boolean' } },
  },
}

/** What may change while a call waits, and what the call then ends with. */
const changes: readonly [string, (gate: Gate) => Promise<unknown>, object][] = [
  [
    'the tool is turned off',
    ({ mine, id }) => mine.configureTools(id, { write_note: { enabled: false } }),
    { code: 'tool_disabled' },
  ],
  [
    'the tool is for other agents now',
    ({ mine, id }) => mine.configureTools(id, { write_note: { agents: ['builder'] } }),
    { code: 'agent_not_allowed' },
  ],
  [
    'the agent may not use the integration any more',
    ({ mine, id }) => mine.update(id, { agents: ['builder'] }),
    { code: 'agent_not_allowed' },
  ],
  [
    'the tool is set to ask',
    ({ mine, id }) => mine.configureTools(id, { write_note: { approval: 'ask' } }),
    { type: 'approval_required' },
  ],
  [
    'the tool may do more',
    async ({ server, another, id }) => {
      await server.setTools([readNote, widened])
      await another().actingAs(ana).refreshTools(id)
    },
    { type: 'approval_required' },
  ],
  [
    'the integration belongs to somebody else',
    ({ another, id }) => another().actingAs(ana).transferOwner(id, 'bo'),
    { code: 'tool_not_found' },
  ],
  [
    'the host’s policy refuses it',
    () => {
      refuses = true
      return Promise.resolve()
    },
    { code: 'forbidden', rule: 'policy:house' },
  ],
]
let refuses = false
const policy = () => (refuses ? ({ mode: 'deny', rule: 'house' } as const) : undefined)

describe('a call that waited is not sent when meanwhile', () => {
  it.each(changes)('%s (it waited for a place)', async (_what, change, end) => {
    refuses = false
    const { slow, started, working } = slowTool(readNote)
    const gate = await openGate({
      tools: [slow, writeNote],
      limits: { concurrencyPerIntegration: 1 },
      approvals: { policy },
    })
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'auto' }, read_note: { approval: 'auto' } })
    const toolset = await gate.toolset()
    const begun = beginning(gate.mine)
    const first = toolset.call('notes__read_note', { id: '1' })
    await started.promise
    const second = toolset.call(write, args).catch((error: unknown) => error)
    await begun(2)
    await change(gate)
    working.resolve()
    await first.catch(() => undefined)
    expect(await second).toMatchObject(end)
    expect(sent(gate.server)).toEqual([{ id: '1' }])
  })

  it.each(changes)('%s (it waited for a connection)', async (_what, change, end) => {
    refuses = false
    const open = later()
    const asked = later()
    let held = false
    const gate = await openGate({
      era: 'legacy',
      approvals: { policy },
      fetch: (own) => async (url, init) => {
        if (held && typeof init?.body === 'string' && init.body.includes('"initialize"')) {
          asked.resolve()
          await open.promise
        }
        return own(url, init)
      },
    })
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'auto' } })
    const another = gate.another()
    const toolset = await another.actingAs(ana).toolset('assistant')
    await gate.storage.commit('acme', [{ key: `server/${gate.id}/_`, value: undefined }])
    held = true
    const calling = toolset.call(write, args).catch((error: unknown) => error)
    await asked.promise
    held = false
    await change(gate)
    open.resolve()
    expect(await calling).toMatchObject(end)
    expect(sent(gate.server)).toEqual([])
  })
})

/** What the registry ends calls by, and the code that they end with. */
const ends: readonly [string, (gate: Gate) => Promise<unknown>, string][] = [
  ['disabled', ({ mine, id }) => mine.disable(id), 'integration_disabled'],
  ['removed', ({ mine, id }) => mine.remove(id), 'not_found'],
  ['erased with its workspace', ({ registry }) => registry.forgetWorkspace('acme'), 'not_found'],
]

describe('a call has not run when its integration is', () => {
  it.each(ends)('%s while it waits for a place; the one that was sent may have', async (_what, end, code) => {
    const { slow, started, working } = slowTool(readNote)
    const gate = await openGate({ tools: [slow], limits: { concurrencyPerIntegration: 1 } })
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    const toolset = await gate.toolset()
    const begun = beginning(gate.mine)
    const first = toolset.call('notes__read_note', { id: '1' }).catch((error: unknown) => error)
    await started.promise
    const second = toolset.call('notes__read_note', { id: '2' }).catch((error: unknown) => error)
    await begun(2)
    const ending = end(gate)
    expect(await second).toMatchObject({ code, mayHaveRun: false })
    expect(await first).toMatchObject({ code, mayHaveRun: true })
    working.resolve()
    await ending
    expect(sent(gate.server)).toEqual([{ id: '1' }])
  })

  it.each(ends)('%s while it waits for a connection', async (_what, end, code) => {
    const asked = later()
    const open = later()
    let held = false
    const gate = await openGate({
      era: 'legacy',
      fetch: (own) => async (url, init) => {
        if (held && typeof init?.body === 'string' && init.body.includes('"initialize"')) {
          asked.resolve()
          await open.promise
        }
        return own(url, init)
      },
    })
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    const another = gate.another()
    const toolset = await another.actingAs(ana).toolset('assistant')
    await gate.storage.commit('acme', [{ key: `server/${gate.id}/_`, value: undefined }])
    held = true
    const calling = toolset.call('notes__read_note', { id: '1' }).catch((error: unknown) => error)
    await asked.promise
    held = false
    const ending = end({ ...gate, registry: another, mine: another.actingAs(ana) })
    expect(await calling).toMatchObject({ code, mayHaveRun: false })
    open.resolve()
    await ending
    expect(sent(gate.server)).toEqual([])
  })
})

describe('an approval is not used when what it was decided by changes at that very moment:', () => {
  it.each<[string, (gate: Gate) => Promise<unknown>]>([
    ['the tool is turned off', ({ mine, id }) => mine.configureTools(id, { write_note: { enabled: false } })],
    ['the agent is unbound', ({ mine, id }) => mine.update(id, { agents: ['builder'] })],
    ['the tool may do more', changes[4]![1]],
  ])('%s', async (_what, change) => {
    let before: (() => Promise<unknown>) | undefined
    const gate = await openGate({
      storage: interrupted(makeStorage(), async (writes) => {
        if (before === undefined || !writes.some((each) => 'check' in each)) return
        const now = before
        before = undefined
        await now()
      }),
    })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    before = () => change(gate)
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run' })
    expect(sent(gate.server)).toEqual([])
  })

  it('and is used all the same when the change has nothing to do with it', async () => {
    let changed = false
    const gate = await openGate({
      storage: interrupted(makeStorage(), async (writes) => {
        if (changed || !writes.some((each) => 'check' in each)) return
        changed = true
        await gate.mine.configureTools(gate.id, { read_note: { enabled: false } })
      }),
    })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'completed' })
    expect(changed).toBe(true)
    expect(sent(gate.server)).toEqual([args])
  })
})

describe('an approval whose call waits for a place is not used when meanwhile', () => {
  it.each<[string, (gate: Gate) => unknown, object]>([
    ['it expires', ({ runtime }) => runtime.advance(90_000), { because: 'expired' }],
    ['the host’s policy refuses it', () => (refuses = true), { because: 'superseded' }],
    ['the tool is turned off', changes[0]![1], { because: 'superseded' }],
  ])('%s', async (_what, change, end) => {
    refuses = false
    const { slow, started, working } = slowTool(readNote)
    const gate = await openGate({
      tools: [slow, writeNote],
      limits: { concurrencyPerIntegration: 1, callTimeoutMs: 600_000 },
      approvals: { policy, expiresAfterMs: 60_000 },
    })
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    const begun = beginning(gate.mine)
    const first = toolset.call('notes__read_note', { id: '1' })
    await started.promise
    const resumed = toolset.resume(approvalId)
    await begun(2)
    await change(gate)
    working.resolve()
    await first
    expect(await resumed).toMatchObject({ type: 'not_run', ...end })
    expect(sent(gate.server)).toEqual([{ id: '1' }])
  })
})

describe('an approval that is used later', () => {
  it('is superseded when the server changed the tool without a notification', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    await gate.server.setTools([readNote, widened])
    await gate.runtime.advance(300_001)
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'superseded' })
    expect(sent(gate.server)).toEqual([])
  })

  it('stays approved, and nothing is sent, while the tools can’t be listed', async () => {
    let down = false
    const gate = await openGate({
      fetch: (own) => async (url, init) => {
        if (down) return new Response('', { status: 503 })
        return own(url, init)
      },
    })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    await gate.runtime.advance(300_001)
    down = true
    await expect(toolset.resume(approvalId)).rejects.toMatchObject({ code: 'server_error', mayHaveRun: false })
    expect(await gate.mine.approvals.get(approvalId)).toMatchObject({ status: 'approved' })
    down = false
    await gate.runtime.advance(120_000)
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'completed' })
    expect(sent(gate.server)).toEqual([args])
  })
})

describe('a call that was decided', () => {
  it.each([
    [400, 'finished'],
    [403, 'finished'],
    [404, 'finished'],
    [405, 'finished'],
    [422, 'finished'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('with HTTP %i is sent once, and its approval is %s', async (status, approval) => {
    const calls: string[] = []
    const gate = await openGate({
      era: 'modern',
      fetch: (own) => async (url, init) => {
        if (typeof init?.body !== 'string' || !init.body.includes('"tools/call"')) return own(url, init)
        calls.push(init.body)
        return new Response('', { status })
      },
    })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    const ended = await toolset.resume(approvalId).catch((error: unknown) => error)
    expect(ended).not.toMatchObject({ type: 'completed' })
    expect(calls).toHaveLength(1)
    expect(await gate.mine.approvals.get(approvalId)).toMatchObject({ status: approval })
  })

  it('by asking for a person is used again at most three times', async () => {
    let calls = 0
    const gate = await openGate({
      fetch: (own) => async (url, init) => {
        if (typeof init?.body !== 'string' || !init.body.includes('"tools/call"')) return own(url, init)
        calls++
        return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer' } })
      },
    })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    for (let n = 1; n <= 4; n++) {
      expect(await toolset.resume(approvalId)).toMatchObject({ type: 'authorization_required' })
      expect(await gate.mine.approvals.get(approvalId)).toMatchObject({ status: n < 4 ? 'approved' : 'unknown' })
    }
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'already_used' })
    expect(calls).toBe(4)
  })
})

/** A storage in front of which something happens before a commit. */
function interrupted(
  storage: RegistryStorage,
  before: (writes: readonly StorageWrite[]) => Promise<unknown>,
): RegistryStorage {
  return {
    ...storage,
    commit: async (workspaceId, writes) => {
      await before(writes)
      return storage.commit(workspaceId, writes)
    },
  }
}
