import { describe, expect, it, onTestFinished } from 'vitest'
import Database from 'libsql'
import { encryptedCredentials, type Diagnostic } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import type { JsonValue } from '../../src/model/json.js'
import { ask, openGate, sent, type Gate } from '../support/gate.js'
import { startOAuthBench } from '../support/oauth-registry.js'
import { ana, bo, dump, root, secret } from '../support/registry.js'

/** Writes to the database, past the registry. */
async function edit(
  { storage }: Pick<Gate, 'storage'>,
  prefix: string,
  change: (value: never) => unknown,
  except?: string,
): Promise<void> {
  const all = (await dump(storage)).filter(({ key }) => key.startsWith(prefix))
  const found = all.filter(({ key, value }) => except === undefined || !JSON.stringify([key, value]).includes(except))
  expect(found.length, prefix).toBeGreaterThan(0)
  for (const { workspaceId, key, value, ...rest } of found)
    await storage.commit(workspaceId, [
      { key, value: change(value as never) as JsonValue, expiresAt: (rest as { expiresAt?: number }).expiresAt },
    ])
}

const without = (field: string) => (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== field))
const withMembers = (members: object) => (value: object) => ({ ...value, ...members })

async function openTwo(options: Parameters<typeof openGate>[0] = {}) {
  const diagnostics: Diagnostic[] = []
  const gate = await openGate({ onDiagnostic: (one) => void diagnostics.push(one), ...options })
  const other = await gate.mine.connect({ url: gate.server.url, name: 'Other', agents: ['assistant'] })
  return { gate, diagnostics, other: other.integration.id }
}

describe('an integration with a record that was edited in the database', () => {
  it.each([
    ['integration', without('agents')],
    ['integration', withMembers({ enabled: 'yes' })],
    ['integration', withMembers({ headers: [null] })],
    ['integration', withMembers({ url: 'javascript:alert(1)' })],
    ['status', withMembers({ reason: 'splendid' })],
    ['tools', withMembers({ quarantined: 5 })],
    ['tools', withMembers({ chunks: 1e9 })],
    ['settings', () => ({ tools: { read_note: { approval: 'always' } } })],
    ['settings', () => null],
  ])('is left out of lists and toolsets, and is reported to the host: %s', async (kind, change) => {
    const { gate, diagnostics, other } = await openTwo()
    await gate.mine.configureTools(gate.id, { read_note: { enabled: true } })
    await edit(gate, `${kind}/${gate.id}`, change)
    const mine = gate.another({ onDiagnostic: (one) => void diagnostics.push(one) }).actingAs(ana)
    expect((await mine.list()).map(({ id }) => id)).toEqual([other])
    const toolset = await mine.toolset('assistant')
    expect(new Set(toolset.tools.map(({ integration }) => integration.id))).toEqual(new Set([other]))
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ area: 'storage', workspaceId: 'acme', integrationId: gate.id }),
    )
    const refused = { code: 'storage_incompatible', integrationId: gate.id }
    await expect(mine.get(gate.id)).rejects.toMatchObject(refused)
    await expect(toolset.call('notes__read_note', { id: '1' })).rejects.toMatchObject(refused)
    expect(sent(gate.server)).toEqual([])
    expect(await toolset.call('other__read_note', { id: '1' })).toMatchObject({ type: 'approval_required' })
  })

  it('can be removed by an admin, with everything that belongs to it', async () => {
    const { gate, other } = await openTwo()
    await ask(await gate.toolset())
    await edit(gate, `integration/${gate.id}`, withMembers({ ownerId: 5 }))
    await expect(gate.mine.remove(gate.id)).rejects.toMatchObject({ code: 'storage_incompatible' })
    await expect(gate.as(bo).remove(gate.id)).rejects.toMatchObject({ code: 'storage_incompatible' })
    await gate.as(root).remove(gate.id)
    await gate.registry.sweep()
    const left = (await dump(gate.storage)).filter(({ key }) => key.includes(gate.id))
    expect(left.map(({ key }) => key.split('/')[0])).toEqual(['due'])
    expect((await gate.mine.list()).map(({ id }) => id)).toEqual([other])
    expect(await gate.mine.approvals.list()).toMatchObject({ approvals: [{ status: 'cancelled' }] })
    // Its handle is free again.
    const again = await gate.mine.connect({ url: gate.server.url, name: 'Notes', agents: ['assistant'] })
    expect(again.integration.handle).toBe('notes')
  })

  it.each([
    ['headers', { sealed: 5 }],
    ['credential', 'nothing'],
    ['tools', { hash: null }],
    ['status', []],
    ['settings', 5],
    ['open', {}],
    ['approval', { request: null }],
    ['grant', 'a grant'],
    ['handle', {}],
  ])('is removed also where its %s cannot be read', async (kind, value) => {
    const { gate, other } = await openTwo({ connect: { headers: { 'X-Key': 'secret of Ana' } } })
    const approval = await ask(await gate.toolset())
    await gate.mine.approvals.decide(approval.approvalId, {
      decision: 'approve',
      remember: { for: 'tool', arguments: 'equal' },
    })
    await ask(await gate.toolset(), { id: '8', text: 'waits' })
    await gate.mine.configureTools(gate.id, { read_note: { enabled: true } })
    await gate.storage.commit('acme', [{ key: `credential/${gate.id}/_`, value: null }])
    await edit(gate, `${kind}/`, () => value, other)
    await gate.mine.remove(gate.id)
    await gate.registry.sweep()
    expect((await gate.mine.list()).map(({ id }) => id)).toEqual([other])
    const secrets = (await dump(gate.storage)).filter(({ key }) => /^(headers|credential|client)\//.test(key))
    expect(secrets.filter(({ key }) => key.includes(gate.id))).toEqual([])
  })

  it('is forgotten with its person, and with its workspace', async () => {
    const { gate } = await openTwo()
    await ask(await gate.toolset())
    await edit(gate, 'integration/', withMembers({ ownerId: null }))
    await edit(gate, 'approval/', without('binding'))
    await gate.registry.forgetUser(ana)
    expect((await dump(gate.storage)).filter(({ key }) => /^(integration|approval|asked|visible)\//.test(key))).toEqual(
      [],
    )
    await gate.registry.forgetWorkspace('acme')
    expect((await dump(gate.storage)).filter(({ key }) => !key.startsWith('due/'))).toEqual([])
  })
})

describe('other records that were edited', () => {
  it('an approval is left out of the list, and can be neither decided nor used', async () => {
    const { gate, diagnostics } = await openTwo()
    const toolset = await gate.toolset()
    const [kept, broken] = [await ask(toolset), await ask(toolset, { id: '8', text: 'other' })]
    await gate.mine.approvals.decide(broken.approvalId, 'approve')
    await edit(gate, `approval/${broken.approvalId}`, withMembers({ argumentsJson: '{"id":' }))
    expect((await gate.mine.approvals.list()).approvals.map(({ approvalId }) => approvalId)).toEqual([kept.approvalId])
    expect(diagnostics).toContainEqual(expect.objectContaining({ area: 'storage' }))
    const refused = { code: 'storage_incompatible' }
    await expect(gate.mine.approvals.get(broken.approvalId)).rejects.toMatchObject(refused)
    await expect(gate.mine.approvals.decide(broken.approvalId, 'deny')).rejects.toMatchObject(refused)
    await expect(toolset.resume(broken.approvalId)).rejects.toMatchObject(refused)
    expect(sent(gate.server)).toEqual([])
  })

  it('a remembered decision allows nothing', async () => {
    const { gate } = await openTwo()
    const toolset = await gate.toolset()
    const approval = await ask(toolset)
    await gate.mine.approvals.decide(approval.approvalId, {
      decision: 'approve',
      remember: { for: 'limited', uses: 9 },
    })
    await edit(gate, 'grant/', withMembers({ argumentsDigest: null }))
    expect(await toolset.call('notes__write_note', { id: '9', text: 'another' })).toMatchObject({
      type: 'approval_required',
    })
    expect(await gate.mine.grants.list()).toEqual([])
  })

  it('events and audit entries are left out, and reading continues', async () => {
    const { gate } = await openTwo()
    const before = await gate.mine.events({ limit: 1 })
    await edit(gate, 'event/', (value: { type: string }) => (value.type === 'integration_connected' ? null : value))
    await edit(gate, 'audit/', (value: { action: string }) => (value.action === 'connect' ? { action: 7 } : value))
    await gate.mine.disable(gate.id)
    const types: string[] = []
    for (let after = before.after; ;) {
      const page = await gate.mine.events({ after, limit: 1 })
      if (page.after === after) break
      after = page.after
      types.push(...page.events.map(({ type }) => type))
    }
    expect(types).toContain('integration_disabled')
    expect(types).not.toContain('integration_connected')
    expect((await gate.mine.audit()).entries.map(({ action }) => action)).toEqual(['disable'])
  })

  it('a sweep continues after them', async () => {
    const { gate, diagnostics } = await openTwo()
    const toolset = await gate.toolset()
    const [broken, kept] = [await ask(toolset), await ask(toolset, { id: '8', text: 'other' })]
    await edit(gate, `approval/${broken.approvalId}`, () => 'what?')
    await gate.runtime.advance(2 * 86_400_000)
    await gate.registry.sweep()
    expect(diagnostics).toContainEqual(expect.objectContaining({ area: 'storage' }))
    expect(await gate.mine.approvals.get(kept.approvalId)).toMatchObject({ status: 'expired' })
    const due = (await dump(gate.storage)).filter(({ key }) => key === `due/approval/${kept.approvalId}`)
    expect(due).toEqual([])
  })

  it('a secret is counted as unreadable, and the others are sealed again', async () => {
    const { gate } = await openTwo({ connect: { headers: { 'X-Key': 'secret of Ana' } } })
    await gate.mine.connect({
      url: gate.server.url,
      name: 'Third',
      agents: ['assistant'],
      headers: { 'X-Key': 'other' },
    })
    await edit(gate, `headers/${gate.id}`, withMembers({ sealed: null }))
    const next = { id: 'next', secret: new Uint8Array(32).fill(7) }
    const keys = [next, { id: 'test', secret }]
    const registry = gate.another({ credentials: encryptedCredentials({ keys }) })
    expect(await registry.resealAll()).toEqual({ resealed: 1, current: 0, unreadable: 1 })
    expect(await registry.keyUsage()).toEqual({ next: 1 })
  })

  it('a text that is not JSON affects no other record', async () => {
    const database = new Database(':memory:')
    const { gate, other } = await openTwo({ storage: sqliteStorage({ database }) })
    const table = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%records'")
      .all() as readonly { readonly name: string }[]
    database.prepare(`UPDATE ${table[0]!.name} SET value = '{"half":' WHERE key = ?`).run(`integration/${gate.id}`)
    expect((await gate.mine.list()).map(({ id }) => id)).toEqual([other])
    await expect(gate.mine.get(gate.id)).rejects.toMatchObject({ code: 'storage_incompatible' })
  })
})

describe('a credential that was edited in the database', () => {
  it.each([{ scopes: null }, { lineage: '../client' }, { refreshAt: 'soon' }, { lease: {} }, { attempt: { code: 5 } }])(
    'is none, until the person signs in again: %j',
    async (members) => {
      const bench = await startOAuthBench()
      onTestFinished(() => bench.close())
      const id = await bench.connected()
      await edit(bench, 'credential/', withMembers(members))
      const mine = bench.another().actingAs(ana)
      const call = async () => (await mine.toolset('assistant')).call('notes__read_note', { id: '1' })
      expect(await call()).toMatchObject({ type: 'authorization_required', integrationId: id })
      expect((await mine.list()).map((one) => one.statusDetail.reason)).toEqual(['credential_missing'])
      await mine.finishConnect(await bench.signIn(await mine.reconnect(id)))
      expect(await call()).toMatchObject({ type: 'completed' })
    },
  )
})
