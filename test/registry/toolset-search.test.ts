import { describe, expect, it } from 'vitest'
import type { TestTool } from 'mcp-integrations/testing'
import { openGate, readNote, sent, writeNote } from '../support/gate.js'

const sendMail: TestTool = {
  name: 'sendMail',
  title: 'Send a message',
  description: 'Sends mail.',
  inputSchema: { type: 'object', properties: { recipientAddress: { type: 'string', description: 'Whom it is for.' } } },
}
const weather: TestTool = { name: '查询天气', title: '查询天气预报', description: 'w' }
const tools = [readNote, writeNote, sendMail]

const namesOf = (found: readonly { readonly name: string }[]): readonly string[] => found.map(({ name }) => name)

describe('a toolset with search', () => {
  it('shows the pinned tools, and keeps the rest to be found', async () => {
    const { toolset } = await openGate({ tools })
    const { tools: shown, deferred, unavailable } = await toolset({ search: { pinned: ['notes__read_note', 'gone'] } })
    expect(namesOf(shown)).toEqual(['read_note'])
    expect(namesOf(deferred)).toEqual(['write_note', 'sendMail'])
    expect(unavailable).toEqual([])
  })

  it('shows everything without', async () => {
    const { toolset } = await openGate({ tools })
    const { tools: shown, deferred, search } = await toolset()
    expect(shown).toHaveLength(3)
    expect(deferred).toEqual([])
    expect(namesOf(await search('mail'))).toEqual(['sendMail'])
  })

  it.each([
    ['a part of a name in camel case', 'mail', 'sendMail'],
    ['the name that models get', 'notes__write_note', 'write_note'],
    ['a title', 'message', 'sendMail'],
    ['a description', 'reads', 'read_note'],
    ['a parameter', 'recipient address', 'sendMail'],
    ['a description of a parameter', 'whom', 'sendMail'],
    ['the beginning of a word', 'recip', 'sendMail'],
    ['a word with a slip of the pen', 'messsage', 'sendMail'],
    ['another case', 'SEND MAIL', 'sendMail'],
  ])('finds by %s', async (_what, query, name) => {
    const { toolset } = await openGate({ tools })
    const { search } = await toolset({ search: {} })
    expect(namesOf(await search(query))[0]).toBe(name)
  })

  it('finds in scripts that write no spaces', async () => {
    const { toolset } = await openGate({ tools: [readNote, { ...weather, name: 'weather' }] })
    const { search } = await toolset({ search: {} })
    expect(namesOf(await search('天气'))).toEqual(['weather'])
  })

  it('finds every tool of an integration by its name', async () => {
    const { toolset } = await openGate({ tools })
    const { search } = await toolset({ search: {} })
    expect(await search('Notes')).toHaveLength(3)
  })

  it('orders what is equally good by name, and keeps to the limit', async () => {
    const many = ['c', 'a', 'b', 'e', 'd', 'f'].map((name) => ({ name: `x_${name}`, description: 'Same words.' }))
    const { toolset } = await openGate({ tools: many })
    const { search } = await toolset({ search: {} })
    expect(namesOf(await search('same words'))).toEqual(['x_a', 'x_b', 'x_c', 'x_d', 'x_e'])
    expect(namesOf(await search('same words', { limit: 2 }))).toEqual(['x_a', 'x_b'])
    const { search: one } = await toolset({ search: { limit: 1 } })
    expect(namesOf(await one('same words'))).toEqual(['x_a'])
  })

  it('finds what may be used at the time of the search, not of the toolset', async () => {
    const { toolset, mine, id } = await openGate({ tools })
    const { search, call } = await toolset({ search: {} })
    await mine.configureTools(id, { sendMail: { enabled: false } })
    expect(await search('mail')).toEqual([])
    await expect(call('notes__sendMail', {})).rejects.toMatchObject({ code: 'tool_disabled' })
    await mine.configureTools(id, { sendMail: { enabled: true } })
    expect(await search('mail')).toHaveLength(1)
    await mine.disable(id)
    expect(await search('mail')).toEqual([])
  })

  it.each<[string, object]>([
    ['an unknown option', { search: { pined: [] } }],
    ['no object', { search: true }],
    ['no names', { search: { pinned: [1] } }],
    ['a limit out of bounds', { search: { limit: 51 } }],
    ['no list of integrations', { integrations: 'all' }],
  ])('refuses %s', async (_what, options) => {
    const { toolset } = await openGate({ tools })
    await expect(toolset(options)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it.each([
    ['nothing', ''],
    ['a number', 7],
  ])('refuses %s as words', async (_what, query) => {
    const { toolset } = await openGate({ tools })
    const { search } = await toolset({ search: {} })
    await expect(search(query as string)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('finds nothing for absurd queries, in bounded time', async () => {
    const { toolset } = await openGate({ tools })
    const { search } = await toolset({ search: {} })
    expect(await search(`${'x '.repeat(100_000)}zzz`)).toEqual([])
  })
})

describe('a toolset narrowed to what a person picked', () => {
  async function openTwo() {
    const gate = await openGate({ tools })
    const { integration } = await gate.mine.connect({
      url: gate.server.url,
      name: 'Mail',
      agents: ['assistant'],
    })
    return { ...gate, other: integration }
  }

  it('holds the tools of these integrations, and names the others', async () => {
    const { toolset, id, other } = await openTwo()
    const narrowed = await toolset({ integrations: [id] })
    expect(new Set(narrowed.tools.map(({ integration }) => integration.id))).toEqual(new Set([id]))
    expect(narrowed.unavailable).toMatchObject([{ integration: { id: other.id, name: 'Mail' }, reason: 'not_picked' }])
  })

  it('neither calls, explains nor finds the others', async () => {
    const { toolset, id, server } = await openTwo()
    const narrowed = await toolset({ integrations: [id], search: {} })
    await expect(narrowed.call('mail__read_note', { id: '1' })).rejects.toMatchObject({ code: 'tool_not_found' })
    expect(await narrowed.explain('mail__read_note')).toMatchObject({ type: 'unavailable', code: 'tool_not_found' })
    expect((await narrowed.search('read')).map(({ modelName }) => modelName)).toEqual(['notes__read_note'])
    expect(sent(server)).toEqual([])
  })

  it('does not resume a call of the others, which stays open', async () => {
    const { toolset, id, mine } = await openTwo()
    const chat = { conversationId: 'chat' }
    const outcome = await (await toolset(chat)).call('mail__write_note', { id: '1', text: 'x' })
    if (outcome.type !== 'approval_required') throw new Error('It should have asked.')
    const { approvalId } = outcome.approval
    await mine.approvals.decide(approvalId, 'approve')
    const narrowed = await toolset({ ...chat, integrations: [id] })
    await expect(narrowed.resume(approvalId)).rejects.toMatchObject({ code: 'not_found' })
    expect(await (await toolset(chat)).resume(approvalId)).toMatchObject({ type: 'completed' })
  })

  it('is empty where nothing was picked', async () => {
    const { toolset } = await openTwo()
    expect((await toolset({ integrations: [] })).tools).toEqual([])
  })
})

describe('tools that are not for models', () => {
  it.each([
    ['its server keeps for its own app', { _meta: { ui: { visibility: ['app'] } } }, 'app_only'],
    ['only runs as a task', { execution: { taskSupport: 'required' } }, 'task_only'],
  ])('are named and not called: one that %s', async (_what, definition, reason) => {
    const kept = { ...readNote, name: 'kept', ...definition } as TestTool
    const { toolset, server } = await openGate({ tools: [readNote, kept], era: 'legacy' })
    const { tools: shown, unavailable, call, explain, search } = await toolset()
    expect(namesOf(shown)).toEqual(['read_note'])
    expect(unavailable).toMatchObject([{ name: 'kept', reason }])
    await expect(call('notes__kept', { id: '1' })).rejects.toMatchObject({ code: 'tool_disabled' })
    expect(await explain('notes__kept')).toMatchObject({ type: 'unavailable', code: 'tool_disabled' })
    expect(namesOf(await search('kept note'))).not.toContain('kept')
    expect(sent(server)).toEqual([])
  })

  it.each([
    ['for both', { _meta: { ui: { visibility: ['model', 'app'] } } }],
    ['with a view', { _meta: { ui: { resourceUri: 'ui://a' } } }],
    ['that may run as a task', { execution: { taskSupport: 'optional' } }],
  ])('are not those %s', async (_what, definition) => {
    const { toolset } = await openGate({ tools: [{ ...readNote, ...definition } as TestTool] })
    expect(namesOf((await toolset()).tools)).toEqual(['read_note'])
  })
})
