import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IntegrationRegistry, RegistryEvent } from 'mcp-integrations'
import type { RegistryStorage, StorageWrite } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, dump, makeRegistry, makeStorage, root, type TestAgent } from '../support/registry.js'

let now: number
let server: TestMcpServer
let storage: RegistryStorage
/** The kinds of records that each commit wrote; those that it was only held to are left out. */
let commits: string[][]
let registry: IntegrationRegistry<TestAgent>
beforeEach(async () => {
  now = Date.now()
  server = await startMcpServer()
  const inner = makeStorage({ now: () => now })
  commits = []
  storage = {
    ...inner,
    commit(workspaceId, writes) {
      now++
      const written = writes.filter((write) => !('check' in write && write.check === true))
      commits.push(written.map((write: StorageWrite) => ('append' in write ? write.append : write.key).split('/')[0]!))
      return inner.commit(workspaceId, writes)
    },
  }
  registry = makeRegistry({ storage, runtime: { now: () => now } })
})
afterEach(async () => {
  await registry.close()
  await server.close()
})

const all = async (): Promise<readonly RegistryEvent[]> =>
  (await registry.events({ workspaceId: 'acme', limit: 1000 })).events
const connect = async () =>
  (
    await registry.actingAs(ana).connect({
      url: server.url,
      name: 'Notes',
      agents: ['assistant'],
      visibility: 'workspace',
      headers: { 'X-Api-Key': 'k' },
    })
  ).integration

/** Everything that a person can change, once. */
async function live(): Promise<string> {
  const mine = registry.actingAs(ana)
  const { id } = await connect()
  await mine.update(id, { name: 'Work' })
  await mine.configureTools(id, { write_note: { approval: 'ask' } })
  await registry.actingAs(root).trust(id, true)
  const toolset = await mine.toolset('assistant')
  const asked = await toolset.call('notes__write_note', { id: '1', text: 'private words' })
  if (asked.type !== 'approval_required') throw new Error(asked.type)
  await mine.approvals.decide(asked.approval.approvalId, { decision: 'approve', remember: { for: 'tool' } })
  await toolset.resume(asked.approval.approvalId)
  const [grant] = await mine.grants.list()
  await mine.grants.revoke(grant!.id)
  await toolset.call('notes__read_note', { id: 'private words' })
  server.state.refuse = () => 429
  await toolset.call('notes__read_note', { id: '2' }).catch(() => {})
  server.state.refuse = undefined
  await mine.disable(id)
  await mine.enable(id)
  await mine.transferOwner(id, 'root')
  await registry.actingAs(root).remove(id)
  return id
}

describe('the feed', () => {
  it('reports every change, in order, each in the commit that made it', async () => {
    const id = await live()
    const events = await all()
    expect(events.map((event) => (event.type === 'approval_changed' ? event.status : event.type))).toEqual([
      'integration_connected',
      'integration_updated',
      'tools_configured',
      'integration_updated',
      'pending',
      'approved',
      'grant_created',
      'dispatched',
      'finished',
      'grant_revoked',
      'integration_status_changed',
      'integration_disabled',
      'integration_enabled',
      'integration_updated',
      'integration_removed',
    ])
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
    expect(events.map((event) => event.id).toSorted()).toEqual(events.map((event) => event.id))
    expect(events.every((event) => event.integrationId === id && event.workspaceId === 'acme')).toBe(true)
    for (const kinds of commits.filter((written) => written.includes('event')))
      expect(kinds.some((kind) => !['event', 'audit', 'catalogue'].includes(kind))).toBe(true)
    for (const kinds of commits.filter((written) => written.includes('integration')))
      expect(kinds).toEqual(expect.arrayContaining(['event', 'audit']))
  })

  it('is read in pages from where one was', async () => {
    await live()
    const whole = await all()
    const paged: RegistryEvent[] = []
    for (let after: string | undefined; ;) {
      const page = await registry.events({ workspaceId: 'acme', limit: 4, ...(after === undefined ? {} : { after }) })
      if (page.events.length === 0) break
      paged.push(...page.events)
      after = page.after
    }
    expect(paged).toEqual(whole)
    await expect(registry.events({ workspaceId: 'acme', after: 'x' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(registry.events({ workspaceId: '' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(registry.events({ workspaceId: 'acme', limit: 0 })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('and the audit are kept as long as they are promised, then swept', async () => {
    await connect()
    now += 7 * 86_400_000 + 1
    expect(await all()).toEqual([])
    expect((await registry.actingAs(ana).audit()).entries).toHaveLength(1)
    now += 84 * 86_400_000
    expect((await registry.actingAs(ana).audit()).entries).toEqual([])
    // The event, the audit entry, and the change of the catalogue.
    expect((await registry.sweep()).expired).toBe(3)
    expect((await dump(storage)).filter(({ key }) => /^(event|audit|catalogue)\/\d/.test(key))).toEqual([])
    await registry.actingAs(ana).connect({ url: server.url, name: 'Later', agents: ['assistant'] })
    expect(Number((await all())[0]!.id)).toBeGreaterThan(1)
  })
})

describe('a listener', () => {
  it('that throws, rejects or takes its time breaks nothing, and the others hear all', async () => {
    const heard: string[] = []
    registry.on('integration_connected', () => {
      throw new Error('broken')
    })
    registry.on('integration_connected', (async () => Promise.reject(new Error('broken later'))) as () => void)
    registry.on('integration_connected', (() => new Promise(() => {})) as () => void)
    const stop = registry.on('integration_connected', ({ id, name }) => heard.push(`${name} ${id}`))
    await connect()
    const [event] = await all()
    expect(heard).toEqual([`Notes ${event!.id}`])
    stop()
    await connect()
    expect(heard).toHaveLength(1)
  })
})

describe('the audit', () => {
  it('says who did what, by which rule, how it ended, and of arguments only a digest', async () => {
    const id = await live()
    const { entries } = await registry.actingAs(ana).audit()
    expect(entries.map(({ action, outcome }) => (outcome === undefined ? action : `${action} ${outcome}`))).toEqual([
      'connect',
      'update',
      'configure_tools',
      'call approval_required',
      'decide approve',
      'call completed',
      'revoke_grant',
      'call completed',
      'call failed',
      'disable',
      'enable',
      'transfer_owner',
    ])
    expect(entries.every(({ integrationId }) => integrationId === id)).toBe(true)
    expect((await registry.actingAs(root).audit()).entries.map(({ action }) => action)).toEqual(
      [...entries.slice(0, 3), { action: 'trust' }, ...entries.slice(3), { action: 'remove' }].map(
        ({ action }) => action,
      ),
    )
    const own = entries.filter(({ action }) => action === 'call')
    for (const entry of own)
      expect(entry).toMatchObject({
        userId: 'ana',
        agentId: 'assistant',
        tool: expect.stringMatching(/_note$/) as string,
        rule: expect.stringMatching(/./) as string,
        argumentsDigest: expect.stringMatching(/^[\w-]{43}$/) as string,
      })
    expect(own.at(-1)).toMatchObject({
      outcome: 'failed',
      errorCode: 'rate_limited',
      mayHaveRun: expect.any(Boolean) as boolean,
    })
    expect(own.at(-2)).toMatchObject({ durationMs: expect.any(Number) as number })
    const filed = (await dump(storage)).filter(({ key }) => key.startsWith('audit/'))
    expect(JSON.stringify(filed)).not.toContain('private words')
  })

  it('keeps arguments where the host asks for it', async () => {
    const host = makeRegistry({ storage, retention: { auditArguments: true } })
    const mine = host.actingAs(ana)
    await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    await (await mine.toolset('assistant', { confirm: () => 'approve' })).call('notes__read_note', { id: '7' })
    expect((await mine.audit()).entries.at(-1)).toMatchObject({ arguments: { id: '7' } })
    await host.close()
  })
})
