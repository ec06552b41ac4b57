import { expect, it } from 'vitest'
import { makeStorage } from '../../support/registry.js'
import { ana, connected, listen, resultOf, right, sessions, using, type Behaviour } from './support.js'
import { makeRegistry } from '../../support/registry.js'

/** A server that learns its caller at `initialize` and keeps it under the session (punkpeye/fastmcp#227). */
function learning() {
  const callers = new Map<string, string>()
  let opened = 0
  const behaviour: Behaviour = (request) => {
    const { method, id, headers } = request
    if (method === 'server/discover') return { status: 400, body: 'Bad Request' }
    if (method === 'initialize') {
      const session = `s${++opened}`
      callers.set(session, String(headers['x-user']))
      return { ...right(request), headers: { 'mcp-session-id': session } }
    }
    const caller = callers.get(String(headers['mcp-session-id']))
    if (request.verb === 'DELETE') return { status: callers.delete(String(headers['mcp-session-id'])) ? 200 : 404 }
    if (caller === undefined) return { status: 404 }
    if (method !== 'tools/call') return undefined
    return { json: { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: caller }] } } }
  }
  return { behaviour, opened: () => opened }
}

it("another person's header values open a new session, here and in the next process (mcp-remote#286)", async () => {
  const server = await listen(learning().behaviour)
  const storage = makeStorage()
  const { mine, id, call } = await connected(server, { storage, headers: { 'X-User': 'ana' } })
  const other = makeRegistry({ storage, confirm: () => 'approve' })
  const there = using(other.actingAs(ana))
  expect(await resultOf(call())).toMatchObject({ content: [{ text: 'ana' }] })
  expect(await resultOf(there.call())).toMatchObject({ content: [{ text: 'ana' }] })
  await mine.update(id, { headers: { 'X-User': 'bob' } })
  expect(await resultOf(call())).toMatchObject({ content: [{ text: 'bob' }] })
  expect(await resultOf(there.call())).toMatchObject({ content: [{ text: 'bob' }] })
  await other.close()
})

it("a person's own values open a separate session (mcp-proxy#108)", async () => {
  const server = await listen(learning().behaviour)
  const registry = makeRegistry({ confirm: () => 'approve' })
  const mine = registry.actingAs(ana)
  const { integration } = await mine.connect({
    url: server.url,
    name: 'Field',
    agents: ['assistant'],
    credentials: 'per_user',
    headers: { 'X-User': 'ana' },
  })
  await mine.authorize(integration.id, { headers: { 'X-User': 'bob' } })
  expect(await resultOf(using(mine).call())).toMatchObject({ content: [{ text: 'bob' }] })
  await registry.close()
})

it('the next process goes on in the session of the same credential', async () => {
  const kept = sessions(() => ({ status: 404 }))
  const server = await listen(kept.behaviour)
  const storage = makeStorage()
  const { registry } = await connected(server, { storage, headers: { 'X-User': 'ana' } })
  await registry.close()
  const next = makeRegistry({ storage, confirm: () => 'approve' })
  expect(await resultOf(using(next.actingAs(ana)).call())).toMatchObject({ content: [{ text: 'done' }] })
  expect(kept.opened()).toBe(1)
  await next.close()
})
