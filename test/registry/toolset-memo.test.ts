import type { RegistryStorage } from 'mcp-integrations'
import { describe, expect, it } from 'vitest'
import { openGate, readNote, writeNote } from '../support/gate.js'
import { makeStorage } from '../support/registry.js'

/** Counts what is asked of a storage. */
function counted(storage: RegistryStorage): { readonly storage: RegistryStorage; reads(): number } {
  let reads = 0
  const read: RegistryStorage['read'] = (...asked) => {
    reads++
    return storage.read(...asked)
  }
  return { storage: { ...storage, read }, reads: () => reads }
}

describe('a toolset that was built before', () => {
  it('reads nothing while the storage tells of no change, and looks again after a second', async () => {
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

  it('reads one record where the storage tells of nothing', async () => {
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

  it('asks the policy each time, and hands out the same tools while its answers are the same', async () => {
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
})
