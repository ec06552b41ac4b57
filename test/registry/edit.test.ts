import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectInput, IntegrationRegistry, UpdateInput } from 'mcp-integrations'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, bo, dump, makeRegistry, makeStorage, root, type TestAgent } from '../support/registry.js'

let server: TestMcpServer
let storage: RegistryStorage
let registry: IntegrationRegistry<TestAgent>
beforeEach(async () => {
  server = await startMcpServer()
  storage = makeStorage()
  registry = makeRegistry({
    storage,
    limits: { connectTimeoutMs: 2000 },
    connectors: [
      {
        id: 'desk',
        name: 'Desk',
        url: server.url,
        auth: { type: 'header', name: 'Authorization', title: 'Token', prefix: 'Bearer ' },
        trusted: true,
        tools: { write_note: { label: 'read' }, read_note: { approval: 'ask', enabled: false } },
      },
    ],
  })
})
afterEach(async () => {
  await registry.close()
  await server.close()
})

const connectAs = async (more: object = {}, actor = ana) =>
  (
    await registry
      .actingAs(actor)
      .connect({ url: server.url, name: 'Notes', agents: ['assistant'], ...more } as ConnectInput<TestAgent>)
  ).integration
const sent = (name: string): unknown[] => server.seen.map(({ headers }) => headers[name]).filter(Boolean)
const approved = { confirm: () => 'approve' as const }

/** An approval that waits, and a grant that stands. */
async function promises(id: string) {
  const mine = registry.actingAs(ana)
  const { handle } = await mine.get(id)
  const toolset = await mine.toolset('assistant')
  const first = await toolset.call(`${handle}__read_note`, { id: 'grant' })
  if (first.type !== 'approval_required') throw new Error(first.type)
  await mine.approvals.decide(first.approval.approvalId, { decision: 'approve', remember: { for: 'tool' } })
  const second = await toolset.call(`${handle}__read_note`, { id: 'waits' })
  if (second.type !== 'approval_required') throw new Error(second.type)
  return second.approval.approvalId
}

describe('bad input to update', () => {
  const cases: Record<string, unknown> = {
    'no agent': { agents: [] },
    'an unknown agent': { agents: ['assistent'] },
    'an empty name': { name: ' ' },
    'a URL that is not https': { url: 'ftp://example.com/mcp' },
    'a URL with a password': { url: 'https://a:b@example.com/mcp' },
    'a private address': { url: 'https://10.0.0.1/mcp' },
    'a reserved header': { headers: { Host: 'x' } },
    'a header value with a line break': { headers: { 'X-Key': 'a\r\nb' } },
    'an unknown visibility': { visibility: 'public' },
    'an unknown credentials mode': { credentials: 'everybody' },
    'an unknown field': { trusted: true },
    nothing: undefined,
  }
  it.each(Object.entries(cases))('%s changes nothing', async (_, input) => {
    const { id } = await connectAs()
    const before = await dump(storage)
    await expect(registry.actingAs(ana).update(id, input as UpdateInput<TestAgent>)).rejects.toMatchObject({
      name: 'IntegrationError',
      code: expect.stringMatching(/^(invalid_input|url_refused)$/) as string,
    })
    expect(await dump(storage)).toEqual(before)
  })
})

describe('update', () => {
  it('changes what is given, leaves the rest, and counts revisions', async () => {
    const { id } = await connectAs({ headers: { 'X-Tenant': 't1', 'X-Api-Key': 'k1' } })
    const mine = registry.actingAs(ana)
    const edited = await mine.update(id, { name: 'Work notes', agents: ['builder', 'builder'] })
    expect(edited).toMatchObject({ name: 'Work notes', handle: 'notes', agents: ['builder'], revision: 2 })
    expect(edited.headers?.map(({ name }) => name)).toEqual(['X-Tenant', 'X-Api-Key'])
    expect((await mine.toolset('builder')).tools.map(({ modelName }) => modelName)).toEqual([
      'notes__read_note',
      'notes__write_note',
    ])
    expect((await mine.update(id, {})).revision).toBe(2)
  })

  it('keeps headers left out and removes those set to null', async () => {
    const { id } = await connectAs({ headers: { 'X-Tenant': 't1', 'X-Api-Key': 'k1' } })
    const mine = registry.actingAs(ana)
    server.seen.length = 0
    const edited = await mine.update(id, { headers: { 'x-api-key': 'k2', 'X-Tenant': null, 'X-New': 'n' } })
    expect(edited.headers?.map(({ name }) => name)).toEqual(['x-api-key', 'X-New'])
    expect(edited.status).toBe('connected')
    await (await mine.toolset('assistant', approved)).call('notes__read_note', { id: '1' })
    expect(new Set(sent('x-api-key'))).toEqual(new Set(['k2']))
    expect(new Set(sent('x-new'))).toEqual(new Set(['n']))
    expect(sent('x-tenant')).toEqual([])
  })

  it('lets only one of two edits of the same revision through', async () => {
    const { id } = await connectAs()
    const mine = registry.actingAs(ana)
    await mine.update(id, { name: 'First' }, { ifRevision: 1 })
    const before = await dump(storage)
    await expect(mine.update(id, { name: 'Second' }, { ifRevision: 1 })).rejects.toMatchObject({ code: 'conflict' })
    expect(await dump(storage)).toEqual(before)
    const both = await Promise.allSettled(
      ['Third', 'Fourth'].map((name) => mine.update(id, { name }, { ifRevision: 2 })),
    )
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('ends approvals, grants and trust by any change of the URL', async () => {
    const { id } = await connectAs({ visibility: 'workspace', headers: { 'X-Api-Key': 'k' } })
    const waiting = await promises(id)
    const mine = registry.actingAs(ana)
    await registry.actingAs(root).trust(id, true)
    const moved = await mine.update(id, { url: `${server.url}?team=7` })
    expect(moved).toMatchObject({ trusted: false, headers: [{ name: 'X-Api-Key' }], status: 'connected' })
    expect(await mine.approvals.get(waiting)).toMatchObject({ status: 'superseded' })
    expect(await mine.grants.list()).toEqual([])
  })

  it('sends nothing that was given for one origin to another, whoever gave it', async () => {
    const sink = await startMcpServer()
    const shared = await connectAs({ visibility: 'workspace', headers: { 'X-Api-Key': 'shared-secret' } })
    const perUser = await connectAs({
      name: 'Mine',
      visibility: 'workspace',
      credentials: 'per_user',
      headers: { 'X-Api-Key': 'ana-secret' },
    })
    await registry.actingAs(bo).authorize(perUser.id, { headers: { 'X-Api-Key': 'bo-secret' } })
    const mine = registry.actingAs(ana)
    for (const { id } of [shared, perUser]) {
      const moved = await mine.update(id, { url: sink.url })
      expect(moved).toMatchObject({ status: 'reconnect_required', statusDetail: { reason: 'credential_missing' } })
      for (const actor of [ana, bo]) {
        const each = registry.actingAs(actor)
        await each.validate(id)
        const toolset = await each.toolset('assistant', approved)
        await toolset.call(`${moved.handle}__read_note`, { id: '1' }).catch(() => {})
      }
    }
    expect(JSON.stringify(sink.seen)).not.toContain('secret')
    expect((await dump(storage)).filter(({ key }) => key.startsWith('headers/'))).toEqual([])
    await mine.update(shared.id, { headers: { 'X-Api-Key': 'given-anew' } })
    expect(await mine.get(shared.id)).toMatchObject({ status: 'connected' })
    expect(JSON.stringify(sink.seen)).toContain('given-anew')
    await sink.close()
  })

  it('takes new header values in the same edit as a new origin', async () => {
    const sink = await startMcpServer()
    const { id } = await connectAs({ headers: { 'X-Old': 'old-secret', 'X-Api-Key': 'old-secret' } })
    const moved = await registry.actingAs(ana).update(id, { url: sink.url, headers: { 'X-Api-Key': 'new' } })
    expect(moved).toMatchObject({ status: 'connected', headers: [{ name: 'X-Api-Key' }] })
    expect(JSON.stringify(sink.seen)).not.toContain('old-secret')
    await sink.close()
  })

  it('forgets what the catalogue says once it points elsewhere', async () => {
    const { integration } = await registry
      .actingAs(ana)
      .connect({ connector: 'desk', agents: ['assistant'], headers: { Authorization: 'k' } })
    const mine = registry.actingAs(ana)
    expect((await mine.tools(integration.id)).tools.find(({ name }) => name === 'write_note')).toMatchObject({
      label: { value: 'read', source: 'connector' },
    })
    const moved = await mine.update(integration.id, { url: `${server.url}?elsewhere` })
    expect(moved.connectorId).toBeUndefined()
    expect((await mine.tools(integration.id)).tools.find(({ name }) => name === 'write_note')).toMatchObject({
      label: { value: 'write', source: 'server', believed: false },
    })
  })
})

describe('sharing', () => {
  it('asks what becomes of the credential', async () => {
    const { id } = await connectAs({ headers: { 'X-Api-Key': 'k' } })
    const mine = registry.actingAs(ana)
    await expect(mine.update(id, { visibility: 'workspace' })).rejects.toMatchObject({
      code: 'invalid_input',
      fields: [{ path: 'credentials' }],
    })
    await mine.update(id, { visibility: 'workspace', credentials: 'shared' })
    await (await registry.actingAs(bo).toolset('assistant', approved)).call('notes__read_note', { id: '1' })
    expect(server.calls().map(({ headers }) => headers['x-api-key'])).toEqual(['k'])
  })

  it('leaves the credential to its owner where each person brings their own', async () => {
    const { id } = await connectAs({ headers: { 'X-Api-Key': 'ana-key' } })
    const mine = registry.actingAs(ana)
    await mine.update(id, { visibility: 'workspace', credentials: 'per_user' })
    await (await mine.toolset('assistant', approved)).call('notes__read_note', { id: '1' })
    const theirs = registry.actingAs(bo)
    expect(await theirs.get(id)).toMatchObject({
      status: 'reconnect_required',
      statusDetail: { reason: 'credential_missing' },
    })
    await expect(
      (await theirs.toolset('assistant', approved)).call('notes__read_note', { id: '1' }),
    ).rejects.toMatchObject({
      code: 'tool_not_found',
    })
    expect(await theirs.authorize(id, { headers: { 'X-Api-Key': 'bo-key' } })).toMatchObject({ type: 'connected' })
    await (await theirs.toolset('assistant', approved)).call('notes__read_note', { id: '2' })
    expect(server.calls().map(({ headers }) => headers['x-api-key'])).toEqual(['ana-key', 'bo-key'])
    await theirs.signOut(id)
    await expect(
      (await theirs.toolset('assistant', approved)).call('notes__read_note', { id: '3' }),
    ).resolves.toMatchObject({ type: 'authorization_required' })
    await (await mine.toolset('assistant', approved)).call('notes__read_note', { id: '4' })
    expect(server.calls().map(({ headers }) => headers['x-api-key'])).toEqual(['ana-key', 'bo-key', 'ana-key'])
    // Back to one for all: the owner's, with an edit of it in the same commit.
    await mine.update(id, { credentials: 'shared', headers: { 'X-Extra': 'e' } })
    await (await theirs.toolset('assistant', approved)).call('notes__read_note', { id: '5' })
    expect(server.calls().at(-1)?.headers).toMatchObject({ 'x-api-key': 'ana-key', 'x-extra': 'e' })
  })

  it('does not end calls of others when someone signs out', async () => {
    const { id } = await connectAs({ visibility: 'workspace', credentials: 'per_user', headers: { 'X-Api-Key': 'a' } })
    await registry.actingAs(bo).authorize(id, { headers: { 'X-Api-Key': 'bo-key' } })
    const toolset = await registry.actingAs(ana).toolset('assistant', approved)
    let answer = (): void => {}
    server.state.hold = new Promise((resolve) => (answer = resolve))
    const arrived = new Promise<void>((resolve) => {
      server.state.intercept = async ({ rpc }) => void (rpc === 'tools/call' && resolve()) as undefined
    })
    const call = toolset.call('notes__read_note', { id: '1' })
    await arrived
    await registry.actingAs(bo).signOut(id)
    answer()
    expect(await call).toMatchObject({ type: 'completed' })
  })

  it('erases what others gave where one credential is for all again: they could not take it back', async () => {
    const { id } = await connectAs({ visibility: 'workspace', credentials: 'per_user', headers: { 'X-Api-Key': 'a' } })
    await registry.actingAs(bo).authorize(id, { headers: { 'X-Api-Key': 'bo-key' } })
    await registry.actingAs(ana).update(id, { credentials: 'shared' })
    const kept = (await dump(storage)).filter(({ key }) => key.startsWith('headers/'))
    expect(kept.map(({ key }) => key)).toEqual([`headers/${id}/_`])
    await registry.actingAs(ana).update(id, { credentials: 'per_user' })
    expect(await registry.actingAs(bo).get(id)).toMatchObject({ status: 'reconnect_required' })
  })

  it('ends what others were promised when it becomes private again', async () => {
    const { id } = await connectAs({ visibility: 'workspace', credentials: 'per_user' })
    await registry.actingAs(bo).authorize(id, { headers: { 'X-Api-Key': 'bo-key' } })
    await registry.actingAs(ana).update(id, { visibility: 'private' })
    expect((await dump(storage)).filter(({ key }) => /^(headers|open)\//.test(key))).toEqual([])
    await expect(registry.actingAs(bo).get(id)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('transferOwner', () => {
  it('leaves the credential of a private integration behind', async () => {
    const { id } = await connectAs({ headers: { 'X-Api-Key': 'ana-key' } })
    const waiting = await promises(id)
    await registry.actingAs(ana).transferOwner(id, 'bo')
    await expect(registry.actingAs(ana).get(id)).rejects.toMatchObject({ code: 'not_found' })
    const theirs = registry.actingAs(bo)
    expect(await theirs.get(id)).toMatchObject({
      ownerId: 'bo',
      status: 'reconnect_required',
      statusDetail: { reason: 'credential_missing' },
      headers: [],
    })
    server.seen.length = 0
    await theirs.validate(id)
    await (await theirs.toolset('assistant', approved)).call('notes__read_note', { id: '1' })
    expect(JSON.stringify(server.seen)).not.toContain('ana-key')
    const stored = await dump(storage)
    expect(stored.filter(({ key }) => /^(headers\/|credential\/|client\/|open\/ana|grant\/)/.test(key))).toEqual([])
    expect(stored.find(({ key }) => key === `approval/${waiting}`)?.value).toMatchObject({ status: 'superseded' })
    await theirs.update(id, { headers: { 'X-Api-Key': 'bo-key' } })
    expect(await theirs.get(id)).toMatchObject({ status: 'connected' })
  })

  it('keeps everything of a shared one', async () => {
    const { id } = await connectAs({ visibility: 'workspace', headers: { 'X-Api-Key': 'team' } })
    await registry.actingAs(ana).transferOwner(id, 'bo')
    expect(await registry.actingAs(bo).update(id, { name: 'Ours' })).toMatchObject({
      ownerId: 'bo',
      status: 'connected',
    })
    await expect(registry.actingAs(ana).update(id, { name: 'Mine' })).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('remove', () => {
  it('leaves nothing but what happened', async () => {
    const empty = (await dump(storage)).length
    expect(empty).toBe(0)
    const { id } = await connectAs({ visibility: 'workspace', headers: { 'X-Api-Key': 'k' } })
    const waiting = await promises(id)
    await registry.actingAs(ana).remove(id)
    const mine = registry.actingAs(ana)
    await expect(mine.get(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(mine.remove(id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await mine.list()).toEqual([])
    expect(await mine.approvals.get(waiting)).toMatchObject({ status: 'cancelled' })
    // What was asked stays in one's history: each approval, and the index that finds it, are kept equally long.
    const history = await mine.approvals.list({ integrationId: id })
    expect(history.approvals.map(({ approvalId }) => approvalId)).toContain(waiting)
    const left = await dump(storage)
    const kinds = new Set(left.map(({ key }) => key.split('/')[0]))
    // What is due: looking for what was written late.
    expect(kinds).toEqual(new Set(['approval', 'asked', 'audit', 'catalogue', 'due', 'event']))
    const kept = (prefix: string) =>
      left.filter(({ key }) => key.startsWith(prefix)).map(({ key, expiresAt }) => [key.split('/').at(-1), expiresAt])
    expect(kept('asked/')).toEqual(kept('approval/'))
    expect(kept('asked/')).toContainEqual([waiting, expect.any(Number)])
  })
})

describe('forgetUser', () => {
  it('ends everything of one person and nothing of another', async () => {
    const own = await connectAs({}, bo)
    const shared = await connectAs({ name: 'Shared', visibility: 'workspace', credentials: 'per_user' }, bo)
    await registry.actingAs(bo).authorize(shared.id, { headers: { 'X-Api-Key': 'bo-key' } })
    await registry.actingAs(ana).authorize(shared.id, { headers: { 'X-Api-Key': 'ana-key' } })
    const theirs = await registry.actingAs(bo).toolset('assistant')
    const waits = await theirs.call('shared__read_note', { id: 'private-words-of-bo' })
    if (waits.type !== 'approval_required') throw new Error(waits.type)
    await registry.forgetUser({ workspaceId: 'acme', userId: 'bo', transferTo: 'ana' })
    await expect(registry.actingAs(bo).get(own.id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await registry.actingAs(ana).get(shared.id)).toMatchObject({ ownerId: 'ana', status: 'connected' })
    const left = (await dump(storage)).filter(({ key }) => !/^(event|audit)\//.test(key))
    expect(left.filter(({ key }) => key.includes('/bo'))).toEqual([])
    expect(JSON.stringify(left)).not.toContain('private-words-of-bo')
    await (await registry.actingAs(ana).toolset('assistant', approved)).call('shared__read_note', { id: '1' })
    expect(server.calls().at(-1)?.headers['x-api-key']).toBe('ana-key')
  })
})

describe('forgetWorkspace', () => {
  it('leaves nothing of it, and touches no other', async () => {
    const { id } = await connectAs({ visibility: 'workspace', headers: { 'X-Api-Key': 'k' } })
    await promises(id)
    const other = { workspaceId: 'other', userId: 'ana' }
    const kept = await connectAs({}, other)
    await registry.forgetWorkspace('acme')
    // For a day, sweeps look for what running calls write late.
    const left = (await dump(storage)).filter(({ workspaceId }) => workspaceId === 'acme')
    // By these a sweep finds what is written late, and a verb that is under way notices it.
    expect(left.map(({ key }) => key)).toEqual([expect.stringMatching(/^due\/forgetting\//), 'due/forgotten/all'])
    expect(await registry.actingAs(ana).list()).toEqual([])
    expect(await registry.actingAs(other).list()).toEqual([kept])
  })
})
