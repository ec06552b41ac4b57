import { expect, it } from 'vitest'
import { bo } from '../../support/registry.js'
import { noteOf, startWorld } from './support.js'

it('whoever signs in calls as themselves, here and in a process that was there before (punkpeye/fastmcp#227)', async () => {
  const world = await startWorld()
  const id = await world.connected()
  const other = world.another()
  expect(await world.call()).toMatchObject(noteOf('ana'))
  expect(await world.call(other)).toMatchObject(noteOf('ana'))
  world.person = 'bob'
  await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))
  expect(await world.call()).toMatchObject(noteOf('bob'))
  expect(await world.call(other)).toMatchObject(noteOf('bob'))
  expect(await world.call(world.another())).toMatchObject(noteOf('bob'))
})

it('a session that was opened before the sign-in is not used after it', async () => {
  const world = await startWorld()
  world.wants = 'calls'
  const id = (await world.mine.connect({ url: world.url, name: 'Notes', agents: ['assistant'] })).integration.id
  expect(await world.call()).toMatchObject({ type: 'authorization_required', action: 'reconnect' })
  await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))
  expect(await world.call()).toMatchObject(noteOf('ana'))
})

it('a server that returns 401 for an old session works again after a sign-in (mcp-proxy#108)', async () => {
  const world = await startWorld()
  const id = await world.connected()
  await world.call()
  // Restarted: it knows none of the sessions that it gave out.
  const old = new Set(world.mcp.requests.map(({ headers }) => headers['mcp-session-id']).filter(Boolean))
  const refuse = ({ headers }: { headers: Record<string, unknown> }) =>
    old.has(headers['mcp-session-id'] as string)
      ? { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
      : undefined
  for (const method of ['tools/list', 'tools/call']) world.atMcp.set(method, refuse)
  expect(await world.mine.finishConnect(await world.browse(await world.mine.reconnect(id)))).toMatchObject({
    type: 'connected',
  })
  expect(await world.call()).toMatchObject(noteOf('ana'))
})

it('a reconnect begins with a new session also where no sign-in is needed', async () => {
  const world = await startWorld()
  world.wants = 'none'
  world.named = undefined
  const id = (await world.mine.connect({ url: world.url, name: 'Notes', agents: ['assistant'] })).integration.id
  const other = world.another()
  await world.call(other)
  const opened = () => world.mcp.requests.filter(({ body }) => body.includes('"initialize"')).length
  const before = opened()
  expect(await world.mine.reconnect(id)).toMatchObject({ type: 'connected' })
  await world.call(other)
  expect(opened()).toBeGreaterThan(before)
})

it('a refresh of the same grant keeps the session, and so does another process', async () => {
  const world = await startWorld()
  await world.connected()
  await world.call()
  const opened = world.mcp.requests.filter(({ body }) => body.includes('"initialize"')).length
  world.time.now += 301_000
  expect(await world.call()).toMatchObject(noteOf('ana'))
  expect(await world.call(world.another())).toMatchObject(noteOf('ana'))
  expect(world.tokenRequests('refresh_token')).toHaveLength(1)
  expect(world.mcp.requests.filter(({ body }) => body.includes('"initialize"'))).toHaveLength(opened)
})

it("two people's own credentials never share a session", async () => {
  const world = await startWorld()
  const begun = await world.mine.connect({
    url: world.url,
    name: 'Notes',
    agents: ['assistant'],
    visibility: 'workspace',
    credentials: 'per_user',
  })
  await world.mine.finishConnect(await world.browse(begun))
  world.person = 'bob'
  const his = world.registry.actingAs(bo)
  await his.finishConnect(await world.browse(await his.authorize(begun.integration.id, {})))
  expect(await world.call()).toMatchObject(noteOf('ana'))
  expect(await (await his.toolset('assistant')).call('notes__whoami', {})).toMatchObject(noteOf('bob'))
  expect(await world.call()).toMatchObject(noteOf('ana'))
})
