import { describe, expect, it } from 'vitest'
import { ask } from '../support/gate.js'
import { bo, root } from '../support/registry.js'
import { openFront } from './support.js'
import { ana } from '../support/registry.js'

describe('the client does over HTTP the same as the registry', () => {
  it('lists, reads and edits', async () => {
    const { client, mine, id, server } = await openFront()
    expect(await client.list()).toEqual(await mine.list())
    expect(await client.get(id)).toEqual(await mine.get(id))
    expect(await client.available()).toEqual(await mine.available())
    expect(await client.me()).toEqual({ ...ana, role: 'member', decidesForOthers: false })
    expect(await client.agents()).toEqual(await mine.agents())
    const { revision } = await client.get(id)
    expect(await client.update(id, { name: 'Other notes' }, { ifRevision: revision })).toMatchObject({
      name: 'Other notes',
      revision: revision + 1,
    })
    expect(await client.disable(id)).toMatchObject({ enabled: false })
    expect(await client.enable(id)).toMatchObject({ enabled: true })
    const made = await client.connect({ url: server.url, name: 'Second', agents: ['assistant'] })
    expect(made).toMatchObject({ type: 'connected', integration: { name: 'Second', status: 'connected' } })
    expect(await client.validate(id)).toMatchObject({ type: 'connected' })
    expect(await client.reconnect(id)).toMatchObject({ type: 'connected' })
    expect((await client.list({ search: 'second' })).map(({ id: which }) => which)).toEqual([made.integration.id])
    expect(await client.list({ limit: 1 })).toHaveLength(1)
    await client.remove(made.integration.id)
    await expect(client.get(made.integration.id)).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })

  it('shares, trusts and transfers', async () => {
    const { client, person, id } = await openFront()
    await client.update(id, { visibility: 'workspace' })
    const { revision } = await person(root).get(id)
    expect(await person(root).trust(id, true, { ifRevision: revision })).toMatchObject({ trusted: true })
    await expect(person(root).trust(id, false, { ifRevision: revision })).rejects.toMatchObject({ status: 412 })
    await expect(client.trust(id, false)).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    await client.transferOwner(id, 'bo')
    expect(await client.get(id)).toMatchObject({ ownerId: 'bo' })
  })

  it("sets and removes a person's own credential", async () => {
    const { client, server } = await openFront()
    const { integration } = await client.connect({
      url: server.url,
      name: 'Each their own',
      agents: ['assistant'],
      credentials: 'per_user',
    })
    expect(await client.authorize(integration.id, { headers: { 'X-Api-Key': 'mine' } })).toMatchObject({
      type: 'connected',
    })
    expect(await client.signOut(integration.id)).toBeUndefined()
  })

  it('sets and accepts tools', async () => {
    const { client, mine, id } = await openFront()
    const { revision, tools } = await client.tools(id)
    expect(await client.tools(id)).toEqual(await mine.tools(id))
    await client.configureTools(id, { write_note: { approval: 'auto' } }, { ifRevision: revision })
    await expect(
      client.configureTools(id, { write_note: { approval: 'ask' } }, { ifRevision: revision }),
    ).rejects.toMatchObject({ status: 412, code: 'precondition_failed' })
    await client.configureTools(id, { read_note: { enabled: false } })
    expect((await client.refreshTools(id)).tools.find(({ name }) => name === 'read_note')).toMatchObject({
      enabled: false,
    })
    await client.acceptTools(id, { write_note: tools.find(({ name }) => name === 'write_note')!.definitionHash })
    await expect(client.acceptTools(id, { write_note: 'seen long ago' })).rejects.toMatchObject({
      status: 409,
      code: 'conflict',
    })
  })

  it("returns an agent's toolset, and explains calls", async () => {
    const { client, mine } = await openFront()
    const { tools, unavailable } = await mine.toolset('assistant')
    expect(await client.toolset('assistant')).toEqual({ agentId: 'assistant', tools, unavailable })
    expect(await client.explain('assistant', 'notes__write_note', { args: { id: '1', text: 'x' } })).toMatchObject({
      type: 'ask',
    })
    await expect(client.toolset('nobody')).rejects.toMatchObject({ status: 400, code: 'invalid_input' })
  })

  it('decides, remembers and lists the audit log', async () => {
    const { client, person, toolset } = await openFront()
    const first = await ask(await toolset())
    const second = await ask(await toolset({ conversationId: 'another' }))
    expect((await client.approvals.list({ status: 'pending' })).approvals).toHaveLength(2)
    expect(await client.approvals.get(first.approvalId)).toMatchObject({ status: 'pending' })
    await expect(person(bo).approvals.get(first.approvalId)).rejects.toMatchObject({ status: 404 })
    expect(
      await client.approvals.decide(first.approvalId, { decision: 'approve', remember: { for: 'tool' } }),
    ).toMatchObject({ status: 'approved' })
    await expect(client.approvals.decide(first.approvalId, 'deny')).rejects.toMatchObject({ status: 409 })
    expect(await client.approvals.decide([second.approvalId], 'approve')).toMatchObject([{ status: 'approved' }])
    const [grant] = await client.grants.list()
    await client.grants.revoke(grant!.id)
    expect(await client.grants.list()).toEqual([])
    const { entries } = await client.audit()
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['connect', 'decide', 'revoke_grant']))
  })
})
