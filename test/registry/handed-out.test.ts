import { describe, expect, it, onTestFinished } from 'vitest'
import type { PolicyInput } from 'mcp-integrations'
import { keys, ownerKey, prefixes, sharedOwner } from '../../src/registry/state/keys.js'
import { ask, openGate, readNote, sent, writeNote } from '../support/gate.js'
import { ana, makeRegistry, root } from '../support/registry.js'
import fc from 'fast-check'

/** Writes to everything that can be reached, as a careless or hostile host would. */
function spoil(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof AbortSignal) return
  if (value instanceof Map || value instanceof Set) {
    for (const child of value.values()) spoil(child, seen)
    value.clear()
  }
  if (value instanceof Date) value.setTime(0)
  if (value instanceof Uint8Array) value.fill(7)
  for (const child of Object.values(value)) spoil(child, seen)
  for (const [key, change] of [
    ['readOnlyHint', true],
    ['role', 'admin'],
    ['trusted', true],
    ['enabled', true],
    ['type', 'null'],
    ['status', 'approved'],
    ['url', 'https://evil.example/mcp'],
    ['text', 'spoilt'],
    ['spoilt', true],
  ] as const)
    Reflect.set(value, key, change)
  for (const key of Object.keys(value)) Reflect.deleteProperty(value, key)
}

describe('what a host is handed', () => {
  it('can be modified without changing later results or questions', async () => {
    const inputs: PolicyInput[] = []
    const hiding = { ...writeNote, inputSchema: { ...writeNote.inputSchema, title: 'Note\u200b' } }
    const gate = await openGate({
      tools: [readNote, hiding],
      connect: { visibility: 'workspace' },
      approvals: {
        policy: (input) => {
          inputs.push(input)
          return undefined
        },
      },
    })
    const look = async (): Promise<readonly unknown[]> => {
      const { mine, id } = gate
      const toolset = await gate.toolset()
      return [
        toolset.tools,
        toolset.unavailable,
        await mine.tools(id),
        await mine.get(id),
        await mine.list(),
        await mine.agents(),
        await mine.available(),
        await mine.approvals.list(),
        await mine.grants.list(),
        await mine.me(),
      ]
    }
    await ask(await gate.toolset())
    const before = structuredClone(await look())
    for (const handed of [await look(), await look(), inputs]) spoil(handed)
    expect(structuredClone(await look())).toEqual(before)
    expect(await (await gate.toolset()).call('notes__read_note', { id: '7' })).toMatchObject({
      type: 'approval_required',
    })
    await expect(gate.mine.trust(gate.id, true)).rejects.toMatchObject({ code: 'forbidden' })
    expect(sent(gate.server)).toEqual([])
  })

  it('is so wherever it comes: in outcomes, questions, observations, diagnostics, events, audit and checks', async () => {
    const handed: unknown[] = []
    const take = <T>(value: T): T => {
      handed.push(value)
      return value
    }
    const gate = await openGate({
      confirm: (request) => {
        take(request)
        return 'defer'
      },
      approvals: {
        risk: (request) => {
          take(request)
          throw new Error('so that a diagnostic tells')
        },
      },
      observer: {
        start: (call) => {
          take(call)
          return { end: (end) => void take(end) }
        },
      },
      onDiagnostic: (diagnostic) => void take(diagnostic),
    })
    gate.registry.on('*', (event) => void take(event))
    gate.mine.on('*', (event) => void take(event))
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    const look = async (): Promise<readonly unknown[]> => {
      const toolset = await gate.toolset()
      const outcome = await toolset.call('notes__read_note', { id: '7' })
      if (outcome.type !== 'completed') throw new Error(outcome.type)
      const overview = await gate.mine.tools(gate.id)
      const check = await gate.mine.check({ url: gate.server.url })
      const { approvals } = await gate.mine.approvals.list()
      for (const value of [outcome, overview, check, approvals, toolset]) take(value)
      return structuredClone([outcome.result, overview.tools, check, approvals])
    }
    const pending = await ask(await gate.toolset())
    const { approvalId } = take(pending)
    const first = await look()
    const audit = await gate.mine.audit({ limit: 4 })
    const { events } = take(await gate.registry.events({ workspaceId: 'acme' }))
    const heard = structuredClone(events)
    const written = structuredClone(take(audit).entries)
    expect(handed.length).toBeGreaterThan(10)
    for (const value of handed.splice(0)) spoil(value)
    expect(await look()).toEqual(first)
    expect((await gate.registry.events({ workspaceId: 'acme' })).events.slice(0, heard.length)).toEqual(heard)
    expect((await gate.mine.audit({ limit: 4 })).entries).toEqual(written)
    await gate.mine.approvals.decide(approvalId, 'approve')
    expect(await (await gate.toolset()).resume(approvalId)).toMatchObject({ type: 'completed' })
    expect(sent(gate.server).at(-1)).toEqual({ id: '7', text: 'hello' })
  })

  it('is not another workspace’s either: a tool that both servers list stays what it is', async () => {
    const gate = await openGate()
    await gate.as({ ...ana, role: 'admin' }).trust(gate.id, true)
    const there = gate.as({ workspaceId: 'other', userId: 'eve', role: 'admin' })
    const copy = await there.connect({ url: gate.server.url, name: 'Notes', agents: ['assistant'] })
    spoil((await there.tools(copy.integration.id)).tools)
    spoil((await there.toolset('assistant')).tools)
    expect(await (await gate.toolset()).call('notes__write_note', { id: '7', text: 'x' })).toMatchObject({
      type: 'approval_required',
    })
  })
})

it('keeps what a host passed in as it was, whatever the host does with it later', async () => {
  const connector = {
    id: 'notes',
    name: 'Catalogue',
    url: 'https://notes.example/mcp',
    trusted: false,
    tools: { write_note: { label: 'write' as 'read' | 'write' } },
    auth: 'none' as const,
  }
  const connectors = [connector]
  const agents = [
    { id: 'assistant' as const, name: 'Assistant' },
    { id: 'builder' as const, name: 'Builder' },
  ]
  const approvals: { onToolChange: 'ask' | 'accept' } = { onToolChange: 'ask' }
  const oauth = { redirectUrl: 'http://127.0.0.1:34567/callback', clientName: 'x' }
  const egress = { denyHosts: ['denied.example'] }
  const gate = await openGate({ connectors, agents, approvals, oauth, egress })
  const args = { id: '7', text: 'hello' }
  const { approvalId } = await ask(await gate.toolset(), args)

  args.text = 'spoilt'
  Object.assign(connector, { trusted: true, url: 'https://evil.example/mcp' })
  connector.tools.write_note.label = 'read'
  connectors.push({ ...connector, id: 'evil' })
  agents[0]!.name = 'spoilt'
  approvals.onToolChange = 'accept'
  oauth.redirectUrl = 'https://evil.example/callback'
  egress.denyHosts.length = 0

  expect(await gate.mine.available()).toMatchObject([{ id: 'notes', trusted: false, url: 'https://notes.example/mcp' }])
  const { integration } = await gate.mine.connect({ connector: 'notes', name: 'Second', agents: ['assistant'] })
  expect(integration).toMatchObject({ trusted: false, url: 'https://notes.example/mcp' })
  const { tools } = await gate.mine.tools(integration.id)
  expect(tools.find(({ name }) => name === 'write_note')).toMatchObject({ label: { value: 'write' } })
  expect((await gate.mine.agents())[0]).toMatchObject({ name: 'Assistant' })
  expect(gate.registry.redirectUrl).toBe('http://127.0.0.1:34567/callback')
  await expect(gate.mine.check({ url: 'https://denied.example/mcp' })).rejects.toMatchObject({ code: 'url_refused' })
  await gate.server.setTools([{ ...writeNote, description: 'Other words.' }])
  await gate.mine.refreshTools(gate.id)
  expect((await gate.mine.tools(gate.id)).tools[0]).toMatchObject({ change: { kind: 'reworded' } })
  await gate.mine.approvals.decide(approvalId, 'approve')
  await (await gate.toolset()).resume(approvalId)
  expect(sent(gate.server).at(-1)).toEqual({ id: '7', text: 'hello' })
})

it('gives every listener the same event, even if one listener modifies it', async () => {
  const gate = await openGate()
  const toolset = await gate.toolset()
  const heard: unknown[] = []
  gate.registry.on('approval_changed', (event) => spoil(event))
  gate.registry.on('*', (event) => spoil(event))
  gate.registry.on('approval_changed', (event) => void heard.push(structuredClone(event)))
  const { approvalId } = await ask(toolset)
  expect(heard).toMatchObject([{ type: 'approval_changed', approvalId, workspaceId: 'acme' }])
  spoil(await gate.registry.events({ workspaceId: 'acme' }))
  const { events } = await gate.registry.events({ workspaceId: 'acme' })
  expect(events.at(-1)).toMatchObject({ type: 'approval_changed', approvalId })
})

describe('the key of a person', () => {
  it('is no other person’s', () => {
    const id = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
      fc.string({ minLength: 60, maxLength: 200 }),
      fc.string({ unit: fc.constantFrom('%', '_', 'a', '0', 'é'), minLength: 1, maxLength: 130 }),
    )
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one.isWellFormed() && other.isWellFormed() && one !== other)
        expect(ownerKey(one)).not.toBe(ownerKey(other))
      }),
    )
  })

  // Ids that would be alike if an encoding lost something: signs of keys and of encodings, forms of one letter, escapes.
  const part = fc.constantFrom(
    '%',
    '%2F',
    '%5F',
    '_',
    '~',
    '/',
    '..',
    '\0',
    'e\u0301',
    '\u00e9',
    ' ',
    'a',
    'A',
    '{',
    '\u{1f600}',
  )
  const id = fc.array(part, { minLength: 1, maxLength: 60 }).map((parts) => parts.join(''))
  /** Every key of a person, beside ids that we make ourselves. */
  const made: readonly ((userId: string) => string)[] = [
    (userId) => keys.visibleTo(userId, 'i'),
    (userId) => keys.pending(userId, 'a'),
    (userId) => keys.approved(userId, 'a'),
    (userId) => keys.asked(userId, 'a'),
    (userId) => keys.grant(userId, 'i', 'g'),
    ...[keys.status, keys.tools, keys.server, keys.headers, keys.credential].map(
      (key) => (userId: string) => key('i', ownerKey(userId)),
    ),
    (userId) => keys.chunkUse('h', 'i', ownerKey(userId)),
    (userId) => keys.unrevoked('i', ownerKey(userId), 'l'),
    (userId) => keys.due.revocation('i', ownerKey(userId), 'l'),
    (userId) => prefixes.visibleTo(userId),
    (userId) => prefixes.pending(userId),
    (userId) => prefixes.approved(userId),
    (userId) => prefixes.asked(userId),
    (userId) => prefixes.grants(userId),
    (userId) => prefixes.grantsOn(userId, 'i'),
  ]

  it('is one separate segment in every key, and no other segment is a prefix of it', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other)
        for (const key of made) {
          const [mine, theirs] = [key(one), key(other)]
          expect(mine).toMatch(/^[\x21-\x7e]{1,512}$/)
          expect(mine.split('/')).toHaveLength(key('x').split('/').length)
          expect(mine.endsWith('/') ? theirs.startsWith(mine) : theirs === mine).toBe(false)
        }
        expect(ownerKey(one)).not.toBe(sharedOwner)
      }),
    )
  })

  it('holds tools and sign-ins apart by what they are called, whatever that is', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other)
        expect(keys.accepted('i', one)).not.toBe(keys.accepted('i', other))
        expect(keys.flow(one)).not.toBe(keys.flow(other))
        expect(keys.accepted('i', one)).toMatch(/^accepted\/i\/[0-9a-f]{64}$/)
      }),
    )
  })

  it('can’t be spelt by another person’s id, however long theirs is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 121, maxLength: 200 }), (long) => {
        const key = ownerKey(long)
        expect(key).toMatch(/^[\x21-\x7e]{1,120}$/)
        let spelt = key
        try {
          spelt = decodeURIComponent(key)
        } catch {
          // No text is encoded so.
        }
        if (spelt !== long) expect(ownerKey(spelt)).not.toBe(key)
      }),
    )
  })

  it.each(['workspaceId', 'userId'])('is made of no id with a NUL, which separates keys in memory: %s', (field) => {
    const registry = makeRegistry()
    onTestFinished(() => registry.close())
    expect(() => registry.actingAs({ workspaceId: 'acme', userId: 'ana', [field]: 'acme\0id-1' })).toThrow(
      expect.objectContaining({ code: 'invalid_input', fields: [expect.objectContaining({ path: field })] }),
    )
  })

  it.each(['\ud800', '', 'ana\0', 7])('is made of a well-formed id only: %j is refused by name', async (userId) => {
    const gate = await openGate()
    await expect(gate.as(root).grants.list({ userId: userId as string })).rejects.toMatchObject({
      code: 'invalid_input',
      fields: [{ path: 'userId' }],
    })
    await expect(gate.registry.forgetUser({ workspaceId: 'acme', userId: userId as string })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })
})
