import { describe, expect, it, vi } from 'vitest'
import type { Approval, RememberOptions, Toolset } from 'mcp-integrations'
import { acceptNow, ask, openGate, readNote, sent, writeNote, type Gate } from '../support/gate.js'
import { ana, bo, root } from '../support/registry.js'
import { eventually } from '../support/eventually.js'

const write = 'notes__write_note'
const args = { id: '7', text: 'hello' }
const others = { id: '8', text: 'bye' }

/** Approves a call and remembers that. */
async function remember(gate: Gate, wish: RememberOptions, toolset?: Toolset): Promise<Toolset> {
  const calling = toolset ?? (await gate.toolset({ conversationId: 'c1' }))
  const { approvalId } = await ask(calling)
  await gate.mine.approvals.decide(approvalId, { decision: 'approve', remember: wish })
  return calling
}

async function outcome(toolset: Toolset, input: object = args): Promise<string> {
  return (await toolset.call(write, input)).type
}

describe('a remembered decision', () => {
  it.each<[string, RememberOptions, string, string, string, string]>([
    // remember                                                     equal        other args   other chat   other agent
    ['conversation', { for: 'conversation' }, 'completed', 'asks', 'asks', 'asks'],
    ['tool', { for: 'tool' }, 'completed', 'asks', 'completed', 'asks'],
    ['any arguments', { for: 'tool', arguments: 'any' }, 'completed', 'completed', 'completed', 'asks'],
    ['all agents', { for: 'tool', agents: 'all' }, 'completed', 'asks', 'completed', 'completed'],
    [
      'all in this chat',
      { for: 'conversation', agents: 'all', arguments: 'any' },
      'completed',
      'completed',
      'asks',
      'completed',
    ],
    ['minutes', { for: 'limited', minutes: 5 }, 'completed', 'asks', 'completed', 'asks'],
  ])('for %s settles what it says and nothing else', async (_name, wish, ...expected) => {
    const gate = await openGate()
    const toolset = await remember(gate, wish)
    const outcomes = [
      await outcome(toolset),
      await outcome(toolset, others),
      await outcome(await gate.toolset({ conversationId: 'c2' })),
      await outcome(await gate.toolset({ conversationId: 'c1' }, 'builder')),
    ].map((type) => (type === 'approval_required' ? 'asks' : type))
    expect(outcomes).toEqual(expected)
  })

  it('is reported by events, audit and the rule of the call', async () => {
    const gate = await openGate()
    const toolset = await remember(gate, { for: 'tool' })
    await toolset.call(write, args)
    const [grant] = await gate.mine.grants.list()
    const { events } = await gate.registry.events({ workspaceId: 'acme' })
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'grant_created', grantId: grant!.id, userId: 'ana', by: 'ana' }),
    )
    const { entries } = await gate.mine.audit()
    expect(entries.at(-1)).toMatchObject({ action: 'call', outcome: 'completed', rule: `grant:${grant!.id}` })
  })

  it('is listed with scope, uses left and expiry, and used up by its uses', async () => {
    const gate = await openGate()
    const toolset = await remember(gate, { for: 'limited', uses: 2, minutes: 60 })
    const at = gate.runtime.now()
    const listed = {
      userId: 'ana',
      integrationId: gate.id,
      tool: 'write_note',
      agentId: 'assistant',
      arguments: 'equal',
      usesLeft: 2,
      grantedAt: at,
      expiresAt: at + 3_600_000,
    }
    expect(await gate.mine.grants.list()).toMatchObject([listed])
    await gate.runtime.advance(1000)
    expect(await outcome(toolset)).toBe('completed')
    expect(await gate.mine.grants.list()).toMatchObject([{ ...listed, usesLeft: 1, lastUsedAt: at + 1000 }])
    expect(await outcome(toolset)).toBe('completed')
    expect(await gate.mine.grants.list()).toEqual([])
    expect(await outcome(toolset)).toBe('approval_required')
  })

  it('is not used more often than it says, by calls at once', async () => {
    const gate = await openGate()
    const toolset = await remember(gate, { for: 'limited', uses: 2 })
    const elsewhere = await gate.another().actingAs(ana).toolset('assistant', { conversationId: 'c1' })
    const outcomes = await Promise.all([toolset, elsewhere, toolset, elsewhere, toolset].map((one) => outcome(one)))
    expect(outcomes.filter((type) => type === 'completed').length).toBeLessThanOrEqual(2)
    expect(sent(gate.server).length).toBeLessThanOrEqual(2)
    expect(sent(gate.server).length).toBeGreaterThan(0)
  })

  it('ends with its time', async () => {
    const gate = await openGate()
    const toolset = await remember(gate, { for: 'limited', minutes: 5 })
    await gate.runtime.advance(5 * 60_000)
    expect(await gate.mine.grants.list()).toEqual([])
    expect(await outcome(toolset)).toBe('approval_required')
  })

  it('can be revoked, in another process, by the person it is of', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    const toolset = await remember(gate, { for: 'tool' })
    const [grant] = await gate.mine.grants.list()
    await expect(gate.as(bo).grants.revoke(grant!.id)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await gate.as(bo).grants.list({ userId: 'ana' })).toEqual([])
    await gate.another().actingAs(ana).grants.revoke(grant!.id)
    expect(await gate.mine.grants.list()).toEqual([])
    expect(await outcome(toolset)).toBe('approval_required')
    await expect(gate.mine.grants.revoke(grant!.id)).rejects.toMatchObject({ code: 'not_found' })
    expect((await gate.mine.audit()).entries).toContainEqual(expect.objectContaining({ action: 'revoke_grant' }))
  })

  it('on a shared integration can be listed and revoked by an admin, on a private one not', async () => {
    for (const visibility of ['workspace', 'private'] as const) {
      const gate = await openGate({ connect: { visibility } })
      await remember(gate, { for: 'tool' })
      const [grant] = await gate.mine.grants.list()
      const admin = gate.as(root).grants
      expect(await admin.list({ userId: 'ana' })).toHaveLength(visibility === 'workspace' ? 1 : 0)
      if (visibility === 'workspace') await admin.revoke(grant!.id)
      else await expect(admin.revoke(grant!.id)).rejects.toMatchObject({ code: 'forbidden' })
      expect(await gate.mine.grants.list()).toHaveLength(visibility === 'workspace' ? 0 : 1)
    }
  })

  it.each<[string, (gate: Gate) => Promise<unknown>]>([
    ['the URL', ({ mine, id }) => mine.update(id, { url: 'https://notes.example/other' })],
    ['the header names', ({ mine, id }) => mine.update(id, { headers: { 'X-Tenant': 'b' } })],
    ['the trust', ({ as, id }) => as({ ...ana, role: 'admin' }).trust(id, true)],
    [
      "the tool's description",
      async ({ mine, id, server }) => {
        await server.setTools([readNote, { ...writeNote, description: 'Writes and publishes.' }])
        await acceptNow(mine, id, ['write_note']).catch(() => {})
        await mine.refreshTools(id)
        await acceptNow(mine, id, ['write_note'])
      },
    ],
  ])('dies with a change of %s', async (_what, change) => {
    const gate = await openGate()
    const toolset = await remember(gate, { for: 'tool' })
    await change(gate)
    expect(await outcome(toolset)).toBe('approval_required')
    expect(sent(gate.server)).toEqual([])
  })

  it('dies with the membership', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    const toolset = await gate.as(bo).toolset('assistant')
    const { approvalId } = await ask(toolset)
    await gate.as(bo).approvals.decide(approvalId, { decision: 'approve', remember: { for: 'tool' } })
    await gate.mine.update(gate.id, { visibility: 'private' })
    await gate.mine.update(gate.id, { visibility: 'workspace' })
    expect(await gate.as(bo).grants.list()).toEqual([])
    expect(await outcome(await gate.as(bo).toolset('assistant'))).toBe('approval_required')
  })

  it('dies with the person and with the integration', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    await remember(gate, { for: 'tool' })
    await gate.mine.remove(gate.id)
    expect(await gate.mine.grants.list()).toEqual([])
  })

  it('never speaks for a tool that is set to ask, and speaks again when it is not', async () => {
    const gate = await openGate()
    const toolset = await remember(gate, { for: 'tool' })
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'ask' } })
    expect(await toolset.call(write, args)).toMatchObject({
      type: 'approval_required',
      approval: { rule: 'mode_ask' },
    })
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'default' } })
    expect(await outcome(toolset)).toBe('completed')
  })

  it('never applies to another person', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    await remember(gate, { for: 'tool', agents: 'all', arguments: 'any' })
    expect(await outcome(await gate.as(bo).toolset('assistant', { conversationId: 'c1' }))).toBe('approval_required')
  })

  it('is of the edited arguments when they were edited', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, { decision: 'approve', args: others, remember: { for: 'tool' } })
    expect([await outcome(toolset), await outcome(toolset, others)]).toEqual(['approval_required', 'completed'])
  })
})

describe('calls that already wait', () => {
  it('are settled by a grant that fits them, and by nothing else', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const fitting = await ask(await gate.toolset({ conversationId: 'c2' }))
    const otherAgent = await ask(await gate.toolset({ conversationId: 'c1' }, 'builder'))
    const otherArguments = await ask(toolset, others)
    const reading = await ask(toolset, { id: '7' }, 'notes__read_note')
    await remember(gate, { for: 'tool' }, toolset)
    const [grant] = await gate.mine.grants.list()
    await eventually(async () =>
      expect(await gate.mine.approvals.get(fitting.approvalId)).toMatchObject({
        status: 'approved',
        decidedBy: `grant:${grant!.id}`,
      }),
    )
    for (const { approvalId } of [otherAgent, otherArguments, reading])
      expect((await gate.mine.approvals.get(approvalId)).status).toBe('pending')
    expect((await gate.mine.audit()).entries).toContainEqual(
      expect.objectContaining({ action: 'decide', rule: `grant:${grant!.id}`, approvalId: fitting.approvalId }),
    )
    expect(await (await gate.toolset({ conversationId: 'c2' })).resume(fitting.approvalId)).toMatchObject({
      type: 'completed',
    })
  })

  it('use up its uses', async () => {
    const gate = await openGate()
    const waiting: Approval[] = []
    for (const conversationId of ['c1', 'c2', 'c3']) waiting.push(await ask(await gate.toolset({ conversationId })))
    await gate.mine.approvals.decide(waiting[0]!.approvalId, {
      decision: 'approve',
      remember: { for: 'limited', uses: 1 },
    })
    await eventually(async () => expect(await gate.mine.grants.list()).toEqual([]))
    const { approvals } = await gate.mine.approvals.list({ status: 'pending' })
    expect(approvals).toHaveLength(1)
  })

  it('keep waiting when the tool was set to ask meanwhile', async () => {
    const gate = await openGate()
    const first = await ask(await gate.toolset({ conversationId: 'c1' }))
    const second = await ask(await gate.toolset({ conversationId: 'c2' }))
    await gate.mine.configureTools(gate.id, { write_note: { approval: 'ask' } })
    const list = vi.spyOn(gate.storage, 'list')
    await gate.mine.approvals.decide(first.approvalId, { decision: 'approve', remember: { for: 'tool' } })
    await eventually(() => expect(list.mock.calls.some(([{ prefix }]) => prefix === 'pending/ana/')).toBe(true))
    await gate.registry.close()
    const later = gate.another().actingAs(ana)
    expect((await later.approvals.get(second.approvalId)).status).toBe('pending')
  })
})

describe('remember', () => {
  it('is refused for a tool that a trusted server calls destructive', async () => {
    const gate = await openGate({
      tools: [{ ...writeNote, annotations: { readOnlyHint: false, destructiveHint: true } }],
    })
    await gate.as({ ...ana, role: 'admin' }).trust(gate.id, true)
    const { approvalId } = await ask(await gate.toolset())
    await expect(
      gate.mine.approvals.decide(approvalId, { decision: 'approve', remember: { for: 'tool' } }),
    ).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await gate.mine.grants.list()).toEqual([])
  })
})
