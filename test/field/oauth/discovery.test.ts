import { expect, it } from 'vitest'
import type { Reply } from '../../support/protected-server.js'
import { metadataOf, startWorld, type Instead, type World } from './support.js'

const app = '/app'

/** The document of an issuer with a path, only where OpenID Connect has it. */
function atOpenId(world: World, elsewhere: Reply): void {
  world.named = `${world.as.origin}${app}`
  world.atAs.set(`/.well-known/oauth-authorization-server${app}`, () => elsewhere)
  world.atAs.set(`/.well-known/openid-configuration${app}`, () => elsewhere)
  world.atAs.set(`${app}/.well-known/openid-configuration`, () => ({
    json: metadataOf(world.as.origin, { issuer: world.named }),
  }))
}

it.each<[string, Reply]>([
  ['502 (typescript-sdk#1631)', { status: 502 }],
  ['500', { status: 500 }],
  ['501', { status: 501, text: 'not implemented' }],
  ['503', { status: 503 }],
  ['204', { status: 204 }],
  ['a page', { text: '<html>sign on</html>' }],
  ['a broken connection', 'reset'],
  ['a document of somebody else', { json: { issuer: 'https://as.example', token_endpoint: 'https://as.example/t' } }],
])('the authorization server is found behind %s', async (_what, elsewhere) => {
  const world = await startWorld()
  atOpenId(world, elsewhere)
  await world.connected()
})

it.each<[string, Reply]>([
  ['502 (typescript-sdk#1632)', { status: 502 }],
  ['204', { status: 204 }],
  ['a redirect to a sign-on host that is gone', { status: 302, headers: { location: 'https://127.0.0.1:1/sso' } }],
  ['a redirect to a private address', { status: 302, headers: { location: 'http://169.254.169.254/' } }],
  ['an error as JSON', { json: { error: 'not here' } }],
])('the protected resource is found at the root behind %s', async (_what, elsewhere) => {
  const world = await startWorld()
  world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => elsewhere)
  world.atMcp.set('/.well-known/oauth-protected-resource', () => ({
    json: { resource: world.url, authorization_servers: [world.as.origin] },
  }))
  await world.connected()
})

it('the protected resource is found in its usual place when the announced one fails', async () => {
  const world = await startWorld()
  world.atMcp.set('/announced', () => ({ status: 500 }))
  for (const method of ['initialize', 'server/discover'])
    world.atMcp.set(method, ({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': `Bearer resource_metadata="${world.mcp.origin}/announced"` } }
        : undefined,
    )
  await world.connected()
  expect(world.mcp.paths).toContain('/announced')
})

it.each(['/meta/prm', 'meta/prm', '../meta/prm'])(
  'a relative resource_metadata is read (tsidp#90): %s',
  async (written) => {
    const world = await startWorld()
    const path = new URL(written, world.url).pathname
    world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => ({ status: 404 }))
    world.atMcp.set(path, () => ({ json: { resource: world.url, authorization_servers: [world.as.origin] } }))
    const refuse = ({ headers }: { headers: { authorization?: string | undefined } }): Reply | undefined =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': `Bearer resource_metadata="${written}"` } }
        : undefined
    for (const method of ['initialize', 'server/discover', 'tools/list']) world.atMcp.set(method, refuse)
    await world.connected()
    expect(world.mcp.paths).toContain(path)
  },
)

it("no endpoint is guessed while the protected resource can't be read", async () => {
  const world = await startWorld()
  for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])
    world.atMcp.set(path, () => ({ status: 503 }))
  await expect(world.connected()).rejects.toMatchObject({ code: 'server_error', httpStatus: 503 })
  expect(world.mcp.paths).not.toContain('/register')
})

it('a mismatch is reported before an error, and an error before "not found"', async () => {
  const world = await startWorld()
  world.atAs.set('/.well-known/openid-configuration', () => ({ status: 503 }))
  world.atAs.set('/.well-known/oauth-authorization-server', () => ({
    json: { issuer: 'https://x.example', token_endpoint: 'x' },
  }))
  await expect(world.connected()).rejects.toMatchObject({ reason: 'issuer_mismatch' })
  world.atAs.set('/.well-known/oauth-authorization-server', () => ({ status: 404 }))
  await expect(world.connected()).rejects.toMatchObject({ code: 'server_error' })
  world.atAs.set('/.well-known/openid-configuration', () => ({ status: 404 }))
  await expect(world.connected()).rejects.toMatchObject({ reason: 'server_metadata_missing' })
  world.atAs.set('/.well-known/openid-configuration', () => ({ status: 204 }))
  await expect(world.connected()).rejects.toMatchObject({ reason: 'metadata_invalid' })
})

it.each(['', 'http://internal.example/revoke', 'not a url'])(
  'an endpoint that nobody needs is left out and never asked: %j (MARS#203, python-sdk#2076)',
  async (revocation_endpoint) => {
    const world = await startWorld()
    Object.assign(world.metadata, { revocation_endpoint, userinfo_endpoint: revocation_endpoint })
    const id = await world.connected()
    await world.mine.remove(id)
  },
)

it.each([
  ['authorization_endpoint', 'javascript:alert(1)', 'unsafe_authorization_url'],
  ['authorization_endpoint', 'http://as.example/authorize', 'unsafe_authorization_url'],
  ['token_endpoint', 'http://as.example/token', 'unsafe_endpoint'],
  ['token_endpoint', '', 'unsafe_endpoint'],
])('what a sign-in needs stays strict: %s %j', async (name, url, reason) => {
  const world = await startWorld()
  world.metadata[name] = url
  await expect(world.connected()).rejects.toMatchObject({ reason })
  expect(world.as.paths).not.toContain('/register')
})

it.each<[string, (world: World) => object]>([
  [
    'lists written as texts',
    () => ({ code_challenge_methods_supported: 'plain S256', grant_types_supported: 'authorization_code' }),
  ],
  [
    'null for what is optional',
    () => ({ token_endpoint_auth_methods_supported: null, scopes_supported: null, revocation_endpoint: null }),
  ],
  ['empty lists', () => ({ token_endpoint_auth_methods_supported: [], grant_types_supported: [] })],
  ['S256 in small letters', () => ({ code_challenge_methods_supported: ['s256'] })],
  ['blanks around an endpoint', ({ as }) => ({ token_endpoint: ` ${as.origin}/token ` })],
  ['a slash behind the issuer', ({ as }) => ({ issuer: `${as.origin}/` })],
])('authorization server metadata with %s is read', async (_what, changes) => {
  const world = await startWorld()
  Object.assign(world.metadata, changes(world))
  await world.connected()
})

it.each<[string, (world: World) => object]>([
  ['the server as a text', ({ as }) => ({ authorization_servers: as.origin })],
  ['blanks around the server', ({ as }) => ({ authorization_servers: [` ${as.origin} `] })],
  ['entries that say nothing', ({ as }) => ({ authorization_servers: [null, '', as.origin] })],
  ['scopes as a text', () => ({ scopes_supported: 'read write' })],
  ['scopes that can be none', () => ({ scopes_supported: ['read', null, 5, 'a b'] })],
  ['a slash behind the resource', ({ url }) => ({ resource: `${url}/` })],
  ['the origin as the resource', ({ mcp }) => ({ resource: mcp.origin })],
])('protected resource metadata with %s is read', async (_what, changes) => {
  const world = await startWorld()
  world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => ({
    json: { resource: world.url, authorization_servers: [world.as.origin], ...changes(world) },
  }))
  await world.connected()
})

it.each([200, 201, 203])(
  'metadata counts under HTTP %i, behind a byte order mark and by another name',
  async (status) => {
    const world = await startWorld()
    const as = (document: object): Reply => ({
      status,
      headers: { 'content-type': 'text/html' },
      text: `\uFEFF${JSON.stringify(document)}`,
    })
    world.atAs.set('/.well-known/oauth-authorization-server', () => as(metadataOf(world.as.origin)))
    world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () =>
      as({ resource: world.url, authorization_servers: [world.as.origin] }),
    )
    await world.connected()
  },
)

it.each<[string, string]>([
  ['does not answer', 'http://127.0.0.1:1'],
  ['publishes nothing', '$mcp'],
  ['has an unsafe address', 'http://as.example'],
])('of several authorization servers the next one is used where the first %s', async (_what, first) => {
  const world = await startWorld()
  world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => ({
    json: { resource: world.url, authorization_servers: [first.replace('$mcp', world.mcp.origin), world.as.origin] },
  }))
  await world.connected()
})

it('of several authorization servers the one that was signed in with stays, also while it is down', async () => {
  const [world, other] = [await startWorld(), await startWorld()]
  const id = await world.connected()
  world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => ({
    json: { resource: world.url, authorization_servers: [other.as.origin, world.as.origin] },
  }))
  expect(await world.mine.reconnect(id)).toMatchObject({
    authorizationUrl: expect.stringContaining(world.as.origin) as string,
  })
  world.atAs.set('/.well-known/oauth-authorization-server', () => ({ status: 503 }))
  await expect(world.mine.reconnect(id)).rejects.toMatchObject({ code: 'server_error' })
})

it.each([undefined, null, '', ['x'], 'https://other.example/mcp'])(
  'a resource that is missing or another stays refused: %j',
  async (resource) => {
    const world = await startWorld()
    world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => ({
      json: { resource, authorization_servers: [world.as.origin] },
    }))
    await expect(world.connected()).rejects.toMatchObject({ reason: 'resource_mismatch' })
    expect(world.as.paths).toEqual([])
  },
)

it.each(['/authorize', 'HTTPS://as.example#x'])('an address to open stays as strict: %s', async (address) => {
  const world = await startWorld()
  world.metadata['authorization_endpoint'] = address
  await expect(world.connected()).rejects.toMatchObject({ reason: 'unsafe_authorization_url' })
})

it.each([
  'Bearer resource_metadata=$url',
  "Bearer resource_metadata='$url'",
  'BEARER Resource_Metadata = "$url"',
  'resource_metadata="$url"',
  'Bearer, resource_metadata="$url"',
  'Bearer: resource_metadata="$url"',
  'Bearer realm="x"; error="invalid_token"; resource_metadata="$url"',
  'Bearer resource_metadata="$url',
  'Bearer error="invalid_token", error_description="The "access" token", resource_metadata="$url"',
  'Bearer realm="caf\u00e9", resource_metadata="$url"',
  'Basic realm="x", Bearer realm="y", Bearer resource_metadata="$url",',
  'Negotiate abc==, Bearer resource_metadata="$url"',
  'DPoP algs="ES256", resource_metadata="$url"',
])('a challenge is read as it is meant: %s', async (written) => {
  const world = await startWorld()
  world.atMcp.set('/.well-known/oauth-protected-resource/mcp', () => ({ status: 404 }))
  world.atMcp.set('/announced', () => ({ json: { resource: world.url, authorization_servers: [world.as.origin] } }))
  const challenge = written.replace('$url', `${world.mcp.origin}/announced`)
  const refuse: Instead = ({ headers }) =>
    headers.authorization === undefined ? { status: 401, headers: { 'www-authenticate': challenge } } : undefined
  for (const method of ['initialize', 'server/discover', 'tools/list']) world.atMcp.set(method, refuse)
  await world.connected()
  expect(world.mcp.paths).toContain('/announced')
})
