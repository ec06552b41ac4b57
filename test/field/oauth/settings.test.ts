import { describe, expect, it } from 'vitest'
import type { OAuthSettings } from 'mcp-integrations'
import { back, lifetimeMs, noteOf, startWorld, type World } from './support.js'

const query = (url: string) => new URL(url, 'http://localhost').searchParams
const asked = (world: World) =>
  world.as.requests.filter(({ path }) => path === '/authorize').map(({ url }) => query(url))

it('no resource is sent if the host disables it: Entra v2 refuses it (mcp-remote#217, claude-code#73460)', async () => {
  const world = await startWorld()
  world.atAs.set('/authorize', ({ url }) =>
    query(url).has('resource')
      ? { status: 302, headers: { location: back(query(url), { error: 'invalid_target' }) } }
      : undefined,
  )
  world.atAs.set('/token', ({ form }) =>
    form.has('resource') ? { status: 400, json: { error: 'invalid_target' } } : undefined,
  )
  const begun = await world.mine.connect({ url: world.url, name: 'Notes', agents: ['assistant'] })
  await expect(world.mine.finishConnect(await world.browse(begun))).rejects.toMatchObject({ reason: 'invalid_target' })
  const again = await world.mine.reconnect(begun.integration.id, { oauth: { resource: false } })
  expect(await world.mine.finishConnect(await world.browse(again))).toMatchObject({ type: 'connected' })
  world.time.now += lifetimeMs + 1000
  expect(await world.call(world.another())).toMatchObject(noteOf('ana'))
})

it.each(['api://notes', 'https://notes.example/v2?x=1'])(
  'another resource is sent everywhere: %s (executor#1789)',
  async (resource) => {
    const world = await startWorld()
    const id = await world.connected({ oauth: { resource } })
    world.time.now += lifetimeMs + 1000
    await world.call(world.another())
    await world.browse(await world.mine.reconnect(id))
    expect(asked(world).map((sent) => sent.get('resource'))).toEqual([resource, resource])
    expect(world.tokenRequests().map((form) => form.get('resource'))).toEqual([resource, resource])
  },
)

it('parameters of a provider are added to the authorization URL, and kept (Google: pi-mcp-adapter#238)', async () => {
  const world = await startWorld()
  const authorizationParameters = { access_type: 'offline', audience: 'api.example' }
  const id = await world.connected({ oauth: { authorizationParameters, prompt: 'select_account' } })
  await world.browse(await world.another().actingAs({ workspaceId: 'acme', userId: 'ana' }).reconnect(id))
  for (const sent of asked(world))
    expect(Object.fromEntries(sent)).toMatchObject({ ...authorizationParameters, prompt: 'select_account' })
})

it('settings may be given later, in reconnect, and are kept then', async () => {
  const world = await startWorld()
  const id = await world.connected()
  const oauth: OAuthSettings = { authorizationParameters: { audience: 'x' }, prompt: false }
  await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id, { oauth })))
  await world.browse(await world.mine.reconnect(id))
  expect(asked(world).map((sent) => sent.get('audience'))).toEqual([null, 'x', 'x'])
})

it.each([
  'state',
  'Code_Challenge',
  'client_id',
  'redirect_uri',
  'response_mode',
  'request',
  'iss',
  'scope',
  'resource',
  'prompt',
])("what protects a sign-in can't be set: %s", async (name) => {
  const world = await startWorld()
  const oauth = { authorizationParameters: { [name]: 'x' } }
  await expect(world.connected({ oauth })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(() =>
    world.another({ connectors: [{ id: 'notes', name: 'Notes', url: world.url, auth: { type: 'oauth', ...oauth } }] }),
  ).toThrow(/is reserved/)
})

it('a refresh sends the scope if the host enables it', async () => {
  const world = await startWorld()
  await world.connected({ oauth: { refreshScope: true } })
  world.time.now += lifetimeMs + 1000
  await world.call()
  expect(world.tokenRequests('refresh_token').map((form) => form.get('scope'))).toEqual(['read'])
})

it('by itself a sign-in sends what the specification says, and nothing else', async () => {
  const world = await startWorld()
  await world.connected()
  world.time.now += lifetimeMs + 1000
  await world.call()
  expect([...asked(world)[0]!.keys()].toSorted()).toEqual([
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'redirect_uri',
    'resource',
    'response_type',
    'scope',
    'state',
  ])
  expect([...world.tokenRequests('refresh_token')[0]!.keys()].toSorted()).toEqual([
    'client_id',
    'grant_type',
    'refresh_token',
    'resource',
  ])
})

describe('endpoints by hand', () => {
  const silent = async () => {
    const world = await startWorld()
    world.named = undefined
    world.atAs.set('/.well-known/oauth-authorization-server', () => ({ status: 404 }))
    return world
  }
  const byHand = (world: World) => ({
    authorizationEndpoint: `${world.as.origin}/authorize`,
    tokenEndpoint: `${world.as.origin}/token`,
  })

  it('are enough where nothing is published (LibreChat#13401, inspector#566)', async () => {
    const world = await silent()
    await world.connected({ oauth: { clientId: 'mine', metadata: byHand(world) } })
    expect(await world.call()).toMatchObject(noteOf('ana'))
    world.time.now += lifetimeMs + 1000
    expect(await world.call(world.another())).toMatchObject(noteOf('ana'))
    expect(asked(world)[0]!.get('code_challenge_method')).toBe('S256')
  })

  it('override discovered metadata, and PKCE is still required', async () => {
    const world = await startWorld()
    world.metadata['token_endpoint'] = `${world.as.origin}/gone`
    await world.connected({ oauth: { metadata: { tokenEndpoint: `${world.as.origin}/token` } } })
    world.metadata['code_challenge_methods_supported'] = undefined
    await expect(
      world.mine.connect({ url: world.url, name: 'Other', agents: ['assistant'], oauth: { metadata: byHand(world) } }),
    ).rejects.toMatchObject({ reason: 'pkce_unsupported' })
  })

  it.each([
    [{ authorizationEndpoint: 'javascript:alert(1)' }, 'unsafe_authorization_url'],
    [{ tokenEndpoint: 'http://as.example/token' }, 'unsafe_endpoint'],
  ])('are under the same rules for URLs: %j', async (metadata, reason) => {
    const world = await startWorld()
    await expect(world.connected({ oauth: { metadata } })).rejects.toMatchObject({ reason })
    expect(world.as.requests.some(({ path }) => path !== '/.well-known/oauth-authorization-server')).toBe(false)
  })
})

describe('a document with another issuer than its name (atlassian-mcp-server#205)', () => {
  const renamed = async () => {
    const world = await startWorld()
    world.named = `${world.as.origin}/app-id`
    world.atAs.set('/.well-known/oauth-authorization-server/app-id', () => ({
      json: { ...(JSON.parse(JSON.stringify(world.metadata)) as object), ...documentOf(world.as.origin) },
    }))
    return world
  }
  const documentOf = (origin: string) => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    code_challenge_methods_supported: ['S256'],
  })

  it('is refused before anything of it is used', async () => {
    const world = await renamed()
    await expect(world.connected()).rejects.toMatchObject({ code: 'authorization_failed', reason: 'issuer_mismatch' })
    const like = `${world.as.origin}/`
    await expect(world.connected({ oauth: { acceptIssuer: like } })).rejects.toMatchObject({
      reason: 'issuer_mismatch',
    })
    await expect(world.connected({ oauth: { lenientIssuer: true } })).rejects.toMatchObject({
      reason: 'issuer_mismatch',
    })
    expect(world.as.requests.some(({ path }) => path === '/register')).toBe(false)
  })

  it('is used where a host accepts exactly it, and a token that is refused later is no move', async () => {
    const world = await renamed()
    const id = await world.connected({ oauth: { acceptIssuer: world.as.origin } })
    let refused = 0
    world.atMcp.set('tools/call', () =>
      refused++ === 0 ? { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } } : undefined,
    )
    expect(await world.call()).toMatchObject(noteOf('ana'))
    expect(world.tokenRequests('refresh_token')).toHaveLength(1)
    expect(await world.mine.get(id)).toMatchObject({ status: 'connected' })
    expect(await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))).toMatchObject({
      type: 'connected',
    })
  })

  it('another callback issuer is still refused', async () => {
    const world = await renamed()
    world.atAs.set('/authorize', ({ url }) => ({
      status: 302,
      headers: { location: back(query(url), { code: 'x', iss: `${world.as.origin}/app-id` }) },
    }))
    await expect(world.connected({ oauth: { acceptIssuer: world.as.origin } })).rejects.toMatchObject({
      reason: 'issuer_mismatch',
    })
    expect(world.tokenRequests()).toEqual([])
  })
})
