import Database from 'libsql'
import type { RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { describe, expect, it } from 'vitest'
import { openGate, readNote, writeNote, type Gate } from '../support/gate.js'
import { ana, dump, makeStorage } from '../support/registry.js'
import { eventually } from '../support/eventually.js'

type Open = (options?: { readonly now?: () => number }) => RegistryStorage
const storages: readonly (readonly [string, Open])[] = [
  ['the storage of this lane', makeStorage],
  ['SQLite', (options) => sqliteStorage({ database: new Database(':memory:'), ...options })],
]

async function connectMore(gate: Gate, name: string): Promise<string> {
  const { integration } = await gate.mine.connect({ url: gate.server.url, name, agents: ['assistant'] })
  return integration.id
}

async function keysOf(storage: RegistryStorage, kind: string): Promise<readonly string[]> {
  const records = await dump(storage)
  return records.flatMap(({ key }) => (key.startsWith(`${kind}/`) ? [key] : []))
}

/** In a process that has cached nothing. */
async function toolsOfAll(gate: Gate, storage: RegistryStorage): Promise<number> {
  const { tools } = await gate.another({ storage }).actingAs(ana).toolset('assistant')
  return tools.length
}

describe.each(storages)('equal tool lists of a workspace, on %s', (_name, open) => {
  it('are stored once, until the last integration with them is removed', async () => {
    const storage = open()
    const gate = await openGate({ storage, tools: [readNote, writeNote] })
    const ids = [gate.id, await connectMore(gate, 'Second'), await connectMore(gate, 'Third')]
    expect(await keysOf(storage, 'chunk')).toHaveLength(1)
    expect(await keysOf(storage, 'chunk-use')).toHaveLength(3)
    expect(await toolsOfAll(gate, storage)).toBe(6)
    await gate.mine.remove(ids[0]!)
    await gate.mine.remove(ids[1]!)
    expect(await keysOf(storage, 'chunk')).toHaveLength(1)
    expect(await toolsOfAll(gate, storage)).toBe(2)
    await gate.mine.remove(ids[2]!)
    expect(await keysOf(storage, 'chunk')).toEqual([])
    expect(await keysOf(storage, 'chunk-use')).toEqual([])
    await gate.registry.sweep()
    expect(await keysOf(storage, 'due/chunks')).toEqual([])
  })

  it('part when one server lists others, and are one again when the second does too', async () => {
    const storage = open()
    const gate = await openGate({ storage, tools: [readNote] })
    const second = await connectMore(gate, 'Second')
    const [before] = await keysOf(storage, 'chunk')
    await gate.server.setTools([readNote, writeNote])
    await gate.mine.refreshTools(gate.id)
    expect(await keysOf(storage, 'chunk')).toHaveLength(2)
    expect(await toolsOfAll(gate, storage)).toBe(3)
    await gate.mine.refreshTools(second)
    await eventually(async () => expect(await keysOf(storage, 'chunk')).toHaveLength(1))
    expect(await keysOf(storage, 'chunk')).not.toContain(before)
    expect(await toolsOfAll(gate, storage)).toBe(4)
  })

  it('are kept by who connects while the last other integration with them is being removed', async () => {
    const inner = open()
    const late: (() => Promise<unknown>)[] = []
    let holds = false
    const storage: RegistryStorage = {
      ...inner,
      async commit(workspaceId, writes) {
        const deletes = writes.some((one) => 'key' in one && one.key.startsWith('chunk/') && one.value === undefined)
        if (!deletes || !holds) return inner.commit(workspaceId, writes)
        late.push(() => inner.commit(workspaceId, writes))
        return false
      },
    }
    const gate = await openGate({ storage, tools: [readNote] })
    holds = true
    await gate.mine.remove(gate.id)
    expect(late).toHaveLength(1)
    await connectMore(gate, 'Second')
    for (const commit of late) expect(await commit()).toBe(false)
    expect(await toolsOfAll(gate, inner)).toBe(1)
  })

  it('are deleted by a sweep where the process ended before it deleted them', async () => {
    const inner = open()
    let isDown = false
    const storage: RegistryStorage = {
      ...inner,
      async commit(workspaceId, writes) {
        if (isDown && writes.some((one) => 'key' in one && one.key.startsWith('chunk/'))) throw new Error('down')
        return inner.commit(workspaceId, writes)
      },
    }
    const gate = await openGate({ storage, tools: [readNote] })
    isDown = true
    await expect(gate.mine.remove(gate.id)).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect(await keysOf(inner, 'chunk')).toHaveLength(1)
    isDown = false
    await gate.registry.sweep()
    expect(await keysOf(inner, 'chunk')).toEqual([])
    expect(await keysOf(inner, 'due/chunks')).toEqual([])
  })

  it('are there for every integration after many were connected and removed at once', async () => {
    const storage = open()
    const gate = await openGate({ storage, tools: [readNote] })
    let ids: readonly string[] = [gate.id]
    for (let round = 0; round < 6; round++) {
      const [added] = await Promise.all([
        Promise.all([0, 1, 2].map((n) => connectMore(gate, `Round ${round} ${n}`))),
        ...ids.map((id) => gate.mine.remove(id)),
      ])
      ids = added!
      expect(await toolsOfAll(gate, storage)).toBe(ids.length)
    }
    await Promise.all(ids.map((id) => gate.mine.remove(id)))
    await gate.registry.sweep()
    expect(await keysOf(storage, 'chunk')).toEqual([])
  })
})
