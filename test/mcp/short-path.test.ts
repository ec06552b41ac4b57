import { setImmediate as turn } from 'node:timers/promises'
import { createServer } from 'node:https'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { StreamableHTTPClientTransport, type JSONRPCMessage } from '@modelcontextprotocol/client'
import { afterEach, describe, expect, it } from 'vitest'
import { createConnector } from '#connect'
import { carrying } from '../../src/mcp/before-send.js'
import { FloodGates } from '../../src/mcp/flood-gate.js'
import { GuardedTransport } from '../../src/mcp/guarded-transport.js'
import { serverFetch, type ServerFetchOptions } from '../../src/mcp/server-fetch.js'
import { ShortPathTransport } from '../../src/mcp/short-path.js'
import { authorizedFetch } from '../../src/oauth/authorized-fetch.js'
import { certificate } from '../egress/certificate.js'
import { endAll, guarded, listen, listenRaw, manualTimers, started } from '../egress/support.js'

afterEach(endAll)

type Answer = (response: ServerResponse, asked: { readonly id: number }, request: IncomingMessage) => void

const eras = ['2026-07-28', '2025-11-25'] as const
const roads = ['short', 'sdk'] as const

describe('the short path does what the SDK would do with', () => {
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
  const events = (make: (id: number) => string, ends = true): Answer => {
    return (response, { id }, request) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      // What is asked to be told again is told.
      response.write(request.method === 'GET' ? event(completed(7)) : make(id))
      if (ends) response.end()
      else request.on('aborted', () => response.destroy())
    }
  }
  const event = (message: unknown, fields = '') => `${fields}event: message\ndata: ${JSON.stringify(message)}\n\n`
  const notice = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 7, progress: 1 } }
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

  const answers: Readonly<Record<string, Answer>> = {
    'a result': json((id) => completed(id)),
    'a result with a charset': json((id) => completed(id), 200, 'Application/JSON; charset=utf-8'),
    'a result with an odd status': json((id) => completed(id), 299),
    'a result without a type': (response, { id }) => response.writeHead(200).end(JSON.stringify(completed(id))),
    'a result that says it is text': json((id) => completed(id), 200, 'text/plain'),
    'a result in a list with news': json((id) => [notice, completed(id)]),
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
    'JSON that nests too deep': body(`{"jsonrpc":"2.0","id":7,"result":{"content":${nested(100)}}}`),
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
    'a stream with news before': events((id) => event(notice) + event(completed(id))),
    'a stream with a question before': events(
      (id) => event({ jsonrpc: '2.0', id: 1, method: 'ping' }) + event(completed(id)),
    ),
    'a stream with ids': events((id) => event(notice, 'id: a\n') + event(completed(id), 'id: b\n')),
    'a stream that goes on elsewhere': events(() => 'id: a\nretry: 10\ndata:\n\n'),
    'a stream with bad events': events(
      (id) => `data: {bad\n\n: ping\n\nevent: other\ndata: {}\n\n${event(completed(id))}`,
    ),
    'a stream of one JSON': events((id) => JSON.stringify(completed(id))),
    'a stream with an error': events((id) => event({ jsonrpc: '2.0', id, error: { code: -1, message: 'no' } })),
    'a stream that ends early': events(() => event(notice)),
    'an empty stream': events(() => ''),
    'a stream with an event that is too large': events(() => `data: "${'x'.repeat(2 ** 21)}"\n\n`),
    'a flood': events((id) => event(notice).repeat(3_000) + event(completed(id))),
    'a cut stream': (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(notice))
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
        const [short, sdk] = [await exchanged('short', era, server), await exchanged('sdk', era, server)]
        expect(sdk.outcome.messages.length + sdk.outcome.faults.length).toBeGreaterThan(0)
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
        const asks = { name, headers: { 'mcp-param-region': 'eu', Authorization: 'mine', 'X-Odd': ' é ' } }
        expect(await exchanged('short', era, server, asks)).toEqual(await exchanged('sdk', era, server, asks))
      })

    it(`gives up with its caller before, while and after an answer begins, ${era}`, async () => {
      for (const begins of [false, true]) {
        const seen: unknown[] = []
        for (const road of roads) {
          const given = new AbortController()
          let freed: () => void = () => undefined
          const gone = new Promise<void>((resolve) => (freed = resolve))
          const server = await listen((request, response) => {
            request.resume()
            response.on('close', () => freed())
            if (begins) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': there\n\n')
            else given.abort()
          })
          const { transport, outcome } = await opened(road, era, server.url)
          await transport.send(call('slow', era), { requestSignal: given.signal }).catch(noteFault(outcome))
          given.abort()
          await gone
          seen.push(outcome)
        }
        expect(seen[0]).toEqual(seen[1])
      }
      const aborted = await Promise.all(
        roads.map(async (road) => {
          const server = await listen(asked(ok))
          const { transport, outcome } = await opened(road, era, server.url)
          await transport.send(call('x', era), { requestSignal: AbortSignal.abort() }).catch(noteFault(outcome))
          return outcome
        }),
      )
      expect(aborted[0]).toEqual(aborted[1])
    })

    it(`is ended by closing, ${era}`, async () => {
      for (const road of roads) {
        let freed: () => void = () => undefined
        const gone = new Promise<void>((resolve) => (freed = resolve))
        const server = await listen((request, response) => {
          request.resume()
          response.on('close', () => freed())
          void transport.close()
        })
        const { transport, outcome } = await opened(road, era, server.url)
        await transport.send(call('x', era)).catch(noteFault(outcome))
        await gone
        expect(outcome.faults).toMatchObject([{ code: 'aborted' }])
        await expect(transport.send(call('x', era))).rejects.toMatchObject({ code: 'aborted' })
      }
    })

    it(`looks once more before a request leaves, and sends nothing then, ${era}`, async () => {
      for (const road of roads) {
        const server = await listen(asked(ok))
        const { transport } = await opened(road, era, server.url)
        const refusal = new Error('paused')
        const sent = carrying(
          () => Promise.reject(refusal),
          (headers) => transport.send(call('x', era), { headers }),
        )
        await expect(sent).rejects.toBe(refusal)
        expect(lastSeen).toEqual([])
      }
    })

    it(`says the same of a kept connection that is closed, ${era}`, async () => {
      const seen: unknown[] = []
      for (const road of roads) {
        let sockets = 0
        const server = await listenRaw((socket) => {
          sockets++
          socket.once('data', () => {
            const text = JSON.stringify({ jsonrpc: '2.0', id: 7, result: { content: [] } })
            socket.write(
              `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
            )
            socket.once('data', () => socket.destroy())
          })
        })
        const { transport, outcome } = await opened(road, era, server.url)
        await transport.send(call('x', era)).catch(noteFault(outcome))
        await transport.send(call('x', era)).catch(noteFault(outcome))
        expect(outcome.messages).toHaveLength(1)
        seen.push({ outcome, sockets })
      }
      expect(seen[0]).toEqual(seen[1])
    })

    it(`speaks TLS, and refuses a certificate that nobody vouches for, ${era}`, async () => {
      const server = createServer(certificate, asked(ok))
      const { url } = await started(server, () => server.closeAllConnections())
      const secure = url.replace('http:', 'https:').replace('127.0.0.1', 'localhost')
      for (const ca of [certificate.cert, undefined]) {
        const seen: unknown[] = []
        for (const road of roads) {
          const { transport, outcome } = await opened(road, era, secure, ca)
          await transport.send(call('x', era)).catch(noteFault(outcome))
          expect(outcome.messages).toHaveLength(ca === undefined ? 0 : 1)
          seen.push(outcome)
        }
        expect(seen[0]).toEqual(seen[1])
      }
    })
  }

  it('carries what it says it carries: the SDK sends nothing of its own for a plain answer', async () => {
    const server = await listen(asked(ok))
    const { transport, outcome, sdkSends } = await opened('short', '2026-07-28', server.url)
    await transport.send(call('x', '2026-07-28'))
    expect(outcome.messages).toHaveLength(1)
    expect(sdkSends()).toBe(0)
  })
})

interface Outcome {
  readonly messages: unknown[]
  readonly faults: unknown[]
  readonly errors: unknown[]
}

interface Call {
  readonly name?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers what it is asked, and notes what that was. */
function asked(answer: Answer): RequestListener & { readonly seen: unknown[] } {
  const seen: unknown[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { host: _port, ...headers } = request.headers
      seen.push({ verb: request.method, path: request.url, headers, text })
      answer(response, text === '' ? { id: 7 } : (JSON.parse(text) as { id: number }), request)
    })
  }
  lastSeen = seen
  return Object.assign(listener, { seen })
}

let lastSeen: unknown[] = []

/** One call on one road: what was sent, and what came of it. */
async function exchanged(
  road: (typeof roads)[number],
  era: (typeof eras)[number],
  { url }: { readonly url: string },
  { name = 'read', headers }: Call = {},
) {
  lastSeen.length = 0
  const { transport, outcome, answered } = await opened(road, era, url)
  await transport.send(call(name, era), { headers }).then(() => answered, noteFault(outcome))
  await turn()
  await transport.close()
  return { outcome, requests: structuredClone(lastSeen) }
}

async function opened(road: (typeof roads)[number], era: (typeof eras)[number], address: string, ca?: string) {
  const egress = { allowLoopback: true }
  const runtime = manualTimers()
  const connector = ca === undefined ? undefined : createConnector({ egress, runtime, ca } as never)
  const { fetch } = guarded({ runtime, connector })
  const url = new URL('/mcp', address)
  const source = { kind: 'headers', headers: { 'X-Key': ' k ' } } as const
  const server: ServerFetchOptions = {
    fetch: authorizedFetch({ fetch, serverUrl: url.href, source }),
    transport: 'streamable-http',
    now: () => 0,
    gates: new FloodGates(() => 0),
    exchange: (mark) => transport.exchange(mark),
    find: (id) => transport.find(id),
    onStreamFault: () => undefined,
  }
  let sdkSends = 0
  const known = {
    sessionId: era === '2025-11-25' ? 'one' : undefined,
    protocolVersion: era === '2025-11-25' ? era : undefined,
    reconnectionScheduler: (reconnect: () => void) => setImmediate(reconnect) && undefined,
  }
  const sdkFetch = serverFetch(server)
  const inner =
    road === 'short'
      ? new ShortPathTransport(url, { server, ...known })
      : new StreamableHTTPClientTransport(url, { fetch: sdkFetch, ...known })
  const sdk = StreamableHTTPClientTransport.prototype as unknown as { _send: (...args: unknown[]) => Promise<void> }
  const { _send } = sdk
  Object.assign(inner, {
    _send(...args: unknown[]) {
      sdkSends++
      return _send.apply(inner, args)
    },
  })
  const transport: GuardedTransport = new GuardedTransport(inner, {
    answersInResponse: true,
    unread: false,
    questionMs: 1_000,
    runtime,
  })
  const outcome: Outcome = { messages: [], faults: [], errors: [] }
  let isAnswered: () => void = () => undefined
  const answered = new Promise<void>((resolve) => (isAnswered = resolve))
  transport.onmessage = (message) => {
    outcome.messages.push(structuredClone(plain(message)))
    if ('id' in message && message.id === 7 && !('method' in message)) isAnswered()
  }
  transport.onerror = (error) => outcome.errors.push(told(error))
  await transport.start()
  return { transport, outcome, answered, sdkSends: () => sdkSends }
}

function call(name: string, era: (typeof eras)[number]): JSONRPCMessage {
  const _meta = era === '2026-07-28' ? { 'io.modelcontextprotocol/protocolVersion': era } : undefined
  return { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name, arguments: { text: 'hello' }, _meta } }
}

function noteFault(outcome: Outcome) {
  return (error: unknown): void => void outcome.faults.push(told(error))
}

/** What can be told of an error, and differs not by where it was made. */
function told(error: unknown): unknown {
  const { name, message, ...rest } = error as Error
  return {
    name,
    message: message.replace(/^[\w.]+:\d+/, 'the server'),
    ...(JSON.parse(JSON.stringify(rest)) as object),
  }
}

/** A given-up answer carries the error itself. */
function plain(message: JSONRPCMessage): unknown {
  return 'error' in message
    ? { ...message, error: { ...message.error, data: undefined, told: told(message.error) } }
    : message
}
