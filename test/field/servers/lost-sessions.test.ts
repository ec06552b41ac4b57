import { describe, expect, it } from 'vitest'
import { connected, listen, resultOf, right, sessions, type FieldRequest, type Behaviour } from './support.js'

/** What servers send to a request in a session that they forgot, with the report it is from. */
const refusals: readonly (readonly [string, Behaviour])[] = [
  ['404', () => ({ status: 404 })],
  [
    '401 in plain text (modelcontextprotocol/rust-sdk#689)',
    () => ({ status: 401, body: 'Unauthorized: Session not found' }),
  ],
  ['400 in plain text (mark3labs/mcp-go#689)', () => ({ status: 400, body: 'Invalid session ID' })],
  ['422 (kenforthewin/atomic#193)', () => ({ status: 422, body: 'Unexpected message, expect initialize request' })],
  ['410', () => ({ status: 410 })],
  ['403', () => ({ status: 403, body: 'forbidden' })],
  ['409', () => ({ status: 409, body: 'Conflict' })],
  [
    '400 with a JSON-RPC error of the same id',
    ({ id }) => ({ status: 400, json: { jsonrpc: '2.0', id, error: { code: -32600, message: 'Session not found' } } }),
  ],
  [
    '200 with a JSON-RPC error of the same id',
    ({ id }) => ({ json: { jsonrpc: '2.0', id, error: { code: -32600, message: 'Session not found' } } }),
  ],
  [
    '400 with a JSON-RPC error without an id',
    () => ({ status: 400, json: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'No valid session' } } }),
  ],
]

describe.each(refusals)('a session that the server forgot, told by %s', (_how, refuse) => {
  it('is made anew for a call, which is sent once more', async () => {
    const kept = sessions(refuse)
    const server = await listen(kept.behaviour)
    const { call, mine, id } = await connected(server)
    await call()
    kept.restart()
    const from = server.requests.length
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    expect(kept.opened()).toBe(2)
    expect(server.sent(from).filter((method) => method === 'tools/call')).toHaveLength(2)
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('is not gone on with by validate, reconnect or the next process', async () => {
    const kept = sessions(refuse)
    const server = await listen(kept.behaviour)
    const { mine, id, registry } = await connected(server)
    kept.restart()
    expect(await mine.validate(id)).toMatchObject({ type: 'connected', integration: { status: 'connected' } })
    kept.restart()
    expect(await mine.reconnect(id)).toMatchObject({ type: 'connected', integration: { status: 'connected' } })
    kept.restart()
    await registry.close()
    expect(kept.opened()).toBe(3)
  })
})

it('a validate begins with a new session while the old one works, whose calls end in it', async () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const kept = sessions(
    () => ({ status: 404 }),
    async (request) => {
      if (request.method !== 'tools/call') return undefined
      await held
      return right(request)
    },
  )
  const server = await listen(kept.behaviour)
  const { call, mine, id } = await connected(server)
  const calling = resultOf(call())
  while (!server.sent().includes('tools/call')) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await mine.validate(id)).toMatchObject({ type: 'connected' })
  expect(kept.opened()).toBe(2)
  expect(server.sent()).not.toContain('DELETE')
  release()
  expect(await calling).toMatchObject({ content: [{ text: 'done' }] })
  while (!server.sent().includes('DELETE')) await new Promise((resolve) => setTimeout(resolve, 5))
  const ended = server.requests.find(({ verb }) => verb === 'DELETE')
  expect(ended?.headers['mcp-session-id']).toBe('session-1')
})

it.each([500, 502, 504])('a request that met HTTP %i is not sent again, though its session is gone', async (status) => {
  const kept = sessions(() => ({ status }))
  const server = await listen(kept.behaviour)
  const { call } = await connected(server)
  await call()
  kept.restart()
  const from = server.requests.length
  await expect(call()).rejects.toMatchObject({ code: 'server_error', mayHaveRun: true })
  expect(server.sent(from).filter((method) => method === 'tools/call')).toHaveLength(1)
})

it('an error of the tool in a living session stands: a ping is answered, and no session is opened', async () => {
  const wrong = ({ method, id }: FieldRequest) =>
    method === 'tools/call'
      ? { json: { jsonrpc: '2.0', id, error: { code: -32602, message: 'limit must be at most 100' } } }
      : undefined
  const kept = sessions(() => ({ status: 404 }), wrong)
  const server = await listen(kept.behaviour)
  const { call } = await connected(server)
  expect(await resultOf(call())).toMatchObject({ isError: true })
  expect(server.sent().slice(-2)).toEqual(['tools/call', 'ping'])
  expect(kept.opened()).toBe(1)
})

it('a 401 that is meant stays one: one ping and one initialize follow, no more', async () => {
  const server = await listen(sessions(() => ({ status: 401 })).behaviour)
  const { call, mine, id } = await connected(server)
  server.become((request) => (request.verb === 'POST' ? { status: 401 } : undefined))
  const from = server.requests.length
  expect(await call()).toMatchObject({ type: 'authorization_required' })
  expect(server.sent(from).toSorted()).toEqual(['initialize', 'ping', 'tools/call'])
  expect(await mine.get(id)).toMatchObject({ status: 'reconnect_required' })
})

it('a JSON-RPC error under 404 is the error it says, and costs one session at most (googleapis/mcp-toolbox#3588)', async () => {
  const missing = ({ method, id }: FieldRequest) =>
    method === 'tools/call'
      ? { status: 404, json: { jsonrpc: '2.0', id, error: { code: -32601, message: 'No such tool' } } }
      : undefined
  const kept = sessions(() => ({ status: 404 }), missing)
  const server = await listen(kept.behaviour)
  const { call, mine, id } = await connected(server)
  expect(await resultOf(call())).toMatchObject({ isError: true, content: [{ text: 'No such tool' }] })
  expect(kept.opened()).toBeLessThanOrEqual(2)
  expect(await mine.get(id)).toMatchObject({ status: 'connected' })
})
