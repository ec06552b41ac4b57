import { describe, expect, it } from 'vitest'
import type { TestTool } from 'mcp-integrations/testing'
import type { ApprovalOptions, Tool } from 'mcp-integrations'
import { acceptNow, ask, openGate, readNote, sent, writeNote, type Gate } from '../support/gate.js'
import { ana } from '../support/registry.js'

const schema = writeNote.inputSchema as { properties: object }
const rewritten: TestTool = { ...writeNote, description: 'Writes a note, quickly.' }
const widened: TestTool = {
  ...writeNote,
  inputSchema: { ...schema, properties: { ...schema.properties, publish: { type: 'boolean' } } },
}
const narrowed: TestTool = {
  ...writeNote,
  inputSchema: { ...schema, properties: { ...schema.properties, text: { type: 'string', maxLength: 10 } } },
}
const flipped: TestTool = { ...readNote, annotations: { readOnlyHint: false } }
const renamed: TestTool = { ...writeNote, name: 'put_note' }
const added: TestTool = { ...readNote, name: 'read_secret', description: 'Reads a secret.' }

/** A trusted integration whose tools were accepted at connect, and then changed. */
async function changed(tools: readonly TestTool[], onToolChange?: ApprovalOptions['onToolChange']): Promise<Gate> {
  const gate = await openGate(onToolChange === undefined ? {} : { approvals: { onToolChange } })
  await gate.as({ ...ana, role: 'admin' }).trust(gate.id, true)
  await gate.server.setTools(tools)
  await gate.mine.refreshTools(gate.id)
  return gate
}

async function tool(gate: Gate, name: string): Promise<Tool | undefined> {
  return (await gate.mine.tools(gate.id)).tools.find((one) => one.name === name)
}

describe('a tool that changed since it was accepted', () => {
  it.each<[string, TestTool, string, string, string]>([
    // what                    tool       kind        rule that then decides   where it differs
    ['description rewritten', rewritten, 'cosmetic', 'mode_auto', '/description'],
    ['schema widened', widened, 'widened', 'tool_changed', '/inputSchema/properties/publish'],
    ['schema narrowed', narrowed, 'narrowed', 'mode_auto', '/inputSchema/properties/text/maxLength'],
  ])('%s', async (_what, definition, kind, rule, path) => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'auto', agents: ['assistant'] } })
    await gate.server.setTools([readNote, definition])
    await gate.mine.refreshTools(gate.id)
    expect(await tool(gate, 'write_note')).toMatchObject({
      approval: { mode: 'auto', resolved: rule === 'mode_auto' ? 'auto' : 'ask', rule },
      agents: ['assistant'],
      change: { kind, differences: [{ path }] },
    })
    expect((await tool(gate, 'read_note'))!.change).toBeUndefined()
    await acceptNow(gate.mine, gate.id, ['write_note'])
    const after = await tool(gate, 'write_note')
    expect(after).toMatchObject({ approval: { mode: 'auto', rule: 'mode_auto' }, agents: ['assistant'] })
    expect(after?.change).toBeUndefined()
  })

  it('asks when its annotation flipped from read to write, and ran before', async () => {
    const gate = await openGate()
    await gate.as({ ...ana, role: 'admin' }).trust(gate.id, true)
    const toolset = await gate.toolset()
    expect(await toolset.call('notes__read_note', { id: '7' })).toMatchObject({ type: 'completed' })
    await gate.server.setTools([flipped, writeNote])
    await gate.mine.refreshTools(gate.id)
    expect(await toolset.call('notes__read_note', { id: '7' })).toMatchObject({
      type: 'approval_required',
      approval: {
        rule: 'tool_changed',
        change: { kind: 'widened', differences: [{ path: '/annotations/readOnlyHint', before: true, after: false }] },
      },
    })
  })

  it('is what it was again when the server takes the change back', async () => {
    const gate = await changed([readNote, widened])
    await gate.server.setTools([readNote, writeNote])
    await gate.mine.refreshTools(gate.id)
    expect((await tool(gate, 'write_note'))?.change).toBeUndefined()
  })

  it('is held against what was accepted last, however often it changed', async () => {
    const gate = await changed([readNote, rewritten])
    await acceptNow(gate.mine, gate.id, ['write_note'])
    await gate.server.setTools([readNote, { ...rewritten, description: 'Once more.' }])
    await gate.mine.refreshTools(gate.id)
    await gate.server.setTools([readNote, writeNote])
    await gate.mine.refreshTools(gate.id)
    expect((await tool(gate, 'write_note'))!.change).toEqual({
      kind: 'cosmetic',
      differences: [{ path: '/description', before: 'Writes a note, quickly.', after: 'Writes a note.' }],
    })
  })

  it('loses the label that a person gave it, until it is labelled again', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { write_note: { label: 'read' } })
    expect((await tool(gate, 'write_note'))!.approval.rule).toBe('label_read')
    await gate.server.setTools([readNote, rewritten])
    await gate.mine.refreshTools(gate.id)
    expect((await tool(gate, 'write_note'))!.label).toMatchObject({ source: 'server' })
    await gate.mine.configureTools(gate.id, { write_note: { label: 'read' } })
    expect((await tool(gate, 'write_note'))!.approval.rule).toBe('label_read')
  })

  it('supersedes the approvals that wait for it, and no others', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const [writing, reading] = [await ask(toolset), await ask(toolset, { id: '7' }, 'notes__read_note')]
    await gate.server.setTools([readNote, rewritten])
    await gate.mine.refreshTools(gate.id)
    expect(await gate.mine.approvals.get(writing.approvalId)).toMatchObject({ status: 'superseded' })
    expect(await gate.mine.approvals.get(reading.approvalId)).toMatchObject({ status: 'pending' })
  })
})

describe('a tool that is new', () => {
  it('asks although a trusted server says that it only reads', async () => {
    const gate = await changed([readNote, writeNote, added])
    const toolset = await gate.toolset()
    expect(await toolset.call('notes__read_secret', { id: '1' })).toMatchObject({
      type: 'approval_required',
      approval: { rule: 'tool_new', change: { kind: 'new', differences: [] } },
    })
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    await acceptNow(gate.mine, gate.id, ['read_secret'])
    expect(await toolset.call('notes__read_secret', { id: '1' })).toMatchObject({ type: 'completed' })
  })

  it('asks too when there was none at first', async () => {
    const gate = await openGate({ tools: [] })
    await gate.as({ ...ana, role: 'admin' }).trust(gate.id, true)
    await gate.server.setTools([readNote])
    await gate.mine.refreshTools(gate.id)
    expect((await tool(gate, 'read_note'))!.approval).toMatchObject({ resolved: 'ask', rule: 'tool_new' })
  })

  it('is held with "hold": not offered, not called, and said so', async () => {
    const gate = await changed([readNote, widened, added], 'hold')
    const toolset = await gate.toolset()
    expect(toolset.tools.map(({ modelName }) => modelName)).toEqual(['notes__read_note'])
    expect(toolset.unavailable).toMatchObject([
      { name: 'write_note', reason: 'held_for_review', rule: 'tool_held' },
      { name: 'read_secret', reason: 'held_for_review', rule: 'tool_held' },
    ])
    await expect(toolset.call('notes__read_secret', { id: '1' })).rejects.toMatchObject({
      code: 'forbidden',
      rule: 'tool_held',
    })
    await acceptNow(gate.mine, gate.id, ['read_secret', 'write_note'])
    expect((await gate.toolset()).tools).toHaveLength(3)
  })

  it('is accepted at once with "accept"', async () => {
    const gate = await changed([readNote, widened, added], 'accept')
    const { tools } = await gate.mine.tools(gate.id)
    expect(tools.map(({ name, change }) => [name, change])).toEqual([
      ['read_note', undefined],
      ['write_note', undefined],
      ['read_secret', undefined],
    ])
    expect(await (await gate.toolset()).call('notes__read_secret', { id: '1' })).toMatchObject({ type: 'completed' })
  })
})

describe('a tool that is gone', () => {
  it('is named as missing, keeps its settings, and has them when it comes back', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'auto' } })
    const toolset = await gate.toolset()
    await gate.server.setTools([readNote])
    expect((await gate.mine.refreshTools(gate.id)).missing).toEqual(['write_note'])
    await expect(toolset.call('notes__write_note', { id: '7', text: 'x' })).rejects.toMatchObject({
      code: 'tool_not_found',
    })
    await gate.server.setTools([readNote, writeNote])
    expect((await gate.mine.refreshTools(gate.id)).missing).toEqual([])
    expect((await tool(gate, 'write_note'))!.approval.mode).toBe('auto')
  })
})

describe('a tool that was renamed', () => {
  it('is offered as such, asks meanwhile, and takes its settings along once accepted', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, {
      write_note: { approval: 'auto', label: 'write', agents: ['builder'] },
      read_note: { enabled: false },
    })
    await gate.server.setTools([readNote, renamed])
    await gate.mine.refreshTools(gate.id)
    expect(await tool(gate, 'put_note')).toMatchObject({
      approval: { mode: 'default', resolved: 'ask', rule: 'tool_new' },
      change: { kind: 'renamed', from: 'write_note', differences: [{ path: '/name' }] },
    })
    expect((await gate.mine.tools(gate.id)).missing).toEqual(['write_note'])
    await acceptNow(gate.mine, gate.id, ['put_note'])
    const after = await tool(gate, 'put_note')
    expect(after).toMatchObject({
      approval: { mode: 'auto' },
      label: { value: 'write', source: 'person' },
      agents: ['builder'],
    })
    expect(after?.change).toBeUndefined()
    expect((await gate.mine.tools(gate.id)).missing).toEqual([])
    expect((await tool(gate, 'read_note'))!.enabled).toBe(false)
  })

  it('is new when something else about it changed too', async () => {
    const gate = await changed([readNote, { ...renamed, description: 'Something else.' }])
    expect((await tool(gate, 'put_note'))!.change).toMatchObject({ kind: 'new' })
  })
})

describe('accepting', () => {
  it('is for those who configure tools, and for tools that are there', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    await gate.server.setTools([readNote, widened])
    await gate.mine.refreshTools(gate.id)
    await expect(
      acceptNow(gate.as({ workspaceId: 'acme', userId: 'bo' }), gate.id, ['write_note']),
    ).rejects.toMatchObject({ code: 'forbidden' })
    await expect(gate.mine.acceptTools(gate.id, { nope: 'x' })).rejects.toMatchObject({ code: 'tool_not_found' })
    await expect(gate.mine.acceptTools(gate.id, {})).rejects.toMatchObject({ code: 'invalid_input' })
    expect((await tool(gate, 'write_note'))!.change).toMatchObject({ kind: 'widened' })
  })

  it('names what was seen: a definition that came after it is not accepted', async () => {
    const gate = await changed([readNote, widened])
    const { tools } = await gate.mine.tools(gate.id)
    const { definitionHash } = tools.find(({ name }) => name === 'write_note')!
    await gate.server.setTools([readNote, { ...widened, description: 'Writes, and tells everybody.' }])
    await gate.mine.refreshTools(gate.id)
    await expect(gate.mine.acceptTools(gate.id, { write_note: definitionHash })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('write_note') as unknown,
    })
    expect((await tool(gate, 'write_note'))!.change).toMatchObject({ kind: 'widened' })
    await acceptNow(gate.mine, gate.id, ['write_note'])
    expect((await tool(gate, 'write_note'))!.change).toBeUndefined()
  })

  it('is told by events and audit; so is what changed', async () => {
    const gate = await changed([widened, added])
    await acceptNow(gate.mine, gate.id, ['read_secret'])
    const { events } = await gate.registry.events({ workspaceId: 'acme' })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'tools_changed',
        added: ['read_secret'],
        changed: ['write_note'],
        removed: ['read_note'],
      }),
    )
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'tools_accepted', tools: ['read_secret'], by: 'ana' }),
    )
    expect((await gate.mine.audit()).entries).toContainEqual(
      expect.objectContaining({ action: 'accept_tools', userId: 'ana', changed: ['read_secret'] }),
    )
    expect(sent(gate.server)).toEqual([])
  })
})
