import { describe, expect, it } from 'vitest'
import type { ToolSettings } from 'mcp-integrations'
import { openGate, readNote, writeNote } from '../support/gate.js'
import { ana, bo } from '../support/registry.js'

describe("a tool's settings", () => {
  const chosen = { enabled: true, approval: 'ask', label: 'read', agents: ['builder'] } as const
  const seen = {
    enabled: true,
    label: { value: 'read', source: 'person', believed: true },
    approval: { mode: 'ask', resolved: 'ask', rule: 'mode_ask' },
    agents: ['builder'],
  }

  it('survive restarts, refreshes, reconnects and edits', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { write_note: chosen })
    const look = async (registry = gate.registry): Promise<unknown> =>
      (await registry.actingAs(ana).tools(gate.id)).tools.find(({ name }) => name === 'write_note')
    expect(await look()).toMatchObject(seen)
    expect(await look(gate.another())).toMatchObject(seen)
    await gate.mine.refreshTools(gate.id)
    expect(await look()).toMatchObject(seen)
    await gate.mine.reconnect(gate.id)
    expect(await look()).toMatchObject(seen)
    await gate.mine.update(gate.id, { name: 'Other', agents: ['builder'], headers: { 'X-Tenant': 'a' } })
    expect(await look()).toMatchObject(seen)
    await gate.mine.update(gate.id, { url: 'https://notes.example/mcp?v=2' })
    expect(await look()).toMatchObject(seen)
    await gate.mine.disable(gate.id)
    await gate.mine.enable(gate.id)
    expect(await look()).toMatchObject(seen)
  })

  it('change one by one, and can be taken back', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { write_note: chosen })
    await gate.mine.configureTools(gate.id, { write_note: { label: null } })
    await gate.mine.configureTools(gate.id, { write_note: { agents: null, approval: 'default' } })
    const [, tool] = (await gate.mine.tools(gate.id)).tools
    expect(tool).toMatchObject({
      label: { value: 'write', source: 'server', believed: false },
      approval: { mode: 'default', resolved: 'ask', rule: 'untrusted' },
    })
    expect(tool?.agents).toBeUndefined()
  })

  it('of several tools are one commit, or nothing', async () => {
    const gate = await openGate()
    await expect(
      gate.mine.configureTools(gate.id, { write_note: { enabled: false }, nope: { enabled: false } }),
    ).rejects.toMatchObject({ code: 'tool_not_found' })
    expect((await gate.toolset()).tools).toHaveLength(2)
    await gate.mine.configureTools(gate.id, { write_note: { enabled: false }, read_note: { enabled: false } })
    expect((await gate.toolset()).tools).toEqual([])
    const { events } = await gate.registry.events({ workspaceId: 'acme' })
    expect(events.filter(({ type }) => type === 'tools_configured')).toMatchObject([
      { tools: ['write_note', 'read_note'], by: 'ana' },
    ])
  })

  it.each<[string, unknown]>([
    ['an unknown mode', { approval: 'always' }],
    ['an unknown label', { label: 'safe' }],
    ['no agent', { agents: [] }],
    ['an agent that the integration is not for', { agents: ['nobody'] }],
    ['something unknown', { hidden: true }],
    ['nothing', undefined],
  ])('that are %s are refused', async (_what, settings) => {
    const gate = await openGate()
    await expect(gate.mine.configureTools(gate.id, { write_note: settings as ToolSettings })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })

  it('of tools called like what every object has are settings of those tools only', async () => {
    const gate = await openGate({ tools: [readNote, { ...writeNote, name: 'has-own.property' }] })
    for (const name of ['__proto__', 'constructor', 'toString'])
      await expect(gate.mine.configureTools(gate.id, { [name]: { enabled: false } })).rejects.toMatchObject({
        code: 'tool_not_found',
      })
    expect((await gate.toolset()).tools).toHaveLength(2)
  })

  it('of a tool that has such a name are its own, from the first list on', async () => {
    const gate = await openGate({ tools: ['__proto__', 'constructor'].map((name) => ({ ...writeNote, name })) })
    await gate.mine.configureTools(
      gate.id,
      JSON.parse('{"__proto__":{"approval":"auto"}}') as Record<string, ToolSettings>,
    )
    const { tools } = await gate.mine.tools(gate.id)
    expect(tools.map(({ name, approval, change }) => [name, approval.resolved, change])).toEqual([
      ['__proto__', 'auto', undefined],
      ['constructor', 'ask', undefined],
    ])
  })

  it("start as the connector's", async () => {
    const gate = await openGate({
      connectors: [
        {
          id: 'notes',
          name: 'Notes',
          url: 'https://notes.example/mcp',
          auth: 'none',
          trusted: true,
          tools: { write_note: { approval: 'ask' }, read_note: { enabled: false } },
        },
      ],
    })
    const result = await gate.mine.connect({ connector: 'notes', agents: ['assistant'] })
    const { tools } = await gate.mine.tools(result.integration.id)
    expect(tools).toMatchObject([
      { name: 'read_note', enabled: false },
      { name: 'write_note', enabled: true, approval: { mode: 'ask' } },
    ])
  })
})

describe('a toolset', () => {
  it('has what this agent may call, and says of everything else why not', async () => {
    const gate = await openGate({
      tools: [
        readNote,
        writeNote,
        { ...readNote, name: 'off' },
        { ...readNote, name: 'builders' },
        { ...readNote, name: 'secret' },
        { ...readNote, name: 'bad name\u202e' },
        { ...readNote, name: 'twice' },
        { ...writeNote, name: 'twice' },
      ],
      approvals: { policy: ({ tool }) => (tool.name === 'secret' ? { mode: 'deny', rule: 'no secrets' } : undefined) },
    })
    await gate.mine.configureTools(gate.id, { off: { enabled: false }, builders: { agents: ['builder'] } })
    const toolset = await gate.toolset()
    expect(toolset.tools.map(({ modelName, name }) => [modelName, name])).toEqual([
      ['notes__read_note', 'read_note'],
      ['notes__write_note', 'write_note'],
    ])
    expect(toolset.unavailable.map(({ name, reason, rule }) => [name, reason, rule])).toEqual(
      expect.arrayContaining([
        ['off', 'tool_disabled', undefined],
        ['builders', 'tool_not_for_agent', undefined],
        ['secret', 'denied_by_policy', 'policy:no secrets'],
        [expect.stringContaining('202E'), 'invalid_name', undefined],
        ['twice', 'duplicate_name', undefined],
      ]),
    )
    expect(JSON.stringify(toolset.unavailable)).not.toContain('\u202e')
    expect((await gate.toolset({}, 'builder')).tools.map(({ name }) => name)).toContain('builders')
  })

  it('shows, and the call decides: what was taken away since is refused, with its reason', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' }, confirm: () => 'approve' })
    const toolset = await gate.as(bo).toolset('assistant')
    const code = async (): Promise<unknown> =>
      toolset.call('notes__read_note', { id: '7' }).then(
        ({ type }) => type,
        (error: { code: string }) => error.code,
      )
    expect(await code()).toBe('completed')
    await gate.mine.configureTools(gate.id, { read_note: { enabled: false } })
    expect(await code()).toBe('tool_disabled')
    await gate.mine.configureTools(gate.id, { read_note: { enabled: true, agents: ['builder'] } })
    expect(await code()).toBe('agent_not_allowed')
    await gate.mine.configureTools(gate.id, { read_note: { agents: null } })
    await gate.mine.update(gate.id, { agents: ['builder'] })
    expect(await code()).toBe('agent_not_allowed')
    await gate.mine.update(gate.id, { agents: ['assistant'] })
    await gate.mine.disable(gate.id)
    expect(await code()).toBe('integration_disabled')
    await gate.mine.enable(gate.id)
    await gate.mine.update(gate.id, { visibility: 'private' })
    expect(await code()).toBe('tool_not_found')
    expect(await gate.as(bo).toolset('assistant')).toMatchObject({ tools: [], unavailable: [] })
  })

  it('keeps its names over restarts and renames of the integration, and is byte-faithful about schemas', async () => {
    const inputSchema = { type: 'object', 'x-odd': [1, { b: 2, a: 1 }], properties: { 'ü\u202e': { type: 'string' } } }
    const gate = await openGate({ tools: [{ ...readNote, name: 'Read.Note-2', inputSchema }] })
    const names = async (registry = gate.registry): Promise<readonly string[]> =>
      (await registry.actingAs(ana).toolset('assistant')).tools.map(({ modelName }) => modelName)
    const before = await names()
    expect(before[0]).toMatch(/^notes__[a-z0-9_]{1,57}$/)
    await gate.mine.update(gate.id, { name: 'Something else' })
    expect(await names()).toEqual(before)
    expect(await names(gate.another())).toEqual(before)
    const [tool] = (await gate.toolset()).tools
    expect(JSON.stringify(tool!.inputSchema)).toBe(JSON.stringify(inputSchema))
    const outcome = await (await gate.toolset({ confirm: () => 'approve' })).call(before[0]!, { id: '1' })
    expect(outcome).toMatchObject({ type: 'completed' })
    expect(gate.server.calls.get('Read.Note-2')).toBe(1)
  })

  it('of an agent that is not known is an error', async () => {
    const gate = await openGate()
    await expect(gate.mine.toolset('nobody' as 'assistant')).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(gate.mine.toolset('assistant', { conversationId: '' })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })

  it('reads nothing when it is warm and the storage reports changes, with no request', async () => {
    const gate = await openGate()
    await gate.toolset()
    const requests = gate.server.requests.length
    let reads = 0
    const { read } = gate.storage
    gate.storage.read = async (...given) => {
      reads++
      return read.call(gate.storage, ...given)
    }
    await gate.toolset()
    expect([reads, gate.server.requests.length - requests]).toEqual([0, 0])
  })
})
