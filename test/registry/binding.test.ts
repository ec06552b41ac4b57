import { describe, expect, it } from 'vitest'
import type { JsonValue, Toolset } from 'mcp-integrations'
import { acceptNow, ask, openGate, readNote, sent, writeNote, type Gate } from '../support/gate.js'
import { ana, bo } from '../support/registry.js'

/** An approval of `write_note`, decided, in conversation `c1`. */
async function approved(gate: Gate): Promise<{ approvalId: string; toolset: Toolset }> {
  const toolset = await gate.toolset({ conversationId: 'c1' })
  const { approvalId } = await ask(toolset)
  await gate.mine.approvals.decide(approvalId, 'approve')
  return { approvalId, toolset }
}

type Raw = { readonly [key: string]: JsonValue }

/** Writes to the storage behind the registry's back. */
async function tamper(gate: Gate, key: string, change: (value: Raw) => object, to = key): Promise<void> {
  const { records } = await gate.storage.read('acme', [key])
  await gate.storage.commit('acme', [{ key: to, value: change(records[0]!.value as Raw) as JsonValue }])
}

/** It may do more than what was approved. Other words alone supersede nothing. */
const publishing = {
  ...writeNote,
  inputSchema: {
    ...writeNote.inputSchema,
    properties: { ...(writeNote.inputSchema as { properties: Raw }).properties, publish: { type: 'boolean' } },
  },
}

const superseded = { type: 'not_run', because: 'superseded' }

describe('an approved call is not sent when', () => {
  it('nothing is wrong: then it is', async () => {
    const gate = await openGate()
    const { approvalId, toolset } = await approved(gate)
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'completed' })
  })

  it.each<[string, (gate: Gate) => Promise<unknown>]>([
    ['the URL is another one', ({ mine, id }) => mine.update(id, { url: 'https://notes.example/other' })],
    ['a header was added', ({ mine, id }) => mine.update(id, { headers: { 'X-Tenant': 'b' } })],
    ['the credential mode is another one', ({ mine, id }) => mine.update(id, { credentials: 'per_user' })],
    ['the server is trusted now', ({ as, id }) => as({ ...ana, role: 'admin' }).trust(id, true)],
    ['the integration belongs to somebody else', ({ mine, id }) => mine.transferOwner(id, 'bo')],
    ['the integration is not for the agent any more', ({ mine, id }) => mine.update(id, { agents: ['builder'] })],
    ['the tool is off', ({ mine, id }) => mine.configureTools(id, { write_note: { enabled: false } })],
    [
      'the tool is for other agents',
      ({ mine, id }) => mine.configureTools(id, { write_note: { agents: ['builder'] } }),
    ],
    [
      'the tool is gone',
      async ({ mine, id, server }) => {
        await server.setTools([readNote])
        await mine.refreshTools(id)
      },
    ],
    [
      "the tool's definition is another one",
      async ({ mine, id, server }) => {
        await server.setTools([readNote, publishing])
        await mine.refreshTools(id)
      },
    ],
    [
      'accepting the change of a tool comes after the approval',
      async ({ mine, id, server }) => {
        await server.setTools([readNote, { ...writeNote, title: 'Write' }])
        await mine.refreshTools(id)
        await acceptNow(mine, id, ['write_note'])
      },
    ],
  ])('%s', async (_what, change) => {
    const gate = await openGate()
    const { approvalId, toolset } = await approved(gate)
    const key = `approval/${approvalId}`
    const { records } = await gate.storage.read('acme', [key])
    await change(gate)
    // As if the process that made the change had died before it ended what waits: only the dispatch is left to notice.
    await gate.storage.commit('acme', [{ key, value: records[0]!.value }])
    expect(await toolset.resume(approvalId)).toMatchObject(superseded)
    expect((await gate.mine.approvals.list()).approvals[0]).toMatchObject({
      status: 'superseded',
      reason: expect.any(String) as string,
    })
    expect(sent(gate.server)).toEqual([])
  })

  it("the host's policy refuses it now", async () => {
    let mode: 'ask' | 'deny' = 'ask'
    const gate = await openGate({ approvals: { policy: () => ({ mode, rule: 'house' }) } })
    const { approvalId, toolset } = await approved(gate)
    mode = 'deny'
    expect(await toolset.resume(approvalId)).toMatchObject({ ...superseded, reason: expect.stringContaining('house') })
    expect(sent(gate.server)).toEqual([])
  })

  it('the person lost the integration', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    const other = gate.as(bo)
    const toolset = await other.toolset('assistant')
    const { approvalId } = await ask(toolset)
    await other.approvals.decide(approvalId, 'approve')
    await gate.mine.update(gate.id, { visibility: 'private' })
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'cancelled' })
    expect(sent(gate.server)).toEqual([])
  })
})

describe('a decision during the call is checked against the same binding', () => {
  it('when the tool changes while the person thinks', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({
      confirm: async () => {
        await gate.server.setTools([publishing])
        await gate.mine.refreshTools(gate.id)
        return 'approve' as const
      },
    })
    expect(await toolset.call('notes__write_note', { id: '7', text: 'x' })).toMatchObject(superseded)
    expect(sent(gate.server)).toEqual([])
  })

  it('when the URL changes while the person thinks', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({
      confirm: async () => {
        await gate.mine.update(gate.id, { url: 'https://notes.example/elsewhere' })
        return 'approve' as const
      },
    })
    expect(await toolset.call('notes__write_note', { id: '7', text: 'x' })).toMatchObject(superseded)
    expect(sent(gate.server)).toEqual([])
  })
})

/**
 * Somebody who writes to the storage, or a mistake of ours anywhere above, must not move an approval: each field of the
 * stored binding is held against what is about to be sent, and all of them together against one hash.
 */
describe('a stored approval that was tampered with is not sent', () => {
  const bound = (change: Raw) => (value: Raw) => ({ ...value, binding: { ...(value.binding as Raw), ...change } })
  const asked = (change: Raw) => (value: Raw) => ({ ...value, request: { ...(value.request as Raw), ...change } })

  it.each<[string, (value: Raw) => object]>([
    ['workspaceId', bound({ workspaceId: 'evil' })],
    ['userId', bound({ userId: 'bo' })],
    ['agentId', bound({ agentId: 'builder' })],
    ['conversationId', bound({ conversationId: 'c2' })],
    ['integrationId', bound({ integrationId: 'another' })],
    ['bindingRevision', bound({ bindingRevision: 0 })],
    ['tool', bound({ tool: 'read_note' })],
    ['definitionHash', bound({ definitionHash: 'x' })],
    ['argumentsDigest', bound({ argumentsDigest: 'x' })],
    ['approvalId', bound({ approvalId: 'x' })],
    ['expiresAt', bound({ expiresAt: 1 })],
    ['the arguments', (value) => ({ ...value, argumentsJson: '{"id":"7","text":"evil"}' })],
    ['the deadline', asked({ expiresAt: Date.UTC(2099, 0, 1) })],
    ['the agent asked for', asked({ agentId: 'builder' })],
    ['the conversation asked for', asked({ conversationId: 'c2' })],
    ['the person asked for', asked({ userId: 'bo' })],
    ['the hash', (value) => ({ ...value, bindingHash: 'x' })],
  ])('in %s', async (_what, change) => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    const { approvalId } = await approved(gate)
    await tamper(gate, `approval/${approvalId}`, change)
    const toolsets = [
      await gate.toolset({ conversationId: 'c1' }),
      await gate.toolset({ conversationId: 'c2' }),
      await gate.toolset({ conversationId: 'c1' }, 'builder'),
      await gate.as(bo).toolset('assistant', { conversationId: 'c1' }),
    ]
    for (const toolset of toolsets)
      expect(await toolset.resume(approvalId).catch(({ code }: { code: string }) => code)).not.toMatchObject({
        type: 'completed',
      })
    expect(sent(gate.server)).toEqual([])
  })

  it('as a copy under another id', async () => {
    const gate = await openGate()
    const { approvalId, toolset } = await approved(gate)
    await tamper(gate, `approval/${approvalId}`, (value) => value, 'approval/copy')
    expect(await toolset.resume('copy')).toMatchObject(superseded)
    expect(sent(gate.server)).toEqual([])
  })

  it('as a copy in another workspace', async () => {
    const gate = await openGate()
    const { approvalId } = await approved(gate)
    const { records } = await gate.storage.list({ workspaceId: 'acme', prefix: '', limit: 1000 })
    for (const { key, value } of records) await gate.storage.commit('evil', [{ key, value }])
    const toolset = await gate.as({ ...ana, workspaceId: 'evil' }).toolset('assistant', { conversationId: 'c1' })
    expect(toolset.tools).toHaveLength(2)
    expect(await toolset.resume(approvalId)).toMatchObject(superseded)
    expect(sent(gate.server)).toEqual([])
  })

  it('towards another integration with the same tools', async () => {
    const gate = await openGate()
    const other = await gate.mine.connect({ url: gate.server.url, name: 'Copy', agents: ['assistant'] })
    const { approvalId, toolset } = await approved(gate)
    await tamper(gate, `approval/${approvalId}`, (value) => {
      const request = value.request as Raw
      return {
        ...value,
        request: { ...request, integration: { ...(request.integration as Raw), id: other.integration.id } },
      }
    })
    expect(await toolset.resume(approvalId)).toMatchObject(superseded)
    expect(sent(gate.server)).toEqual([])
  })

  it('towards another tool of the same shape', async () => {
    const gate = await openGate({ tools: [writeNote, { ...writeNote, name: 'publish_note' }] })
    const { approvalId, toolset } = await approved(gate)
    await tamper(gate, `approval/${approvalId}`, (value) => ({
      ...value,
      binding: { ...(value.binding as Raw), tool: 'publish_note' },
    }))
    expect(await toolset.resume(approvalId)).toMatchObject(superseded)
    expect(sent(gate.server)).toEqual([])
  })
})
