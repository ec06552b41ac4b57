import { describe, expect, it } from 'vitest'
import { rejectionOf, open, rawServer, result, stream, tool, type Message } from './support.js'

const patient = { timeoutMs: 10_000 }
const http = (status: number, headers: Record<string, string> = {}, body = '') => [
  `HTTP ${status} ${JSON.stringify(headers)}${body}`,
  () => new Response(status === 204 ? null : body, { status, headers }),
]
const rpc = (code: number, status = 200, ofNobody = false) => [
  `JSON-RPC error ${code}${ofNobody ? ' without its id' : ''}, HTTP ${status}`,
  ({ id }: Message) =>
    Response.json(
      { jsonrpc: '2.0', id: ofNobody ? null : id, error: { code, message: 'Session not found' } },
      { status },
    ),
]
const cut = (text: string) => () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text))
        controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
      },
    }),
    { headers: { 'content-type': 'application/json' } },
  )

/** What a server may answer after it acted. A 404 in a session is another matter: that is how a lost one is told. */
const answers = [
  ...[400, 401, 403, 405, 406, 408, 409, 410, 411, 413, 415, 421, 422, 423, 425, 426, 429].map((status) =>
    http(status),
  ),
  ...[500, 501, 502, 503, 504, 520, 301, 302, 303, 307, 308, 202, 204].map((status) => http(status)),
  http(429, { 'retry-after': '0' }),
  http(503, { 'retry-after': '0' }),
  http(502, { 'content-type': 'text/html' }, '<html>'),
  http(200, { 'content-type': 'text/html' }, '<html>'),
  http(200),
  http(401, { 'www-authenticate': 'Bearer error="invalid_token"' }),
  http(400, { 'www-authenticate': 'Bearer error="invalid_token"' }),
  http(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="more"' }),
  ...[-32700, -32600, -32601, -32602, -32603, -32000, -32001, -32002, -32020, -32021, -32022, -32042, 7].flatMap(
    (code) => [rpc(code), rpc(code, 400), rpc(code, 404), rpc(code, 500), rpc(code, 200, true), rpc(code, 400, true)],
  ),
  ['a response to another request', () => result(77, { content: [] })],
  ['a stream without a response', () => stream([])],
  ['a stream with an event id and a time to come back', () => stream([{ jsonrpc: '2.0', method: 'x' }])],
  ['a body that breaks off', cut('{"jsonrpc":"2.0",')],
] as [string, (message: Message) => Response][]

describe.each(['modern', 'legacy'] as const)('a call that a %s server answered', (era) => {
  it.each(answers)('with %s is not sent again while the server shows a sign of life', async (_what, answer) => {
    const server = rawServer(era, (message) =>
      message.method === 'tools/call' ? answer(message) : result(message.id, {}),
    )
    const connection = await open(server)
    await connection.callTool(tool('t'), {}, patient).catch(() => undefined)
    // Now it has worked before, as in a living system.
    await connection.listTools({ ...patient, maxTools: 10 }).catch(() => undefined)
    const from = server.requests.length
    await connection.callTool(tool('t'), {}, patient).catch(() => undefined)
    const sent = server.requests.slice(from).filter(({ method }) => method === 'tools/call')
    expect(sent).toHaveLength(1)
    await connection.close()
  })
})

/** Whoever refuses a revision and then agrees on another one has not run anything. */
const notOfRevision = answers.filter(([what]) => !what.includes('-32022'))

describe('a call of revision 2026-07-28, which knows no session,', () => {
  it.each(notOfRevision)(
    'that was answered with %s is not sent again though the server is found again',
    async (_what, answer) => {
      let isGone = false
      const honest = rawServer('modern', (message) => {
        if (message.method !== 'tools/call') return result(message.id, { tools: [] })
        isGone = true
        return answer(message)
      })
      const server = {
        ...honest,
        fetch: async (url: unknown, init?: RequestInit) => {
          const refuses = isGone && typeof init?.body === 'string' && init.body.includes('server/discover')
          if (!refuses) return honest.fetch(url as string, init)
          isGone = false
          return new Response('', { status: 404 })
        },
      }
      const connection = await open(server)
      await connection.listTools({ ...patient, maxTools: 10 })
      await connection.callTool(tool('t'), {}, patient).catch(() => undefined)
      expect(honest.requests.filter(({ method }) => method === 'tools/call')).toHaveLength(1)
      await connection.close()
    },
  )
})

it.each([http(500), http(520), rpc(-32603), rpc(-32000), rpc(1, 500), http(202), http(200)] as typeof answers)(
  'a call that may have run, answered with %s, is not sent again though its session is lost',
  async (_what, answer) => {
    let isGone = false
    const server = rawServer('legacy', ({ id, method }) => {
      if (method === 'tools/list') return result(id, { tools: [] })
      if (method !== 'tools/call') return new Response('', { status: isGone ? 404 : 200 })
      isGone = true
      return answer({ id: id!, method })
    })
    const connection = await open(server)
    await connection.listTools({ ...patient, maxTools: 10 })
    await connection.callTool(tool('t'), {}, patient).catch(() => undefined)
    const sent = server.requests.map(({ method }) => method)
    expect(sent.filter((method) => method === 'tools/call')).toHaveLength(1)
    expect(sent.filter((method) => method === 'initialize')).toHaveLength(2)
    await connection.close()
  },
)

it('a refused revision that is agreed on again is an error, and the connection stays open', async () => {
  let isOdd = true
  const server = rawServer('modern', (message) =>
    isOdd
      ? Response.json({ jsonrpc: '2.0', id: message.id, error: { code: -32022, message: 'no' } }, { status: 400 })
      : result(message.id, { content: [] }),
  )
  const connection = await open(server)
  expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
    reason: 'unsupported_version',
  })
  isOdd = false
  expect((await connection.callTool(tool('t'), {}, patient)).result).toMatchObject({ content: [] })
  await connection.close()
})
