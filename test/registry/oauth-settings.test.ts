import { afterEach, describe, expect, it } from 'vitest'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { lifetimeMs, redirectUrl, startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { startServer } from '../support/protected-server.js'
import { ana, bo, root } from '../support/registry.js'

let bench: OAuthBench
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  await bench.close()
  for (const end of ends.splice(0)) await end()
})

const secret = 'a-secret-of-the-host-0123456789-0123456789'
const machine = {
  client_id: 'machine',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'mcp:read',
}
const connect = (oauth: object) =>
  bench.registry.actingAs(ana).connect({ url: bench.server.url, name: 'Notes', agents: ['assistant'], oauth })
const call = async () => (await bench.registry.actingAs(ana).toolset('assistant')).call('notes__read_note', { id: '1' })

describe('without a person', () => {
  it('client credentials connect at once, are renewed alike, and never open a browser', async () => {
    bench = await startOAuthBench({ authorizationServer: { clients: [machine] } })
    const done = await connect({ clientId: 'machine', clientSecret: secret, grant: { type: 'client_credentials' } })
    expect(done).toMatchObject({
      type: 'connected',
      integration: { status: 'connected', auth: 'oauth', tools: { total: 2 } },
    })
    const mine = bench.registry.actingAs(ana)
    await mine.configureTools(done.integration.id, { read_note: { approval: 'auto' } })
    bench.time.now += lifetimeMs + 1000
    expect(await call()).toMatchObject({ type: 'completed' })
    expect(await mine.reconnect(done.integration.id)).toMatchObject({ type: 'connected' })
    const requests = bench.authorizationServer.tokenRequests('client_credentials')
    expect(requests).toHaveLength(3)
    for (const { headers, form } of requests) {
      expect(headers.authorization).toMatch(/^Basic /)
      expect(form.get('resource')).toBe(bench.server.resource)
    }
    expect(bench.authorizationServer.requests.some(({ path }) => path === '/auth')).toBe(false)
  })

  it('a private key does, too', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const client = {
      ...machine,
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [{ ...(await exportJWK(publicKey)), use: 'sig', alg: 'ES256' }] },
    }
    bench = await startOAuthBench({ authorizationServer: { clients: [client] } })
    const done = await connect({
      clientId: 'machine',
      grant: {
        type: 'client_credentials',
        privateKeyPem: await exportPKCS8(privateKey),
        signingAlgorithm: 'ES256',
      },
    })
    expect(done).toMatchObject({ type: 'connected' })
    expect(bench.authorizationServer.tokenRequests()[0]?.form.get('client_assertion_type')).toContain('jwt-bearer')
  })

  it('a refused one is said at once, and stores nothing', async () => {
    bench = await startOAuthBench({ authorizationServer: { clients: [machine] } })
    const wrong = connect({ clientId: 'machine', clientSecret: 'wrong', grant: { type: 'client_credentials' } })
    await expect(wrong).rejects.toMatchObject({ code: 'authorization_failed', reason: 'client_rejected' })
    expect(await bench.dump()).toEqual([])
  })

  it("an identity provider's word connects in two steps", async () => {
    bench = await startOAuthBench({ authorizationServer: { clients: [machine] } })
    const idp = await startServer(() => ({
      json: {
        access_token: 'the-assertion',
        issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        token_type: 'N_A',
      },
    }))
    ends.push(() => idp.close())
    let token = ''
    bench.authorizationServer.intercept = ({ path, form }, response) => {
      if (path !== '/token' || form.get('assertion') !== 'the-assertion') return false
      token = 'a-token-by-assertion'
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 300 }))
      return true
    }
    const challenged = bench.server.state.intercept!
    bench.server.state.intercept = async (request) =>
      token !== '' && request.headers['authorization'] === `Bearer ${token}` ? undefined : challenged(request)
    const grant = {
      type: 'id_jag' as const,
      idp: { issuer: idp.origin, tokenEndpoint: `${idp.origin}/token`, clientId: 'host', idToken: 'an-id-token' },
    }
    expect(await connect({ clientId: 'machine', clientSecret: secret, grant })).toMatchObject({ type: 'connected' })
    const asked = new URLSearchParams(idp.requests[0]?.body)
    expect(Object.fromEntries(asked)).toMatchObject({
      audience: bench.authorizationServer.issuer,
      resource: bench.server.resource,
      subject_token: 'an-id-token',
    })
    bench.time.now += lifetimeMs + 1000
    await bench.registry.actingAs(ana).validate((await bench.registry.actingAs(ana).list())[0]!.id)
    expect(idp.requests).toHaveLength(2)
  })
})

describe('a connector with a client of the host', () => {
  it('uses it, its scopes and its secret, and registers nothing', async () => {
    const client = {
      ...machine,
      client_id: 'registered',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [redirectUrl],
      scope: 'openid offline_access mcp:read mcp:write',
      application_type: 'native',
    }
    bench = await startOAuthBench({ authorizationServer: { clients: [client] } })
    const auth = { type: 'oauth' as const, clientId: 'registered', clientSecret: secret, scopes: ['mcp:write'] }
    const mine = bench
      .another({ connectors: [{ id: 'notes', name: 'Notes', url: bench.server.url, auth }] })
      .actingAs(ana)
    const begun = await mine.connect({ connector: 'notes', agents: ['assistant'] })
    const done = await mine.finishConnect(await bench.signIn(begun))
    expect(done).toMatchObject({ type: 'connected', integration: { connectorId: 'notes' } })
    expect(bench.authorizationServer.requests.some(({ path }) => path === '/reg')).toBe(false)
    const [authorize] = bench.authorizationServer.requests.filter(({ path }) => path === '/auth')
    expect(authorize).toBeDefined()
    if (begun.type !== 'authorization_required') throw new Error(begun.type)
    const asked = new URL(begun.authorizationUrl).searchParams
    expect(asked.get('client_id')).toBe('registered')
    expect(asked.get('scope')).toBe('mcp:write offline_access')
    expect(bench.authorizationServer.tokenRequests()[0]?.headers.authorization).toMatch(/^Basic /)
    expect(JSON.stringify([await mine.available(), await mine.list(), await bench.dump()])).not.toContain(secret)
  })
})

describe('a credential of each person', () => {
  it('ends with the person, and leaves the others and the integration', async () => {
    bench = await startOAuthBench()
    const id = await bench.connected({ visibility: 'workspace', credentials: 'per_user' })
    bench.authorizationServer.person.account = 'bo'
    const other = bench.registry.actingAs(bo)
    expect(await other.finishConnect(await bench.signIn(await other.authorize(id)))).toMatchObject({
      type: 'connected',
    })
    const pending = await bench.signIn(await other.authorize(id))
    await bench.registry.forgetUser({ workspaceId: 'acme', userId: 'bo' })
    await expect(other.finishConnect(pending)).rejects.toMatchObject({ code: 'not_found' })
    expect(await other.get(id)).toMatchObject({ status: 'reconnect_required', tools: { total: 0 } })
    expect(await bench.registry.actingAs(ana).get(id)).toMatchObject({ status: 'connected' })
    const left = (await bench.dump()).map(({ key }) => key)
    expect(left.filter((key) => /^(?:flow\/|(?:credential|headers)\/[^/]+\/bo$)/.test(key))).toEqual([])
    expect(left).toContain(`credential/${id}/ana`)
    expect(bench.authorizationServer.events).toContain('grant.revoked')
  })

  it('can be given up while a new sign-in is being finished: then that one is revoked', async () => {
    bench = await startOAuthBench()
    const id = await bench.connected({ visibility: 'workspace', credentials: 'per_user' })
    const mine = bench.registry.actingAs(ana)
    const callback = await bench.signIn(await mine.reconnect(id))
    let left = false
    bench.authorizationServer.intercept = async ({ form }) => {
      if (form.get('grant_type') === 'authorization_code' && !left) {
        left = true
        await mine.signOut(id)
      }
      return false
    }
    await expect(mine.finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    await bench.registry.close()
    expect((await bench.dump()).filter(({ key }) => key.startsWith('credential/'))).toEqual([])
    const revoked = bench.authorizationServer.requests.filter(
      ({ path, form }) => path.endsWith('/revocation') && form.get('token_type_hint') === 'refresh_token',
    )
    expect(new Set(revoked.map(({ form }) => form.get('token'))).size).toBe(2)
  })

  it('is not shown to an admin, who is asked for their own', async () => {
    bench = await startOAuthBench()
    const id = await bench.connected({ visibility: 'workspace', credentials: 'per_user' })
    const admin = bench.registry.actingAs(root)
    expect(await admin.get(id)).toMatchObject({ status: 'reconnect_required' })
    expect((await admin.toolset('assistant')).tools).toEqual([])
  })
})
