import { describe, expect, it } from 'vitest'
import type { PolicyInput } from 'mcp-integrations'
import { ownerKey } from '../../src/registry/state/keys.js'
import { ask, openGate, sent } from '../support/gate.js'
import { ana, root } from '../support/registry.js'
import fc from 'fast-check'

/** Writes to everything that can be reached, as a careless or hostile host would. */
function spoil(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  for (const child of Object.values(value)) spoil(child, seen)
  for (const [key, change] of [
    ['readOnlyHint', true],
    ['role', 'admin'],
    ['trusted', true],
    ['enabled', true],
    ['type', 'null'],
    ['status', 'approved'],
    ['spoilt', true],
  ] as const)
    Reflect.set(value, key, change)
  for (const key of Object.keys(value)) Reflect.deleteProperty(value, key)
}

describe('what a host is handed', () => {
  it('can be written to without changing what anybody is told or asked afterwards', async () => {
    const inputs: PolicyInput[] = []
    const gate = await openGate({
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

it('tells every listener the same, whatever one of them writes to it', async () => {
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

  it.each(['\ud800', '', 7])('is made of a well-formed id only: %j is refused by name', async (userId) => {
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
