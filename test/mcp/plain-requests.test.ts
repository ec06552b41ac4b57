import { createServer } from 'node:https'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createDialer } from '#connect'
import type { JsonObject } from '../../src/model/json.js'
import { CallClock } from '../../src/mcp/call-clock.js'
import type { ServerProfile, CallOptions } from '../../src/mcp/connection-contract.js'
import { openClient } from '../../src/mcp/open-client.js'
import { serverError } from '../../src/mcp/server-errors.js'
import { callOn } from '../../src/mcp/tool-call.js'
import { readToolList } from '../../src/mcp/tool-listing.js'
import { authorizedFetch } from '../../src/oauth/authorized-fetch.js'
import { certificate } from '../egress/certificate.js'
import { eventually } from '../support/eventually.js'
import { endAll, guarded, listen, listenRaw, manualTimers, started } from '../egress/support.js'

afterEach(endAll)

interface Asked {
  readonly id: number
  readonly params?: { readonly _meta?: { readonly progressToken?: unknown } }
}
type Answer = (response: ServerResponse, asked: Asked, request: IncomingMessage) => void

const eras = ['2026-07-28', '2025-11-25'] as const
const roads = ['short', 'sdk'] as const

describe('the short path behaves like the SDK for', () => {
  const completed = (id: unknown, rest: object = {}) => ({
    jsonrpc: '2.0',
    id,
    result: { resultType: 'complete', content: [{ type: 'text', text: 'grüezi' }], ...rest },
  })
  const json = (make: (id: number) => unknown, status = 200, type = 'application/json'): Answer => {
    return (response, { id }) => response.writeHead(status, { 'content-type': type }).end(JSON.stringify(make(id)))
  }
  const body = (text: string | Buffer, headers: Record<string, string> = {}, status = 200): Answer => {
    return (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  }
  let asked7: Asked = { id: 7 }
  const events = (make: (id: number) => string, ends = true): Answer => {
    return (response, given, request) => {
      if (request.method !== 'GET') asked7 = given
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      // What is asked to be told again is told.
      response.write(request.method === 'GET' ? event(completed(asked7.id)) : make(given.id))
      if (ends) response.end()
      else request.on('aborted', () => response.destroy())
    }
  }
  const event = (message: unknown, fields = '') => `${fields}event: message\ndata: ${JSON.stringify(message)}\n\n`
  const progress = (progressToken: unknown) => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1, message: 'half' },
  })
  const listChanged = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

  const answers: Readonly<Record<string, Answer>> = {
    'a result': json((id) => completed(id)),
    'a result with a charset': json((id) => completed(id), 200, 'Application/JSON; charset=utf-8'),
    'a result with an odd status': json((id) => completed(id), 299),
    'a result without a type': (response, { id }) => response.writeHead(200).end(JSON.stringify(completed(id))),
    'a result that says it is text': json((id) => completed(id), 200, 'text/plain'),
    'a result in a list with news': json((id) => [progress(id), completed(id)]),
    'a result with its id as text': json((id) => completed(String(id))),
    'a result without an id': json(() => completed(null)),
    'a result of another request': json(() => completed(999)),
    'a result that is text': json((id) => ({ jsonrpc: '2.0', id, result: 'done' })),
    'a result that is nothing': json((id) => ({ jsonrpc: '2.0', id, result: null })),
    'a result with a wrong meta': json((id) => completed(id, { _meta: 'none' })),
    'a result of a kind yet unknown': json((id) => completed(id, { resultType: 'task' })),
    'a question': json((id) => completed(id, { resultType: 'input_required', inputRequests: {} })),
    'a failed tool': json((id) => completed(id, { isError: true })),
    'members nobody knows': json((id) => ({ ...completed(id), error: null, extra: 1 })),
    'a JSON-RPC error': json((id) => ({ jsonrpc: '2.0', id, error: { code: -32602, message: 'no', data: [1] } })),
    'an error with a code of text': json((id) => ({ jsonrpc: '2.0', id, error: { code: 'E_NO', message: null } })),
    'an error that is text': json((id) => ({ jsonrpc: '2.0', id, error: 'no' })),
    'a byte order mark': (response, { id }) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`\uFEFF${JSON.stringify(completed(id))}`),
    'compressed JSON': (response, { id }) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(completed(id)))),
    'a lie about compression': body('{"jsonrpc"', { 'content-encoding': 'gzip' }),
    'an encoding nobody asked for': body('x', { 'content-encoding': 'zstd' }),
    'JSON that can not be read': body('{"jsonrpc":'),
    'JSON that nests too deep': body(`{"jsonrpc":"2.0","id":null,"result":{"content":${nested(100)}}}`),
    'JSON that says it is too large': body('{}', { 'content-length': String(2 ** 21) }),
    'JSON that is too large': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(completed(7, { padding: 'x'.repeat(2 ** 21) })))
    },
    nothing: body(''),
    'a page': body('<html></html>', { 'content-type': 'text/html' }),
    'a picture': body('GIF89a', { 'content-type': 'image/gif' }),
    'a cut answer': (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
      response.write('{"jsonrpc":"2.0"')
      setImmediate(() => response.destroy())
    },
    'a reset': (response) => void response.socket?.resetAndDestroy(),
    'a stream': events((id) => event(completed(id))),
    'a stream that says it is JSON': (response, { id }) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(event(completed(id))),
    'a stream without a type': (response, { id }) => response.writeHead(200).end(event(completed(id))),
    'a stream with news before': events((id) => event(progress(id)) + event(completed(id))),
    'a stream with a question before': events(
      (id) => event({ jsonrpc: '2.0', id: 1, method: 'ping' }) + event(completed(id)),
    ),
    'a stream with ids': events((id) => event(progress(id), 'id: a\n') + event(completed(id), 'id: b\n')),
    'a stream that goes on elsewhere': events(() => 'id: a\nretry: 10\ndata:\n\n'),
    'a stream that goes on elsewhere after news': events(
      (id) => `id: a\nretry: 10\ndata: ${JSON.stringify(progress(id))}\n\n`,
    ),
    'a stream with news of the list before': events((id) => event(listChanged) + event(completed(id))),
    'a stream with news after': events((id) => event(completed(id)) + event(listChanged)),
    'a stream with an empty event before': events((id) => `id: a\ndata:\n\n${event(completed(id), 'id: b\n')}`),
    'a stream in small pieces': (response, { id }) => {
      const text = `: hello\r\n\r\n${event(completed(id)).replaceAll('\n', '\r\n')}`
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const byte of Buffer.from(text)) response.write(Buffer.from([byte]))
      response.end()
    },
    'a stream with much before': events((id) => `: ${'x'.repeat(100_000)}\n\n${event(completed(id))}`),
    'a stream with a list of answers': events((id) => event([progress(id), completed(id)])),
    'a stream with a question for a person': events((id) =>
      event(completed(id, { resultType: 'input_required', inputRequests: {} })),
    ),
    'a stream with the id of another request': events((id) => event(completed(999)) + event(completed(id))),
    'a stream with bad events': events(
      (id) => `data: {bad\n\n: ping\n\nevent: other\ndata: {}\n\n${event(completed(id))}`,
    ),
    'a stream of one JSON': events((id) => JSON.stringify(completed(id))),
    'a stream with an error': events((id) => event({ jsonrpc: '2.0', id, error: { code: -1, message: 'no' } })),
    'a stream that ends early': events((id) => event(progress(id))),
    'an empty stream': events(() => ''),
    'a stream with an event that is too large': events(() => `data: "${'x'.repeat(2 ** 21)}"\n\n`),
    'a flood': events((id) => event(progress(id)).repeat(3_000) + event(completed(id))),
    'a cut stream': (response, { id }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(progress(id)))
      setTimeout(() => response.destroy(), 10)
    },
    ...Object.fromEntries(
      [
        201, 202, 204, 205, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429, 500, 502,
        503,
      ].map((status) => [`HTTP ${status}`, body('', { location: '/elsewhere', 'retry-after': '3' }, status)]),
    ),
    ...Object.fromEntries(
      [400, 401, 403, 404, 500].flatMap((status) => [
        [
          `HTTP ${status} with our error`,
          json((id) => ({ jsonrpc: '2.0', id, error: { code: -32001, message: 'm' } }), status),
        ],
        [
          `HTTP ${status} with an error`,
          json(() => ({ jsonrpc: '2.0', id: null, error: { code: -32022, message: 'm' } }), status),
        ],
        [`HTTP ${status} with a result`, json((id) => completed(id), status)],
      ]),
    ),
    'a challenge': body('', { 'www-authenticate': 'Bearer error="insufficient_scope", scope="a b"' }, 403),
  }

  for (const era of eras)
    for (const [name, answer] of Object.entries(answers))
      it(`${name}, ${era}`, async () => {
        const server = await listen(asked(answer))
        const sends = name === 'a stream with a question before' && era === '2025-11-25' ? 2 : 1
        const [short, sdk] = [
          await exchanged('short', era, server, {}, sends),
          await exchanged('sdk', era, server, {}, sends),
        ]
        expect(sdk.requests.length).toBeGreaterThan(0)
        expect(short).toEqual(sdk)
      })

  for (const era of eras)
    for (const name of [
      'a result',
      'a stream',
      'a JSON-RPC error',
      'HTTP 404',
      'a cut answer',
      'a stream with news before',
    ])
      it(`${name} to a list, ${era}`, async () => {
        const server = await listen(asked(answers[name]!))
        const [short, sdk] = [
          await exchanged('short', era, server, 'list'),
          await exchanged('sdk', era, server, 'list'),
        ]
        expect(sdk.requests.length).toBeGreaterThan(0)
        expect(short).toEqual(sdk)
      })
})

describe('the short path, like the SDK, on every road', () => {
  const ok: Answer = (response, { id }) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [] } }))

  for (const era of eras) {
    for (const name of ['größe', ' padded ', '', '=?base64?eA==?=', 'a\tb', 'plain_name'])
      it(`sends the same for the tool ${JSON.stringify(name)}, ${era}`, async () => {
        const server = await listen(asked(ok))
        const asks = { name, args: { region: 'eu' }, meta: { traceparent: '00-1-2-01' } }
        expect(await exchanged('short', era, server, asks)).toEqual(await exchanged('sdk', era, server, asks))
      })

    it(`sends the same for a tool with parameters in headers, ${era}`, async () => {
      const server = await listen(asked(ok))
      const properties = { region: { type: 'string', 'x-mcp-header': 'Region' } }
      const asks = { name: 'read', args: { region: 'eu' }, properties }
      const short = await exchanged('short', era, server, asks)
      expect(short).toEqual(await exchanged('sdk', era, server, asks))
      expect(JSON.stringify(short.requests).includes('mcp-param-region')).toBe(era === '2026-07-28')
    })

    it(`aborts with its caller before, during and after the start of a response, ${era}`, async () => {
      for (const when of ['before', 'while', 'after'] as const) {
        const seen: unknown[] = []
        for (const road of roads) {
          const given = new AbortController()
          let freed: () => void = () => undefined
          const gone = new Promise<void>((resolve) => (freed = resolve))
          const cancelled: unknown[] = []
          const server = await listen((request, response) => {
            response.on('close', () => freed())
            void textOf(request).then((text) => {
              const { method, params } = JSON.parse(text) as { method: string; params: { reason?: unknown } }
              if (method !== 'tools/call')
                return response.writeHead(202).end() && cancelled.push([method, params.reason])
              if (when === 'after') {
                response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': there\n\n')
                setTimeout(() => given.abort(), 20)
              } else given.abort()
              return undefined
            })
          })
          if (when === 'before') given.abort()
          const { call, close } = await opened(road, era, server.url)
          const outcome = await call({ signal: given.signal })
          if (when !== 'before') await gone
          if (era === '2025-11-25' && when !== 'before') await expect.poll(() => cancelled.length).toBe(1)
          seen.push({ outcome, cancelled })
          await close()
        }
        expect(seen[0]).toEqual(seen[1])
      }
    })

    it(`is ended by closing, ${era}`, async () => {
      const seen: unknown[] = []
      for (const road of roads) {
        let freed: () => void = () => undefined
        const gone = new Promise<void>((resolve) => (freed = resolve))
        const server = await listen((request, response) => {
          request.resume()
          response.on('close', () => freed())
          void close()
        })
        const { call, close } = await opened(road, era, server.url)
        seen.push(await call())
        await gone
      }
      expect(seen[0]).toMatchObject({ fault: { code: 'unreachable', reason: 'reset', mayHaveRun: true } })
    })

    it(`checks once more before a request is sent, and then sends nothing, ${era}`, async () => {
      for (const road of roads) {
        const server = await listen(asked(ok))
        const { call, close } = await opened(road, era, server.url)
        const refusal = Object.assign(new Error('paused'), { [Symbol.for('mcp-integrations.passthrough')]: true })
        expect(await call({ beforeSend: () => Promise.reject(refusal) })).toEqual({
          fault: { name: 'Error', message: 'paused' },
        })
        expect(lastSeen).toEqual([])
        await close()
      }
    })

    it(`says the same of a kept connection that is closed, ${era}`, async () => {
      const seen: unknown[] = []
      for (const road of roads) {
        let sockets = 0
        const server = await listenRaw((socket) => {
          sockets++
          socket.once('data', () => {
            const text = JSON.stringify({ jsonrpc: '2.0', id: null, result: { content: [] } })
            socket.write(
              `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
            )
            socket.once('data', () => socket.destroy())
          })
        })
        const { call, close } = await opened(road, era, server.url)
        const outcomes = [await call(), await call()]
        expect(outcomes[0]).toMatchObject({ answer: { result: { content: [] } } })
        seen.push({ outcomes, sockets })
        await close()
      }
      expect(seen[0]).toEqual(seen[1])
    })

    it(`keeps one connection for one stream after the other, ${era}`, async () => {
      const sockets = new Set<unknown>()
      const server = await listen((request, response) => {
        sockets.add(request.socket)
        void textOf(request).then((text) => {
          const { id } = JSON.parse(text) as { id: number }
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })}\n\n`)
        })
      })
      const { call, close } = await opened('short', era, server.url)
      for (let n = 0; n < 3; n++) expect(await call()).toMatchObject({ answer: { result: { content: [] } } })
      expect(sockets.size).toBe(1)
      await close()
    })

    it(`speaks TLS, and refuses an untrusted certificate, ${era}`, async () => {
      const server = createServer(certificate, asked(ok))
      const { url } = await started(server, () => server.closeAllConnections())
      const secure = url.replace('http:', 'https:').replace('127.0.0.1', 'localhost')
      for (const ca of [certificate.cert, undefined]) {
        const seen: unknown[] = []
        for (const road of roads) {
          const { call, close } = await opened(road, era, secure, ca)
          const outcome = await call()
          expect('answer' in outcome).toBe(ca !== undefined)
          seen.push(outcome)
          await close()
        }
        expect(seen[0]).toEqual(seen[1])
      }
    })
  }

  it('passes the response on: the SDK sends no request of its own for a plain response', async () => {
    for (const answer of [ok, streamed(ok)]) {
      const server = await listen(asked(answer))
      const { call, sdkCalls, close } = await opened('short', '2026-07-28', server.url)
      expect(await call()).toMatchObject({ answer: { result: { content: [] } } })
      expect(sdkCalls()).toBe(0)
      await close()
    }
  })
})

interface Asks {
  readonly name?: string
  readonly args?: JsonObject
  readonly meta?: Readonly<Record<string, string>>
  readonly properties?: JsonObject
}

/** The same answer as a stream of one event. */
function streamed(answer: Answer): Answer {
  return (response, given, request) => {
    const { writeHead, end } = response
    Object.assign(response, {
      writeHead: () => writeHead.call(response, 200, { 'content-type': 'text/event-stream' }),
      end: (text: string) => end.call(response, `event: message\ndata: ${text}\n\n`, 'utf8'),
    })
    answer(response, given, request)
  }
}

/** Answers what it is asked, and notes what that was. */
function asked(answer: Answer): RequestListener {
  const seen: unknown[] = []
  lastSeen = seen
  return (request, response) => {
    void textOf(request).then((text) => {
      const { host: _port, ...headers } = request.headers
      seen.push({ verb: request.method, path: request.url, headers, ...withoutIds(text) })
      const sent = text === '' ? { id: 7 } : (JSON.parse(text) as Asked & { readonly method?: string })
      if ('method' in sent && !('id' in sent)) response.writeHead(202).end()
      else answer(response, sent, request)
    })
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** A request, but for the ids that each road counts for itself. */
function withoutIds(text: string): object {
  if (text === '') return {}
  const { id, params, ...rest } = JSON.parse(text) as JsonObject & { params?: { _meta?: JsonObject } }
  const { progressToken, ...meta } = params?._meta ?? {}
  const request = {
    ...rest,
    isAsked: id !== undefined,
    wantsProgress: progressToken !== undefined && progressToken === id,
  }
  return {
    ...request,
    params: params && { ...params, _meta: meta },
    length: text.replace(/"(id|progressToken)":\d+/g, '').length,
  }
}

let lastSeen: unknown[] = []

/** One call or list on one road: what was sent, and what came of it. */
async function exchanged(
  road: (typeof roads)[number],
  era: (typeof eras)[number],
  { url }: { readonly url: string },
  asks: Asks | 'list' = {},
  /** How many requests the server surely gets: the answer to its question is sent beside the call. */
  sends = 1,
) {
  lastSeen.length = 0
  const { call, list, told: news, close } = await opened(road, era, url)
  const outcome = asks === 'list' ? await list() : await call({ meta: asks.meta }, asks)
  await eventually(() => expect(lastSeen.length).toBeGreaterThanOrEqual(sends))
  // News that come after an answer are news as well.
  await new Promise((resolve) => setTimeout(resolve, 5))
  await close()
  // How many news of a flood pass before it is cut off is a matter of chance.
  return { outcome, news: news.slice(0, 10), requests: structuredClone(lastSeen).map(withoutLength) }
}

function withoutLength(request: unknown): unknown {
  const { headers, ...rest } = request as { headers: Record<string, string> }
  const { 'content-length': _length, ...others } = headers
  return { ...rest, headers: others }
}

async function opened(road: (typeof roads)[number], era: (typeof eras)[number], address: string, ca?: string) {
  const egress = { allowLoopback: true }
  const timers = manualTimers()
  // Only what waits to go on with a stream is not waited for.
  const runtime = {
    ...timers,
    setTimer: (callback: () => void, ms: number) =>
      ms > 100 ? timers.setTimer(callback, ms) : stopLater(setTimeout(callback, 0)),
  }
  const dialer = ca === undefined ? undefined : createDialer({ egress, runtime, ca } as never)
  const { fetch } = guarded({ runtime, dialer })
  const url = new URL('/mcp', address)
  const source = { kind: 'headers', headers: { 'X-Key': ' k ' } } as const
  const endpoint = { url: url.href, fetch: authorizedFetch({ fetch, serverUrl: url.href, source }) }
  const open = await openClient(
    { endpoint, runtime: runtime as never, timeoutMs: 10_000, elicits: false },
    profiles[era],
  )
  const told: unknown[] = []
  let sdkCalls = 0
  const client = await open.sdk()
  const { callTool } = client
  client.callTool = (...args) => {
    sdkCalls++
    return callTool.apply(client, args)
  }
  open.transport.onToolsChanged = () => void told.push('tools changed')
  const server = road === 'short' ? open : { ...open, plain: undefined }

  async function timed(signal: AbortSignal | undefined, work: (clock: CallClock) => Promise<unknown>) {
    const clock = new CallClock({ runtime, timeoutMs: 10_000, signal })
    try {
      return { answer: await clock.race(work(clock)) }
    } catch (error) {
      return { fault: plain(clock.ended ?? serverError(error, 'call')) }
    } finally {
      clock.stop()
    }
  }

  return {
    call(options: Partial<CallOptions> = {}, { name = 'read', args = { text: 'hello' }, properties = {} }: Asks = {}) {
      const definition = { name, inputSchema: { type: 'object', properties } }
      const onProgress = (progress: unknown) => void told.push(progress)
      return timed(options.signal, (clock) =>
        callOn(server, {
          definition,
          args,
          options: { timeoutMs: 10_000, onProgress, ...options },
          clock,
          sending: { beforeSend: async (waited) => options.beforeSend?.(waited), onRefused: () => undefined },
        }),
      )
    },
    list: () => timed(undefined, (clock) => readToolList(server, clock, { maxTools: 100 })),
    told,
    sdkCalls: () => sdkCalls,
    close: () => open.close(),
  }
}

function stopLater(timer: NodeJS.Timeout) {
  return () => clearTimeout(timer)
}

const profiles: Readonly<Record<(typeof eras)[number], ServerProfile>> = {
  '2026-07-28': {
    era: 'modern',
    transport: 'streamable-http',
    protocolVersion: '2026-07-28',
    at: 0,
    discover: {
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 's', version: '1' },
    },
  },
  '2025-11-25': {
    era: 'legacy',
    transport: 'streamable-http',
    protocolVersion: '2025-11-25',
    at: 0,
    sessionId: 'one',
    serverCapabilities: { tools: { listChanged: true } },
  },
}

/** What can be told of an error, and differs not by where it was made. */
function plain(error: unknown): unknown {
  const { name, message, ...rest } = error as Error
  return {
    name,
    message: message.replace(/^[\w.]+:\d+/, 'the server'),
    ...(JSON.parse(JSON.stringify(rest)) as object),
  }
}
