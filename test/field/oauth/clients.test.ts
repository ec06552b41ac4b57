import { describe, expect, it } from 'vitest'
import type { Connector } from 'mcp-integrations'
import type { Reply } from '../../support/protected-server.js'
import { bo } from '../../support/registry.js'
import { back, DeadPage, lifetimeMs, noteOf, startWorld, type Instead, type World } from './support.js'

const registrations = (world: World) => world.as.requests.filter(({ path }) => path === '/register')
const query = (url: string) => new URL(url, 'http://localhost').searchParams

describe('a registration that the authorization server has forgotten', () => {
  /** Knows only clients that were registered after it was deployed again. */
  const forgetful = (world: World, answer: (asked: URLSearchParams) => Reply): void => {
    const first = 'client-0'
    world.atAs.set('/authorize', ({ url }) => (query(url).get('client_id') === first ? answer(query(url)) : undefined))
  }

  it('is registered again after a person saw an error page (claude-code#84614, hermes-agent#36767)', async () => {
    const world = await startWorld()
    const id = await world.connected()
    forgetful(world, () => ({ status: 400, text: 'unknown client_id' }))
    await expect(world.browse(await world.mine.reconnect(id))).rejects.toBeInstanceOf(DeadPage)
    expect(await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))).toMatchObject({
      type: 'connected',
    })
    expect(registrations(world)).toHaveLength(2)
  })

  it('is registered again for a first sign-in too', async () => {
    const world = await startWorld()
    world.atAs.set('/authorize', () => ({ status: 400 }))
    const begun = await world.mine.connect({ url: world.url, name: 'Notes', agents: ['assistant'] })
    await expect(world.browse(begun)).rejects.toBeInstanceOf(DeadPage)
    world.atAs.delete('/authorize')
    const again = await world.mine.reconnect(begun.integration.id)
    expect(registrations(world)).toHaveLength(2)
    expect(await world.mine.finishConnect(await world.browse(again))).toMatchObject({ type: 'connected' })
  })

  it.each(['unauthorized_client', 'invalid_client', 'invalid_request'])(
    'is made anew after the callback said %s (claude-code#4760)',
    async (error) => {
      const world = await startWorld()
      const id = await world.connected()
      forgetful(world, (asked) => ({ status: 302, headers: { location: back(asked, { error }) } }))
      const callback = await world.browse(await world.mine.reconnect(id))
      await expect(world.mine.finishConnect(callback)).rejects.toMatchObject({
        code: 'authorization_failed',
        reason: error,
        integrationId: id,
      })
      expect(await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))).toMatchObject({
        type: 'connected',
      })
    },
  )

  it('is registered again after the token endpoint did not know it, at a sign-in and at a refresh', async () => {
    const world = await startWorld()
    const id = await world.connected()
    const unknown: Instead = ({ form }) =>
      form.get('client_id') === 'client-0' ? { status: 401, json: { error: 'invalid_client' } } : undefined
    world.atAs.set('/token', unknown)
    world.time.now += lifetimeMs + 1000
    expect(await world.call()).toMatchObject({ type: 'authorization_required', action: 'reconnect' })
    expect(await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))).toMatchObject({
      type: 'connected',
    })
    expect(await world.call()).toMatchObject(noteOf('ana'))
  })

  it("is kept after a person's no", async () => {
    const world = await startWorld()
    const id = await world.connected()
    world.atAs.set('/authorize', ({ url }) => ({
      status: 302,
      headers: { location: back(query(url), { error: 'access_denied' }) },
    }))
    for (let n = 0; n < 2; n++) {
      const callback = await world.browse(await world.mine.reconnect(id))
      await expect(world.mine.finishConnect(callback)).rejects.toMatchObject({ reason: 'access_denied' })
    }
    expect(registrations(world)).toHaveLength(1)
    expect(await world.call()).toMatchObject(noteOf('ana'))
  })

  it('is kept after a sign-in that came back', async () => {
    const world = await startWorld()
    const id = await world.connected()
    for (let n = 0; n < 3; n++) await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))
    expect(registrations(world)).toHaveLength(1)
  })
})

describe('what a host has arranged', () => {
  const arranged = { clientSecret: 'old-secret', scopes: ['read'] as string[] }
  const connector = (more: object = {}) => ({
    connectors: ({ url }: { url: string }): readonly Connector[] => [
      {
        id: 'notes',
        name: 'Notes',
        url,
        get auth() {
          return { type: 'oauth' as const, clientId: 'hosts-client', ...arranged, ...more }
        },
      },
    ],
  })
  /** Takes only the secret that the provider has now. */
  const provider = (world: World, secret: () => string): void => {
    world.metadata['token_endpoint_auth_methods_supported'] = ['client_secret_post']
    world.atAs.set('/token', ({ form }) =>
      form.get('client_secret') === secret() ? undefined : { status: 401, json: { error: 'invalid_client' } },
    )
  }

  it('is read again at each refresh: a rotated secret applies at once (rauthy#778, doorkeeper#1942)', async () => {
    arranged.clientSecret = 'old-secret'
    const world = await startWorld(connector())
    let now = 'old-secret'
    provider(world, () => now)
    await world.connected({ connector: 'notes' })
    arranged.clientSecret = now = 'new-secret'
    world.time.now += lifetimeMs + 1000
    expect(await world.call()).toMatchObject(noteOf('ana'))
    expect(world.tokenRequests('refresh_token').map((form) => form.get('client_secret'))).toEqual(['new-secret'])
  })

  it('is reported as a refused client, and is tried again once it is corrected', async () => {
    arranged.clientSecret = 'old-secret'
    const world = await startWorld(connector())
    let now = 'old-secret'
    provider(world, () => now)
    const id = await world.connected({ connector: 'notes' })
    now = 'new-secret'
    world.time.now += lifetimeMs + 1000
    expect(await world.call()).toMatchObject({ type: 'authorization_required', action: 'edit' })
    expect(await world.mine.get(id)).toMatchObject({
      status: 'reconnect_required',
      statusDetail: { reason: 'client_rejected', action: 'edit' },
    })
    arranged.clientSecret = 'new-secret'
    world.time.now += 10 * 60_000
    expect(await world.call()).toMatchObject(noteOf('ana'))
    expect(await world.mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('is read again at each sign-in: new scopes are requested', async () => {
    arranged.clientSecret = 'old-secret'
    arranged.scopes = ['read']
    const world = await startWorld(connector())
    provider(world, () => 'old-secret')
    const id = await world.connected({ connector: 'notes' })
    arranged.scopes = ['read', 'write']
    expect(await world.mine.reconnect(id)).toMatchObject({
      authorizationUrl: expect.stringContaining('scope=read+write'),
    })
    arranged.scopes = ['read']
  })

  it('never goes to a token endpoint or issuer other than the configured ones', async () => {
    arranged.clientSecret = 'old-secret'
    const more: { metadata?: object } = {}
    const world = await startWorld(
      connector({
        get metadata() {
          return more.metadata
        },
      }),
    )
    provider(world, () => 'old-secret')
    const id = await world.connected({ connector: 'notes' })
    const sent = world.tokenRequests().length
    more.metadata = { tokenEndpoint: `${world.as.origin}/elsewhere` }
    world.time.now += lifetimeMs + 1000
    const settings = connector({ metadata: more.metadata })
    const other = world.another({ connectors: settings.connectors({ url: world.url }) })
    expect(await world.call(other)).toMatchObject({ type: 'authorization_required' })
    expect(world.as.requests.some(({ path }) => path === '/elsewhere')).toBe(false)
    expect(world.tokenRequests()).toHaveLength(sent)
    expect(await world.mine.get(id)).toMatchObject({ statusDetail: { reason: 'issuer_changed' } })
  })

  it.each([
    ['a client id alone', { clientId: 'x' }],
    ['a secret alone', { clientSecret: 'x' }],
    ['a token endpoint', { metadata: { tokenEndpoint: 'https://evil.example/token' } }],
    ['an issuer', { issuer: 'https://evil.example' }],
    ['a resource', { resource: 'https://evil.example' }],
    [
      'a token endpoint beside a client of their own',
      { clientId: 'x', clientSecret: 'y', acceptIssuer: 'https://evil.example' },
    ],
  ])("can't be bent by a person: %s", async (_what, oauth) => {
    const world = await startWorld(connector())
    await expect(world.connected({ connector: 'notes', oauth })).rejects.toMatchObject({ code: 'invalid_input' })
    expect(world.tokenRequests()).toEqual([])
  })

  it('accepts more scopes from a person, and their own client only with ID and secret', async () => {
    arranged.clientSecret = 'old-secret'
    const world = await startWorld(connector())
    provider(world, () => 'their-secret')
    const first = await world.mine.connect({ connector: 'notes', agents: ['assistant'], oauth: { scopes: ['more'] } })
    expect(first).toMatchObject({ authorizationUrl: expect.stringContaining('scope=read+more') })
    await world.connected({ connector: 'notes', oauth: { clientId: 'theirs', clientSecret: 'their-secret' } })
    expect(Object.fromEntries(world.tokenRequests()[0]!)).toMatchObject({ client_id: 'theirs' })
  })

  it('settings of an integration are replaced only by someone who may set its URL, not by any other sign-in', async () => {
    const world = await startWorld()
    provider(world, () => 'new-secret')
    const begun = await world.mine.connect({
      url: world.url,
      name: 'Notes',
      agents: ['assistant'],
      visibility: 'workspace',
      credentials: 'per_user',
      oauth: { clientId: 'mine', clientSecret: 'old-secret' },
    })
    const callback = await world.browse(begun)
    await expect(world.mine.finishConnect(callback)).rejects.toMatchObject({ reason: 'client_rejected' })
    expect(await world.mine.get(begun.integration.id)).toMatchObject({ statusDetail: { reason: 'client_rejected' } })
    const oauth = { clientId: 'mine', clientSecret: 'new-secret' }
    await expect(world.registry.actingAs(bo).reconnect(begun.integration.id, { oauth })).rejects.toMatchObject({
      code: 'forbidden',
    })
    const again = await world.mine.reconnect(begun.integration.id, { oauth })
    expect(await world.mine.finishConnect(await world.browse(again))).toMatchObject({ type: 'connected' })
  })
})
