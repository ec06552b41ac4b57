import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openGate, readNote, writeNote } from '../support/gate.js'
import { reportedRecords } from '../../src/registry/state/reported-records.js'
import { makeStorage } from '../support/registry.js'

/** Counts what is asked of a storage: operations, and keys that are read. */
function counted(storage: RegistryStorage) {
  let operations = 0
  const keys: string[] = []
  const read: RegistryStorage['read'] = (workspaceId, asked) => {
    operations++
    keys.push(...asked)
    return storage.read(workspaceId, asked)
  }
  const list: RegistryStorage['list'] = (query) => {
    operations++
    return storage.list(query)
  }
  return { storage: { ...storage, read, list }, reads: () => operations, keysRead: () => keys.splice(0) }
}

/** Reports which records are written, and not what they are. */
function withoutRecords(storage: RegistryStorage): RegistryStorage {
  return { ...storage, watch: (listener) => storage.watch!(({ workspaceId, keys }) => listener({ workspaceId, keys })) }
}

/** Tells of nothing, as SQLite does of what other processes commit. */
function silent(storage: RegistryStorage): RegistryStorage {
  return { ...storage, watch: () => () => {} }
}

describe('a toolset that was built before', () => {
  it('reads nothing while the storage reports no change, and checks again after a second', async () => {
    const { storage, reads } = counted(makeStorage())
    const gate = await openGate({ storage, tools: [readNote] })
    const { tools } = await gate.toolset()
    const before = reads()
    expect((await gate.toolset()).tools).toBe(tools)
    expect(reads()).toBe(before)
    await gate.runtime.advance(1000)
    await gate.toolset()
    expect(reads()).toBe(before + 1)
  })

  it('reads once if the storage does not report changes', async () => {
    const { storage, reads } = counted({ ...makeStorage(), watch: undefined })
    const gate = await openGate({ storage, tools: [readNote] })
    await gate.toolset()
    const before = reads()
    await gate.toolset()
    expect(reads()).toBe(before + 1)
  })

  it('has a change of this process at once, and of another', async () => {
    const gate = await openGate({ tools: [readNote, writeNote] })
    const other = gate.another().actingAs({ workspaceId: 'acme', userId: 'ana' })
    expect((await gate.toolset()).tools).toHaveLength(2)
    await gate.mine.configureTools(gate.id, { read_note: { enabled: false } })
    expect((await gate.toolset()).tools.map(({ name }) => name)).toEqual(['write_note'])
    await other.configureTools(gate.id, { read_note: { enabled: true } })
    expect((await gate.toolset()).tools).toHaveLength(2)
  })

  it('asks the policy each time, and hands out the same tools while its verdicts are the same', async () => {
    let verdict: 'ask' | 'deny' | 'auto' = 'ask'
    const conversations: unknown[] = []
    const policy = ({ conversationId }: { readonly conversationId?: string | undefined }) => {
      conversations.push(conversationId)
      return { mode: verdict, rule: 'house' }
    }
    const gate = await openGate({ tools: [readNote], approvals: { policy } })
    const { tools } = await gate.toolset({ conversationId: 'one' })
    expect((await gate.toolset({ conversationId: 'two' })).tools).toBe(tools)
    expect(conversations.slice(-2)).toEqual(['one', 'two'])
    verdict = 'deny'
    const denied = await gate.toolset()
    expect(denied.tools).toEqual([])
    expect(denied.unavailable).toMatchObject([{ reason: 'denied_by_policy', rule: 'policy:house' }])
    verdict = 'auto'
    expect((await gate.toolset()).tools[0]?.approval).toMatchObject({ resolved: 'auto', rule: 'policy:house' })
  })

  it('reads again only the integration that changed, and hands out the others as they were', async () => {
    const { storage, keysRead } = counted(makeStorage({ now: () => 0 }))
    const gate = await openGate({ storage, tools: [readNote, writeNote] })
    await gate.runtime.advance(1)
    const { integration } = await gate.mine.connect({ url: gate.server.url, name: 'Diary', agents: ['assistant'] })
    const { tools } = await gate.toolset()
    await gate.mine.configureTools(integration.id, { write_note: { enabled: false } })
    keysRead()
    const changed = await gate.toolset()
    expect(keysRead().filter((key) => key.split('/').includes(gate.id))).toEqual([])
    expect(changed.tools.map(({ modelName }) => modelName)).toEqual([
      'diary__read_note',
      'notes__read_note',
      'notes__write_note',
    ])
    expect(changed.tools[1]).toBe(tools[2])
  })

  it('reads nothing but the integration after a change that was reported, until it reads everything again', async () => {
    const { storage, reads, keysRead } = counted(withoutRecords(makeStorage()))
    const gate = await openGate({ storage, tools: [readNote, writeNote] })
    await gate.toolset()
    for (const enabled of [false, true]) {
      await gate.mine.configureTools(gate.id, { read_note: { enabled } })
      keysRead()
      const before = reads()
      expect((await gate.toolset()).tools).toHaveLength(enabled ? 2 : 1)
      expect(reads()).toBe(before + 1)
      expect(keysRead().every((key) => key.split('/')[1] === gate.id)).toBe(true)
      expect((await gate.toolset()).tools).toHaveLength(enabled ? 2 : 1)
      expect(reads()).toBe(before + 1)
    }
    await gate.runtime.advance(1000)
    expect((await gate.toolset()).tools).toHaveLength(2)
  })

  it('reads nothing after further changes, where the storage reports what was written', async () => {
    const { storage, reads } = counted(memoryStorage())
    const gate = await openGate({ storage, tools: [readNote, writeNote] })
    await gate.toolset()
    await gate.mine.configureTools(gate.id, { read_note: { enabled: false } })
    expect((await gate.toolset()).tools).toHaveLength(1)
    for (const enabled of [true, false, true]) {
      await gate.mine.configureTools(gate.id, { read_note: { enabled }, write_note: { approval: 'ask' } })
      const before = reads()
      expect((await gate.toolset()).tools.map(({ name, approval }) => [name, approval.rule])).toEqual([
        ...(enabled ? [['read_note', 'untrusted']] : []),
        ['write_note', 'mode_ask'],
      ])
      expect(reads()).toBe(before)
    }
    await gate.mine.remove(gate.id)
    expect((await gate.toolset()).tools).toEqual([])
  })

  it('has a change at once that is reported late', async () => {
    const storage = makeStorage()
    const late: (() => void)[] = []
    const watch: RegistryStorage['watch'] = (listener) =>
      storage.watch!(({ workspaceId, keys }) => late.push(() => listener({ workspaceId, keys })))
    const gate = await openGate({ storage: { ...storage, watch }, tools: [readNote, writeNote] })
    await gate.toolset()
    for (const enabled of [false, true, false]) {
      await gate.mine.configureTools(gate.id, { read_note: { enabled } })
      expect((await gate.toolset()).tools).toHaveLength(enabled ? 2 : 1)
      for (const report of late.splice(0)) report()
      expect((await gate.toolset()).tools).toHaveLength(enabled ? 2 : 1)
    }
  })

  it('hands out the tools of a changed integration as they were, where nothing of them has changed', async () => {
    const gate = await openGate({ tools: [readNote, writeNote] })
    const [read, write] = (await gate.toolset()).tools
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'ask' } })
    const changed = (await gate.toolset()).tools
    expect(changed[0]).toBe(read)
    expect(changed[1]).not.toBe(write)
    expect(changed[1]).toMatchObject({ name: 'write_note', approval: { rule: 'mode_ask' } })
    await gate.mine.configureTools(gate.id, { read_note: { label: 'write' } })
    expect((await gate.toolset()).tools[0]?.label).toMatchObject({ value: 'write', source: 'person' })
    await gate.mine.update(gate.id, { name: 'Renamed' })
    for (const { integration } of (await gate.toolset()).tools) expect(integration.name).toBe('Renamed')
  })

  it.each(['all', 'those of this process'])(
    'of each person has every change where %s are reported',
    async (reported) => {
      const storage = makeStorage()
      const gate = await openGate({
        storage: reported === 'all' ? storage : silent(storage),
        tools: [readNote, writeNote],
        connect: { visibility: 'workspace' },
      })
      const people = ['ana', 'bo', 'cy'].map((userId) => gate.as({ workspaceId: 'acme', userId }))
      for (let step = 0; step < 12; step++) {
        // Each has a turn, at different moments; from time to time everything is read again in between.
        await gate.mine.configureTools(gate.id, { read_note: { enabled: step % 2 === 0 } })
        await gate.mine.configureTools(gate.id, { write_note: { enabled: step % 3 === 0 } })
        if (step % 4 === 3) await gate.runtime.advance(1000)
        const expected = [...(step % 2 === 0 ? ['read_note'] : []), ...(step % 3 === 0 ? ['write_note'] : [])]
        for (const person of step % 3 === 2 ? people.slice(1) : people)
          expect((await person.toolset('assistant')).tools.map(({ name }) => name)).toEqual(expected)
      }
    },
  )

  it('has every change of many, and an integration that came, went or was hidden', async () => {
    const visibility = 'workspace'
    const gate = await openGate({ tools: [readNote], connect: { visibility } })
    const bo = gate.as({ workspaceId: 'acme', userId: 'bo' })
    const names = async (who: Pick<typeof bo, 'toolset'>): Promise<readonly string[]> =>
      (await who.toolset('assistant')).tools.map(({ modelName }) => modelName)
    expect(await names(gate.mine)).toEqual(['notes__read_note'])
    expect(await names(bo)).toEqual(['notes__read_note'])
    await gate.runtime.advance(1)
    const { integration } = await gate.mine.connect({
      url: gate.server.url,
      name: 'Diary',
      agents: ['assistant'],
      visibility,
    })
    expect(await names(bo)).toEqual(['notes__read_note', 'diary__read_note'])
    await gate.mine.update(integration.id, { visibility: 'private' })
    expect(await names(bo)).toEqual(['notes__read_note'])
    expect(await names(gate.mine)).toEqual(['notes__read_note', 'diary__read_note'])
    for (let n = 0; n < 120; n++) await gate.mine.update(integration.id, { name: `Diary ${n}` })
    await gate.mine.remove(gate.id)
    expect(await names(gate.mine)).toEqual(['diary__read_note'])
    expect(await names(bo)).toEqual([])
    await gate.registry.forgetWorkspace('acme')
    expect(await names(gate.mine)).toEqual([])
  })

  it('is never of a workspace that was forgotten and begun again', async () => {
    const storage = makeStorage()
    const gate = await openGate({ storage: silent(storage), tools: [readNote] })
    const elsewhere = gate.another({ storage })
    expect((await gate.toolset()).tools).toHaveLength(1)
    await elsewhere.forgetWorkspace('acme')
    await elsewhere.actingAs({ workspaceId: 'acme', userId: 'bo' }).connect({
      url: gate.server.url,
      name: 'New',
      agents: ['assistant'],
      visibility: 'workspace',
    })
    await gate.runtime.advance(1000)
    expect((await gate.toolset()).tools.map(({ modelName }) => modelName)).toEqual(['new__read_note'])
  })

  it('is at most a second old where another process changed something that the storage does not report', async () => {
    const storage = makeStorage()
    const gate = await openGate({ storage: silent(storage), tools: [readNote] })
    const elsewhere = gate.another({ storage }).actingAs({ workspaceId: 'acme', userId: 'ana' })
    const before = await gate.toolset()
    await elsewhere.disable(gate.id)
    // A call reads what is stored, whatever the list showed.
    await expect(before.call('notes__read_note', { id: '1' })).rejects.toMatchObject({ code: 'integration_disabled' })
    await gate.runtime.advance(1000)
    expect((await gate.toolset()).tools).toEqual([])
    await elsewhere.enable(gate.id)
    await gate.runtime.advance(1000)
    expect((await gate.toolset()).tools).toHaveLength(1)
  })

  it('of an SQLite file is at most a second old, also while this process changes it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'memo-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const open = () => {
      const database = new Database(join(folder, 'shared.db'))
      onTestFinished(() => void database.close())
      return sqliteStorage({ database })
    }
    const gate = await openGate({ storage: open(), tools: [readNote, writeNote] })
    const elsewhere = gate.another({ storage: open() }).actingAs({ workspaceId: 'acme', userId: 'ana' })
    const modes = async () =>
      Object.fromEntries((await gate.toolset()).tools.map(({ name, approval }) => [name, approval.mode]))
    await gate.toolset()
    for (const approval of ['ask', 'default', 'ask'] as const) {
      await gate.mine.configureTools(gate.id, { read_note: { approval } })
      expect(await modes()).toMatchObject({ read_note: approval })
    }
    await elsewhere.update(gate.id, { approval: 'ask' })
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'default' } })
    await gate.runtime.advance(1000)
    expect(await modes()).toEqual({ read_note: 'ask', write_note: 'ask' })
    // Nor is it older afterwards.
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    expect(await modes()).toEqual({ read_note: 'auto', write_note: 'ask' })
    const before = await gate.toolset()
    await elsewhere.disable(gate.id)
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'ask' } })
    await expect(before.call('notes__write_note', {})).rejects.toMatchObject({ code: 'integration_disabled' })
    await gate.runtime.advance(1000)
    expect((await gate.toolset()).tools).toEqual([])
  })

  it('follows trust, a credential for another server, and who else may use it', async () => {
    const gate = await openGate({
      tools: [readNote],
      connect: { visibility: 'workspace', headers: { 'X-Api-Key': 'one' } },
    })
    const admin = gate.as({ workspaceId: 'acme', userId: 'root', role: 'admin' })
    const bo = gate.as({ workspaceId: 'acme', userId: 'bo' })
    const rule = async (): Promise<string | undefined> => (await bo.toolset('assistant')).tools[0]?.approval.rule
    expect(await rule()).toBe('untrusted')
    await admin.trust(gate.id, true)
    expect(await rule()).toBe('annotations_read')
    await admin.trust(gate.id, false)
    expect(await rule()).toBe('untrusted')
    await gate.mine.update(gate.id, { credentials: 'per_user' })
    expect((await bo.toolset('assistant')).unavailable).toMatchObject([{ reason: 'not_connected' }])
    await bo.authorize(gate.id, { headers: { 'X-Api-Key': 'two' } })
    expect(await rule()).toBe('untrusted')
    await gate.mine.update(gate.id, { agents: ['builder'] })
    expect((await bo.toolset('assistant')).unavailable).toMatchObject([{ reason: 'agent_not_allowed' }])
  })

  it('keeps roles and agents apart', async () => {
    const gate = await openGate({
      tools: [readNote],
      approvals: {
        policy: ({ actor, agentId }) =>
          actor.role === 'admin' && agentId === 'assistant' ? undefined : { mode: 'deny', rule: 'admins' },
      },
    })
    const tools = async (role: 'admin' | 'member', agent: 'assistant' | 'builder') =>
      (await gate.as({ workspaceId: 'acme', userId: 'ana', role }).toolset(agent)).tools.length
    for (let n = 0; n < 2; n++) {
      expect(await tools('admin', 'assistant')).toBe(1)
      expect(await tools('member', 'assistant')).toBe(0)
      expect(await tools('admin', 'builder')).toBe(0)
    }
  })

  it('follows the policy each time, also when it modifies an earlier verdict object', async () => {
    const answer: { mode: 'ask' | 'deny'; rule: string } = { mode: 'ask', rule: 'house' }
    const gate = await openGate({ tools: [readNote], approvals: { policy: () => answer } })
    expect((await gate.toolset()).tools).toHaveLength(1)
    answer.mode = 'deny'
    expect((await gate.toolset()).tools).toEqual([])
    answer.mode = 'ask'
    expect((await gate.toolset()).tools).toHaveLength(1)
  })

  it('hands out nothing that could be changed by who gets it', async () => {
    const gate = await openGate({ tools: [readNote] })
    const { tools } = await gate.toolset()
    const parts = [tools, tools[0], tools[0]?.approval, tools[0]?.inputSchema, tools[0]?.integration]
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true)
  })

  it('is refused as any verb once the registry is closed or the caller has gone', async () => {
    const gate = await openGate({ tools: [readNote] })
    await gate.toolset()
    await expect(gate.mine.toolset('assistant', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    await expect(gate.mine.toolset('nobody' as 'assistant')).rejects.toMatchObject({ code: 'invalid_input' })
    await gate.registry.close()
    await expect(gate.toolset()).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('records that a storage reports', () => {
  it('are known without a read, those that were deleted too, but none that expires', async () => {
    let now = 1_000
    const { storage, reads } = counted(memoryStorage({ now: () => now }))
    const records = reportedRecords(storage)
    onTestFinished(() => void records.close())
    const recall = async () =>
      (records.recall('acme', ['a', 'b']) ?? (await records.learn('acme', ['a', 'b']))).map((record) => record?.value)
    await storage.commit('acme', [{ key: 'first', value: 0 }])
    expect(await recall()).toEqual([undefined, undefined])
    await storage.commit('acme', [{ key: 'a', value: 1 }])
    expect(await recall()).toEqual([1, undefined])
    await storage.commit('acme', [{ key: 'a', value: undefined }])
    expect(await recall()).toEqual([undefined, undefined])
    expect(reads()).toBe(1)
    await storage.commit('acme', [{ key: 'b', value: 2, expiresAt: 2_000 }])
    expect(await recall()).toEqual([undefined, 2])
    now = 2_001
    expect(await recall()).toEqual([undefined, undefined])
  })

  it.each<[string, number, number, boolean]>([
    ['few long ones', 250_000, 50, true],
    ['many short ones', 100, 800, true],
    ['many long ones', 250_000, 100, false],
    ['more than there is room for', 100, 1_001, false],
  ])('are bounded in number and size: %s', async (_which, length, count, isKnown) => {
    const storage = memoryStorage()
    const records = reportedRecords(storage)
    onTestFinished(() => void records.close())
    const keys = Array.from({ length: count }, (_, n) => `long/${n}`)
    for (const key of keys) await storage.commit('acme', [{ key, value: 'x'.repeat(length) }])
    await records.learn('acme', keys)
    await records.learn('acme', keys)
    expect(records.recall('acme', keys) !== undefined).toBe(isKnown)
  })
})
