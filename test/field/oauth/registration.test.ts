import { describe, expect, it } from 'vitest'
import type { Reply } from '../../support/protected-server.js'
import { noteOf, startWorld, type Instead, type World } from './support.js'

const sent = (world: World) =>
  world.as.requests
    .filter(({ path }) => path === '/register')
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>)

describe('an authorization server that refuses to register', () => {
  it.each<[string, Reply]>([
    ['403 in plain text (Figma: mcp-remote#186, mcpc#297)', { status: 403, text: 'Forbidden' }],
    ['422', { status: 422, json: { message: 'not allowed' } }],
    ['404 (GitHub: opencode#5716)', { status: 404 }],
    ['405', { status: 405 }],
    ['400 with an unknown word', { status: 400, json: { error: 'dynamic_client_registration_disabled' } }],
    ['401', { status: 401, json: { error: 'access_denied' } }],
    ['400 of the standard', { status: 400, json: { error: 'invalid_redirect_uri' } }],
  ])('is reported as such: %s', async (_what, answer) => {
    const world = await startWorld()
    world.atAs.set('/register', () => answer)
    await expect(world.connected()).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'registration_refused',
      message: expect.stringContaining('client id'),
    })
    await world.connected({ oauth: { clientId: 'configured' } })
  })

  it.each([500, 502, 503])('is reported as down: %i', async (status) => {
    const world = await startWorld()
    world.atAs.set('/register', () => ({ status }))
    await expect(world.connected()).rejects.toMatchObject({ code: 'server_error', httpStatus: status })
  })

  it('that returns an HTML page is reported as unusable', async () => {
    const world = await startWorld()
    world.atAs.set('/register', () => ({ text: '<html>' }))
    await expect(world.connected()).rejects.toMatchObject({ reason: 'registration_invalid' })
  })
})

it.each<[string, Reply]>([
  ['404 to all that OAuth asks (Lexware-MCP-Server#36)', { status: 404 }],
  ['401 to everything (IBM/mcp-cli#178)', { status: 401, json: { error: 'missing api key' } }],
  ['405', { status: 405 }],
])('a server with only API keys is reported as such: %s', async (_what, answer) => {
  const world = await startWorld()
  world.named = undefined
  for (const path of ['/register', '/authorize', '/.well-known/oauth-authorization-server'])
    world.atMcp.set(path, () => answer)
  await expect(world.connected()).rejects.toMatchObject({
    code: 'authorization_failed',
    reason: 'oauth_not_found',
    message: expect.stringContaining('header'),
  })
})

describe('what is said at registration', () => {
  it('is what will be done: a public client where the server lists it (keeper.sh#208)', async () => {
    const world = await startWorld()
    world.metadata['token_endpoint_auth_methods_supported'] = ['client_secret_basic', 'none']
    world.atAs.set('/register', ({ body }) =>
      body.includes('client_secret_basic') ? { status: 401, json: { error: 'invalid_client' } } : undefined,
    )
    await world.connected()
    expect(sent(world)).toMatchObject([{ token_endpoint_auth_method: 'none' }])
  })

  it('is of what the server lists (tracecat#3069)', async () => {
    const world = await startWorld()
    world.metadata['grant_types_supported'] = ['authorization_code']
    await world.connected()
    expect(sent(world)).toMatchObject([{ grant_types: ['authorization_code'] }])
  })

  it('is less, once, after a refusal', async () => {
    const world = await startWorld()
    world.metadata['token_endpoint_auth_methods_supported'] = undefined
    world.atAs.set('/register', ({ body }) =>
      body.includes('refresh_token') || body.includes('client_secret_basic')
        ? { status: 400, json: { error: 'invalid_client_metadata' } }
        : undefined,
    )
    await world.connected()
    expect(sent(world)).toMatchObject([
      { grant_types: ['authorization_code', 'refresh_token'] },
      { grant_types: ['authorization_code'], token_endpoint_auth_method: 'none' },
    ])
  })

  it.each<[string, object, number?]>([
    [
      'null for all that is optional',
      {
        client_secret: null,
        client_secret_expires_at: null,
        redirect_uris: null,
        grant_types: null,
        token_endpoint_auth_method: null,
      },
    ],
    ['empty lists and texts', { client_secret: '', redirect_uris: [] }],
    ['a number for an id', { client_id: 12345 }],
    ['an end of the secret in a text', { client_secret: 's', client_secret_expires_at: '0' }],
    ['200', {}, 200],
  ])('is answered in other words: %s', async (_what, changes, status = 201) => {
    const world = await startWorld()
    world.atAs.set('/register', ({ body }) => ({
      status,
      json: { ...(JSON.parse(body) as object), client_id: 'c', ...changes },
    }))
    await world.connected()
  })

  it('is answered by the same redirect URI, written otherwise', async () => {
    const world = await startWorld()
    world.atAs.set('/register', ({ body }) => {
      const [own = ''] = (JSON.parse(body) as { redirect_uris: string[] }).redirect_uris
      return { status: 201, json: { client_id: 'c', redirect_uris: [own.replace('http:', 'HTTP:')] } }
    })
    await world.connected()
  })

  it('is not answered by a client with foreign redirect URIs', async () => {
    const world = await startWorld()
    world.atAs.set('/register', () => ({
      status: 201,
      json: { client_id: 'x', redirect_uris: ['https://evil.example'] },
    }))
    await expect(world.connected()).rejects.toMatchObject({ reason: 'registration_invalid' })
  })
})

describe('a client secret', () => {
  const inTheForm =
    (refusal: Reply): Instead =>
    ({ form, headers }) =>
      form.has('client_secret') && headers.authorization === undefined ? undefined : refusal
  it.each<[string, Reply]>([
    [
      'invalid_client: compared without decoding (openid-client#134)',
      { status: 401, json: { error: 'invalid_client' } },
    ],
    [
      'invalid_request: only the form is read (batpred#4799, inspector#627)',
      { status: 400, json: { error: 'invalid_request' } },
    ],
  ])('refused in the header is sent once in the form: %s', async (_what, refusal) => {
    const world = await startWorld()
    world.metadata['token_endpoint_auth_methods_supported'] = ['client_secret_basic', 'client_secret_post']
    world.atAs.set('/token', inTheForm(refusal))
    await world.connected({ oauth: { clientId: 'mine', clientSecret: 'a+/=b' } })
    expect(await world.call()).toMatchObject(noteOf('ana'))
    const ways = world.as.requests
      .filter(({ path }) => path === '/token')
      .map(({ headers, body }) => [headers.authorization !== undefined, body.includes('client_secret')])
    expect(ways).toEqual([
      [true, false],
      [false, true],
    ])
    world.time.now += 301_000
    expect(await world.call()).toMatchObject(noteOf('ana'))
    expect(world.tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('is not sent in the form where the server does not list that', async () => {
    const world = await startWorld()
    world.metadata['token_endpoint_auth_methods_supported'] = ['client_secret_basic']
    world.atAs.set('/token', inTheForm({ status: 401, json: { error: 'invalid_client' } }))
    await expect(world.connected({ oauth: { clientId: 'mine', clientSecret: 'x' } })).rejects.toMatchObject({
      reason: 'client_rejected',
    })
    expect(world.tokenRequests()).toHaveLength(1)
  })
})

describe('an endpoint that has moved (mcp-use#2256, #2258)', () => {
  it.each<[string, Reply]>([
    ['404', { status: 404 }],
    ['410 with a page', { status: 410, text: '<html>' }],
    ['405', { status: 405 }],
    ['a redirect', { status: 308, headers: { location: '/new-token' } }],
  ])('is looked for before a grant is given up: %s', async (_what, answer) => {
    const world = await startWorld()
    await world.connected()
    world.metadata['token_endpoint'] = `${world.as.origin}/new-token`
    world.atAs.set('/token', () => answer)
    const presented: (string | null)[] = []
    world.atAs.set('/new-token', ({ form }) => {
      presented.push(form.get('refresh_token'))
      return {
        json: {
          access_token: `at-${presented.length + 8}-ana`,
          token_type: 'Bearer',
          expires_in: 300,
          refresh_token: 'rt-x',
        },
      }
    })
    for (let n = 0; n < 2; n++) {
      world.time.now += 301_000
      expect(await world.call()).toMatchObject(noteOf('ana'))
    }
    expect(presented).toEqual([expect.stringContaining('rt-'), 'rt-x'])
    expect(world.tokenRequests('refresh_token')).toHaveLength(1)
  })

  it('of another issuer gets nothing', async () => {
    const world = await startWorld()
    await world.connected()
    Object.assign(world.metadata, { issuer: 'https://as.example', token_endpoint: `${world.as.origin}/new-token` })
    world.atAs.set('/token', () => ({ status: 404 }))
    world.time.now += 301_000
    await expect(world.call()).rejects.toMatchObject({ code: 'server_error' })
    expect(world.as.paths).not.toContain('/new-token')
  })
})
