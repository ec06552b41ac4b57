import { describe, expect, it } from 'vitest'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { eventually } from '../support/eventually.js'
import { listing, open, result, stream, tool, type Message } from './support.js'

const capabilities = { tools: { listChanged: true } }
const serverInfo = { name: 'raw', version: '1' }
const news = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'hello' } }
const frame = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }

const discovery = {
  ...frame,
  supportedVersions: ['2026-07-28'],
  capabilities,
  instructions: 'Be kind.',
  _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
}
const agreement = { protocolVersion: '2025-06-18', capabilities, serverInfo, instructions: 'Be kind.' }

/** Ways to give the same answer: the first two are read without the SDK's client, the others by it. */
const ways: Record<string, (id: unknown, value: object) => Response> = {
  'as JSON': (id, value) => Response.json({ jsonrpc: '2.0', id, result: value }),
  'as a stream of one message': (id, value) => stream([{ jsonrpc: '2.0', id, result: value }]),
  'as a stream with news before it': (id, value) => stream([news, { jsonrpc: '2.0', id, result: value }]),
  'in a list with news': (id, value) => Response.json([news, { jsonrpc: '2.0', id, result: value }]),
  'as plain text': (id, value) => new Response(JSON.stringify({ jsonrpc: '2.0', id, result: value })),
  'without an id': (_id, value) => Response.json({ jsonrpc: '2.0', result: value }),
}

/** Ways of a server of an older era to refuse the question for its era. */
const refusals: Record<string, (id: unknown) => Response> = {
  'an error with HTTP 400': () =>
    Response.json({ jsonrpc: '2.0', id: null, error: { code: -32000, message: 'No session' } }, { status: 400 }),
  'an error with HTTP 200': (id) =>
    Response.json({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }),
  'a stream of one error': (id) => stream([{ jsonrpc: '2.0', id, error: { code: -32601, message: 'No' } }]),
  'words with HTTP 400': () => new Response('Bad Request', { status: 400 }),
  'HTTP 500': () => new Response('oops', { status: 500 }),
  'a result of something else': (id) => result(id, { ok: true }),
}

/** A server that answers by method, and what it was sent. */
function serving(answers: Record<string, (message: Message, request: Request) => Response>) {
  const sent: Message[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const text = await request.clone().text()
    const message = (text === '' ? { method: request.method } : JSON.parse(text)) as Message
    sent.push(message)
    const answer = answers[message.method]
    if (answer !== undefined) return answer(message, request)
    if (message.method === 'tools/list') return result(message.id, { tools: [tool('read')] })
    return new Response(null, { status: message.id === undefined ? 202 : 404 })
  }
  return { url: 'https://mcp.example/mcp', fetch, sent, methods: () => sent.map(({ method }) => method) }
}

describe('a handshake without the SDK’s client', () => {
  it.each(Object.entries(ways))('of the current era is done with one request that is answered %s', async (_, way) => {
    const server = serving({ 'server/discover': ({ id }) => way(id, discovery) })
    const connection = await open(server)
    expect(connection.profile).toMatchObject({
      era: 'modern',
      protocolVersion: '2026-07-28',
      serverCapabilities: capabilities,
      server: { ...serverInfo, instructions: 'Be kind.' },
    })
    expect((await connection.listTools(listing)).tools).toEqual([tool('read')])
    expect(server.methods()).toEqual(['server/discover', 'tools/list'])
    await connection.close()
  })

  const cases = Object.entries(refusals).flatMap(([refusal, refuse]) =>
    Object.entries(ways).map(([way, say]) => ({ refusal, way, refuse, say })),
  )
  it.each(cases)('of an older era follows $refusal, answered $way, and asks nothing twice', async ({ refuse, say }) => {
    const server = serving({
      'server/discover': ({ id }) => refuse(id),
      initialize: ({ id }) => {
        const response = say(id, agreement)
        response.headers.set('mcp-session-id', 'one')
        return response
      },
    })
    const connection = await open(server)
    expect(connection.profile).toMatchObject({
      era: 'legacy',
      protocolVersion: '2025-06-18',
      sessionId: 'one',
      serverCapabilities: capabilities,
      server: { ...serverInfo, instructions: 'Be kind.' },
    })
    expect((await connection.listTools(listing)).tools).toEqual([tool('read')])
    expect(server.methods()).toEqual(['server/discover', 'initialize', 'notifications/initialized', 'tools/list'])
    await connection.close()
  })

  it('is not done again when the client is needed after all, with a server that has no sessions', async () => {
    const server = serving({
      'server/discover': ({ id }) => refusals['an error with HTTP 200']!(id),
      initialize: ({ id }) => ways['as JSON']!(id, agreement),
      'tools/list': ({ id }) => ways['as a stream with news before it']!(id, { tools: [tool('read')] }),
    })
    const connection = await open(server)
    expect((await connection.listTools(listing)).tools).toEqual([tool('read')])
    expect((await connection.listTools(listing)).tools).toEqual([tool('read')])
    expect(server.methods().filter((method) => method === 'initialize')).toHaveLength(1)
    await connection.close()
  })

  it('leaves nobody to answer a question of the server, so that it is answered when one comes', async () => {
    const clock = manualRuntime()
    let questions = 0
    const server = serving({
      'server/discover': ({ id }) => refusals['an error with HTTP 400']!(id),
      initialize: ({ id }) => {
        const response = ways['as JSON']!(id, agreement)
        response.headers.set('mcp-session-id', 'one')
        return response
      },
      GET: () => {
        questions++
        return stream([{ jsonrpc: '2.0', id: 'p1', method: 'ping' }])
      },
    })
    const connection = await open(server, { runtime: clock, onToolsChanged: () => {} })
    await clock.advance(5_000)
    await eventually(() => {
      expect(questions).toBeGreaterThan(0)
      expect(server.sent).toContainEqual({ jsonrpc: '2.0', id: 'p1', result: {} })
    })
    await connection.close()
  })
})
