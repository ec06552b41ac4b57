import { expect, it } from 'vitest'
import type { Reply } from '../../support/protected-server.js'
import { metadataOf, startWorld, type World } from './support.js'

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

it('no endpoint is guessed while the protected resource can not be read', async () => {
  const world = await startWorld()
  for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])
    world.atMcp.set(path, () => ({ status: 503 }))
  await expect(world.connected()).rejects.toMatchObject({ code: 'server_error', httpStatus: 503 })
  expect(world.mcp.paths).not.toContain('/register')
})

it('a mismatch is told before a fault, and a fault before "there is none"', async () => {
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
