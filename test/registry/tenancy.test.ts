import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor, ActorIntegrations, IntegrationRegistry } from 'mcp-integrations'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, bo, dump, makeRegistry, makeStorage, outsider, root, type TestAgent } from '../support/registry.js'

let server: TestMcpServer
let storage: RegistryStorage
let registry: IntegrationRegistry<TestAgent>
beforeAll(async () => void (server = await startMcpServer()))
afterAll(async () => await server.close())
beforeEach(() => {
  server.seen.length = 0
  storage = makeStorage()
  registry = makeRegistry({ storage })
})
afterEach(async () => await registry.close())

const cy = { workspaceId: 'acme', userId: 'cy' }
const input = (more: object = {}) => ({ url: server.url, name: 'Notes', agents: ['assistant' as const], ...more })

async function ask(actor: Actor, name = 'notes__read_note') {
  const outcome = await (await registry.actingAs(actor).toolset('assistant')).call(name, { id: '1' })
  if (outcome.type !== 'approval_required') throw new Error(outcome.type)
  return outcome.approval
}

describe('what a host may settle about access', () => {
  it('lets members share unless sharing is for admins', async () => {
    for (const actor of [ana, bo, root])
      expect((await registry.actingAs(actor).connect(input({ visibility: 'workspace' }))).integration.visibility).toBe(
        'workspace',
      )
    const { integration } = await registry.actingAs(bo).connect(input())
    expect(await registry.actingAs(bo).update(integration.id, { visibility: 'workspace' })).toMatchObject({
      visibility: 'workspace',
    })
  })

  it('lets only admins share if the host says so', async () => {
    const strict = makeRegistry({ storage, access: { sharing: 'admins' } })
    const mine = strict.actingAs(ana)
    await expect(mine.connect(input({ visibility: 'workspace' }))).rejects.toMatchObject({ code: 'forbidden' })
    const { integration } = await mine.connect(input())
    await expect(mine.update(integration.id, { visibility: 'workspace' })).rejects.toMatchObject({ code: 'forbidden' })
    expect((await strict.actingAs(root).connect(input({ visibility: 'workspace' }))).type).toBe('connected')
    await strict.close()
  })

  it('lets admins decide for others only if the host says so, and never members', async () => {
    await registry.actingAs(ana).connect(input({ visibility: 'workspace' }))
    const { approvalId } = await ask(bo)
    await expect(registry.actingAs(root).approvals.decide(approvalId, 'approve')).rejects.toMatchObject({
      code: 'forbidden',
    })
    const lenient = makeRegistry({ storage, access: { adminsDecideForOthers: true } })
    for (const actor of [ana, cy, outsider])
      await expect(lenient.actingAs(actor).approvals.decide(approvalId, 'approve')).rejects.toMatchObject({
        code: 'not_found',
      })
    expect(await lenient.actingAs(root).approvals.decide(approvalId, 'approve')).toMatchObject({
      status: 'approved',
      decidedBy: 'root',
    })
    await lenient.close()
  })
})

describe('what admins see of private integrations', () => {
  it('is nothing unless they ask, and then name, origin, owner and status', async () => {
    const { integration } = await registry
      .actingAs(ana)
      .connect(input({ headers: { 'X-Api-Key': 'k', 'X-Tenant': 't' } }))
    const admin = registry.actingAs(root)
    expect(await admin.list()).toEqual([])
    expect(await registry.actingAs(bo).list({ scope: 'all' })).toEqual([])
    expect(await registry.actingAs(outsider).list({ scope: 'all' })).toEqual([])
    const [seen] = await admin.list({ scope: 'all' })
    expect(seen).toMatchObject({
      id: integration.id,
      name: 'Notes',
      origin: new URL(server.url).origin,
      ownerId: 'ana',
      status: 'connected',
      agents: [],
      tools: { total: 0 },
    })
    expect(seen?.url).toBeUndefined()
    expect(seen?.headers).toBeUndefined()
    expect(await admin.get(integration.id)).toEqual(seen)
    expect(await admin.disable(integration.id)).toMatchObject({ enabled: false, agents: [], tools: { total: 0 } })
  })

  it('shows the URL and header names to those who may edit, and never the values', async () => {
    const { integration } = await registry
      .actingAs(ana)
      .connect(input({ visibility: 'workspace', headers: { 'X-Api-Key': 'sesame' } }))
    expect(integration).toMatchObject({ url: server.url, headers: [{ name: 'X-Api-Key' }] })
    expect(await registry.actingAs(root).get(integration.id)).toMatchObject({ headers: [{ name: 'X-Api-Key' }] })
    const member = await registry.actingAs(bo).get(integration.id)
    expect(member?.url).toBeUndefined()
    expect(member?.headers).toBeUndefined()
    expect(JSON.stringify([integration, member, await dump(storage)])).not.toContain('sesame')
  })

  it('has an audit of what happened there, never of what', async () => {
    const mine = registry.actingAs(ana)
    const own = (await mine.connect(input())).integration.id
    const shared = (await mine.connect(input({ visibility: 'workspace' }))).integration.id
    await (await mine.toolset('assistant', { confirm: () => 'approve' })).call('notes__read_note', { id: '1' })
    await (await mine.toolset('assistant', { confirm: () => 'approve' })).call('notes_2__read_note', { id: '1' })
    const told = (await mine.audit()).entries
    expect(told.map(({ action }) => action)).toEqual(['connect', 'connect', 'decide', 'call', 'decide', 'call'])
    expect((await registry.actingAs(bo).audit()).entries).toEqual([])
    expect((await registry.actingAs(outsider).audit()).entries).toEqual([])
    const { entries } = await registry.actingAs(root).audit()
    expect(entries.filter(({ integrationId }) => integrationId === shared)).toEqual(
      told.filter(({ integrationId }) => integrationId === shared),
    )
    const ofPrivate = entries.filter(({ integrationId }) => integrationId === own)
    expect(ofPrivate.map(({ action, userId }) => `${userId} ${action}`)).toEqual([
      'ana connect',
      'ana decide',
      'ana call',
    ])
    for (const entry of ofPrivate)
      expect(Object.keys(entry).toSorted()).toEqual(['action', 'at', 'id', 'integrationId', 'userId', 'workspaceId'])
  })
})

describe('another workspace', () => {
  it('finds nothing by ids, tool names, approvals or cursors of this one', async () => {
    const mine = registry.actingAs(ana)
    await mine.connect(input({ visibility: 'workspace' }))
    const { approvalId } = await ask(ana)
    await ask(ana)
    const [page, audit, events] = [
      await mine.approvals.list({ limit: 1 }),
      await mine.audit({ limit: 1 }),
      await registry.events({ workspaceId: 'acme', limit: 1 }),
    ]
    const theirs = registry.actingAs(outsider)
    expect(await theirs.approvals.list({ after: page.next! })).toEqual({ approvals: [] })
    expect(await theirs.audit({ after: audit.next! })).toEqual({ entries: [] })
    expect((await registry.events({ workspaceId: 'evil', after: events.after! })).events).toEqual([])
    expect(await theirs.list({ scope: 'all' })).toEqual([])
    expect(await theirs.grants.list({ userId: 'ana' })).toEqual([])
    const toolset = await theirs.toolset('assistant')
    expect(toolset).toMatchObject({ tools: [], unavailable: [] })
    await expect(toolset.call('notes__read_note', { id: '1' })).rejects.toMatchObject({ code: 'tool_not_found' })
    await expect(toolset.resume(approvalId)).rejects.toMatchObject({ code: 'not_found' })
    expect(server.calls()).toHaveLength(0)
  })
})

describe('rights are read again at call time', () => {
  it('refuses between list and call when the integration became private', async () => {
    const mine = registry.actingAs(ana)
    const { integration } = await mine.connect(input({ visibility: 'workspace' }))
    const toolset = await registry.actingAs(bo).toolset('assistant', { confirm: () => 'approve' })
    await mine.update(integration.id, { visibility: 'private' })
    await expect(toolset.call('notes__read_note', { id: '1' })).rejects.toMatchObject({ code: 'tool_not_found' })
    expect(server.calls()).toHaveLength(0)
  })

  it('refuses between approve and run', async () => {
    const mine = registry.actingAs(ana)
    for (const take of [
      (id: string) => mine.update(id, { visibility: 'private' }),
      (id: string) => mine.update(id, { agents: ['builder'] }),
      (id: string) => mine.disable(id),
      (id: string) => mine.configureTools(id, { read_note: { enabled: false } }),
      (id: string) => mine.remove(id),
    ]) {
      const { integration } = await mine.connect(input({ visibility: 'workspace', name: 'Fresh' }))
      const theirs = registry.actingAs(bo)
      const toolset = await theirs.toolset('assistant')
      const outcome = await toolset.call(`${integration.handle}__read_note`, { id: '1' })
      if (outcome.type !== 'approval_required') throw new Error(outcome.type)
      const { approvalId } = outcome.approval
      await theirs.approvals.decide(approvalId, 'approve')
      await take(integration.id)
      expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run' })
    }
    expect(server.calls()).toHaveLength(0)
  })
})

describe('delete and re-create', () => {
  it('carries nothing over: no grant, approval, setting, trust or credential', async () => {
    const mine = registry.actingAs(ana)
    const first = (await mine.connect(input({ visibility: 'workspace', headers: { 'X-Api-Key': 'old' } }))).integration
    await registry.actingAs(root).trust(first.id, true)
    await mine.configureTools(first.id, { write_note: { approval: 'auto', enabled: true } })
    const approval = await ask(ana, 'notes__write_note').catch(() => undefined)
    expect(approval).toBeUndefined()
    await mine.configureTools(first.id, { write_note: { approval: 'ask' } })
    const toolset = await mine.toolset('assistant')
    const asked = await toolset.call('notes__write_note', { id: '1', text: 'x' })
    if (asked.type !== 'approval_required') throw new Error(asked.type)
    await mine.approvals.decide(asked.approval.approvalId, { decision: 'approve', remember: { for: 'tool' } })
    await mine.remove(first.id)
    const second = (await mine.connect(input({ visibility: 'workspace' }))).integration
    expect(second.id).not.toBe(first.id)
    expect(second).toMatchObject({ trusted: false, headers: [], revision: 1 })
    expect(await mine.grants.list()).toEqual([])
    const again = await (await mine.toolset('assistant')).call(`${second.handle}__write_note`, { id: '1', text: 'x' })
    expect(again.type).toBe('approval_required')
    expect(await toolset.resume(asked.approval.approvalId)).toMatchObject({ type: 'not_run' })
    expect(server.seen.filter(({ headers }) => headers['x-api-key'] !== undefined).length).toBeGreaterThan(0)
    server.seen.length = 0
    await mine.validate(second.id)
    expect(server.seen.filter(({ headers }) => headers['x-api-key'] !== undefined)).toEqual([])
  })

  it('is found by its tool names also in a process that knew the old one', async () => {
    const elsewhere = makeRegistry({ storage })
    const mine = registry.actingAs(ana)
    const first = (await mine.connect(input())).integration
    const remembers = await elsewhere.actingAs(ana).toolset('assistant', { confirm: () => 'approve' })
    await remembers.call('notes__read_note', { id: '1' })
    await mine.remove(first.id)
    const second = (await mine.connect(input())).integration
    for (const each of [registry, elsewhere]) {
      const toolset = await each.actingAs(ana).toolset('assistant', { confirm: () => 'approve' })
      expect(await toolset.call(`${second.handle}__read_note`, { id: '2' })).toMatchObject({ type: 'completed' })
    }
    await elsewhere.close()
  })
})

describe('two tenants with random operations', () => {
  const members = (workspaceId: string): Actor[] => [
    { workspaceId, userId: 'ana' },
    { workspaceId, userId: 'bo' },
    { workspaceId, userId: 'root', role: 'admin' },
  ]
  const verbs = {
    connect: ({ mine, n, shared }: Step) =>
      mine.connect(
        input({
          name: `canary${n}x`,
          visibility: shared ? 'workspace' : 'private',
          headers: { 'X-Api-Key': `header-value-${n}` },
        }),
      ),
    call: async ({ mine, handle, n }: Step) =>
      (await mine.toolset('assistant')).call(`${handle}__read_note`, { id: `argument${n}x` }),
    decide: ({ mine, approvalId }: Step) =>
      mine.approvals.decide(approvalId, { decision: 'approve', remember: { for: 'tool' } }),
    resume: async ({ mine, approvalId }: Step) => (await mine.toolset('assistant')).resume(approvalId),
    get: ({ mine, id }: Step) => mine.get(id),
    list: async ({ mine }: Step) => [await mine.list({ scope: 'all' }), await mine.toolset('assistant')],
    update: ({ mine, id, shared }: Step) =>
      mine.update(id, { visibility: shared ? 'workspace' : 'private', credentials: 'shared' }),
    transfer: ({ mine, id, shared }: Step) => mine.transferOwner(id, shared ? 'ana' : 'bo'),
    remove: ({ mine, id }: Step) => mine.remove(id),
    turn: ({ mine, id, shared }: Step) => (shared ? mine.enable(id) : mine.disable(id)),
    tools: ({ mine, id }: Step) => mine.tools(id),
    configure: ({ mine, id, shared }: Step) =>
      mine.configureTools(id, { read_note: { approval: shared ? 'auto' : 'ask' } }),
    approvals: ({ mine }: Step) => mine.approvals.list(),
    approval: ({ mine, approvalId }: Step) => mine.approvals.get(approvalId),
    audit: ({ mine }: Step) => mine.audit(),
    grants: async ({ mine }: Step) => [await mine.grants.list(), await mine.grants.list({ userId: 'ana' })],
    validate: ({ mine, id }: Step) => mine.validate(id),
    explain: async ({ mine, handle }: Step) => (await mine.toolset('assistant')).explain(`${handle}__read_note`),
  }
  interface Step {
    readonly mine: ActorIntegrations<TestAgent>
    readonly id: string
    readonly approvalId: string
    readonly handle: string
    readonly n: number
    readonly shared: boolean
  }
  const step = fc.record({
    who: fc.nat(5),
    what: fc.constantFrom('connect' as const, 'call' as const, ...(Object.keys(verbs) as (keyof typeof verbs)[])),
    /** Which of all ids that anybody ever got, in either workspace. */
    which: fc.nat(50),
    shared: fc.boolean(),
  })

  it('never learn anything of each other, nor members of what is private to another', async () => {
    let refused = 0
    let done = 0
    const walk = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const own = makeStorage()
      const host = makeRegistry({ storage: own })
      const actors = [...members('one'), ...members('two')]
      const ids = ['nothing']
      const approvals = ['nothing']
      const handles = ['nothing']
      /** Shared or given away since they were connected. */
      const widened = new Set<string>()
      /** Words that only some may ever hear. */
      const words: { readonly word: string; knows(actor: Actor): boolean }[] = []
      for (const [n, { who, what, which, shared }] of steps.entries()) {
        const actor = actors[who]!
        const { workspaceId, userId } = actor
        const inside = (other: Actor): boolean => other.workspaceId === workspaceId
        const self = (other: Actor): boolean => inside(other) && other.userId === userId
        const id = ids[which % ids.length]!
        const approvalId = approvals[which % approvals.length]!
        const handle = handles[which % handles.length]!
        const heard: unknown = await verbs[what]({
          mine: host.actingAs(actor),
          id,
          approvalId,
          handle,
          n,
          shared,
        }).catch((error: Error) => {
          if (error.name !== 'IntegrationError') throw error
          refused++
          return { error: `${error.message} ${JSON.stringify(error)}` }
        })
        const answer = (heard ?? {}) as {
          error?: string
          type?: string
          integration?: { id: string; handle: string }
          approval?: { approvalId: string }
        }
        if (answer.error === undefined) done++
        if (answer.error === undefined && (what === 'update' || what === 'transfer')) widened.add(id)
        const text = JSON.stringify(answer)
        for (const { word, knows } of words) {
          // What somebody asked by is not news to them.
          if (knows(actor) || [id, approvalId, handle].some((given) => given.includes(word))) continue
          expect(text, `${workspaceId}/${userId} heard ${word} by ${what}`).not.toContain(word)
        }
        if (what === 'connect' && answer.integration !== undefined) {
          const { id: made } = answer.integration
          ids.push(made)
          handles.push(answer.integration.handle)
          const knows = (other: Actor): boolean =>
            inside(other) && (shared || widened.has(made) || other.userId === userId || other.role === 'admin')
          words.push({ word: made, knows }, { word: `canary${n}x`, knows })
          words.push({ word: `header-value-${n}`, knows: () => false })
        }
        if (answer.type === 'approval_required' && answer.approval !== undefined) {
          approvals.push(answer.approval.approvalId)
          words.push({
            word: answer.approval.approvalId,
            knows: (other) => self(other) || (inside(other) && other.role === 'admin'),
          })
          words.push({ word: `argument${n}x`, knows: self })
        }
      }
      expect(JSON.stringify(await dump(own))).not.toContain('header-value-')
      await host.close()
    })
    await fc.assert(walk, { numRuns: 20 })
    expect(refused).toBeGreaterThan(20)
    expect(done).toBeGreaterThan(100)
  })
})
