import type { ActorEvent, ActorIntegrations, RegistryStorage } from 'mcp-integrations'
import { describe, expect, it, vi } from 'vitest'
import { ask, later, openGate } from '../support/gate.js'
import { ana, bo, outsider, root, type TestAgent } from '../support/registry.js'
import { eventually } from '../support/eventually.js'

/** What somebody hears from now on. */
function heardBy(mine: ActorIntegrations<TestAgent>): ActorEvent[] {
  const heard: ActorEvent[] = []
  mine.on('*', (event) => heard.push(event))
  return heard
}

const typesOf = (events: readonly ActorEvent[]): readonly string[] => events.map(({ type }) => type)

describe('what a person hears of', () => {
  it('is their own and what is shared, as it happens, whichever process does it', async () => {
    const gate = await openGate()
    const [anas, bos, admins, others] = [ana, bo, root, outsider].map((who) => heardBy(gate.as(who))) as [
      ActorEvent[],
      ActorEvent[],
      ActorEvent[],
      ActorEvent[],
    ]
    const elsewhere = gate.another().actingAs(ana)
    await elsewhere.update(gate.id, { name: 'Mine alone' })
    await gate.runtime.advance(1_000)
    await eventually(() => expect(typesOf(anas)).toEqual(['integration_updated']))
    await gate.mine.update(gate.id, { visibility: 'workspace' })
    await eventually(() => expect(typesOf(bos)).toEqual(['integration_updated']))
    await gate.mine.disable(gate.id)
    await eventually(() => expect(typesOf(bos)).toEqual(['integration_updated', 'integration_disabled']))
    expect(typesOf(anas)).toEqual(['integration_updated', 'integration_updated', 'integration_disabled'])
    expect(typesOf(admins)).toEqual(typesOf(bos))
    expect(others).toEqual([])
  })

  it('end when access ends: unshared, removed and transferred are indistinguishable', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    const bos = heardBy(gate.as(bo))
    const anas = heardBy(gate.mine)
    await gate.mine.update(gate.id, { visibility: 'private' })
    await eventually(() => expect(typesOf(bos)).toEqual(['integration_removed']))
    await gate.mine.disable(gate.id)
    await eventually(() => expect(typesOf(anas).at(-1)).toBe('integration_disabled'))
    await gate.mine.transferOwner(gate.id, 'bo')
    await eventually(() => expect(typesOf(anas).at(-1)).toBe('integration_removed'))
    expect(typesOf(anas)).toEqual(['integration_updated', 'integration_disabled', 'integration_removed'])
    await gate.as(bo).remove(gate.id)
    await eventually(() => expect(typesOf(bos).at(-1)).toBe('integration_removed'))
    expect(anas).toHaveLength(3)
  })

  it('holds approvals, grants and calls of others only where they decide', async () => {
    for (const adminsDecideForOthers of [false, true]) {
      const gate = await openGate({ connect: { visibility: 'workspace' }, access: { adminsDecideForOthers } })
      const [anas, bos, admins] = [ana, bo, root].map((who) => heardBy(gate.as(who))) as [
        ActorEvent[],
        ActorEvent[],
        ActorEvent[],
      ]
      const toolset = await gate.toolset()
      const { approvalId } = await ask(toolset)
      await gate.mine.approvals.decide(approvalId, { decision: 'approve', remember: { for: 'tool' } })
      await toolset.resume(approvalId)
      await eventually(() => expect(typesOf(anas)).toContain('call_finished'))
      await eventually(() => expect(typesOf(admins)).toContain('grant_created'))
      expect(typesOf(anas)).toEqual(
        expect.arrayContaining(['approval_changed', 'grant_created', 'call_started', 'call_finished']),
      )
      expect(bos).toEqual([])
      expect(typesOf(admins).includes('approval_changed')).toBe(adminsDecideForOthers)
      expect(typesOf(admins)).not.toContain('call_finished')
    }
  })

  it('reports each event by name, and none after unsubscribing', async () => {
    const gate = await openGate()
    const off = vi.fn()
    const stop = gate.mine.on('integration_disabled', off)
    await gate.mine.disable(gate.id)
    await eventually(() => expect(off).toHaveBeenCalledTimes(1))
    await gate.mine.enable(gate.id)
    stop()
    await gate.mine.disable(gate.id)
    await gate.mine.events()
    expect(off).toHaveBeenCalledTimes(1)
  })

  it('hears what was committed while it began to listen, once, though the commit is reported late', async () => {
    const gate = await openGate()
    const reported = later()
    const storage: RegistryStorage = {
      ...gate.storage,
      async commit(workspaceId, writes) {
        const written = await gate.storage.commit(workspaceId, writes)
        await reported.promise
        return written
      },
    }
    const mine = gate.another({ storage }).actingAs(ana)
    const disabling = mine.disable(gate.id)
    await eventually(async () => expect((await mine.get(gate.id)).enabled).toBe(false))
    const heard = heardBy(mine)
    // The listener knows where the feed ended once it has heard what came after that.
    await gate.mine.enable(gate.id)
    await eventually(() => expect(typesOf(heard)).toEqual(['integration_enabled']))
    reported.resolve()
    await disabling
    await eventually(() => expect(typesOf(heard)).toEqual(['integration_enabled', 'integration_disabled']))
    await mine.update(gate.id, { name: 'Notes of ana' })
    await eventually(() => expect(typesOf(heard).slice(2)).toEqual(['integration_updated']))
  })

  it('survives a listener that throws', async () => {
    const gate = await openGate()
    gate.mine.on('*', () => {
      throw new Error('mine')
    })
    const heard = heardBy(gate.mine)
    await gate.mine.disable(gate.id)
    await eventually(() => expect(heard).toHaveLength(1))
  })

  it('ends with the registry', async () => {
    const gate = await openGate()
    gate.mine.on('*', () => {})
    await gate.registry.close()
    expect(() => gate.mine.on('*', () => {})).toThrow('closed')
  })
})

describe('the feed of a person', () => {
  it('is read in pages, scoped, and says where it ends', async () => {
    const gate = await openGate()
    await gate.mine.disable(gate.id)
    const { after, events } = await gate.mine.events()
    expect(typesOf(events)).toContain('integration_disabled')
    expect(await gate.as(bo).events()).toEqual({ events: [], after })
    expect(await gate.as(outsider).events()).toMatchObject({ events: [] })
    expect(await gate.as(bo).events({ after: 'latest' })).toEqual({ events: [], after })
    expect(await gate.mine.events({ after })).toEqual({ events: [], after })
    await gate.mine.enable(gate.id)
    expect(typesOf((await gate.mine.events({ after })).events)).toEqual(['integration_enabled'])
    await expect(gate.mine.events({ after: 'x' })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('says when something was missed: kept no longer, or never of this feed', async () => {
    const gate = await openGate()
    const { after } = await gate.mine.events({ after: 'latest' })
    expect(await gate.mine.events({ after: '0000000000009999' })).toEqual({ events: [], after, missed: true })
    await gate.runtime.advance(7 * 86_400_000 + 1)
    await gate.mine.disable(gate.id)
    const page = await gate.mine.events({ after })
    expect(page).toMatchObject({ events: [], missed: true })
    await gate.mine.enable(gate.id)
    expect(typesOf((await gate.mine.events({ after: page.after })).events)).toEqual(['integration_enabled'])
  })
})

describe('the audit', () => {
  it('is filtered, newest first by choice, and goes on after a page', async () => {
    const gate = await openGate()
    for (const name of ['A', 'B', 'C']) {
      await gate.runtime.advance(1_000)
      await gate.mine.update(gate.id, { name })
    }
    await gate.runtime.advance(1_000)
    await gate.mine.disable(gate.id)
    const actions = async (query: Parameters<typeof gate.mine.audit>[0]) =>
      (await gate.mine.audit(query)).entries.map(({ action }) => action)
    expect(await actions({ order: 'newest' })).toEqual(['disable', 'update', 'update', 'update', 'connect'])
    expect(await actions({ action: 'update', integrationId: gate.id })).toHaveLength(3)
    expect(await actions({ integrationId: 'another' })).toEqual([])
    const first = await gate.mine.audit({ order: 'newest', limit: 2 })
    expect(await actions({ order: 'newest', limit: 2, after: first.next })).toEqual(['update', 'update'])
    const times = (await gate.mine.audit()).entries.map(({ at }) => at)
    expect(await actions({ since: times[3], order: 'newest' })).toEqual(['disable', 'update'])
    expect(await actions({ since: times[3] })).toEqual(['update', 'disable'])
    expect(await actions({ until: times[1] })).toEqual(['connect'])
    expect(await actions({ until: times[1], order: 'newest' })).toEqual(['connect'])
    await expect(gate.mine.audit({ order: 'best' as never })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('is not searched for what an admin may not see', async () => {
    const gate = await openGate()
    await ask(await gate.toolset())
    const admin = gate.as(root)
    expect((await admin.audit({ integrationId: gate.id })).entries.map(({ tool }) => tool)).not.toContain('write_note')
    expect((await admin.audit({ tool: 'write_note' })).entries).toEqual([])
    expect((await gate.mine.audit({ tool: 'write_note' })).entries).not.toEqual([])
  })
})
