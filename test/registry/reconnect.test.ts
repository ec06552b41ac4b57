import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startAuthorizationServer, type TestAuthorizationServer } from '../support/authorization-server.js'
import { redirectUrl, startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { startMcpServer } from '../support/mcp-server.js'
import { ana, bo, makeRegistry } from '../support/registry.js'

let bench: OAuthBench
const others: TestAuthorizationServer[] = []
beforeEach(async () => void (bench = await startOAuthBench()))
afterEach(async () => {
  await bench.close()
  for (const other of others.splice(0)) await other.close()
})

const mine = () => bench.registry.actingAs(ana)
const openid = { oauth: { scopes: ['openid', 'mcp:read'] } }
const revocations = () =>
  bench.authorizationServer.requests
    .filter(({ path }) => path.endsWith('/revocation'))
    .map(({ form }) => form.get('token_type_hint'))

describe('reconnecting', () => {
  it('keeps agents, settings, handle, grants and what waits, and leaves the same account alone', async () => {
    const id = await bench.connected(openid)
    await mine().configureTools(id, { write_note: { label: 'write', approval: 'default' } })
    const asked = bench
      .another({ confirm: () => ({ decision: 'approve', remember: { for: 'limited', uses: 5 } }) })
      .actingAs(ana)
    const toolset = await asked.toolset('assistant', { conversationId: 'c' })
    expect(await toolset.call('notes__write_note', { id: '1', text: 'x' })).toMatchObject({ type: 'completed' })
    const before = { it: await mine().get(id), tools: await mine().tools(id), grants: await mine().grants.list() }
    expect(JSON.stringify(before.grants)).toContain('write_note')
    bench.heard.length = 0
    expect(await mine().finishConnect(await bench.signIn(await mine().reconnect(id)))).toMatchObject({
      type: 'connected',
    })
    const { agents, handle, revision } = before.it
    expect(await mine().get(id)).toMatchObject({ agents, handle, revision, status: 'connected' })
    expect((await mine().tools(id)).tools).toEqual(before.tools.tools)
    expect(await mine().grants.list()).toEqual(before.grants)
    expect(bench.heard.filter(({ type }) => type === 'credential_changed')).toMatchObject([{ change: 'set' }])
    expect(bench.heard.some((event) => 'accountChanged' in event && event.accountChanged === true)).toBe(false)
    expect(revocations()).toEqual([])
  })

  it('leaves the old tokens at work until the new sign-in succeeds', async () => {
    const id = await bench.connected()
    const begun = await mine().reconnect(id)
    const toolset = await mine().toolset('assistant')
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    bench.authorizationServer.person.deniesNext = true
    await expect(mine().finishConnect(await bench.signIn(begun))).rejects.toMatchObject({ reason: 'access_denied' })
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    expect(await mine().get(id)).toMatchObject({ status: 'connected' })
  })

  it('with another account reports it, ends approvals and grants of the old one, and revokes its tokens', async () => {
    const id = await bench.connected(openid)
    const waiting = bench.another({ confirm: () => 'defer' }).actingAs(ana)
    const toolset = await waiting.toolset('assistant', { conversationId: 'c' })
    const outcome = await toolset.call('notes__write_note', { id: '1', text: 'x' })
    if (outcome.type !== 'approval_required') throw new Error(outcome.type)
    bench.heard.length = 0
    bench.authorizationServer.person.account = 'another'
    await mine().finishConnect(await bench.signIn(await mine().reconnect(id)))
    expect(bench.heard.find(({ type }) => type === 'credential_changed')).toMatchObject({
      change: 'set',
      accountChanged: true,
      by: 'ana',
    })
    expect((await mine().approvals.get(outcome.approval.approvalId)).status).toBe('superseded')
    expect(await toolset.resume(outcome.approval.approvalId)).toMatchObject({
      type: 'not_run',
      because: 'superseded',
    })
    await bench.registry.close()
    expect(revocations()).toContain('refresh_token')
    expect(bench.server.calls('write_note')).toEqual([])
  })

  it('with another account, where each person has their own, does not affect others', async () => {
    const id = await bench.connected({ ...openid, visibility: 'workspace', credentials: 'per_user' })
    const host = bench.another({ confirm: () => 'defer' })
    const asks = async (actor: typeof ana) => {
      const toolset = await host.actingAs(actor).toolset('assistant', { conversationId: actor.userId })
      const outcome = await toolset.call('notes__write_note', { id: '1', text: 'x' })
      if (outcome.type !== 'approval_required') throw new Error(outcome.type)
      return outcome.approval.approvalId
    }
    const theirs = bench.registry.actingAs(bo)
    await theirs.finishConnect(await bench.signIn(await theirs.authorize(id)))
    const [first, second] = [await asks(ana), await asks(bo)]
    bench.authorizationServer.person.account = 'another'
    await mine().finishConnect(await bench.signIn(await mine().reconnect(id)))
    expect((await mine().approvals.get(first)).status).toBe('superseded')
    expect((await theirs.approvals.get(second)).status).toBe('pending')
    await theirs.approvals.decide(second, 'approve')
    const toolset = await host.actingAs(bo).toolset('assistant', { conversationId: 'bo' })
    expect(await toolset.resume(second)).toMatchObject({ type: 'completed' })
    const third = await asks(bo)
    await theirs.signOut(id)
    expect((await theirs.approvals.get(third)).status).toBe('superseded')
  })

  it('a server that lists tools without a token but requires one for calls leads to a sign-in', async () => {
    const challenged = bench.server.state.intercept!
    bench.server.state.intercept = async (request) =>
      request.rpc === undefined || request.rpc === 'tools/call' ? challenged(request) : undefined
    const connected = await mine().connect({ url: bench.server.url, name: 'Notes', agents: ['assistant'] })
    expect(connected).toMatchObject({ type: 'connected', integration: { auth: 'none' } })
    const toolset = await mine().toolset('assistant')
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({
      type: 'authorization_required',
      action: 'reconnect',
    })
    const { id } = connected.integration
    expect(await mine().finishConnect(await bench.signIn(await mine().reconnect(id)))).toMatchObject({
      type: 'connected',
      integration: { auth: 'oauth' },
    })
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
  })

  it('an integration that is removed meanwhile leaves nothing', async () => {
    const id = await bench.connected()
    const callback = await bench.signIn(await mine().reconnect(id))
    await mine().remove(id)
    await expect(mine().finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    const kinds = (await bench.dump()).map(({ key }) => key.split('/')[0])
    expect(new Set(kinds)).toEqual(new Set(['audit', 'catalogue', 'event']))
  })
})

describe('a server that moves to another authorization server', () => {
  it('is noticed, gets none of the old credentials, and requires a new sign-in', async () => {
    const id = await bench.connected()
    const other = await startAuthorizationServer()
    others.push(other)
    bench.issuer = other.issuer
    bench.server.trusts(other.issuer)
    const toolset = await mine().toolset('assistant')
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'authorization_required' })
    expect((await mine().get(id)).statusDetail).toMatchObject({ reason: 'issuer_changed', action: 'reconnect' })
    const begun = await mine().reconnect(id)
    if (begun.type !== 'authorization_required') throw new Error(begun.type)
    expect(begun.authorizationUrl.startsWith(other.issuer)).toBe(true)
    bench.heard.length = 0
    await mine().finishConnect(await other.signIn(begun.authorizationUrl, redirectUrl))
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    expect(bench.heard.find(({ type }) => type === 'credential_changed')).toMatchObject({ accountChanged: true })
    const [registration] = other.requests.filter(({ path }) => path === '/reg')
    expect(registration).toBeDefined()
    const old = bench.authorizationServer.requests.flatMap(({ form }) => [form.get('client_id'), form.get('code')])
    const sent = other.requests.flatMap(({ form }) => [...form.values()])
    for (const value of old.filter((one) => one !== null)) expect(sent).not.toContain(value)
  })
})

describe('a redirect URI for each authorization server', () => {
  it('is used, and no other callback is believed', async () => {
    const own = bench
      .another({ oauth: { redirectUrl: 'http://127.0.0.1:34567/callback/{issuer}', clientName: 'Test host' } })
      .actingAs(ana)
    const begun = await own.connect({ url: bench.server.url, name: 'Notes', agents: ['assistant'] })
    const callback = await bench.signIn(begun)
    expect(callback).toMatch(/^http:\/\/127\.0\.0\.1:34567\/callback\/[\w-]{16}\?/)
    const elsewhere = callback.replace(/callback\/[\w-]{16}/, 'callback/AAAAAAAAAAAAAAAA')
    await expect(own.finishConnect(elsewhere)).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'issuer_mismatch',
    })
    expect(bench.authorizationServer.tokenRequests()).toEqual([])
    const again = await own.reconnect(begun.integration.id)
    expect(await own.finishConnect(await bench.signIn(again))).toMatchObject({ type: 'connected' })
  })
})

it("a sign-in that can't start is reported by the status after a check, and as an error after reconnect", async () => {
  const open = await startMcpServer()
  const registry = makeRegistry({ oauth: { redirectUrl, clientName: 'Test host' } })
  const { integration } = await registry.actingAs(ana).connect({ url: open.url, name: 'Open', agents: ['assistant'] })
  // From now on it wants tokens, and says nowhere whose.
  open.state.intercept = async ({ rpc }) => ({ status: rpc === undefined ? 404 : 401 })
  expect(await registry.actingAs(ana).validate(integration.id)).toMatchObject({
    type: 'failed',
    integration: { status: 'reconnect_required', statusDetail: { reason: 'credential_needed', action: 'edit' } },
  })
  await expect(registry.actingAs(ana).reconnect(integration.id)).rejects.toMatchObject({
    code: 'authorization_failed',
    reason: 'oauth_not_found',
  })
  await registry.close()
  await open.close()
})
