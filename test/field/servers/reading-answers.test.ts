import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  connected,
  connectedLocally,
  events,
  listen,
  local,
  resultOf,
  right,
  tool,
  type Behaviour,
  type FieldRequest,
} from './support.js'

const done = { content: [{ type: 'text', text: 'done' }] }
const on =
  (method: string, answer: Behaviour): Behaviour =>
  (request) =>
    request.method === method ? answer(request) : undefined

describe('a list that says the same again', () => {
  it('word for word has one tool (openclaw/mcporter#260)', async () => {
    const twice = { ...tool, name: 'twice' }
    const server = await listen(on('tools/list', (request) => right(request, [twice, tool, twice])))
    const { tools, unavailable } = await (await connected(server)).toolset()
    expect(tools.map(({ name }) => name)).toEqual(['twice', 'echo'])
    expect(unavailable).toEqual([])
  })

  it('with its members in another order, too', async () => {
    const server = await listen(
      on('tools/list', (request) =>
        right(request, [
          { name: 'a', inputSchema: { type: 'object', properties: {} } },
          { inputSchema: { properties: {}, type: 'object' }, name: 'a' },
        ]),
      ),
    )
    expect((await (await connected(server)).toolset()).tools).toHaveLength(1)
  })

  it.each([
    ['the same cursor on each page (DeusData/codebase-memory-mcp#1247)', () => '8'],
    ['a new cursor on each page', (n: number) => String(n)],
  ])('with %s ends where nothing new comes', async (_what, cursor) => {
    let pages = 0
    const server = await listen(
      on('tools/list', ({ id }) => ({
        json: { jsonrpc: '2.0', id, result: { tools: [tool], nextCursor: cursor(++pages) } },
      })),
    )
    const { integration, toolset } = await connected(server)
    expect(integration.status).toBe('connected')
    expect((await toolset()).tools).toHaveLength(1)
    expect(pages).toBeLessThanOrEqual(2)
  })

  it.each([
    [
      'a number for a cursor',
      { tools: [tool], nextCursor: 2 },
      { tools: [{ ...tool, name: 'last' }] },
      ['echo', 'last'],
    ],
    ['false for no cursor', { tools: [tool], nextCursor: false }, {}, ['echo']],
    ['{} for no cursor', { tools: [tool], nextCursor: {} }, {}, ['echo']],
    ['a last page that has no tools', { tools: [tool], nextCursor: 'b' }, {}, ['echo']],
    ['a last page whose tools are null', { tools: [tool], nextCursor: 'b' }, { tools: null }, ['echo']],
  ])('with %s has what is there', async (_what, first, second, names) => {
    const server = await listen(
      on('tools/list', ({ id, params }) => ({
        json: { jsonrpc: '2.0', id, result: params['cursor'] === undefined ? first : second },
      })),
    )
    expect((await (await connected(server)).toolset()).tools.map(({ name }) => name)).toEqual(names)
  })

  it('goes on over a page that is empty', async () => {
    const pages = [
      { tools: [tool], nextCursor: 'a' },
      { tools: [], nextCursor: 'b' },
      { tools: [{ ...tool, name: 'last' }] },
    ]
    let n = 0
    const server = await listen(
      on('tools/list', ({ id }) => ({ json: { jsonrpc: '2.0', id, result: pages[n++ % 3] } })),
    )
    expect((await (await connected(server)).toolset()).tools.map(({ name }) => name)).toEqual(['echo', 'last'])
  })

  it('with two different definitions of a name keeps neither', async () => {
    const server = await listen(
      on('tools/list', (request) => right(request, [tool, { ...tool, description: 'Something else.' }])),
    )
    const { tools, unavailable } = await (await connected(server)).toolset()
    expect(tools).toEqual([])
    expect(unavailable).toMatchObject([{ reason: 'duplicate_name' }, { reason: 'duplicate_name' }])
  })
})

describe('JSON', () => {
  it.each([
    ['no label (helidon-mcp#97)', {}],
    ['the label text/plain (zilla#2214)', { 'content-type': 'text/plain; charset=utf-8' }],
    ['the label of a web page', { 'content-type': 'text/html' }],
    ['a JSON label of its own', { 'content-type': 'application/vnd.api+json' }],
    ['the label of an event stream', { 'content-type': 'text/event-stream' }],
    ['a byte order mark', { 'content-type': 'application/json' }, '\uFEFF'],
    ['blanks before it', { 'content-type': 'text/plain' }, '  \n'],
  ])('with %s is read', async (_what, headers, before = '') => {
    const server = await listen((request) => {
      if (request.verb !== 'POST' || request.id === undefined) return undefined
      return { headers, body: before + JSON.stringify(right(request).json) }
    })
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it.each([
    ['a warning of PHP before it', '<br />\n<b>Warning</b>: Undefined index in x.php<br />\n$answer'],
    ['a line of a log before it', 'DEBUG 12:00 tools/call echo\n$answer'],
    ['a line of a log after it', '$answer\nDone in 3 ms\n'],
    ['a NUL after it', '$answer\n\0'],
    [
      'another message on a line before',
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}\n$answer\n',
    ],
    ['all of it once more as a text', '$text'],
  ])('with %s is read', async (_what, written) => {
    const server = await listen((request) => {
      if (request.verb !== 'POST' || request.id === undefined) return undefined
      const answer = JSON.stringify(right(request).json)
      const body = written.replace('$answer', () => answer).replace('$text', () => JSON.stringify(answer))
      return { headers: { 'content-type': 'application/json' }, body }
    })
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it.each(['UTF-8', 'none', 'identity'])('in the "encoding" %s is as it was written', async (encoding) => {
    const server = await listen((request) =>
      request.verb === 'POST' && request.id !== undefined
        ? { ...right(request), headers: { 'content-encoding': encoding } }
        : undefined,
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it.each([201, 202, 203, 206])('is an answer under HTTP %i', async (status) => {
    const server = await listen((request) =>
      request.verb === 'POST' && request.id !== undefined ? { ...right(request), status } : undefined,
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it('that is not MCP is reported as such, and the tool may have run', async () => {
    const server = await listen(on('tools/call', () => ({ json: { detail: 'Internal error' } })))
    await expect((await connected(server)).call()).rejects.toMatchObject({
      code: 'protocol_error',
      mayHaveRun: true,
      message: expect.stringContaining('not an MCP message') as string,
    })
  })

  it('in a list of one is read', async () => {
    const server = await listen((request) =>
      request.verb === 'POST' && request.id !== undefined ? { json: [right(request).json] } : undefined,
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it.each([
    ['another type of event', 'event: result\ndata: $answer\n\n'],
    ['its lines broken', 'data: {\ndata: "x":1, $members\n\n'],
    ['two messages in one event', 'data: {"jsonrpc":"2.0","method":"notifications/x"}\ndata: $answer\n\n'],
    ['its field written large', 'Data: $answer\n\n'],
    ['no field', ': hello\n\n$answer\n\n'],
    ['something else after it', 'data: $answer\n\ndata: [DONE]\n\n'],
    ['something else before it', 'data: ok\n\ndata: $answer\n\n'],
    ['a pause that is none', 'retry: soon\nid:\ndata: $answer\n\n'],
  ])('in an event stream with %s is read', async (_what, written) => {
    const server = await listen(
      on('tools/call', (request) => {
        const answer = JSON.stringify(right(request).json)
        const body = written.replace('$answer', () => answer).replace('$members', () => answer.slice(1))
        return { headers: { 'content-type': 'text/event-stream' }, body }
      }),
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it.each(['\n', '', '\r\n'])(
    'in an event that no empty line ends, on a stream that stays open, is read (vercel/ai#16865): %j',
    async (end) => {
      const open: ServerResponse[] = []
      const older = createServer((incoming, outgoing) => {
        let text = ''
        incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
        incoming.on('end', () => {
          if (incoming.method !== 'POST') return void outgoing.writeHead(405).end()
          const message = JSON.parse(text) as FieldRequest
          const { status = 200, json } = right(message)
          if (json === undefined) return void outgoing.writeHead(status).end()
          open.push(outgoing.writeHead(200, { 'content-type': 'text/event-stream' }))
          const written = JSON.stringify(json)
          outgoing.write(`data: ${written.slice(0, 20)}`)
          setTimeout(() => outgoing.write(`${written.slice(20)}${end}`), 10)
        })
      })
      await new Promise<void>((resolve) => older.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => {
        older.closeAllConnections()
        older.close()
      })
      const url = `http://127.0.0.1:${(older.address() as AddressInfo).port}/mcp`
      expect(await resultOf((await connected({ url })).call())).toMatchObject(done)
      expect(open.every(({ writableEnded }) => !writableEnded)).toBe(true)
    },
  )

  it('missing at the end of an event stream is reported at once (typescript-sdk#2739)', async () => {
    const server = await listen(
      on('tools/call', () => ({ headers: { 'content-type': 'text/event-stream' }, body: ': bye\n\n' })),
    )
    await expect((await connected(server)).call()).rejects.toMatchObject({
      code: 'unreachable',
      reason: 'reset',
      mayHaveRun: true,
    })
  })

  it("in an event stream that can't be read is no outage", async () => {
    const server = await listen(
      on('tools/call', () => ({ headers: { 'content-type': 'text/event-stream' }, body: 'data: {"jsonrpc"\n\n' })),
    )
    const { call, mine, id } = await connected(server)
    await expect(call()).rejects.toMatchObject({ code: 'protocol_error', mayHaveRun: true })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('an event stream by another name is one', async () => {
    const server = await listen(
      on('tools/call', (request) => ({ ...events(right(request).json), headers: { 'content-type': 'text/plain' } })),
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it('a web page in place of a result is no MCP, and the tool may have run', async () => {
    const server = await listen(
      on('tools/call', () => ({ headers: { 'content-type': 'application/json' }, body: '<html>Log in</html>' })),
    )
    const { call, mine, id } = await connected(server)
    await expect(call()).rejects.toMatchObject({ code: 'not_mcp', mayHaveRun: true })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('that is cut off is none', async () => {
    const server = await listen(
      on('tools/call', () => ({ headers: { 'content-type': 'application/json' }, body: '{' })),
    )
    await expect((await connected(server)).call()).rejects.toMatchObject({ code: 'protocol_error', mayHaveRun: true })
  })
})

describe('an answer with another id', () => {
  it.each([
    ['the same as text (radareorg/radare2-mcp#68)', String],
    ['always 0 (autopsy#7999)', () => 0],
    ['null', () => null],
  ])('%s belongs to the only request of its POST', async (_what, idOf) => {
    const server = await listen((request) =>
      request.verb === 'POST' && request.id !== undefined
        ? { json: { ...(right(request).json as object), id: idOf(request.id) } }
        : undefined,
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it('in an event stream belongs there too', async () => {
    const server = await listen(
      on('tools/call', (request) => events({ ...(right(request).json as object), id: String(request.id) })),
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject(done)
  })

  it('as text is taken from a local server', async () => {
    const odd = local(`({ id, method }, result) => method === 'tools/call'
      ? JSON.stringify({ jsonrpc: '2.0', id: String(id), result: { content: [{ type: 'text', text: 'done' }] } })
      : undefined`)
    expect(await resultOf((await connectedLocally(odd)).call())).toMatchObject(done)
  })

  it('an error without an id is the answer of its POST', async () => {
    const server = await listen(
      on('tools/call', () => ({ json: { jsonrpc: '2.0', error: { code: -32603, message: 'broken' } } })),
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject({ isError: true })
  })

  it('of another request is never taken from an event stream either', async () => {
    const server = await listen(on('tools/call', (request) => events({ ...(right(request).json as object), id: 4711 })))
    const { call, mine, id } = await connected(server)
    await expect(call()).rejects.toMatchObject({ code: 'protocol_error', mayHaveRun: true })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('of another request is never taken: it is a broken message, and no outage', async () => {
    const server = await listen(
      on('tools/call', (request) => ({ json: { ...(right(request).json as object), id: 4711 } })),
    )
    const { call, mine, id } = await connected(server)
    await expect(call()).rejects.toMatchObject({ code: 'protocol_error', mayHaveRun: true })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })
})

describe('a $ref', () => {
  const withSchema = async (inputSchema: object) => {
    const server = await listen(on('tools/list', (request) => right(request, [{ name: 'a', inputSchema }])))
    const { tools, unavailable } = await (await connected(server)).toolset()
    return tools.length === 1 ? 'usable' : unavailable[0]?.reason
  }
  it.each([
    ['data in a default', { type: 'object', properties: { spec: { default: { $ref: 'pets.yaml' } } } }],
    ['data in examples', { type: 'object', properties: { spec: { examples: [{ $ref: 'pets.yaml' }] } } }],
    ['data in const', { type: 'object', properties: { spec: { const: { $ref: 'pets.yaml' } } } }],
    ['data in enum', { type: 'object', properties: { spec: { enum: [{ $ref: 'https://a.example/b' }] } } }],
    ['a property of that name', { type: 'object', properties: { $ref: { type: 'string' } } }],
    [
      "the schema's own $id",
      {
        $id: 'https://a.example/s.json',
        type: 'object',
        properties: { a: { $ref: 'https://a.example/s.json#/$defs/b' } },
        $defs: { b: { type: 'string' } },
      },
    ],
  ])('that is %s is usable', async (_what, schema) => {
    expect(await withSchema(schema)).toBe('usable')
  })

  it.each([
    ['a property', { type: 'object', properties: { a: { $ref: 'https://evil.example/a.json' } } }],
    ['a property called default', { type: 'object', properties: { default: { $ref: 'https://evil.example/a.json' } } }],
    ['a list of schemas', { type: 'object', anyOf: [{ $ref: 'other.json' }] }],
    ['another document than its own', { $id: 'https://a.example/s', type: 'object', $ref: 'https://a.example/t' }],
  ])('that leads elsewhere from %s is refused', async (_what, schema) => {
    expect(await withSchema(schema)).toBe('invalid_schema')
  })
})

describe('a local server', () => {
  it('may begin with a byte order mark, and write other lines', async () => {
    const marked = local('() => undefined', String.raw`process.stdout.write('\uFEFF'); console.log('Starting …')`)
    expect(await resultOf((await connectedLocally(marked)).call())).toMatchObject(done)
  })

  it('that sends more than the limit gets an error, and keeps working', async () => {
    const large = local(`({ method }, result) => method === 'tools/call'
      ? result({ content: [{ type: 'text', text: 'x'.repeat(200_000) }] })
      : undefined`)
    const { call, mine, id } = await connectedLocally(large, { limits: { maxResponseBytes: 65_536 } })
    await expect(call()).rejects.toMatchObject({ code: 'response_too_large', mayHaveRun: true })
    expect(await mine.validate(id)).toMatchObject({ type: 'connected' })
  })
})

describe('HTTP+SSE', () => {
  /** A server of the older transport whose stream names this endpoint, and which answers messages there. */
  const older = (endpoint: string): Behaviour => {
    return ({ verb, path }) => {
      if (verb === 'GET' && path === '/app/sse')
        return { headers: { 'content-type': 'text/event-stream' }, body: `event: endpoint\ndata: ${endpoint}\n\n` }
      return { status: verb === 'POST' && path === '/app/sse' ? 405 : 404 }
    }
  }

  it('whose endpoint lost the prefix of its path says so, and not that a session is gone (typescript-sdk#583)', async () => {
    const server = await listen(older('/messages?session=1'), '/app/sse')
    const fault = await connected(server).catch((error: unknown) => error)
    expect(fault).toMatchObject({ mayHaveRun: false })
    expect(['session_lost', 'not_mcp']).not.toContain((fault as { code: string }).code)
  })

  it('whose endpoint is at another host is refused as MCP that is broken (fast-note-sync-service#273)', async () => {
    const server = await listen(older('https://elsewhere.example/messages'), '/app/sse')
    await expect(connected(server)).rejects.toMatchObject({ code: 'protocol_error', reason: 'bad_endpoint' })
  })
})
