import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerTokenRequests, lifetimeMs, startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { gate } from '../support/oauth.js'
import { ana } from '../support/registry.js'

let bench: OAuthBench
let id: string
beforeEach(async () => {
  bench = await startOAuthBench()
  id = await bench.connected()
  bench.heard.length = 0
})
afterEach(() => bench.close())

const mine = () => bench.registry.actingAs(ana)
const call = async (n = 0) => (await mine().toolset('assistant')).call('notes__read_note', { id: String(n) })
const expire = (): void => void (bench.time.now += lifetimeMs + 1000)
const html = { 'content-type': 'text/html' }

describe('a refresh', () => {
  it('is reported once, to listeners of the process that made it and in the shared feed', async () => {
    expire()
    await Promise.all(Array.from({ length: 10 }, (_, n) => call(n)))
    const event = { type: 'credential_changed', integrationId: id, change: 'refreshed', workspaceId: 'acme' }
    expect(bench.heard).toMatchObject([event])
    const { events } = await bench.registry.events({ workspaceId: 'acme' })
    expect(events.filter(({ type }) => type === 'credential_changed').slice(1)).toMatchObject([event])
    expect(events.map((one) => one.id)).toContain(bench.heard[0]!.id)
  })

  it.each([
    ['500', { status: 500, body: '' }, 'server_error'],
    ['429', { status: 429, headers: { 'retry-after': '99999999' }, body: '' }, 'rate_limited'],
    ['a page', { status: 200, headers: html, body: '<html>CANARY' }, 'server_error'],
    ['a firewall', { status: 403, headers: html, body: '<html>CANARY' }, 'server_error'],
  ])('that meets %s keeps the grant, says why, and is mended by the next one', async (_, answer, reason) => {
    expire()
    answerTokenRequests(bench, () => answer, 'refresh_token')
    await expect(call()).rejects.toMatchObject({ code: reason, integrationId: id, mayHaveRun: false })
    const failed = await mine().get(id)
    expect(failed).toMatchObject({ status: 'error', statusDetail: { reason } })
    expect(JSON.stringify([failed, await bench.dump()])).not.toContain('CANARY')
    await expect(call()).rejects.toMatchObject({ code: reason })
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
    bench.authorizationServer.intercept = undefined
    bench.time.now += 20 * 60_000
    expect(await call()).toMatchObject({ type: 'completed' })
    expect(await mine().get(id)).toMatchObject({ status: 'connected', statusDetail: { reason: 'ok' } })
    expect(bench.heard.filter(({ type }) => type === 'integration_status_changed')).toMatchObject([
      { status: 'error', reason },
      { status: 'connected', reason: 'ok' },
    ])
  })

  it('that fails before the old token has ended disturbs no call', async () => {
    bench.time.now += lifetimeMs - 20_000
    answerTokenRequests(bench, () => ({ status: 503, body: '' }), 'refresh_token')
    expect(await call()).toMatchObject({ type: 'completed' })
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('that is refused for good ends the grant with one event, however many ask', async () => {
    expire()
    answerTokenRequests(bench, () => ({ status: 400, body: '{"error":"invalid_grant"}' }), 'refresh_token')
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => call(n)))
    expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(['authorization_required']))
    expect(await call()).toMatchObject({ type: 'authorization_required', action: 'reconnect' })
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
    expect(bench.heard).toMatchObject([
      { type: 'integration_status_changed', status: 'reconnect_required', reason: 'refresh_rejected' },
    ])
    const { events } = await bench.registry.events({ workspaceId: 'acme' })
    expect(events.filter((event) => 'reason' in event && event.reason === 'refresh_rejected')).toHaveLength(1)
  })

  it('with a lost response from a strict server is tried once more and reported as such', async () => {
    expire()
    let lost = 0
    bench.authorizationServer.answerFate = ({ form }) =>
      form.get('grant_type') === 'refresh_token' && lost++ === 0 ? 'drop' : 'send'
    expect(await call()).toMatchObject({ type: 'authorization_required' })
    expect((await mine().get(id)).statusDetail.reason).toBe('refresh_outcome_unknown')
    await call()
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(2)
  })

  it('does not hide that a person is at the authorization server, nor take from them what they came for', async () => {
    const begun = await mine().reconnect(id)
    expire()
    answerTokenRequests(bench, () => ({ status: 500, body: '' }), 'refresh_token')
    await expect(mine().refreshTools(id)).rejects.toMatchObject({ code: 'server_error' })
    expect(await mine().get(id)).toMatchObject({ status: 'connecting' })
    bench.authorizationServer.intercept = undefined
    expect(await mine().finishConnect(await bench.signIn(begun))).toMatchObject({ type: 'connected' })
  })
})

describe('a token that is refused', () => {
  it('requires reconnect after one refresh, even if it is fresh, with no further refreshes', async () => {
    bench.server.state.intercept = async () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    for (let n = 0; n < 5; n++) expect(await call(n)).toMatchObject({ type: 'authorization_required' })
    expect(bench.authorizationServer.tokenRequests('refresh_token').length).toBeLessThanOrEqual(1)
    expect((await mine().get(id)).statusDetail).toMatchObject({ reason: 'credential_rejected', action: 'reconnect' })
  })

  it('for one scope after another starts no sign-in by itself', async () => {
    const before = bench.authorizationServer.requests.length
    let n = 0
    const challenged = bench.server.state.intercept!
    bench.server.state.intercept = async (request) =>
      request.rpc === 'tools/call'
        ? {
            status: 403,
            headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="admin scope-${n++} *"` },
          }
        : challenged(request)
    for (let round = 0; round < 3; round++)
      expect(await call(round)).toMatchObject({
        type: 'authorization_required',
        scopes: ['mcp:read', 'admin', `scope-${round}`, '*'],
      })
    expect(n).toBe(3)
    expect(bench.authorizationServer.requests.length).toBe(before)
  })

  it('by a server that moved to another authorization server is not refreshed at the old one', async () => {
    bench.issuer = 'http://127.0.0.1:9'
    const challenged = bench.server.state.intercept!
    bench.server.state.intercept = async (request) =>
      request.rpc === undefined
        ? challenged(request)
        : {
            status: 401,
            headers: {
              'www-authenticate': `Bearer resource_metadata="${new URL(bench.server.url).origin}/.well-known/oauth-protected-resource/mcp"`,
            },
          }
    expect(await call()).toMatchObject({ type: 'authorization_required' })
    expect((await mine().get(id)).statusDetail.reason).toBe('issuer_changed')
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toEqual([])
  })
})

describe('goodbye during a refresh', () => {
  it.each(['remove', 'signOut', 'forgetUser', 'forgetWorkspace'] as const)(
    'by %s leaves no token behind, here or there',
    async (how) => {
      if (how === 'signOut') id = await bench.connected({ credentials: 'per_user', name: 'Own' })
      const { arrived, answered } = { arrived: gate(), answered: gate() }
      let away = true
      bench.authorizationServer.intercept = async ({ form, path }, response) => {
        // The old tokens can't be revoked, or the authorization server would give no new ones.
        if (path.endsWith('/revocation') && away) response.writeHead(503).end()
        if (path.endsWith('/revocation')) return away
        if (form.get('grant_type') !== 'refresh_token') return false
        arrived.open()
        await answered.opened
        away = false
        return false
      }
      expire()
      const refreshing = mine()
        .refreshTools(id)
        .catch((error: unknown) => error)
      await arrived.opened
      if (how === 'remove' || how === 'signOut') await mine()[how](id)
      else if (how === 'forgetUser') await bench.registry.forgetUser(ana)
      else await bench.registry.forgetWorkspace('acme')
      answered.open()
      await refreshing
      await bench.registry.close()
      const left = (await bench.dump()).filter(
        ({ key }) => key.startsWith(`credential/${id}/`) || key.startsWith(`flow/`),
      )
      expect(left).toEqual([])
      const revoked = bench.authorizationServer.requests.filter(({ path }) => path.endsWith('/revocation'))
      const fresh = revoked.filter(({ form }) => form.get('token_type_hint') === 'refresh_token')
      expect(new Set(fresh.map(({ form }) => form.get('token'))).size).toBeGreaterThanOrEqual(2)
    },
  )
})

describe('closing during a refresh', () => {
  it('saves what arrives in time', async () => {
    const { arrived, answered } = { arrived: gate(), answered: gate() }
    bench.authorizationServer.intercept = async ({ form }) => {
      if (form.get('grant_type') !== 'refresh_token') return false
      arrived.open()
      await answered.opened
      return false
    }
    expire()
    const calling = call().catch((error: unknown) => error)
    await arrived.opened
    const closing = bench.registry.close({ graceMs: 1 })
    answered.open()
    await Promise.all([calling, closing])
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
    const toolset = await bench.another().actingAs(ana).toolset('assistant')
    expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('waits 4 s more than its grace at most for one that does not answer', async () => {
    const arrived = gate()
    answerTokenRequests(
      bench,
      () => {
        arrived.open()
        return 'hang'
      },
      'refresh_token',
    )
    expire()
    const calling = call().catch((error: unknown) => error)
    await arrived.opened
    const started = performance.now()
    await bench.registry.close({ graceMs: 500 })
    // The request itself may take 30 s.
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(await calling).toMatchObject({ code: 'closed' })
  })
})
