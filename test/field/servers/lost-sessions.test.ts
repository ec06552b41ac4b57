import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.js'
import {
  connected,
  connectedLocally,
  events,
  listen,
  listenOlder,
  local,
  resultOf,
  right,
  sessions,
  type FieldRequest,
  type Behaviour,
} from './support.js'

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
  ...[406, 412, 418, 428, 440].map((status) => [String(status), () => ({ status })] as const),
  ['400 with JSON of its own', () => ({ status: 400, json: { error: 'No transport found for sessionId' } })],
  ['404 with a web page', () => ({ status: 404, headers: { 'content-type': 'text/html' }, body: '<html>' })],
  ['401 with a challenge', () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } })],
  [
    '400 with a JSON-RPC error whose id is a word (python-sdk)',
    () => ({
      status: 400,
      json: { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'No session' } },
    }),
  ],
  [
    'a JSON-RPC error in an event stream',
    ({ id }) => events({ jsonrpc: '2.0', id, error: { code: -32600, message: 'Session not found' } }),
  ],
  [
    '400 with a JSON-RPC error without an id',
    () => ({ status: 400, json: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'No valid session' } } }),
  ],
]

describe.each(refusals)('a session that the server forgot, reported by %s', (_how, refuse) => {
  it('is opened again for a call, which is sent once more', async () => {
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

it('validate opens a new session while the old one works, and running calls end in the old one', async () => {
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

it('a JSON-RPC error without an id and with HTTP 400 is reported, and costs one session at most', async () => {
  const kept = sessions(
    () => ({ status: 404 }),
    ({ method }) =>
      method === 'tools/call'
        ? { status: 400, json: { jsonrpc: '2.0', id: null, error: { code: -32602, message: 'limit is too large' } } }
        : undefined,
  )
  const { call, mine, id } = await connected(await listen(kept.behaviour))
  expect(await resultOf(call())).toMatchObject({ isError: true, content: [{ text: 'limit is too large' }] })
  expect(kept.opened()).toBeLessThanOrEqual(2)
  expect(await mine.get(id)).toMatchObject({ status: 'connected' })
})

it('a server that knows no ping is not doubted for it', async () => {
  const kept = sessions(
    () => ({ status: 404 }),
    (request) => {
      const { id, method } = request
      if (method === 'ping') return right({ ...request, method: 'unknown' })
      return method === 'tools/call'
        ? { json: { jsonrpc: '2.0', id, error: { code: -32602, message: 'limit is too large' } } }
        : undefined
    },
  )
  const { call } = await connected(await listen(kept.behaviour))
  for (let n = 0; n < 2; n++) expect(await resultOf(call())).toMatchObject({ isError: true })
  expect(kept.opened()).toBe(1)
})

it('a 404 for one call, also in a session made just now, is about that call', async () => {
  const gone = ({ method }: FieldRequest) =>
    method === 'tools/call' ? { status: 404, body: 'There is no order 5.' } : undefined
  const kept = sessions(() => ({ status: 404 }), gone)
  const server = await listen(kept.behaviour)
  const { call, mine, id } = await connected(server)
  const from = server.requests.length
  await expect(call()).rejects.toMatchObject({
    code: 'protocol_error',
    httpStatus: 404,
    mayHaveRun: false,
    serverMessage: 'There is no order 5.',
  })
  expect(server.sent(from).filter((method) => method === 'initialize')).toHaveLength(1)
  expect(await mine.get(id)).toMatchObject({ status: 'connected' })
})

it('a session that is lost at once, and the new one too, is a lost session: one is opened for each call', async () => {
  let forgets = false
  const kept = sessions(
    () => ({ status: 404 }),
    ({ method }) => (forgets && method !== 'initialize' ? { status: 404 } : undefined),
  )
  const server = await listen(kept.behaviour)
  const { call, mine, id } = await connected(server)
  forgets = true
  const from = server.requests.length
  await expect(call()).rejects.toMatchObject({ code: 'session_lost', httpStatus: 404, mayHaveRun: false })
  expect(server.sent(from).filter((method) => method === 'initialize')).toHaveLength(1)
  expect(server.sent(from).filter((method) => method === 'tools/call')).toHaveLength(2)
  expect(await mine.get(id)).toMatchObject({ status: 'error', statusDetail: { reason: 'unreachable' } })
})

it('a 404 for the list of tools, also in a session made just now, is about the list', async () => {
  const kept = sessions(
    () => ({ status: 404 }),
    ({ method }) => (method === 'tools/list' ? { status: 404 } : undefined),
  )
  await expect(connected(await listen(kept.behaviour))).rejects.toMatchObject({
    code: 'protocol_error',
    httpStatus: 404,
  })
  expect(kept.opened()).toBe(2)
})

describe('over HTTP+SSE', () => {
  it.each([400, 401, 403, 404, 410, 422])(
    'a stream that the server forgot, told by %i, is opened anew',
    async (status) => {
      const server = await listenOlder()
      const { call, mine, id } = await connected(server)
      await call()
      server.forget(status)
      expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
      expect(await mine.get(id)).toMatchObject({ status: 'connected' })
      server.forget(status)
      expect(await mine.validate(id)).toMatchObject({ type: 'connected' })
    },
  )

  it('a call that met HTTP 500 is not sent again, and the next one works', async () => {
    const server = await listenOlder()
    const { call } = await connected(server)
    await call()
    server.forget(500)
    await expect(call()).rejects.toMatchObject({ code: 'server_error', mayHaveRun: true })
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
  })
})

describe('a local server', () => {
  /** What stands between starts it anew, so that it knows no handshake: each process answers two calls. */
  const forgetful = (code: number) =>
    local(
      `({ id, method }) => {
        if (method === 'initialize') left = 2
        const known = method !== 'ping' && method !== 'tools/call'
        if (known || left-- > 0) return undefined
        return JSON.stringify({ jsonrpc: '2.0', id, error: { code: ${code}, message: 'not initialized' } })
      }`,
      'let left = 0',
    )

  it('that has forgotten its handshake gets another one, and the call', async () => {
    const { call, mine, id } = await connectedLocally(forgetful(-32600))
    for (let n = 0; n < 4; n++) expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it.each([-32002, -32000])(
    'that says so by %i gets another one, but no call twice that may have run',
    async (code) => {
      const { call } = await connectedLocally(forgetful(code))
      for (let n = 0; n < 2; n++) await call()
      expect(await resultOf(call())).toMatchObject({ isError: true })
      expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    },
  )

  it('that refuses the parameters of a call is not doubted', async () => {
    const { call } = await connectedLocally(forgetful(-32602))
    for (let n = 0; n < 2; n++) await call()
    expect(await resultOf(call())).toMatchObject({ isError: true, content: [{ text: 'not initialized' }] })
  })

  it('that ends between two calls is started again; one that ends during a call is not asked twice', async () => {
    const dies = (how: string) => local(`({ method }, result) => { if (method === 'tools/call') ${how} }`)
    const between = await connectedLocally(
      dies(`{
        setTimeout(() => process.exit(7), 5)
        return result({ content: [{ type: 'text', text: String(process.pid) }] })
      }`),
    )
    for (let n = 0; n < 2; n++) {
      const { content } = (await resultOf(between.call())) as { content: [{ text: string }] }
      await eventually(() => expect(() => process.kill(Number(content[0].text), 0)).toThrow('ESRCH'))
    }
    const during = await connectedLocally(dies('process.exit(7)'))
    await expect(during.call()).rejects.toMatchObject({ code: 'unreachable', reason: 'exited', mayHaveRun: true })
  })
})

describe('a server of the current era that answers the question late', () => {
  it('is used in its era, and lost sessions and refusals are reported', async () => {
    const modern: Behaviour = ({ id, method }) =>
      method === 'server/discover'
        ? {
            json: {
              jsonrpc: '2.0',
              id,
              result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
            },
          }
        : undefined
    let release = (): void => undefined
    const asked = new Promise<void>((resolve) => (release = resolve))
    const server = await listen(async (request) => {
      if (request.method === 'server/discover') await asked
      if (request.method !== 'initialize') return modern(request)
      // The answer to the question comes while the older handshake is under way.
      release()
      await new Promise((resolve) => setTimeout(resolve, 200))
      return { status: 400, body: 'no' }
    })
    const { call, integration, mine, id } = await connected(server, { limits: { connectTimeoutMs: 8_000 } })
    expect(integration).toMatchObject({ status: 'connected', protocolVersion: '2026-07-28' })
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    server.become((request) =>
      request.method === 'tools/call'
        ? { status: 400, json: { jsonrpc: '2.0', id: null, error: { code: -32602, message: 'no' } } }
        : modern(request),
    )
    expect(await resultOf(call())).toMatchObject({ isError: true })
    // It is one of the older era from now on.
    server.become((request) =>
      request.headers['mcp-protocol-version'] === '2026-07-28' ? { status: 400, body: 'unsupported' } : undefined,
    )
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    expect(await mine.validate(id)).toMatchObject({ type: 'connected' })
  })
})
