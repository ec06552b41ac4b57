import { describe, expect, it } from 'vitest'
import type { Approval, ApprovalQuery } from 'mcp-integrations'
import { ask, openGate, type Gate } from '../support/gate.js'
import { ana, bo, outsider, root } from '../support/registry.js'

const shared = { connect: { visibility: 'workspace' as const } }

/** Asks with arguments of its own, so that every request is another. */
async function asks(gate: Gate, actor: typeof ana, count: number, conversationId?: string): Promise<Approval[]> {
  const toolset = await gate.as(actor).toolset('assistant', { conversationId })
  const asked: Approval[] = []
  for (let n = 0; n < count; n++) {
    asked.push(await ask(toolset, { id: `${actor.userId}-${conversationId ?? ''}-${n}`, text: 'x' }))
    await gate.runtime.advance(1)
  }
  return asked
}

async function idsOf(gate: Gate, actor: typeof ana, query: ApprovalQuery): Promise<readonly string[]> {
  const { approvals } = await gate.as(actor).approvals.list(query)
  return approvals.map(({ approvalId }) => approvalId)
}

describe('a list of approvals', () => {
  it('comes oldest or newest first, page by page, for every status', async () => {
    const gate = await openGate()
    const all = (await asks(gate, ana, 5)).map(({ approvalId }) => approvalId)
    for (const id of all.slice(0, 3)) await gate.mine.approvals.decide(id, id === all[0] ? 'deny' : 'approve')
    expect(await idsOf(gate, ana, {})).toEqual(all)
    expect(await idsOf(gate, ana, { order: 'newest' })).toEqual(all.toReversed())
    expect(await idsOf(gate, ana, { order: 'newest', status: 'pending' })).toEqual(all.slice(3).toReversed())
    expect(await idsOf(gate, ana, { status: 'approved' })).toEqual(all.slice(1, 3))
    expect(await idsOf(gate, ana, { status: 'denied' })).toEqual(all.slice(0, 1))
    const first = await gate.mine.approvals.list({ order: 'newest', limit: 2 })
    const second = await gate.mine.approvals.list({ order: 'newest', limit: 10, after: first.next! })
    expect([...first.approvals, ...second.approvals].map(({ approvalId }) => approvalId)).toEqual(all.toReversed())
  })

  it('narrows to an integration, an agent and a conversation', async () => {
    const gate = await openGate()
    const [inOne] = await asks(gate, ana, 1, 'c1')
    const [inTwo] = await asks(gate, ana, 1, 'c2')
    const byBuilder = await ask(await gate.toolset({ conversationId: 'c1' }, 'builder'))
    expect(await idsOf(gate, ana, { conversationId: 'c1' })).toEqual([inOne!.approvalId, byBuilder.approvalId])
    expect(await idsOf(gate, ana, { conversationId: 'c1', agentId: 'builder' })).toEqual([byBuilder.approvalId])
    expect(await idsOf(gate, ana, { integrationId: gate.id })).toContain(inTwo!.approvalId)
    expect(await idsOf(gate, ana, { integrationId: 'another' })).toEqual([])
  })

  it('has names of equal requests, to be shown as one with a count', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const equal = { id: '7', text: 'hello' }
    for (const idempotencyKey of ['one', 'two']) await toolset.call('notes__write_note', equal, { idempotencyKey })
    await ask(toolset, { id: '8', text: 'hello' })
    const { approvals } = await gate.mine.approvals.list({ status: 'pending' })
    expect(approvals).toHaveLength(3)
    expect(new Set(approvals.map(({ requestHash }) => requestHash)).size).toBe(2)
  })

  it('ends a page of long arguments early, and goes on where it ended', async () => {
    const gate = await openGate({
      tools: [{ name: 'write', annotations: { readOnlyHint: false }, inputSchema: { type: 'object' }, run: () => '' }],
      approvals: { maxPendingPerConversation: 100 },
    })
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const all: string[] = []
    for (let n = 0; n < 12; n++)
      all.push((await ask(toolset, { text: String(n).repeat(30_000) }, 'notes__write')).approvalId)
    const seen: string[] = []
    let pages = 0
    for (let after: string | undefined; ; pages++) {
      const page = await gate.mine.approvals.list({ status: 'pending', after })
      expect(page.approvals.length).toBeLessThan(12)
      seen.push(...page.approvals.map(({ approvalId }) => approvalId))
      if (page.next === undefined) break
      after = page.next
    }
    expect(seen.toSorted()).toEqual(all.toSorted())
    expect(pages).toBeGreaterThan(0)
  })

  it.each([
    [{ status: 'open' }, 'status'],
    [{ for: 'everybody' }, 'for'],
    [{ order: 'desc' }, 'order'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ after: '../x' }, 'after'],
    [{ userId: 'bo' }, 'userId'],
    [{ integrationId: 7 }, 'integrationId'],
  ])('refuses %o and names what is wrong', async (query, path) => {
    const gate = await openGate()
    await expect(gate.mine.approvals.list(query as ApprovalQuery)).rejects.toMatchObject({
      code: 'invalid_input',
      fields: [{ path }],
    })
  })
})

describe('approvals of others', () => {
  it('are listed, shown and decided by admins, where the host lets them, on shared integrations', async () => {
    const gate = await openGate({ ...shared, access: { adminsDecideForOthers: true } })
    const hers = await asks(gate, ana, 2)
    const his = await asks(gate, bo, 1)
    const own = await ask(await gate.as(root).toolset('assistant'))
    const ids = [...hers, ...his].map(({ approvalId }) => approvalId)
    expect(await idsOf(gate, root, { for: 'others', status: 'pending' })).toEqual(ids)
    expect(await idsOf(gate, root, { for: 'others', order: 'newest' })).toEqual(ids.toReversed())
    expect(await idsOf(gate, root, {})).toEqual([own.approvalId])
    const { approvals } = gate.as(root)
    expect(await approvals.get(ids[0]!)).toMatchObject({ userId: 'ana', status: 'pending' })
    expect(await approvals.decide(ids, 'approve')).toMatchObject(ids.map(() => ({ decidedBy: 'root' })))
    expect(await idsOf(gate, root, { for: 'others', status: 'approved' })).toEqual(ids)
    expect(await idsOf(gate, root, { for: 'others', status: 'pending' })).toEqual([])
  })

  it("can't be cancelled by admins: they can deny them", async () => {
    const gate = await openGate({ ...shared, access: { adminsDecideForOthers: true } })
    const [hers] = await asks(gate, ana, 1)
    await expect(gate.as(root).approvals.cancel(hers!.approvalId)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await gate.as(root).approvals.decide(hers!.approvalId, 'deny')).toMatchObject({ status: 'denied' })
  })

  it('on private integrations stay hidden from admins, in lists too', async () => {
    const gate = await openGate({ access: { adminsDecideForOthers: true } })
    const [hers] = await asks(gate, ana, 1)
    expect(await idsOf(gate, root, { for: 'others' })).toEqual([])
    expect(await idsOf(gate, root, { for: 'others', status: 'pending', integrationId: gate.id })).toEqual([])
    for (const verb of ['get', 'cancel'] as const)
      await expect(gate.as(root).approvals[verb](hers!.approvalId)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('are private: members and other workspaces see none, admins only if the host allows it', async () => {
    const gate = await openGate(shared)
    await asks(gate, ana, 1)
    expect(await idsOf(gate, bo, { for: 'others' })).toEqual([])
    await expect(gate.as(root).approvals.list({ for: 'others' })).rejects.toMatchObject({ code: 'forbidden' })
    const open = gate.another({ access: { adminsDecideForOthers: true } })
    expect(await gate.as(root).me()).toMatchObject({ role: 'admin', decidesForOthers: false })
    expect(await open.actingAs(root).me()).toMatchObject({ role: 'admin', decidesForOthers: true })
    expect(await open.actingAs(bo).me()).toMatchObject({ role: 'member', decidesForOthers: false })
    expect((await open.actingAs(outsider).approvals.list({ for: 'others' })).approvals).toEqual([])
    expect((await open.actingAs(bo).approvals.list({ for: 'others' })).approvals).toEqual([])
  })
})

describe('cancelling', () => {
  it('ends a request that waits, and one that was approved and not used', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const [pending, approved] = await asks(gate, ana, 2, 'c1')
    await gate.mine.approvals.decide(approved!.approvalId, 'approve')
    for (const { approvalId } of [pending!, approved!]) {
      const cancelled = await gate.mine.approvals.cancel(approvalId)
      expect(cancelled).toMatchObject({ status: 'cancelled' })
      expect(await gate.mine.approvals.cancel(approvalId)).toEqual(cancelled)
      expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'cancelled' })
    }
    expect(await idsOf(gate, ana, { status: 'pending' })).toEqual([])
    expect((await gate.mine.audit()).entries.filter(({ action }) => action === 'cancel_approval')).toHaveLength(2)
  })

  it('wakes the call that waits', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({
      confirm: ({ approvalId }, { signal }) => {
        void gate.mine.approvals.cancel(approvalId)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve('defer')))
      },
    })
    expect(await toolset.call('notes__write_note', { id: '1', text: 'x' })).toMatchObject({
      type: 'not_run',
      because: 'cancelled',
    })
  })

  it('is refused for what was used or denied, and for what is not there', async () => {
    const gate = await openGate(shared)
    const [used, denied] = await asks(gate, ana, 2, 'c1')
    await gate.mine.approvals.decide(used!.approvalId, 'approve')
    await (await gate.toolset({ conversationId: 'c1' })).resume(used!.approvalId)
    await gate.mine.approvals.decide(denied!.approvalId, 'deny')
    for (const [approval, reason] of [
      [used, 'finished'],
      [denied, 'denied'],
    ] as const)
      await expect(gate.mine.approvals.cancel(approval!.approvalId)).rejects.toMatchObject({ code: 'conflict', reason })
    for (const [actor, code] of [
      [bo, 'not_found'],
      [outsider, 'not_found'],
      [root, 'forbidden'],
    ] as const)
      await expect(gate.as(actor).approvals.cancel(used!.approvalId)).rejects.toMatchObject({ code })
    for (const id of ['', 'nope', '../x', 7, null])
      await expect(gate.mine.approvals.cancel(id as string)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('places among pending approvals', () => {
  it('are kept for the other agents of a person, however often one asks', async () => {
    const gate = await openGate({ approvals: { maxPendingPerUser: 30 } })
    const looping = await gate.toolset()
    let asked = 0
    for (; asked < 100; asked++) {
      const outcome = await looping
        .call('notes__write_note', { id: String(asked), text: 'x' })
        .catch((error: unknown) => error)
      if (outcome instanceof Error) break
    }
    expect(asked).toBe(15)
    await ask(await gate.toolset({}, 'builder'))
  })

  it('are one for an agent that has none, even when all are taken', async () => {
    const gate = await openGate({ approvals: { maxPendingPerUser: 2 } })
    await asks(gate, ana, 2)
    const builder = await gate.toolset({}, 'builder')
    await ask(builder)
    await expect(ask(builder, { id: '8', text: 'x' })).rejects.toMatchObject({ code: 'limit_reached' })
  })

  it('are not recovered by approved requests that were not used', async () => {
    const gate = await openGate({ approvals: { maxPendingPerUser: 2 } })
    const used = await asks(gate, ana, 2, 'c1')
    await gate.mine.approvals.decide(
      used.map(({ approvalId }) => approvalId),
      'approve',
    )
    await asks(gate, ana, 2, 'c2')
    await expect(asks(gate, ana, 1, 'c3')).rejects.toMatchObject({ code: 'limit_reached' })
  })

  it('of equal calls are few, though each call has its own id', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const ids = new Set<string>()
    for (let n = 0; n < 20; n++) {
      const outcome = await toolset.call('notes__write_note', { id: '7', text: 'x' }, { idempotencyKey: `call-${n}` })
      if (outcome.type === 'approval_required') ids.add(outcome.approval.approvalId)
    }
    expect(ids.size).toBe(3)
    expect((await gate.mine.approvals.list({ status: 'pending' })).approvals).toHaveLength(3)
  })
})

describe('equal calls of one step', () => {
  it('both run when both were approved and each has its own id', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const args = { id: '7', text: 'x' }
    const outcomes = await Promise.all(
      ['a', 'b'].map((idempotencyKey) => toolset.call('notes__write_note', args, { idempotencyKey })),
    )
    const ids = outcomes.map((outcome) => (outcome.type === 'approval_required' ? outcome.approval.approvalId : ''))
    expect(new Set(ids).size).toBe(2)
    await gate.mine.approvals.decide(ids, 'approve')
    for (const idempotencyKey of ['a', 'b'])
      expect(await toolset.call('notes__write_note', args, { idempotencyKey })).toMatchObject({ type: 'completed' })
    expect(await toolset.call('notes__write_note', args, { idempotencyKey: 'a' })).toMatchObject({
      type: 'not_run',
      because: 'already_used',
    })
  })
})
