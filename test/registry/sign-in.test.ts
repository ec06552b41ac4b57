import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryStorage, type ConnectResult, type IntegrationRegistry, type RegistryStorage } from 'mcp-integrations'
import { startAuthorizationServer, type TestAuthorizationServer } from '../support/authorization-server.js'
import { startProtectedMcpServer, type ProtectedMcpServer } from '../support/protected-mcp-server.js'
import { ana, bo, makeRegistry, type TestAgent } from '../support/registry.js'

const redirectUrl = 'http://127.0.0.1:34567/callback'
let now: number
let authorizationServer: TestAuthorizationServer
let server: ProtectedMcpServer
let storage: RegistryStorage
let registry: IntegrationRegistry<TestAgent>

const make = (): IntegrationRegistry<TestAgent> =>
  makeRegistry({
    storage,
    oauth: { redirectUrl, clientName: 'Test host' },
    confirm: () => 'approve',
    runtime: { now: () => now },
  })

beforeEach(async () => {
  now = Date.now()
  authorizationServer = await startAuthorizationServer({ accessTokenTtl: 300 })
  server = await startProtectedMcpServer(() => authorizationServer.issuer)
  storage = memoryStorage({ now: () => now })
  registry = make()
})
afterEach(async () => {
  await registry.close()
  await server.close()
  await authorizationServer.close()
})

const urlOf = (result: ConnectResult): string => {
  if (result.type !== 'authorization_required')
    throw new Error(`expected a sign-in, got ${result.type}: ${JSON.stringify(result.integration.statusDetail)}`)
  return result.authorizationUrl
}
const signIn = async (result: ConnectResult): Promise<string> => authorizationServer.signIn(urlOf(result), redirectUrl)
const connected = async (input: object = {}): Promise<string> => {
  const mine = registry.actingAs(ana)
  const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'], ...input })
  const done = await mine.finishConnect(await signIn(begun))
  expect(done).toMatchObject({
    type: 'connected',
    integration: { status: 'connected', auth: 'oauth', tools: { total: 2 } },
  })
  return done.integration.id
}

describe('signing in', () => {
  it('sends the person to the authorization server, and is connected when they come back', async () => {
    const mine = registry.actingAs(ana)
    const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    expect(begun.integration).toMatchObject({
      status: 'connecting',
      statusDetail: { reason: 'awaiting_authorization' },
    })
    const callback = await signIn(begun)
    const done = await mine.finishConnect(callback)
    expect(done).toMatchObject({ type: 'connected', integration: { status: 'connected', tools: { total: 2 } } })
    const toolset = await mine.toolset('assistant')
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    await expect(mine.finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('may be finished in another process, by the same person only', async () => {
    const begun = await registry.actingAs(ana).connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    const callback = await signIn(begun)
    await registry.close()
    registry = make()
    await expect(registry.actingAs(bo).finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    expect(await registry.actingAs(ana).finishConnect(callback)).toMatchObject({ type: 'connected' })
  })

  it('is of no use to a person who may not give that credential any more', async () => {
    const mine = registry.actingAs(ana)
    for (const take of [
      (id: string) => mine.transferOwner(id, 'bo'),
      (id: string) => mine.update(id, { credentials: 'per_user' }),
    ]) {
      const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
      const callback = await signIn(begun)
      await take(begun.integration.id)
      await expect(mine.finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
      const kept = await storage.list({ workspaceId: 'acme', prefix: 'credential/', limit: 10 })
      expect(kept.records).toEqual([])
    }
  })

  it('ends with its flow after ten minutes', async () => {
    const begun = await registry.actingAs(ana).connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    const callback = await signIn(begun)
    now += 600_001
    await expect(registry.actingAs(ana).finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    expect(await registry.actingAs(ana).get(begun.integration.id)).toMatchObject({
      status: 'reconnect_required',
      statusDetail: { reason: 'first_sign_in', action: 'reconnect' },
    })
    expect(await registry.sweep()).toMatchObject({ abandoned: 1 })
    expect(await registry.actingAs(ana).list()).toEqual([])
  })

  it('reports that the person declined, and can be tried again', async () => {
    const mine = registry.actingAs(ana)
    const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    authorizationServer.person.deniesNext = true
    await expect(mine.finishConnect(await signIn(begun))).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'access_denied',
    })
    expect(await mine.get(begun.integration.id)).toMatchObject({
      status: 'reconnect_required',
      statusDetail: { reason: 'first_sign_in' },
    })
    expect(await mine.finishConnect(await signIn(await mine.reconnect(begun.integration.id)))).toMatchObject({
      type: 'connected',
    })
  })
})

describe('an expired access token', () => {
  it('is refreshed once for many calls at once', async () => {
    await connected()
    const toolset = await registry.actingAs(ana).toolset('assistant')
    now += 301_000
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => toolset.call('notes__read_note', { id: String(n) })),
    )
    expect(outcomes.every(({ type }) => type === 'completed')).toBe(true)
    expect(authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('refused by the server is refreshed on the spot', async () => {
    await connected()
    for (const token of server.presented) server.revoked.add(token)
    const toolset = await registry.actingAs(ana).toolset('assistant')
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    expect(authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('requires reconnect after a final refusal of the refresh, and reconnect repairs it in place', async () => {
    const id = await connected()
    const mine = registry.actingAs(ana)
    await mine.configureTools(id, { read_note: { approval: 'auto' } })
    const toolset = await mine.toolset('assistant')
    authorizationServer.intercept = ({ path, form }, response) => {
      if (!path.endsWith('/token') || form.get('grant_type') !== 'refresh_token') return false
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return true
    }
    now += 301_000
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({
      type: 'authorization_required',
      integrationId: id,
      action: 'reconnect',
    })
    expect(await mine.get(id)).toMatchObject({
      status: 'reconnect_required',
      statusDetail: { reason: 'refresh_rejected', action: 'reconnect' },
    })
    authorizationServer.intercept = undefined
    expect(await mine.finishConnect(await signIn(await mine.reconnect(id)))).toMatchObject({ type: 'connected' })
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    expect((await mine.tools(id)).tools.find(({ name }) => name === 'read_note')?.approval.mode).toBe('auto')
  })
})

describe('a missing scope', () => {
  it('is asked for together with what was granted, and the same approval goes on afterwards', async () => {
    const id = await connected()
    const mine = registry.actingAs(ana)
    server.needs.set('write_note', 'mcp:write')
    const toolset = await mine.toolset('assistant')
    const outcome = await toolset.call('notes__write_note', { id: '1', text: 'x' })
    expect(outcome).toMatchObject({
      type: 'authorization_required',
      action: 'reconnect',
      scopes: ['mcp:read', 'mcp:write'],
    })
    expect((await mine.get(id)).statusDetail.reason).toBe('scope_required')
    const waiting = (await mine.approvals.list({ status: 'approved' })).approvals
    expect(waiting).toHaveLength(1)
    await mine.finishConnect(await signIn(await mine.reconnect(id, { scopes: ['mcp:read', 'mcp:write'] })))
    expect(await toolset.resume(waiting[0]!.approvalId)).toMatchObject({ type: 'completed' })
    expect(server.calls('write_note').filter(({ headers }) => headers['authorization'] !== undefined)).toHaveLength(2)
  })
})

describe('credentials of each person', () => {
  it('are not visible to others', async () => {
    const id = await connected({ visibility: 'workspace', credentials: 'per_user' })
    const other = registry.actingAs(bo)
    expect(await other.get(id)).toMatchObject({
      status: 'reconnect_required',
      statusDetail: { reason: 'first_sign_in' },
      tools: { total: 0 },
    })
    const before = await other.toolset('assistant')
    expect(before.tools).toEqual([])
    expect(before.unavailable).toMatchObject([{ integration: { id }, reason: 'not_connected' }])
    await expect(before.call('notes__read_note', { id: '1' })).rejects.toMatchObject({ code: 'tool_not_found' })
    authorizationServer.person.account = 'bo-at-provider'
    expect(await other.finishConnect(await signIn(await other.authorize(id)))).toMatchObject({
      type: 'connected',
      integration: { tools: { total: 2 } },
    })
    expect(await (await other.toolset('assistant')).call('notes__read_note', { id: '1' })).toMatchObject({
      type: 'completed',
    })
    await other.signOut(id)
    expect(await other.get(id)).toMatchObject({ status: 'reconnect_required' })
    expect(await registry.actingAs(ana).get(id)).toMatchObject({ status: 'connected' })
    expect(authorizationServer.events).toContain('grant.revoked')
  })
})

describe('goodbye', () => {
  it('revokes the tokens and erases the secrets', async () => {
    const id = await connected()
    await registry.actingAs(ana).remove(id)
    expect(
      authorizationServer.requests
        .filter(({ path }) => path.includes('revocation'))
        .map(({ form }) => form.get('token_type_hint')),
    ).toContain('refresh_token')
    const left = await storage.scan({ prefix: '', limit: 1000 })
    expect(
      left.records.filter(({ key }) => !/^(?:event|audit|catalogue|due)\//.test(key)).map(({ key }) => key),
    ).toEqual([])
  })
})

describe('one person', () => {
  it('can’t start to sign in without end, also after the clock was set back; others can', async () => {
    const { integration } = await registry.actingAs(ana).connect({
      url: server.url,
      name: 'Notes',
      agents: ['assistant'],
      visibility: 'workspace',
      credentials: 'per_user',
    })
    const again = (): Promise<unknown> => registry.actingAs(ana).reconnect(integration.id)
    for (let n = 1; n < 120; n++) await again()
    await expect(again()).rejects.toMatchObject({ code: 'limit_reached', retryAfterMs: 60_000 })
    expect(await registry.actingAs(bo).authorize(integration.id)).toMatchObject({ type: 'authorization_required' })
    now += 60_000
    expect(await again()).toMatchObject({ type: 'authorization_required' })
    now -= 3_600_000
    expect(await again()).toMatchObject({ type: 'authorization_required' })
  })
})
