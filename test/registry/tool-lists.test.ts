import type { RegistryStorage } from 'mcp-integrations'
import type { ManualRuntime, TestTool } from 'mcp-integrations/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../support/eventually.js'
import { openGate, readNote, writeNote, type Gate } from '../support/gate.js'
import { ana, makeRegistry, makeStorage, outsider } from '../support/registry.js'
import { rawServer, result } from '../mcp/support.js'
import { manualRuntime } from 'mcp-integrations/testing'

const searchNotes: TestTool = { ...readNote, name: 'search_notes' }
const day = 86_400_000

/** A gate whose reading tool runs without asking. */
async function openQuickly(options: Parameters<typeof openGate>[0] = {}): Promise<Gate> {
  const gate = await openGate(options)
  await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
  return gate
}

const read = async (mine: Gate['mine']) => (await mine.toolset('assistant')).call('notes__read_note', { id: '7' })

/** What the server was asked from then on, apart from listening. */
function asked(gate: Gate, from = 0): readonly (string | undefined)[] {
  return gate.server.requests.slice(from).flatMap(({ method, verb }) => (verb === 'POST' ? [method] : []))
}

/** Lets what was begun go on until it has happened, without time going by. */
async function until(runtime: ManualRuntime, happened: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !happened(); turn++) await runtime.advance(0)
  expect(happened()).toBe(true)
}

/** A storage that notes the keys of every write. */
function noting(storage: RegistryStorage, keys: string[]): RegistryStorage {
  return {
    ...storage,
    async commit(workspaceId, writes) {
      const done = await storage.commit(workspaceId, writes)
      if (done !== false)
        for (const write of writes) if ('key' in write && write.value !== undefined) keys.push(write.key)
      return done
    },
  }
}

describe.each(['modern', 'legacy'] as const)('a %s server', (era) => {
  it('that tells of other tools has them stored once, and everybody hears what changed', async () => {
    const written: string[] = []
    const inner = manualRuntime()
    const storage = noting(makeStorage({ now: () => inner.now() }), written)
    const gate = await openQuickly({ era, storage })
    const { runtime, registry, server } = gate
    expect(await read(gate.mine)).toMatchObject({ type: 'completed' })
    const heard: unknown[] = []
    registry.on('tools_changed', (event) => void heard.push(event))
    const before = server.requests.length
    await runtime.advance(5_000)
    await until(runtime, () => server.requests.length > before)
    written.length = 0
    await server.setTools([{ ...readNote, description: 'Reads one note.' }, searchNotes])
    await until(runtime, () => heard.length > 0)
    expect(heard).toMatchObject([
      { integrationId: gate.id, added: ['search_notes'], changed: ['read_note'], removed: ['write_note'] },
    ])
    expect((await gate.toolset()).tools.map(({ name }) => name)).toContain('search_notes')
    await server.setTools([{ ...readNote, description: 'Reads one note.' }, searchNotes])
    const lists = () => asked(gate, before).filter((method) => method === 'tools/list').length
    await until(runtime, () => lists() === 2)
    await runtime.advance(0)
    expect(heard).toHaveLength(1)
    expect(written.filter((key) => key.startsWith('chunk/'))).toHaveLength(1)
    const { events } = await registry.events({ workspaceId: 'acme' })
    expect(events.filter(({ type }) => type === 'tools_changed')).toHaveLength(1)
  })

  it('is called by the next process with one request, and by another person of it too', async () => {
    const gate = await openQuickly({ era, connect: { visibility: 'workspace' } })
    const next = gate.another()
    const before = gate.server.requests.length
    expect(await read(next.actingAs(ana))).toMatchObject({ type: 'completed' })
    expect(asked(gate, before)).toEqual(['tools/call'])
    expect(await read(next.actingAs({ ...ana, userId: 'bo' }))).toMatchObject({ type: 'completed' })
    expect(asked(gate, before)).toEqual(['tools/call', 'tools/call'])
  })

  it('may restart under us: the call runs once, and the next process needs one request again', async () => {
    const gate = await openQuickly({ era })
    expect(await read(gate.mine)).toMatchObject({ type: 'completed' })
    gate.server.forgetSessions()
    const before = gate.server.requests.length
    expect(await Promise.all([read(gate.mine), read(gate.mine)])).toMatchObject([
      { type: 'completed' },
      { type: 'completed' },
    ])
    const initialized = asked(gate, before).filter((method) => method === 'initialize')
    expect(initialized).toHaveLength(era === 'legacy' ? 1 : 0)
    expect(gate.server.calls.get('read_note')).toBe(3)
    await gate.runtime.advance(0)
    const after = gate.server.requests.length
    expect(await read(gate.another().actingAs(ana))).toMatchObject({ type: 'completed' })
    expect(asked(gate, after)).toEqual(['tools/call'])
  })

  it('that lost its sessions meanwhile is called by the next process all the same', async () => {
    const gate = await openQuickly({ era })
    gate.server.forgetSessions()
    const before = gate.server.requests.length
    expect(await read(gate.another().actingAs(ana))).toMatchObject({ type: 'completed' })
    expect(asked(gate, before)).toEqual(
      era === 'modern' ? ['tools/call'] : ['tools/call', 'initialize', 'notifications/initialized', 'tools/call'],
    )
    expect(gate.server.calls.get('read_note')).toBe(1)
  })

  it('is sent nothing when a process starts, lists and shows what it knows', async () => {
    const gate = await openQuickly({ era })
    for (let n = 0; n < 10; n++)
      await gate.mine.connect({ url: gate.server.url, name: `Notes ${n}`, agents: ['assistant'] })
    const before = gate.server.requests.length
    const mine = gate.another().actingAs(ana)
    expect(await mine.list()).toHaveLength(11)
    expect((await mine.toolset('assistant')).tools).toHaveLength(22)
    await gate.runtime.advance(10_000)
    expect(asked(gate, before)).toEqual([])
  })
})

describe('a tool list', () => {
  it('that changes while it is being asked for is asked for once more', async () => {
    let hold: Promise<void> | undefined
    let release = (): void => {}
    let lists = 0
    const gate = await openQuickly({
      era: 'modern',
      fetch: (own) => async (url, init) => {
        const request = new Request(url, init)
        const isList = (await request.clone().text()).includes('"tools/list"')
        const response = await own(request)
        if (isList) {
          lists++
          await hold
        }
        return response
      },
    })
    await read(gate.mine)
    const before = gate.server.requests.length
    await gate.runtime.advance(5_000)
    await until(gate.runtime, () => gate.server.requests.length > before)
    lists = 0
    hold = new Promise((resolve) => (release = resolve))
    await gate.server.setTools([readNote])
    await until(gate.runtime, () => lists === 1)
    await gate.server.setTools([readNote, searchNotes])
    for (let turn = 0; turn < 20; turn++) await gate.runtime.advance(0)
    hold = undefined
    release()
    await until(gate.runtime, () => lists === 2)
    for (let turn = 0; turn < 20; turn++) await gate.runtime.advance(0)
    expect(lists).toBe(2)
    expect((await gate.toolset()).tools.map(({ name }) => name)).toEqual(['read_note', 'search_notes'])
  })

  it('has the tools that a server offers only if elicitation is supported', async () => {
    const runtime = manualRuntime()
    const server = rawServer('modern', async ({ id, params }) => {
      const meta = params?.['_meta'] as Record<string, { elicitation?: object } | undefined> | undefined
      const elicitation = meta?.['io.modelcontextprotocol/clientCapabilities']?.elicitation
      const names = ['read', ...(elicitation === undefined ? [] : ['ask'])]
      return result(id, { tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })) })
    })
    const registry = makeRegistry({
      storage: makeStorage({ now: () => runtime.now() }),
      runtime: { ...runtime, fetch: server.fetch },
      elicit: () => ({ action: 'cancel' }),
    })
    onTestFinished(() => registry.close({ graceMs: 1 }))
    const mine = registry.actingAs(ana)
    const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    expect((await mine.refreshTools(integration.id)).tools.map(({ name }) => name)).toEqual(['read', 'ask'])
  })

  it('that is back as it was is not deleted by who tidies up late', async () => {
    const runtime = manualRuntime()
    const inner = makeStorage({ now: () => runtime.now() })
    const late: (() => Promise<unknown>)[] = []
    const storage: RegistryStorage = {
      ...inner,
      async commit(workspaceId, writes) {
        const tidies = writes.some(
          (write) => 'key' in write && write.key.startsWith('chunk/') && write.value === undefined,
        )
        if (!tidies) return inner.commit(workspaceId, writes)
        late.push(() => inner.commit(workspaceId, writes))
        return writes.map((write) => ({ key: 'key' in write ? write.key : '', version: 'held back' }))
      },
    }
    const gate = await openQuickly({ storage })
    await gate.server.setTools([searchNotes])
    await gate.mine.refreshTools(gate.id)
    await gate.server.setTools([readNote, writeNote])
    await gate.mine.refreshTools(gate.id)
    expect(late.length).toBeGreaterThan(0)
    for (const commit of late) await commit()
    expect((await gate.another().actingAs(ana).toolset('assistant')).tools).toHaveLength(2)
  })

  it('is served from storage when it is old, and refreshed once in the background', async () => {
    const gate = await openQuickly()
    await gate.server.setTools([readNote, writeNote, searchNotes])
    await gate.runtime.advance(day + 61_000)
    const before = gate.server.requests.length
    const shown = await Promise.all(Array.from({ length: 5 }, () => gate.toolset()))
    expect(shown.map(({ tools }) => tools.length)).toEqual([2, 2, 2, 2, 2])
    await until(gate.runtime, () => asked(gate, before).includes('tools/list'))
    await gate.runtime.advance(1_000)
    expect((await gate.toolset()).tools).toHaveLength(3)
    expect(asked(gate, before).filter((method) => method === 'tools/list')).toHaveLength(1)
  })

  it.each(['that listed them', 'with the same storage'])(
    'of long texts in other scripts is read before the toolset is there, in the process %s',
    async (process) => {
      const slow = { ...readNote, description: `${'\u0915\u094d\u200d'.repeat(36_000)}\u200b` }
      const gate = await openGate({ tools: Array.from({ length: 6 }, (_, n) => ({ ...slow, name: `slow_${n}` })) })
      const other = process === 'that listed them' ? gate.registry : gate.another()
      const looked = vi.spyOn(String, 'fromCodePoint')
      onTestFinished(() => looked.mockRestore())
      const { tools } = await other.actingAs(ana).toolset('assistant')
      const before = looked.mock.calls.length
      const lengths = tools.map(({ description }) => description?.length)
      expect(lengths).toHaveLength(6)
      expect(Math.min(...lengths.map(Number))).toBeGreaterThan(100_000)
      expect(before).toBeGreaterThan(100_000)
      expect(looked.mock.calls.length).toBe(before)
    },
  )

  it('is requested less and less often while its server fails at it, and again once that is over', async () => {
    const failing = { now: false, requests: 0 }
    const gate = await openQuickly({
      fetch: (own) => async (url, init) => {
        if (!failing.now || !String(init?.body).includes('tools/list')) return own(url, init)
        failing.requests++
        return new Response(null, { status: 405 })
      },
    })
    await gate.server.setTools([readNote, writeNote, searchNotes])
    await gate.runtime.advance(day + 61_000)
    failing.now = true
    for (let second = 0; second < 100; second++) {
      expect((await gate.toolset()).tools).toHaveLength(2)
      await gate.runtime.advance(1_000)
    }
    expect(failing.requests).toBeGreaterThan(2)
    expect(failing.requests).toBeLessThan(20)
    failing.now = false
    await gate.runtime.advance(300_000)
    const before = gate.server.requests.length
    await gate.toolset()
    await until(gate.runtime, () => asked(gate, before).includes('tools/list'))
    await eventually(async () => {
      await gate.runtime.advance(1_000)
      expect((await gate.toolset()).tools).toHaveLength(3)
    })
  })

  it.each([
    ['its server gives it ten minutes', 600_000, 600_000],
    ['its server gives it a moment: a minute', 1, 60_000],
    ['its server gives it for ever: a day', 1e15, day],
    ['its server gives it no time: a day', 0, day],
  ])('is good for as long as %s', async (_what, ttlMs, good) => {
    const lists: number[] = []
    const runtime = manualRuntime()
    const server = rawServer('modern', ({ id, method }) => {
      if (method === 'tools/list') lists.push(runtime.now())
      return result(id, { tools: [{ name: 'read', inputSchema: { type: 'object' } }], ttlMs, cacheScope: 'public' })
    })
    const registry = makeRegistry({
      storage: makeStorage({ now: () => runtime.now() }),
      runtime: { ...runtime, fetch: server.fetch },
    })
    onTestFinished(() => registry.close({ graceMs: 1 }))
    const mine = registry.actingAs(ana)
    await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    await runtime.advance(good - 1)
    expect((await mine.toolset('assistant')).tools).toHaveLength(1)
    await runtime.advance(0)
    expect(lists).toHaveLength(1)
    // A toolset may be remembered for a minute.
    await runtime.advance(61_000)
    expect((await mine.toolset('assistant')).tools).toHaveLength(1)
    await until(runtime, () => lists.length === 2)
  })

  it.each(['public', 'private'] as const)('that is %s is never shown to another credential', async (cacheScope) => {
    const runtime = manualRuntime()
    const server = rawServer('modern', ({ id }, request) => {
      const name = request.headers.get('x-user') ?? 'nobody'
      return result(id, { tools: [{ name, inputSchema: { type: 'object' } }], ttlMs: 600_000, cacheScope })
    })
    const registry = makeRegistry({
      storage: makeStorage({ now: () => runtime.now() }),
      runtime: { ...runtime, fetch: server.fetch },
    })
    onTestFinished(() => registry.close({ graceMs: 1 }))
    const mine = registry.actingAs(ana)
    const { integration } = await mine.connect({
      url: server.url,
      name: 'Notes',
      agents: ['assistant'],
      visibility: 'workspace',
      credentials: 'per_user',
      headers: { 'x-user': 'ana' },
    })
    const bos = registry.actingAs({ ...ana, userId: 'bo' })
    expect((await bos.toolset('assistant')).tools).toEqual([])
    await bos.authorize(integration.id, { headers: { 'x-user': 'bo' } })
    const names = async (actor: typeof mine) => (await actor.toolset('assistant')).tools.map(({ name }) => name)
    expect([await names(mine), await names(bos)]).toEqual([['ana'], ['bo']])
    expect((await registry.actingAs(outsider).toolset('assistant')).tools).toEqual([])
  })

  it('that is larger than is accepted is what fits at first, and later the last one stays', async () => {
    const junk = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ ...readNote, name: `t${n}`, description: 'x'.repeat(100_000) }))
    const limits = { maxResponseBytes: 16 * 1024 * 1024 }
    const cut = await openGate({ tools: junk(60), limits })
    const first = await cut.mine.tools(cut.id)
    expect(first.tools.length).toBeGreaterThan(30)
    expect(first.quarantined.at(-1)).toMatchObject({ reason: 'list_too_large', count: 60 - first.tools.length })
    expect((await cut.toolset()).tools).toHaveLength(first.tools.length)

    const gate = await openGate({ limits })
    await gate.server.setTools([readNote, ...junk(60)])
    await expect(gate.mine.refreshTools(gate.id)).rejects.toMatchObject({ code: 'response_too_large' })
    expect((await gate.mine.tools(gate.id)).tools.map(({ name }) => name)).toEqual(['read_note', 'write_note'])
    await gate.mine.validate(gate.id)
    expect((await gate.mine.get(gate.id)).statusDetail).toMatchObject({ reason: 'response_too_large' })
    expect((await gate.toolset()).tools).toHaveLength(2)
  })

  it('keeps the others where one tool nests without end, whether it came first or later', async () => {
    const deep = (levels: number): object => (levels === 0 ? { type: 'string' } : { items: deep(levels - 1) })
    const endless: TestTool = { ...readNote, name: 'endless', inputSchema: { type: 'object', ...deep(500) } }
    const [first, later] = [await openGate({ tools: [endless, readNote] }), await openGate({ tools: [readNote] })]
    await later.server.setTools([readNote, endless])
    await later.mine.refreshTools(later.id)
    for (const gate of [first, later]) {
      const { tools, unavailable } = await gate.toolset()
      expect(tools.map(({ name }) => name)).toEqual(['read_note'])
      expect(unavailable).toMatchObject([{ name: 'endless', reason: 'schema_too_large' }])
    }
  })

  it("names the tools that can't be used, with the reason, and keeps the others", async () => {
    const gate = await openGate({
      tools: [
        readNote,
        { name: 'hid\u200bden' },
        { ...writeNote, inputSchema: { type: 'object', properties: { a: { $ref: 'https://evil.example/a.json' } } } },
      ],
    })
    const flaws = [
      ['hid\\u{200B}den', 'invalid_name'],
      ['write_note', 'invalid_schema'],
    ]
    const { tools, unavailable } = await gate.toolset()
    expect(tools.map(({ name }) => name)).toEqual(['read_note'])
    expect(unavailable.map(({ name, reason }) => [name, reason])).toEqual(flaws)
    const { quarantined } = await gate.mine.tools(gate.id)
    expect(quarantined.map(({ name, reason }) => [name, reason])).toEqual(flaws)
  })
})
