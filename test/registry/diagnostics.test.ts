import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import {
  memoryStorage,
  type Diagnostic,
  type IntegrationRegistryOptions,
  type RegistryStorage,
  type ToolCallOptions,
} from 'mcp-integrations'
import { eventually } from '../support/eventually.js'
import { openGate, type Gate } from '../support/gate.js'
import { credentials, makeStorage } from '../support/registry.js'

const thrown = new Error('of the host')
const fails = (): never => {
  throw thrown
}

interface Told extends Gate {
  readonly told: Diagnostic[]
}

async function openTold(options: Partial<IntegrationRegistryOptions<'assistant' | 'builder'>> = {}): Promise<Told> {
  const told: Diagnostic[] = []
  const gate = await openGate({ ...options, onDiagnostic: (diagnostic) => void told.push(diagnostic) })
  return { ...gate, told }
}

const read = async ({ toolset }: Gate, options?: ToolCallOptions) =>
  (await toolset()).call('notes__read_note', { id: '7' }, options)

describe('onDiagnostic', () => {
  const auto = { policy: () => ({ mode: 'auto', rule: 'host' }) as const }
  it.each<[Diagnostic['area'], Partial<IntegrationRegistryOptions<'assistant' | 'builder'>>, string]>([
    ['observer', { observer: { start: fails }, approvals: auto }, 'completed'],
    ['observer', { observer: { start: () => ({ end: fails }) }, approvals: auto }, 'completed'],
    ['policy', { approvals: { policy: fails } }, 'unavailable'],
    ['policy', { approvals: { risk: fails } }, 'approval_required'],
    ['confirm', { confirm: fails }, 'approval_required'],
    ['confirm', { confirm: async () => fails() }, 'approval_required'],
  ])('hears of a failing %s', async (area, options, type) => {
    const gate = await openTold(options)
    const outcome = await read(gate).catch(() => ({ type: 'unavailable' }))
    expect(outcome.type).toBe(type)
    expect(gate.told.length).toBeGreaterThan(0)
    for (const one of gate.told)
      expect(one).toEqual({
        area,
        message: expect.stringMatching(/\w\.$/) as string,
        error: thrown,
        workspaceId: 'acme',
        integrationId: gate.id,
      })
  })

  it.each<[string, () => unknown]>([
    ['throws', fails],
    ['rejects', async () => fails()],
  ])('hears of a listener that %s, whoever it listens for', async (_how, listener) => {
    const gate = await openTold()
    gate.registry.on('integration_disabled', listener as () => void)
    gate.mine.on('integration_disabled', listener as () => void)
    await gate.mine.disable(gate.id)
    await gate.runtime.advance(1_000)
    await eventually(() =>
      expect(gate.told).toMatchObject([
        { area: 'listener', error: thrown },
        { area: 'listener', error: thrown },
      ]),
    )
  })

  it('hears what could not be stored of a call, without the words of the storage, and the call ends well', async () => {
    let broken = false
    const storage: RegistryStorage = { ...makeStorage() }
    const gate = await openTold({
      approvals: auto,
      storage: {
        ...storage,
        commit: async (...args) => {
          if (broken) throw new Error('canary: insert into audit …')
          return storage.commit(...args)
        },
      },
    })
    const toolset = await gate.toolset()
    broken = true
    expect(await toolset.call('notes__read_note', { id: '7' })).toMatchObject({ type: 'completed' })
    expect(gate.told).toMatchObject([
      { area: 'audit', error: { code: 'storage_unavailable' }, workspaceId: 'acme', integrationId: gate.id },
    ])
    expect(JSON.stringify(gate.told) + String((gate.told[0]!.error as Error).stack)).not.toContain('canary')
  })

  it('hears of a secret that the vault could not destroy, without the words of the vault', async () => {
    const gate = await openTold({
      credentials: { ...credentials, destroy: () => Promise.reject(new Error('canary of the vault')) },
      connect: { headers: { 'X-Api-Key': 'canary' } },
    } as object)
    await gate.mine.remove(gate.id)
    const about = { workspaceId: 'acme', integrationId: gate.id }
    const message = expect.stringContaining('could not destroy') as string
    expect(gate.told).toMatchObject([
      { area: 'credentials', message, error: { code: 'storage_unavailable' }, ...about },
    ])
    expect(JSON.stringify(gate.told) + inspect(gate.told)).not.toContain('canary')
  })

  it('reports work that failed after the operation returned, and its subject', async () => {
    const storage = makeStorage()
    const gate = await openTold({
      storage: {
        ...storage,
        commit: async (workspaceId, writes) => {
          // What is only cleared away is cleared after the answer.
          if (writes.every(({ value }) => value === undefined)) throw new Error('canary of the storage')
          return storage.commit(workspaceId, writes)
        },
      },
    })
    const [tool] = (await gate.mine.tools(gate.id)).tools
    await gate.mine.acceptTools(gate.id, { [tool!.name]: tool!.definitionHash })
    await vi.waitFor(() => expect(gate.told).toHaveLength(1), { timeout: 20_000 })
    expect(JSON.stringify(gate.told)).not.toContain('canary')
    expect(gate.told).toMatchObject([
      {
        area: 'background',
        message: expect.stringContaining('Background work failed') as string,
        error: { code: 'storage_unavailable' },
        workspaceId: 'acme',
        integrationId: gate.id,
      },
    ])
  })

  it("hears once that events can't be read, and again after they could", async () => {
    let away = false
    // The time is moved by hand, and a database takes its own.
    const storage = memoryStorage()
    const gate = await openTold({
      storage: {
        ...storage,
        list: async (query) => {
          if (away) throw new Error('canary')
          return storage.list(query)
        },
      },
    })
    gate.mine.on('*', () => {})
    for (const outages of [1, 2]) {
      away = true
      await gate.runtime.advance(5_000)
      away = false
      await gate.runtime.advance(2_000)
      expect(gate.told).toHaveLength(outages)
    }
    for (const one of gate.told) expect(one).toMatchObject({ area: 'live_events', workspaceId: 'acme' })
  })

  it('brings 20 a second at most, and says how many were left out', async () => {
    const gate = await openTold({ observer: { start: fails }, approvals: auto })
    const toolset = await gate.toolset()
    for (let n = 0; n < 25; n++) await toolset.call('notes__read_note', { id: '7' })
    expect(gate.told).toHaveLength(20)
    await gate.runtime.advance(1_000)
    await toolset.call('notes__read_note', { id: '7' })
    expect(gate.told.slice(20).map(({ area, message }) => [area, message])).toEqual([
      ['diagnostics', expect.stringContaining('5 ')],
      ['observer', expect.any(String)],
    ])
  })

  it.each<[string, () => unknown]>([
    ['throws', fails],
    ['rejects', async () => fails()],
  ])('breaks nothing when it %s itself', async (_how, onDiagnostic) => {
    const gate = await openGate({
      onDiagnostic: onDiagnostic as () => void,
      observer: { start: fails },
      approvals: auto,
    })
    expect(await read(gate)).toMatchObject({ type: 'completed' })
  })

  it('hears nothing where nothing fails', async () => {
    const gate = await openTold({ approvals: auto })
    gate.registry.on('*', () => {})
    await read(gate)
    await gate.mine.remove(gate.id)
    await gate.registry.close({ graceMs: 1 })
    expect(gate.told).toEqual([])
  })
})
