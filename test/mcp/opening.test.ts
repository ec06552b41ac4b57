import { describe, expect, it } from 'vitest'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { testServer } from '../../src/testing/mcp-server.js'
import { eventually } from '../support/eventually.js'
import { rejectionOf, listing, never, open, rawServer, result, sent, tool } from './support.js'

const tools = [{ name: 'echo' }]
const patient = { timeoutMs: 10_000 }

describe('opening a connection', () => {
  it.each([500, 501])('goes the older way when the question for the era is answered with HTTP %i', async (status) => {
    const server = testServer({ tools, era: 'legacy' })
    const moody = {
      ...server,
      fetch: async (url: string | URL | Request, init?: RequestInit) =>
        String(init?.body).includes('server/discover') ? new Response('oops', { status }) : server.fetch(url, init),
    }
    const connection = await open(moody)
    expect(connection.profile.era).toBe('legacy')
    expect((await connection.listTools(listing)).tools).toHaveLength(1)
    await server.close()
  })

  it.each([
    [401, 'authorization_failed'],
    [403, 'authorization_failed'],
    [429, 'rate_limited'],
    [502, 'server_error'],
    [503, 'server_error'],
  ])('asks once, and not over the older transport, when it meets HTTP %i', async (status, code) => {
    const requests: string[] = []
    const fetch = async (_url: unknown, init?: RequestInit) => {
      requests.push(init?.method ?? 'GET')
      return new Response('<html>', { status })
    }
    expect(await rejectionOf(open({ url: 'https://mcp.example/mcp', fetch }))).toMatchObject({
      code,
      httpStatus: status,
    })
    expect(requests).toEqual(['POST'])
  })

  it.each([400, 404, 405])('tries the older transport on HTTP %i', async (status) => {
    const requests: string[] = []
    const fetch = async (_url: unknown, init?: RequestInit) => {
      requests.push(init?.method ?? 'GET')
      return new Response('Cannot POST', { status })
    }
    expect(await rejectionOf(open({ url: 'https://mcp.example/mcp', fetch }))).toMatchObject({
      code: 'not_mcp',
      httpStatus: status,
    })
    expect(requests).toEqual(status === 400 ? ['POST', 'POST', 'GET'] : ['POST', 'GET', 'POST'])
  })

  it('does not wait for ever for the older transport on a stream of another kind', async () => {
    const runtime = manualRuntime()
    const server = testServer({ tools, era: 'legacy' })
    let begin = (): void => {}
    const streaming = new Promise<void>((resolve) => (begin = resolve))
    const fetch = async (url: string | URL | Request, init?: RequestInit) => {
      if (String(init?.body).includes('server/discover')) return new Response('no session', { status: 404 })
      if (init?.method === 'POST' || init?.method === 'DELETE') return server.fetch(url, init)
      begin()
      return new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
    }
    const opening = open({ url: server.url, fetch }, { runtime })
    await streaming
    await runtime.advance(5_000)
    const connection = await opening
    expect(connection.profile).toMatchObject({ era: 'legacy', transport: 'streamable-http' })
    await connection.close({ endSession: true })
    await server.close()
  })

  it('does not mistake a 2026-07-28 server for one of the older transport', async () => {
    const requests: string[] = []
    const fetch = async (_url: unknown, init?: RequestInit) => {
      requests.push(init?.method ?? 'GET')
      const { id } = JSON.parse(String(init?.body)) as { id: unknown }
      return Response.json(
        { jsonrpc: '2.0', id, error: { code: -32022, message: 'no', data: { supported: ['2031-01-01'] } } },
        { status: 400 },
      )
    }
    expect(await rejectionOf(open({ url: 'https://mcp.example/mcp', fetch }))).toMatchObject({ mayHaveRun: false })
    expect(requests).not.toContain('GET')
  })

  it('says that a web page is not MCP', async () => {
    const fetch = async () => new Response('<html>', { headers: { 'content-type': 'text/html' } })
    expect(await rejectionOf(open({ url: 'https://mcp.example/', fetch }))).toMatchObject({ code: 'not_mcp' })
  })

  it('reports that no server responds', async () => {
    expect(await rejectionOf(open({ url: 'http://127.0.0.1:59999/mcp', fetch }))).toMatchObject({
      code: 'unreachable',
      mayHaveRun: false,
    })
  })

  it('ends when a server says nothing, and leaves no timer', async () => {
    const runtime = manualRuntime()
    const fetch = (input: string | URL | Request, init?: RequestInit) => never(new Request(input, init))
    const opening = rejectionOf(open({ url: 'https://mcp.example/mcp', fetch }, { runtime, timeoutMs: 5_000 }))
    await runtime.advance(5_000)
    expect(await opening).toMatchObject({ code: 'timeout' })
    expect(runtime.timers).toBe(0)
  })

  it('ends at once when it is aborted while it asks for the era', async () => {
    const controller = new AbortController()
    const fetch = (input: string | URL | Request, init?: RequestInit) => {
      controller.abort()
      return never(new Request(input, init))
    }
    expect(
      await rejectionOf(open({ url: 'https://mcp.example/mcp', fetch }, { signal: controller.signal })),
    ).toMatchObject({
      code: 'aborted',
    })
  })

  it('ends when the older transport opens its stream and then says nothing', async () => {
    const runtime = manualRuntime()
    const cancelled: string[] = []
    const fetch = async (_url: unknown, init?: RequestInit) => {
      if (init?.method === 'POST') return new Response(null, { status: 405 })
      void runtime.advance(5_000)
      return new Response(new ReadableStream({ cancel: () => void cancelled.push('stream') }), {
        headers: { 'content-type': 'text/event-stream' },
      })
    }
    expect(
      await rejectionOf(open({ url: 'https://mcp.example/sse', fetch }, { runtime, timeoutMs: 5_000 })),
    ).toMatchObject({
      code: 'timeout',
    })
    expect(runtime.timers).toBe(0)
  })

  it('detects the server again if the stored profile is out of date', async () => {
    const modern = testServer({ tools, era: 'modern' })
    const legacy = testServer({ tools, era: 'legacy' })
    const { profile } = await open(modern)
    const told: unknown[] = []
    const connection = await open(legacy, { profile, onProfileChanged: (found) => void told.push(found.era) })
    const before = await connection.callTool(tool('echo'), {}, patient)
    expect(before.result.content).toEqual([{ type: 'text', text: 'echo ran' }])
    expect(told).toEqual(['legacy'])
    expect(legacy.calls.get('echo')).toBe(1)

    const back = await open(modern, { profile: { ...connection.profile, sessionId: 'gone' } })
    expect((await back.callTool(tool('echo'), {}, patient)).result.content).toHaveLength(1)
    expect(back.profile.era).toBe('modern')
  })
})

describe('a session', () => {
  it('is continued by the next process, and replaced if it was lost', async () => {
    const server = testServer({ tools, era: 'legacy' })
    const { profile } = await open(server)
    server.forgetSessions()
    const before = server.requests.length
    const next = await open(server, { profile })
    await next.callTool(tool('echo'), {}, patient)
    expect(sent(server, before)).toEqual(['tools/call', 'initialize', 'notifications/initialized', 'tools/call'])
    await server.close()
  })

  it('that seems lost at once again is not if it answers a ping: the answer was about the call, after two handshakes', async () => {
    const server = rawServer('legacy', ({ id, method }) =>
      method === 'ping' ? result(id, {}) : new Response(null, { status: 404 }),
    )
    const connection = await open(server)
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'protocol_error',
      httpStatus: 404,
      mayHaveRun: false,
    })
    expect(server.requests.filter(({ method }) => method === 'initialize')).toHaveLength(2)
  })

  it('that refuses even a ping in the new session is lost, after two handshakes', async () => {
    const server = rawServer('legacy', () => new Response(null, { status: 404 }))
    const connection = await open(server)
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'session_lost',
      httpStatus: 404,
      mayHaveRun: false,
    })
    expect(server.requests.filter(({ method }) => method === 'initialize')).toHaveLength(2)
  })

  it('is also lost when a server says so with HTTP 400 and no id, and again when it is asked for a sign of life', async () => {
    let left = 2
    const server = rawServer('legacy', ({ id }) => (left-- > 0 ? noSession() : result(id, { content: [] })))
    const connection = await open(server)
    expect((await connection.callTool(tool('t'), {}, patient)).result).toEqual({ content: [] })
    expect(sent(server).slice(-5)).toEqual([
      'tools/call',
      'ping',
      'initialize',
      'notifications/initialized',
      'tools/call',
    ])
  })

  it.each([
    ['empty, as it must be', {}],
    ['with something in it', { pong: true }],
  ])('is not lost while it shows a sign of life (%s): the call is not sent again', async (_how, pong) => {
    const server = rawServer('legacy', ({ id, method }) =>
      method === 'ping' ? Response.json({ jsonrpc: '2.0', id, result: pong }) : noSession(),
    )
    const connection = await open(server)
    expect((await connection.callTool(tool('t'), {}, patient)).result).toMatchObject({ isError: true })
    expect(sent(server).slice(-2)).toEqual(['tools/call', 'ping'])
  })

  it('is shared by processes whose requests are under way at once, and each gets its own response', async () => {
    let started = (): void => undefined
    const hasStarted = new Promise<void>((resolve) => (started = resolve))
    let finish = (): void => undefined
    const finished = new Promise<void>((resolve) => (finish = resolve))
    const slow = {
      name: 'slow',
      run: async ({ of }: { readonly of?: unknown }) => {
        if (of === 'first') started()
        await finished
        return `for the ${String(of)}`
      },
    }
    const server = testServer({ tools: [slow], era: 'legacy' })
    const first = await open(server)
    const second = await open(server, { profile: first.profile })
    const calls = [first.callTool(tool('slow'), { of: 'first' }, patient)]
    await hasStarted
    calls.push(second.callTool(tool('slow'), { of: 'second' }, patient))
    await eventually(() => expect(server.calls.get('slow')).toBe(2))
    finish()
    const results = await Promise.all(calls)
    expect(results.map((each) => each.result.content[0]?.text)).toEqual(['for the first', 'for the second'])
    expect(sent(server).filter((method) => method === 'initialize')).toHaveLength(1)
    await server.close()
  })

  it('is ended at the server only if no other process can continue it', async () => {
    const server = testServer({ tools, era: 'legacy' })
    const kept = await open(server)
    await kept.close()
    expect(sent(server)).not.toContain('DELETE')
    expect(await rejectionOf(kept.listTools(listing))).toMatchObject({ code: 'closed' })
    const ended = await open(server)
    await ended.close({ endSession: true })
    await ended.close({ endSession: true })
    expect(sent(server).filter((method) => method === 'DELETE')).toHaveLength(1)
    expect(await rejectionOf(ended.listTools(listing))).toMatchObject({ code: 'conflict' })
    await server.close()
  })

  it('does not keep closing waiting', async () => {
    const runtime = manualRuntime()
    const server = rawServer('legacy', (_message, request) => {
      void runtime.advance(2_000)
      return never(request)
    })
    const connection = await open(server, { runtime })
    await connection.close({ endSession: true })
    expect(server.requests.at(-1)?.verb).toBe('DELETE')
    expect(runtime.timers).toBe(0)
  })
})

function noSession(): Response {
  return Response.json(
    { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'No valid session' } },
    { status: 400 },
  )
}
