import { describe, expect, it } from 'vitest'
import type { Reply } from '../../support/protected-server.js'
import { lifetimeMs, noteOf, startWorld, type World } from './support.js'

const statusOf = async (world: World, id: string) => (await world.mine.get(id)).status
const withoutToken = (answer: (world: World) => Reply) => async () => {
  const world = await startWorld()
  const refuse = ({ headers }: { headers: { authorization?: string | undefined } }): Reply | undefined =>
    headers.authorization === undefined ? answer(world) : undefined
  for (const method of ['initialize', 'server/discover', 'tools/list', 'tools/call']) world.atMcp.set(method, refuse)
  return world
}

it.each<[string, Reply]>([
  ['JSON (netclaw#2062)', { status: 403, json: { error: 'forbidden' } }],
  ['nothing', { status: 403 }],
  ['a challenge of another kind', { status: 403, headers: { 'www-authenticate': 'Basic realm="x"' } }],
  ['a bare challenge', { status: 403, headers: { 'www-authenticate': 'Bearer realm="x"' } }],
])('one forbidden call, reported by %s, does not change the status of the integration', async (_what, answer) => {
  const world = await startWorld()
  const id = await world.connected()
  world.atMcp.set('tools/call', () => answer)
  await expect(world.call()).rejects.toMatchObject({
    code: 'authorization_failed',
    reason: 'forbidden',
    httpStatus: 403,
  })
  expect(await statusOf(world, id)).toBe('connected')
  world.atMcp.delete('tools/call')
  expect(await world.call()).toMatchObject(noteOf('ana'))
})

it.each([
  [403, 'Bearer error="invalid_token"'],
  [400, 'Bearer error="invalid_token"'],
  [401, 'Bearer error="invalid_token"'],
])('an expired token is refreshed, also after a %i (kin of fastmcp#2461)', async (status, challenge) => {
  const world = await startWorld()
  await world.connected()
  let refused = 0
  world.atMcp.set('tools/call', () =>
    refused++ === 0 ? { status, headers: { 'www-authenticate': challenge } } : undefined,
  )
  expect(await world.call()).toMatchObject(noteOf('ana'))
  expect(world.tokenRequests('refresh_token')).toHaveLength(1)
})

it.each(['Bearer error="INSUFFICIENT_SCOPE", scope="write"', "Bearer error='insufficient_scope', scope='write'"])(
  'a missing scope is asked for, in another spelling: %s',
  async (challenge) => {
    const world = await startWorld()
    await world.connected()
    world.atMcp.set('tools/call', () => ({ status: 403, headers: { 'www-authenticate': challenge } }))
    expect(await world.call()).toMatchObject({ type: 'authorization_required', scopes: ['read', 'write'] })
  },
)

it('a scope that is the token itself is not repeated', async () => {
  const world = await startWorld()
  const id = await world.connected()
  world.atMcp.set('tools/call', ({ headers }) => ({
    status: 403,
    headers: {
      'www-authenticate': `Bearer error="insufficient_scope", scope="write ${headers.authorization?.slice(7)} x-${headers.authorization?.slice(7)}"`,
    },
  }))
  expect(await world.call()).toMatchObject({ type: 'authorization_required', scopes: ['read', 'write'] })
  const shown = JSON.stringify([await world.mine.get(id), await world.mine.reconnect(id)])
  expect(shown).not.toMatch(/at-\d-ana/)
})

it.each([401, 403])('a missing scope is requested after a %i', async (status) => {
  const world = await startWorld()
  await world.connected()
  world.atMcp.set('tools/call', () => ({
    status,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' },
  }))
  expect(await world.call()).toMatchObject({ type: 'authorization_required', scopes: ['read', 'write'] })
  expect(world.tokenRequests('refresh_token')).toHaveLength(0)
})

it('a step-up that leads nowhere is asked for once (kin of mcp-debug#52)', async () => {
  const world = await startWorld()
  const id = await world.connected()
  world.atMcp.set('tools/call', () => ({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' },
  }))
  expect(await world.call()).toMatchObject({ type: 'authorization_required' })
  expect(await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))).toMatchObject({
    type: 'connected',
  })
  await expect(world.call()).rejects.toMatchObject({ reason: 'forbidden', httpStatus: 403 })
  world.time.now += lifetimeMs + 1000
  await expect(world.call(world.another())).rejects.toMatchObject({ reason: 'forbidden' })
  expect(await statusOf(world, id)).toBe('connected')
})

describe('a request without a credential', () => {
  it('begins a sign-in where 403 comes with a challenge', async () => {
    const world = await withoutToken(({ mcp }) => ({
      status: 403,
      headers: {
        'www-authenticate': `Bearer resource_metadata="${mcp.origin}/.well-known/oauth-protected-resource/mcp"`,
      },
    }))()
    await world.connected()
    expect(await world.call()).toMatchObject(noteOf('ana'))
  })

  it('begins a sign-in at a plain 403 where the server says how (FastAPI: claude-code#58875)', async () => {
    const world = await withoutToken(() => ({ status: 403, json: { detail: 'Not authenticated' } }))()
    await world.connected()
  })

  it('asks for a header when the server gives no hint', async () => {
    const world = await withoutToken(() => ({ status: 403 }))()
    world.named = undefined
    await expect(world.connected()).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'oauth_not_found',
      message: expect.stringContaining('header'),
    })
  })
})

it('a credential that is refused by 403 for everything is found out by validate', async () => {
  const world = await startWorld()
  world.wants = 'none'
  world.named = undefined
  const { integration } = await world.mine.connect({
    url: world.url,
    name: 'Notes',
    agents: ['assistant'],
    headers: { Authorization: 'Basic x' },
  })
  for (const method of ['initialize', 'server/discover', 'tools/list', 'tools/call'])
    world.atMcp.set(method, () => ({ status: 403 }))
  expect(await world.mine.validate(integration.id)).toMatchObject({
    type: 'failed',
    integration: { status: 'reconnect_required', statusDetail: { reason: 'credential_rejected', action: 'edit' } },
  })
})
