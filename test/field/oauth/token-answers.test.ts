import { describe, expect, it } from 'vitest'
import type { Reply } from '../../support/protected-server.js'
import { lifetimeMs, noteOf, startWorld } from './support.js'

const tokens = (who: string) => ({ access_token: `at-9-${who}`, refresh_token: 'rt-next', expires_in: 300 })
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Good tokens in another wrapping than RFC 6749 asks for. */
const wrappings: readonly (readonly [string, (who: string) => Reply])[] = [
  [
    '201 (Supabase: python-sdk#1502, mcp-go#835)',
    (who) => ({ status: 201, json: { ...tokens(who), token_type: 'Bearer' } }),
  ],
  [
    'a form (python-sdk#1511, onyx#14905)',
    (who) => ({ headers: form, text: `access_token=at-9-${who}&token_type=bearer&refresh_token=rt-next` }),
  ],
  ['no token_type (deno-oauth2-client#37, crystal#4503)', (who) => ({ json: tokens(who) })],
  ['202', (who) => ({ status: 202, json: { ...tokens(who), token_type: 'bearer' } })],
  ['JSON called text', (who) => ({ headers: { 'content-type': 'text/plain' }, text: JSON.stringify(tokens(who)) })],
  ['a list of scopes', (who) => ({ json: { ...tokens(who), token_type: 'BEARER', scope: ['read', 'write'] } })],
  ['a lifetime in words', (who) => ({ json: { ...tokens(who), expires_in: 'one hour' } })],
  ['a list of one', (who) => ({ json: [tokens(who)] })],
  ['JSON in a text', (who) => ({ text: JSON.stringify(JSON.stringify(tokens(who))) })],
  ['JSON behind a byte order mark', (who) => ({ text: `\uFEFF${JSON.stringify(tokens(who))}` })],
  ['JSON called a form', (who) => ({ headers: form, text: JSON.stringify(tokens(who)) })],
  ['an envelope of its own', (who) => ({ json: { ok: true, error: null, data: tokens(who) } })],
  ['203', (who) => ({ status: 203, json: tokens(who) })],
  ['BearerToken for a type (Apigee)', (who) => ({ json: { ...tokens(who), token_type: 'BearerToken' } })],
  [
    'null for all that is optional',
    (who) => ({ json: { ...tokens(who), token_type: null, scope: null, id_token: null } }),
  ],
  ['an empty list of scopes', (who) => ({ json: { ...tokens(who), scope: [] } })],
  ['its type before the token', (who) => ({ json: { ...tokens(who), access_token: `Bearer at-9-${who}` } })],
  ['a line break behind the token', (who) => ({ json: { ...tokens(who), access_token: `at-9-${who}\n` } })],
  ...[-1, 0, 1e30, '3599.9', null, true].map(
    (expires_in) =>
      [`a lifetime of ${String(expires_in)}`, (who: string) => ({ json: { ...tokens(who), expires_in } })] as const,
  ),
  ['a refresh token that is none', (who) => ({ json: { ...tokens(who), refresh_token: { id: 5 } } })],
]

describe.each(wrappings)('tokens in %s', (_what, wrapped) => {
  it('sign in', async () => {
    const world = await startWorld()
    world.atAs.set('/token', () => wrapped('ana'))
    await world.connected()
    expect(await world.call()).toMatchObject(noteOf('ana'))
  })

  it('count at a refresh too: the token that was sent is not sent again', async () => {
    const world = await startWorld()
    await world.connected()
    world.time.now += lifetimeMs + 1000
    world.atAs.set('/token', () => wrapped('ana'))
    expect(await world.call()).toMatchObject(noteOf('ana'))
    expect(await world.call()).toMatchObject(noteOf('ana'))
    expect(world.tokenRequests('refresh_token')).toHaveLength(1)
  })
})

it('scopes separated by commas are two scopes (template-agent#265, clawvisor#275)', async () => {
  const world = await startWorld()
  world.atAs.set('/token', () => ({ json: { ...tokens('ana'), scope: 'read,write' } }))
  const id = await world.connected()
  world.atMcp.set('tools/call', () => ({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="admin"' },
  }))
  expect(await world.call()).toMatchObject({ type: 'authorization_required', scopes: ['read', 'write', 'admin'] })
  const again = await world.mine.reconnect(id)
  expect(again).toMatchObject({ authorizationUrl: expect.stringContaining('scope=read+write+admin') })
})

it('an empty scope list means that the requested scopes were granted', async () => {
  const world = await startWorld()
  world.atAs.set('/token', () => ({ json: { ...tokens('ana'), scope: [] } }))
  await world.connected()
  world.atMcp.set('tools/call', () => ({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="admin"' },
  }))
  expect(await world.call()).toMatchObject({ type: 'authorization_required', scopes: ['read', 'admin'] })
})

it.each(['mac', 'DPoP', 'N_A', 'JWT', 'user', 5, {}, ['Bearer']])(
  'a token of another type is refused: %s',
  async (token_type) => {
    const world = await startWorld()
    world.atAs.set('/token', () => ({ json: { ...tokens('ana'), token_type } }))
    await expect(world.connected()).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'token_response_invalid',
      integrationId: expect.any(String),
    })
  },
)

it.each<[string, Reply]>([
  ['a page', { text: '<html>access_token=at-9-ana</html>' }],
  ['a token with a line break', { json: { access_token: 'at-9\r\nana', token_type: 'Bearer' } }],
  ['two envelopes with tokens', { json: { user: tokens('ana'), bot: tokens('bot') } }],
  ['a redirect that carries one', { status: 302, headers: { location: '/x' }, text: 'access_token=at-9-ana' }],
  ['a refusal that carries one', { status: 400, json: { access_token: 'at-9-ana' } }],
])('an invalid token response fails the sign-in: %s', async (_what, answer) => {
  const world = await startWorld()
  world.atAs.set('/token', () => answer)
  await expect(world.connected()).rejects.toMatchObject({
    code: expect.stringMatching(/authorization_failed|redirect_refused/),
  })
})
