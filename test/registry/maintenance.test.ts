import { encryptedCredentials, memoryStorage, type Diagnostic, type RegistryStorage } from 'mcp-integrations'
import { manualRuntime, type TestTool } from 'mcp-integrations/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.js'
import { later, openGate, readNote } from '../support/gate.js'
import { ana, dump, makeRegistry, makeStorage } from '../support/registry.js'

describe('sweep', () => {
  it('erases what was written of an integration after it was removed, and nothing of one that is there', async () => {
    const { mine, id, registry, storage } = await openGate()
    const { integration: gone } = await mine.connect({
      url: 'https://notes.example/mcp',
      name: 'Gone',
      agents: ['assistant'],
    })
    await mine.remove(gone.id)
    const before = (await dump(storage)).map(({ key }) => key)
    await storage.commit('acme', [
      { key: `status/${gone.id}/_`, value: { reason: 'ok' } },
      { key: `headers/${gone.id}/bo`, value: { sealed: 'late', origin: 'https://notes.example', headers: [] } },
    ])
    expect(await registry.sweep()).toMatchObject({ removals: 1 })
    expect((await dump(storage)).map(({ key }) => key)).toEqual(before)
    expect(await mine.get(id)).toMatchObject({ status: 'connected', tools: { total: 2 } })
    expect(await registry.sweep()).toMatchObject({ removals: 0 })
  })

  it('searches for late writes as long as any call may run, and then stops', async () => {
    const { mine, id, registry, runtime, storage } = await openGate()
    await mine.remove(id)
    for (let hour = 0; hour < 26; hour++) {
      await storage.commit('acme', hour < 20 ? [{ key: `status/${id}/_`, value: { reason: 'ok' } }] : [])
      expect(await registry.sweep()).toMatchObject({ removals: hour < 20 ? 1 : 0 })
      await runtime.advance(3_600_000)
    }
    expect((await dump(storage)).filter(({ key }) => key.includes(id) && !/^(event|audit)/.test(key))).toEqual([])
  })

  it.each([false, true])(
    'erases what a call wrote after its workspace was forgotten (begun again: %s)',
    async (again) => {
      let release = (): void => {}
      const held = new Promise<void>((resolve) => (release = resolve))
      const slow: TestTool = { ...readNote, run: async () => (await held, 'late') }
      const { mine, id, registry, runtime, storage, server, another } = await openGate({ tools: [slow] })
      await mine.configureTools(id, { read_note: { approval: 'auto' } })
      // Another process, which is not told of what is committed here.
      const elsewhere = another({ storage: { ...storage, watch: undefined } }).actingAs(ana)
      const toolset = await elsewhere.toolset('assistant')
      const call = toolset.call('notes__read_note', { id: '7' })
      await eventually(() => expect(server.calls.get('read_note')).toBe(1))
      await registry.forgetWorkspace('acme')
      const begun = again ? await mine.connect({ url: server.url, name: 'New', agents: ['assistant'] }) : undefined
      const kept = async () =>
        (await dump(storage, 'acme')).flatMap(({ key }) => (/^(due|catalogue)\//.test(key) ? [] : [key]))
      const before = await kept()
      release()
      expect(await call).toMatchObject({ type: 'completed' })
      expect((await kept()).length).toBeGreaterThan(before.length)
      expect(await registry.sweep()).toMatchObject({ removals: 1 })
      expect((await kept()).filter((key) => !key.startsWith('catalogue/'))).toEqual(
        before.filter((key) => !key.startsWith('catalogue/')),
      )
      if (begun !== undefined) expect(await mine.get(begun.integration.id)).toMatchObject({ status: 'connected' })
      for (let hour = 0; hour < 26; hour++) {
        expect(await registry.sweep()).toMatchObject({ removals: 0 })
        await runtime.advance(3_600_000)
      }
      await registry.sweep()
      expect((await dump(storage)).filter(({ key }) => key.startsWith('due/'))).toEqual([])
    },
  )

  it('leaves the handle of a removed integration to whoever has it now', async () => {
    const { mine, id, registry, runtime, server } = await openGate()
    await mine.remove(id)
    await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    await registry.sweep()
    await runtime.advance(3_600_000)
    await registry.sweep()
    const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    expect(integration.handle).toBe('notes_2')
  })

  it('reads what is due, however much is stored', async () => {
    const asked: string[] = []
    const runtime = manualRuntime()
    const inner = makeStorage({ now: () => runtime.now() })
    const storage: RegistryStorage = {
      ...inner,
      read: (workspaceId, keys) => {
        asked.push(...keys)
        return inner.read(workspaceId, keys)
      },
      list: (query) => {
        asked.push(query.prefix)
        return inner.list(query)
      },
      scan: (query) => {
        asked.push(query.prefix)
        return inner.scan(query)
      },
      expired: async (query) => {
        const page = await inner.expired(query)
        asked.push(...page.records.map(({ key }) => key))
        return page
      },
    }
    const registry = makeRegistry({ storage, runtime })
    for (let n = 0; n < 300; n++)
      await inner.commit(`w${n % 7}`, [
        { key: `integration/i${n}`, value: { handle: `h${n}`, established: true, updatedAt: 0 } },
        { key: `status/i${n}/_`, value: { reason: 'ok' } },
        { key: `approval/a${n}`, value: { status: 'finished', request: {} }, expiresAt: runtime.now() + 1_000_000 },
      ])
    expect(await registry.sweep()).toEqual({ expired: 0, approvals: 0, removals: 0, abandoned: 0 })
    expect(asked).toEqual([])
    await inner.commit('w1', [{ key: 'flow/f', value: 1, expiresAt: runtime.now() }])
    expect(await registry.sweep()).toMatchObject({ expired: 1 })
    expect(asked).toEqual(['flow/f'])
    await registry.close()
  })
})

describe('maintenance', () => {
  /** A registry that sweeps by itself, and the sweeps it began. */
  async function maintained(look: () => Promise<void> = async () => {}) {
    let sweeps = 0
    const told: Diagnostic[] = []
    const { runtime, another } = await openGate()
    // The time is moved by hand, and a database takes its own: the sweeps counted here are of a storage in memory.
    const storage = memoryStorage({ now: () => runtime.now() })
    const registry = another({
      maintenance: { everyMs: 60_000 },
      // Here the clock leaps while the storage takes its time.
      limits: { storageTimeoutMs: 86_400_000 },
      onDiagnostic: (diagnostic) => void told.push(diagnostic),
      storage: {
        ...storage,
        expired: async (query) => {
          // The first thing that a sweep looks for.
          if (query.after === undefined) {
            sweeps++
            await look()
          }
          return storage.expired(query)
        },
      },
    })
    return { registry, runtime, told, sweeps: () => sweeps }
  }

  it('sweeps again and again, never sooner than half the time and never later than all of it', async () => {
    const { runtime, sweeps } = await maintained()
    await runtime.advance(29_999)
    expect(sweeps()).toBe(0)
    await runtime.advance(30_001)
    expect(sweeps()).toBe(1)
    await runtime.advance(10 * 60_000)
    expect(sweeps()).toBeGreaterThanOrEqual(10)
    expect(sweeps()).toBeLessThanOrEqual(21)
  })

  it('sweeps one at a time', async () => {
    const { promise, resolve } = later()
    const { runtime, sweeps } = await maintained(() => promise)
    await runtime.advance(4_000_000)
    expect(sweeps()).toBe(1)
    resolve()
  })

  it("continues after a failed sweep, and reports it without the storage's message", async () => {
    const { runtime, sweeps, told } = await maintained(() => Promise.reject(new Error('canary')))
    await runtime.advance(120_000)
    expect(sweeps()).toBeGreaterThan(1)
    expect(told[0]).toMatchObject({ area: 'maintenance', error: { code: 'storage_unavailable' } })
    expect(JSON.stringify(told)).not.toContain('canary')
  })

  it('ends with close(), also in the middle of a sweep', async () => {
    const { promise, resolve } = later()
    const { registry, runtime, sweeps, told } = await maintained(() => promise)
    await runtime.advance(60_000)
    const closed = registry.close({ graceMs: 1 })
    resolve()
    await closed
    await runtime.advance(600_000)
    expect(sweeps()).toBe(1)
    expect(told).toEqual([])
  })

  it('is off unless it is set', async () => {
    const { registry, runtime } = await openGate()
    await registry.close({ graceMs: 1 })
    expect(runtime.timers).toBe(0)
  })
})

describe('resealAll and keyUsage', () => {
  it('know of tokens that are still to be revoked', async () => {
    const secret = Buffer.alloc(32, 7).toString('base64')
    const [old, fresh] = [
      { id: 'old', secret },
      { id: 'new', secret: Buffer.alloc(32, 8).toString('base64') },
    ] as const
    const storage = makeStorage()
    const where = { workspaceId: 'acme', integrationId: 'i', owner: '_', field: 'tokens' }
    const sealed = await encryptedCredentials({ keys: [old] }).seal('{}', where)
    await storage.commit('acme', [{ key: 'unrevoked/i/_/l', value: { sealed }, expiresAt: Date.now() + 60_000 }])
    const registry = makeRegistry({ storage, credentials: encryptedCredentials({ keys: [fresh, old] }) })
    onTestFinished(() => registry.close())
    expect(await registry.keyUsage()).toEqual({ old: 1 })
    expect(await registry.resealAll()).toEqual({ resealed: 1, current: 0, unreadable: 0 })
    expect(await registry.keyUsage()).toEqual({ new: 1 })
  })
})
