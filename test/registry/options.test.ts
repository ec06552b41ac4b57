import { describe, expect, it } from 'vitest'
import {
  encryptedCredentials,
  IntegrationRegistry,
  isIntegrationError,
  memoryStorage,
  type IntegrationRegistryOptions,
} from 'mcp-integrations'
import { manualRuntime } from 'mcp-integrations/testing'
import { openGate } from '../support/gate.js'

const credentials = encryptedCredentials({ keys: [{ id: 'a', secret: new Uint8Array(32).fill(7) }] })
const good = { storage: memoryStorage(), credentials, agents: ['assistant'] }

/** The paths that a constructor refuses; undefined: it takes the options. */
function refused(options: object): readonly string[] | undefined {
  try {
    const registry = new IntegrationRegistry(options as IntegrationRegistryOptions)
    expect(registry).toBeInstanceOf(IntegrationRegistry)
    return undefined
  } catch (error) {
    if (!isIntegrationError(error) || error.code !== 'invalid_input') throw error
    expect(error.message).toMatch(/^IntegrationRegistry options: /)
    return error.fields?.map(({ path }) => path)
  }
}

describe('the options of a registry', () => {
  it.each<[string, object]>([
    ['egress.allowLoopback', { egress: { allowLoopback: 'false' } }],
    ['egress.denyHost', { egress: { denyHost: ['evil.example'] } }],
    ['egress.denyHosts', { egress: { denyHosts: 'evil.example' } }],
    ['egress.denyHosts[1]', { egress: { denyHosts: ['fine.example', 'https://evil.example/'] } }],
    ['egress.allowHosts[0]', { egress: { allowHosts: ['example.com:8443'] } }],
    ['oauth.redirectUrl', { oauth: { redirectUrl: '/callback', clientName: 'Host' } }],
    ['oauth.redirectUrl', { oauth: { redirectUrl: 'https://host.example/#done', clientName: 'Host' } }],
    ['oauth.redirectUrl', { oauth: { redirectUrl: 'javascript:alert(1)', clientName: 'Host' } }],
    ['oauth.redirectUrl', { oauth: { clientName: 'Host' } }],
    ['oauth.clientName', { oauth: { redirectUrl: 'https://host.example/callback' } }],
    [
      'oauth.clientMetadataUrl',
      {
        oauth: {
          redirectUrl: 'https://host.example/cb',
          clientName: 'Host',
          clientMetadataUrl: 'https://host.example',
        },
      },
    ],
    ['approvals.onToolChange', { approvals: { onToolChange: 'never' } }],
    ['approvals.policy', { approvals: { policy: { mode: 'deny' } } }],
    ['approvals.waitMs', { approvals: { waitMs: '5 minutes' } }],
    ['approvals.waitMS', { approvals: { waitMS: 5 } }],
    ['access.sharing', { access: { sharing: 'nobody' } }],
    ['access.adminsDecideForOthers', { access: { adminsDecideForOthers: 1 } }],
    ['limits.maxTools', { limits: { maxTools: 0 } }],
    ['limits.maxTools', { limits: { maxTools: 1.5 } }],
    ['limits.maxTools', { limits: { maxTools: Number.NaN } }],
    ['limits.maxTools', { limits: { maxTools: null } }],
    ['retention.auditArguments', { retention: { auditArguments: 'yes' } }],
    ['limits', { limits: [] }],
    ['egress', { egress: null }],
    ['confirm', { confirm: {} }],
    ['onDiagnostic', { onDiagnostic: 'console' }],
    ['maintenance', { maintenance: true }],
    ['maintenance.everyMs', { maintenance: {} }],
    ['maintenance.everyMs', { maintenance: { everyMs: 999 } }],
    ['maintenance.every', { maintenance: { everyMs: 60_000, every: 'hour' } }],
    ['connector', { connector: [] }],
    ['storage', { storage: {} }],
    ['credentials', { credentials: undefined }],
    ['agents', { agents: 'assistant' }],
    ['agents[0].id', { agents: [{ name: 'Assistant' }] }],
    ['agents[1].id', { agents: ['assistant', { id: 'assistant' }] }],
    ['agents[0].title', { agents: [{ id: 'assistant', title: 'Assistant' }] }],
    ['runtime.now', { runtime: { now: 5 } }],
    ['connectors[0].url', { connectors: [{ id: 'a', name: 'A', auth: 'none' }] }],
    [
      'connectors[0].trust',
      { connectors: [{ id: 'a', name: 'A', auth: 'none', url: 'https://a.example', trust: true }] },
    ],
    ['connectors[0].auth', { connectors: [{ id: 'a', name: 'A', auth: 'basic', url: 'https://a.example' }] }],
    [
      'connectors[0].tools.send.approval',
      {
        connectors: [
          { id: 'a', name: 'A', auth: 'none', url: 'https://a.example', tools: { send: { approval: 'always' } } },
        ],
      },
    ],
  ])('refuse a wrong %s', (path, options) => {
    expect(new Set(refused({ ...good, ...options }))).toEqual(new Set([path]))
  })

  it('are an object', () => {
    for (const options of [undefined, null, 7, 'options', []])
      expect(() => new IntegrationRegistry(options as never)).toThrow(
        expect.objectContaining({ code: 'invalid_input' }) as Error,
      )
  })

  it('name every mistake at once, with what is known', () => {
    const options = { ...good, egress: { denyHost: [] }, limits: { maxTools: -1 } }
    expect(() => new IntegrationRegistry(options as never)).toThrow(
      /egress\.denyHost is not a known field; known are allowLoopback, .*; limits\.maxTools must be a whole number from 1 to 1000/,
    )
  })

  it.each<[string, object]>([
    ['no agent yet', { agents: [] }],
    [
      'undefined in every place',
      { oauth: undefined, limits: { maxTools: undefined }, egress: { denyHosts: undefined } },
    ],
    ['a redirect URI of a native app', { oauth: { redirectUrl: 'com.example.app:/callback', clientName: 'Host' } }],
    ['a redirect URI for each issuer', { oauth: { redirectUrl: 'https://h.example/cb/{issuer}', clientName: 'Host' } }],
    [
      'patterns of hosts',
      { egress: { allowHosts: ['example.com', '*.example.org', '10.0.0.1', '[::1]', 'bücher.example'] } },
    ],
    [
      'a connector',
      { connectors: [{ id: 'a', name: 'A', auth: { type: 'header', name: 'X-Key' }, url: 'https://a.example' }] },
    ],
  ])('take %s', (_what, options) => {
    expect(refused({ ...good, ...options })).toBeUndefined()
  })

  it('take ports of any class, with more than is needed, and never copy them', async () => {
    const inner = memoryStorage()
    class Storage {
      readonly calls: string[] = []
      extra(): void {}
      read(...args: Parameters<typeof inner.read>) {
        this.calls.push('read')
        return inner.read(...args)
      }
      list(...args: Parameters<typeof inner.list>) {
        this.calls.push('list')
        return inner.list(...args)
      }
      commit(...args: Parameters<typeof inner.commit>) {
        return inner.commit(...args)
      }
      scan(...args: Parameters<typeof inner.scan>) {
        return inner.scan(...args)
      }
      expired(...args: Parameters<typeof inner.expired>) {
        return inner.expired(...args)
      }
    }
    class Clock {
      time = 1_800_000_000_000
      now(): number {
        return this.time
      }
    }
    const storage = new Storage()
    const registry = new IntegrationRegistry({ ...good, storage, runtime: new Clock() })
    expect(await registry.actingAs({ workspaceId: 'w', userId: 'u' }).list()).toEqual([])
    expect(storage.calls).toContain('list')
    await registry.close()
  })

  it('are what a function returns, too', async () => {
    const runtime = manualRuntime()
    const registry = new IntegrationRegistry({
      ...good,
      runtime,
      agents: async () => [{ id: 7 }] as never,
      connectors: async () => [{ id: 'A B', name: 'A', auth: 'none', url: 'https://a.example' }],
    })
    const mine = registry.actingAs({ workspaceId: 'w', userId: 'u' })
    await expect(mine.agents()).rejects.toMatchObject({ code: 'invalid_input', fields: [{ path: 'agents[0].id' }] })
    await expect(mine.available()).rejects.toMatchObject({
      code: 'invalid_input',
      fields: [{ path: 'connectors[0].id' }],
    })
    await registry.close()
  })
})

describe('options and queries of verbs', () => {
  it("refuse what is not known, is of another type or can't be", async () => {
    const { mine, id, registry } = await openGate()
    const toolset = await mine.toolset('assistant')
    const args = { id: '1' }
    const attempts: [string, () => Promise<unknown>][] = [
      ['user', () => mine.audit({ user: 'ana' } as never)],
      ['limit', () => mine.audit({ limit: 0 })],
      ['limit', () => mine.audit({ limit: '5' as never })],
      ['after', () => mine.audit({ after: '../integration/x' })],
      ['state', () => mine.approvals.list({ state: 'pending' } as never)],
      ['status', () => mine.approvals.list({ status: 'open' as never })],
      ['limit', () => mine.approvals.list({ limit: 1.5 })],
      ['user', () => mine.grants.list({ user: 'bo' } as never)],
      ['userId', () => mine.grants.list({ userId: 7 as never })],
      ['scopes', () => mine.list({ scopes: 'all' } as never)],
      ['attention', () => mine.list({ attention: 'yes' as never })],
      ['ifrevision', () => mine.update(id, { name: 'Other' }, { ifrevision: 1 } as never)],
      ['ifRevision', () => mine.update(id, { name: 'Other' }, { ifRevision: '1' as never })],
      ['ifRevision', () => mine.configureTools(id, { read_note: {} }, { ifRevision: 1 as never })],
      ['trusted', () => mine.trust(id, 'yes' as never)],
      ['userId', () => mine.transferOwner(id, '')],
      ['timeout', () => mine.get(id, { timeout: 5 } as never)],
      ['signal', () => mine.get(id, { signal: true as never })],
      ['conversation', () => mine.toolset('assistant', { conversation: 'c' } as never)],
      ['conversationId', () => mine.toolset('assistant', { conversationId: '' })],
      ['confirm', () => mine.toolset('assistant', { confirm: 'ask' as never })],
      ['search.pins', () => mine.toolset('assistant', { search: { pins: [] } as never })],
      ['timeout', () => toolset.call('notes__read_note', args, { timeout: 5 } as never)],
      ['timeoutMs', () => toolset.call('notes__read_note', args, { timeoutMs: Number.NaN })],
      ['limit', () => registry.events({ workspaceId: 'w', limit: 0 })],
      ['since', () => registry.events({ workspaceId: 'w', since: '1' } as never)],
      ['after', () => registry.events({ workspaceId: 'w', after: 'x' })],
      ['workspaceId', () => registry.events({} as never)],
      ['user', () => registry.forgetUser({ workspaceId: 'w', userId: 'u', user: 'x' } as never)],
      ['transferTo', () => registry.forgetUser({ workspaceId: 'w', userId: 'u', transferTo: 7 as never })],
      ['workspaceId', () => registry.forgetWorkspace('')],
      ['graceMs', () => registry.close({ graceMs: -1 })],
    ]
    for (const [path, attempt] of attempts) {
      const error: unknown = await attempt().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect([path, error]).toMatchObject([path, { code: 'invalid_input', fields: [{ path }] }])
    }
    expect(await mine.get(id)).toMatchObject({ name: 'Notes' })
  })
})
