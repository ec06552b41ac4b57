import { describe, expect, it } from 'vitest'
import {
  connected,
  connectedLocally,
  events,
  listen,
  local,
  resultOf,
  right,
  tool,
  type FieldAnswer,
  type FieldRequest,
} from './support.js'

/** The same message over each transport: as JSON, as an event of a stream, and as a line of a local server. */
const ways = ['JSON', 'an event stream', 'stdio'] as const

/** A registry connected to a server whose answers to one method are written here; `$id` stands for the request's id. */
async function speaking(way: (typeof ways)[number], method: string, written: string) {
  if (way === 'stdio')
    return connectedLocally(
      local(
        `(message) => message.method === ${JSON.stringify(method)} ? ${JSON.stringify(written)}.replace('$id', JSON.stringify(message.id)) : undefined`,
      ),
    )
  const answer = (request: FieldRequest): FieldAnswer | undefined => {
    if (request.method !== method) return undefined
    const text = written.replace('$id', JSON.stringify(request.id))
    return way === 'JSON'
      ? { headers: { 'content-type': 'application/json' }, body: text }
      : events(JSON.parse(text) as unknown)
  }
  return connected(await listen(answer))
}

describe.each(ways)('"nothing" over %s', (way) => {
  it.each([
    [
      'null for all that is optional (r33drichards/mcp-js#117)',
      '"title":null,"description":null,"outputSchema":null,"annotations":null',
    ],
    [
      'null hints (Roblox/studio-rust-mcp-server#6)',
      '"annotations":{"title":null,"readOnlyHint":null,"destructiveHint":null}',
    ],
    ['a null title (leehack/mcp_dart#61)', '"title":null'],
    ['empty lists for objects, as PHP writes them', '"annotations":[],"_meta":[],"outputSchema":[],"execution":[]'],
    ['null icons and meta', '"icons":null,"_meta":null,"execution":null'],
    [
      'false and empty texts where an object or a list stands',
      '"annotations":"","outputSchema":"","icons":false,"_meta":""',
    ],
    ['{} for a list, as Lua writes it', '"icons":{}'],
  ])('in a definition is absent: %s', async (_what, members) => {
    const list = `{"jsonrpc":"2.0","id":$id,"result":{"tools":[{"name":"echo",${members},"inputSchema":{"type":"object"}}],"nextCursor":null,"_meta":null}}`
    const { toolset } = await speaking(way, 'tools/list', list)
    const { tools, unavailable } = await toolset()
    expect(tools).toMatchObject([{ name: 'echo', inputSchema: { type: 'object' } }])
    expect([tools[0]?.title, tools[0]?.outputSchema]).toEqual([undefined, undefined])
    expect(unavailable).toEqual([])
  })

  it.each([
    ['isError null', '"result":{"content":[{"type":"text","text":"order 42 created"}],"isError":null}'],
    ['_meta null (Apicurio#6899)', '"result":{"content":[{"type":"text","text":"order 42 created"}],"_meta":null}'],
    ['_meta a list', '"result":{"content":[{"type":"text","text":"order 42 created"}],"_meta":[]}'],
    ['a member that nobody knows', '"result":{"content":[{"type":"text","text":"order 42 created"}]},"time":5'],
    ['error null beside the result', '"error":null,"result":{"content":[{"type":"text","text":"order 42 created"}]}'],
    [
      'structuredContent null',
      '"result":{"content":[{"type":"text","text":"order 42 created"}],"structuredContent":null}',
    ],
    [
      'null in a block',
      '"result":{"content":[{"type":"text","text":"order 42 created","annotations":null,"_meta":null}]}',
    ],
    ['content that is one block', '"result":{"content":{"type":"text","text":"order 42 created"}}'],
    ['a block in place of the result', '"result":{"type":"text","text":"order 42 created"}'],
    ['an empty error beside it', '"error":{},"result":{"content":[{"type":"text","text":"order 42 created"}]}'],
    [
      'an error filled in with nothing, as Go writes it',
      '"error":{"code":0,"message":"","data":null},"result":{"content":[{"type":"text","text":"order 42 created"}]}',
    ],
    ['error false', '"error":false,"result":{"content":[{"type":"text","text":"order 42 created"}]}'],
    [
      'another word for complete',
      '"result":{"resultType":"Complete","content":[{"type":"text","text":"order 42 created"}]}',
    ],
    ['an empty kind', '"result":{"resultType":"","content":[{"type":"text","text":"order 42 created"}]}'],
    ['_meta a text', '"result":{"content":[{"type":"text","text":"order 42 created"}],"_meta":"none"}'],
  ])('in a result costs nothing: %s', async (_what, members) => {
    const { call } = await speaking(way, 'tools/call', `{"jsonrpc":"2.0","id":$id,${members}}`)
    const result = await resultOf(call())
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'order 42 created' }] })
    expect([result['isError'], result['structuredContent'], result['_meta']]).toEqual([undefined, undefined, undefined])
  })

  it.each([
    ['no version (asciimoo/hister#363)', '"capabilities":{"tools":{}},"serverInfo":{"name":"s"}'],
    ['a null title', '"capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1","title":null}'],
    [
      'null instructions and meta',
      '"capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"},"instructions":null,"_meta":null',
    ],
    [
      'the tools themselves (springfall2008/batpred#3496)',
      '"capabilities":{"tools":[{"name":"echo"}]},"serverInfo":{"name":"s","version":"1"}',
    ],
    ['true for a capability', '"capabilities":{"tools":true,"logging":null},"serverInfo":{"name":"s","version":"1"}'],
    ['no server info at all', '"capabilities":{"tools":{"listChanged":null}}'],
    ['capabilities null', '"capabilities":null,"serverInfo":null'],
    ['capabilities an empty object, though there are tools', '"capabilities":{}'],
    ['capabilities an empty list, as PHP writes it', '"capabilities":[]'],
    ['a null for the tools', '"capabilities":{"tools":null}'],
    ['_meta a text', '"capabilities":{"tools":{}},"_meta":"none"'],
    ['a name for the server info', '"capabilities":{"tools":{}},"serverInfo":"notes 1.0"'],
  ])('in the handshake is no reason not to connect: %s', async (_what, members) => {
    const handshake = `{"jsonrpc":"2.0","id":$id,"result":{"protocolVersion":"2025-06-18",${members}}}`
    const { integration, toolset } = await speaking(way, 'initialize', handshake)
    expect(integration.status).toBe('connected')
    expect((await toolset()).tools).toHaveLength(1)
  })
})

describe('what is no spelling of "nothing"', () => {
  it('is kept in schemas, structured content and _meta', async () => {
    const inputSchema = { type: 'object', properties: { a: { default: null, enum: [null, 1], examples: [null] } } }
    const structuredContent = { a: null, b: [null], c: [] }
    const server = await listen((request) => {
      if (request.method === 'tools/list') return right(request, [{ ...tool, inputSchema, annotations: null }])
      if (request.method !== 'tools/call') return undefined
      const result = { content: [], structuredContent, _meta: { 'x.example/a': null } }
      return { json: { jsonrpc: '2.0', id: request.id, result } }
    })
    const { toolset, call } = await connected(server)
    expect((await toolset()).tools[0]?.inputSchema).toEqual(inputSchema)
    expect(await resultOf(call())).toMatchObject({ structuredContent, _meta: { 'x.example/a': null } })
  })

  it.each([
    ['missing', {}],
    ['null', { inputSchema: null }],
    ['a list', { inputSchema: [] }],
    ['of another type', { inputSchema: { type: 'array' } }],
  ])('skips only the tool with inputSchema %s', async (_what, members) => {
    const server = await listen((request) =>
      request.method === 'tools/list' ? right(request, [tool, { name: 'broken', ...members }]) : undefined,
    )
    const { tools, unavailable } = await (await connected(server)).toolset()
    expect(tools.map(({ name }) => name)).toEqual(['echo'])
    expect(unavailable).toMatchObject([{ name: 'broken', reason: 'invalid_schema' }])
  })

  it('takes a server without tools at its word: it offers other things, or does not know the question', async () => {
    for (const capabilities of [{ prompts: {} }, {}]) {
      const server = await listen((request) => {
        if (request.method === 'initialize')
          return {
            json: { jsonrpc: '2.0', id: request.id, result: { protocolVersion: '2025-06-18', capabilities } },
          }
        return request.method === 'tools/list' ? right({ ...request, method: 'unknown' }) : undefined
      })
      const { integration, toolset } = await connected(server)
      expect(integration.status).toBe('connected')
      expect((await toolset()).tools).toEqual([])
    }
  })

  it('has an error where there is no result, however little it says', async () => {
    const server = await listen(({ method, id }) =>
      method === 'tools/call' ? { json: { jsonrpc: '2.0', id, error: { code: 0, message: '' } } } : undefined,
    )
    expect(await resultOf((await connected(server)).call())).toMatchObject({ isError: true })
  })

  it('refuses an unknown revision, and says why', async () => {
    const server = await listen(({ method, id }) =>
      method === 'initialize'
        ? { json: { jsonrpc: '2.0', id, result: { protocolVersion: '2099-01-01', capabilities: { tools: {} } } } }
        : undefined,
    )
    await expect(connected(server)).rejects.toMatchObject({ code: 'protocol_error', reason: 'unsupported_version' })
  })

  it('says of a broken handshake that it is broken, not that there is no MCP', async () => {
    const server = await listen(({ method, id }) =>
      method === 'initialize' ? { json: { jsonrpc: '2.0', id, result: { hello: 'there' } } } : undefined,
    )
    await expect(connected(server)).rejects.toMatchObject({ code: 'protocol_error' })
  })

  it('refuses a task in place of a result', async () => {
    const server = await listen(({ method, id }) =>
      method === 'tools/call' ? { json: { jsonrpc: '2.0', id, result: { task: { taskId: 'a' } } } } : undefined,
    )
    await expect((await connected(server)).call()).rejects.toMatchObject({ code: 'protocol_error', mayHaveRun: true })
  })
})

// #region case
it('a result with isError null is a success', async () => {
  const server = await listen((request) =>
    request.method === 'tools/call'
      ? { json: { jsonrpc: '2.0', id: request.id, result: { content: [], isError: null } } }
      : right(request),
  )
  const { call } = await connected(server)
  expect(await resultOf(call())).toMatchObject({ content: [] })
})
// #endregion
