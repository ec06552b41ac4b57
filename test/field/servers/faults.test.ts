import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makeRegistry } from '../../support/registry.js'
import {
  ana,
  connected,
  connectedLocally,
  listen,
  local,
  resultOf,
  type Behaviour,
  type FieldAnswer,
} from './support.js'

const failing = (method: string, error: object, status = 200): Behaviour => {
  return (request) =>
    request.method === method ? { status, json: { jsonrpc: '2.0', id: request.id, error } } : undefined
}

describe('the words of a JSON-RPC error to a call', () => {
  it.each([
    [
      'invalid params (UsefulSoftwareCo/executor#2012)',
      { code: -32602, message: 'field "limit" must be at most 100' },
      200,
    ],
    ['an internal error (OpenLiberty#33714)', { code: -32603, message: 'database is locked' }, 200],
    ['a code of its own', { code: 4711, message: 'quota exceeded' }, 200],
    ['an error under 400', { code: -32602, message: 'field "limit" must be at most 100' }, 400],
    ['an error under 500', { code: -32603, message: 'database is locked' }, 500],
  ])('reach the model: %s', async (_what, error, status) => {
    const server = await listen(failing('tools/call', error, status))
    const { call, mine, id } = await connected(server)
    const outcome = await call()
    expect(outcome).toMatchObject({
      type: 'completed',
      result: { isError: true, content: [{ type: 'text', text: error.message }] },
      rpcError: { code: error.code },
    })
    expect((outcome as { modelText: string }).modelText).toContain(error.message)
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('reach it from a local server, and as a text where the error is none', async () => {
    const odd = local(`({ id, method }) => method === 'tools/call'
      ? JSON.stringify({ jsonrpc: '2.0', id, error: 'no such table' })
      : undefined`)
    expect(await resultOf((await connectedLocally(odd)).call())).toMatchObject({
      isError: true,
      content: [{ text: 'no such table' }],
    })
  })

  it('are bounded, hide nothing, and hold no secret of the request', async () => {
    const message = `bad key sk-secret-1234 \u202e${'x'.repeat(5_000)}`
    const server = await listen(failing('tools/call', { code: -32603, message }))
    const { call } = await connected(server, { headers: { authorization: 'Bearer sk-secret-1234' } })
    const [block] = (await resultOf(call()))['content'] as { text: string }[]
    expect(block!.text.length).toBeLessThanOrEqual(2_000)
    expect(block!.text).not.toMatch(/sk-secret-1234|\u202e/)
  })
})

describe('the words of a refusal that is no JSON-RPC', () => {
  it.each<[string, FieldAnswer]>([
    ['plain text', { status: 400, body: 'limit must be at most 100' }],
    ['problem details', { status: 422, json: { title: 'Unprocessable', detail: 'limit must be at most 100' } }],
    ['a message', { status: 400, json: { message: 'limit must be at most 100' } }],
    ['an error in an object', { status: 409, json: { error: { message: 'limit must be at most 100' } } }],
    ['a list of errors', { status: 400, json: { errors: [{ message: 'limit must be at most 100' }] } }],
  ])('reach the model: %s', async (_what, answer) => {
    const server = await listen(({ method }) => (method === 'tools/call' ? answer : undefined))
    const { call, mine, id } = await connected(server)
    const fault = (await call().catch((error: unknown) => error)) as { modelText: string; message: string }
    expect(fault).toMatchObject({ code: 'protocol_error', mayHaveRun: false })
    expect(fault.modelText).toContain('limit must be at most 100')
    expect([fault.message, JSON.stringify(fault), inspect(fault)].join()).not.toContain('limit')
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('are bounded and hold no secret of the request, and a web page has none', async () => {
    let answer: FieldAnswer = { status: 403, body: `no sk-secret-1234 \u202e${'x'.repeat(9_000)}` }
    const server = await listen(({ method }) => (method === 'tools/call' ? answer : undefined))
    const { call } = await connected(server, { headers: { authorization: 'Bearer sk-secret-1234' } })
    const fault = (await call().catch((error: unknown) => error)) as { serverMessage: string; modelText: string }
    expect(fault.serverMessage.length).toBeLessThanOrEqual(2_000)
    expect(fault.modelText).not.toMatch(/sk-secret-1234|\u202e/)
    answer = { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }
    const page = (await call().catch((error: unknown) => error)) as { serverMessage?: string; modelText: string }
    expect([page.serverMessage, page.modelText.includes('Sign in')]).toEqual([undefined, false])
  })
})

describe('the words of a JSON-RPC error while connecting', () => {
  const words = 'fetch failed for sk-secret-1234'

  it('are on the error, where no log has them by accident', async () => {
    const server = await listen(failing('tools/list', { code: -32603, message: words }))
    const fault = (await connected(server, { headers: { 'x-api-key': 'sk-secret-1234' } }).catch(
      (error: unknown) => error,
    )) as Error & { serverMessage?: string; code: string }
    expect(fault.code).toBe('protocol_error')
    expect(fault.serverMessage).toBe('fetch failed for [removed]')
    expect([fault.message, JSON.stringify(fault), inspect(fault), Object.keys(fault).join()].join()).not.toContain(
      'fetch failed',
    )
  })

  it('are in the status only for those who may edit', async () => {
    const server = await listen()
    const { mine, id, registry } = await connected(server)
    await mine.update(id, { visibility: 'workspace', credentials: 'shared' })
    server.become(failing('tools/list', { code: -32603, message: 'fetch failed' }))
    const { integration } = await mine.validate(id)
    expect(integration.statusDetail).toMatchObject({ reason: 'protocol_error', serverMessage: 'fetch failed' })
    const other = registry.actingAs({ workspaceId: 'acme', userId: 'bo' })
    expect((await other.get(id)).statusDetail.serverMessage).toBeUndefined()
    const { events } = await registry.events({ workspaceId: 'acme' })
    expect(JSON.stringify([events, (await mine.audit()).entries])).not.toContain('fetch failed')
    server.become(() => undefined)
    expect((await mine.validate(id)).integration.statusDetail.serverMessage).toBeUndefined()
  })
})

describe('one tool', () => {
  it.each([502, 503, 504])('that gets HTTP %i does not fail other calls (hermes-agent#11113)', async (status) => {
    const server = await listen(({ method, params }) =>
      method === 'tools/call' && params['arguments'] !== undefined && 'slow' in (params['arguments'] as object)
        ? { status }
        : undefined,
    )
    const { call, mine, id } = await connected(server)
    await expect(call({ slow: true })).rejects.toMatchObject({ code: 'server_error', mayHaveRun: true })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
  })

  it('that is forbidden says nothing of the integration, and the caller hears it (netclaw#2062)', async () => {
    const server = await listen(({ method }) =>
      method === 'tools/call' ? { status: 403, json: { error: 'forbidden' } } : undefined,
    )
    const { call, mine, id } = await connected(server)
    await expect(call()).rejects.toMatchObject({
      code: 'authorization_failed',
      httpStatus: 403,
      message: expect.stringContaining('not allowed') as string,
      modelText: expect.stringMatching(/doesn't allow the call of field__echo.*not run.*forbidden/) as string,
    })
    expect(await mine.get(id)).toMatchObject({ status: 'connected' })
  })

  it('is refused unsent when calls failed three times in a row, which is said', async () => {
    const server = await listen(({ method }) => (method === 'tools/call' ? { status: 504 } : undefined))
    const { call } = await connected(server)
    for (let n = 0; n < 3; n++) await expect(call()).rejects.toMatchObject({ mayHaveRun: true })
    const from = server.requests.length
    await expect(call()).rejects.toMatchObject({
      mayHaveRun: false,
      message: expect.stringContaining('Nothing was sent') as string,
    })
    expect(server.requests).toHaveLength(from)
  })
})

describe('first steps of a new user', () => {
  it.each([
    ['example.com/mcp', /no scheme.*https:\/\//],
    ['localhost:3000/mcp', /no scheme/],
    ['//example.com/mcp', /no scheme/],
    ['npx -y some-server', /not a (?:valid )?URL/],
    ['"https://example.com/mcp"', /not a (?:valid )?URL/],
    ['', /must not be empty|at least|>=1/],
    ['https://user:pw@example.com/mcp', /as a header/],
  ])('the URL %j gets an error that says what to write', async (url, words) => {
    await expect(connected({ url })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(words) as string,
    })
  })

  it('may leave blanks around a URL and a key', async () => {
    const server = await listen()
    await connected({ url: ` ${server.url}\n` }, { headers: { authorization: ' Bearer k1 \n' } })
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer k1')
  })

  it.each([
    [{ 'Authorization:': 'Bearer k' }, /without a colon/],
    [{ Authorization: 'Authorization: Bearer k' }, /must not start with the header name/],
    [{ 'X-Api-Key': 'x-api-key:k' }, /must not start with the header name/],
    [{ Authorization: 'Bearer Bearer k' }, /name the scheme only once/],
    [{ Authorization: 'Bearer ' }, /have a credential after the scheme/],
    [{ Authorization: ' ' }, /must not be empty/],
    [{ Authorization: 'Bearer k\r\nx: y' }, /printable ASCII/],
  ] as const)('the header %j gets an error that says what is wrong', async (headers, words) => {
    const server = await listen()
    const given = Object.values(headers).join().trim()
    const fault = (await connected(server, { headers }).catch((error: unknown) => error)) as Error
    expect(fault).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(words) as string })
    if (given !== '') expect(inspect(fault)).not.toContain(given)
    expect(server.requests).toEqual([])
  })

  it.each([
    [403, { body: 'Invalid Host header' }, 'authorization_failed', /host name/],
    [
      403,
      { json: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Invalid Host header' } } },
      'authorization_failed',
      /host name/,
    ],
    [421, { body: 'Invalid Host header' }, 'not_mcp', /host name/],
    [400, { body: 'Invalid Host header' }, 'not_mcp', /documentation/],
  ])('at a server that takes another host name only reads so: %i %j', async (status, answer, code, words) => {
    const server = await listen(() => ({ status, ...answer }))
    await expect(connected(server)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
      serverMessage: 'Invalid Host header',
    })
  })

  it('on a host without OAuth, the error names both ways to continue', async () => {
    const server = await listen(() => ({ status: 401, json: { error: 'missing api key' } }))
    await expect(connected(server)).rejects.toMatchObject({
      reason: 'oauth_not_configured',
      message: expect.stringMatching(/header.*oauth/) as string,
    })
  })

  it.each([
    [404, /\/mcp/],
    [405, /\/mcp/],
    [403, /credential|header|key/],
  ])('with HTTP %i says what to look at', async (status, words) => {
    const server = await listen(() => ({ status, body: 'no' }), '/wrong')
    await expect(connected(server)).rejects.toMatchObject({ message: expect.stringMatching(words) as string })
  })

  it.each([
    ['Bearer k1', 'k1'],
    ['Bearer k1', 'Bearer k1'],
    ['Bearer k1', 'bearer k1'],
    ['Bearer bearerk1', 'bearerk1'],
  ])("sends %j once for who types %j, at every door of a connector's form", async (sent, typed) => {
    const server = await listen()
    const auth = { type: 'header', name: 'Authorization', prefix: 'Bearer ' } as const
    const registry = makeRegistry({ connectors: [{ id: 'notes', name: 'Notes', url: server.url, auth }] })
    const mine = registry.actingAs(ana)
    const headers = { Authorization: typed }
    const last = () => server.requests.at(-1)?.headers.authorization
    const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant'], headers })
    expect(last()).toBe(sent)
    await mine.update(integration.id, { headers: { authorization: typed } })
    expect(last()).toBe(sent)
    const own = await mine.connect({ connector: 'notes', agents: ['assistant'], headers, credentials: 'per_user' })
    await mine.authorize(own.integration.id, { headers })
    expect(last()).toBe(sent)
    await registry.close()
  })

  it('reads why a local server did not start', async () => {
    const heard: string[] = []
    const { stdioServer } = await import('mcp-integrations/stdio')
    const start = async (options: Parameters<typeof stdioServer>[0]) => {
      const connector = { id: 'local', name: 'Local', auth: 'none', local: stdioServer(options) } as const
      const registry = makeRegistry({ connectors: [connector] })
      const error: unknown = await registry
        .actingAs(ana)
        .connect({ connector: 'local', agents: ['assistant'] })
        .catch((fault: unknown) => fault)
      await registry.close()
      return error
    }
    const program = `console.error('FATAL: DATABASE_URL is missing'); process.exit(3)`
    const onStderr = (text: string) => heard.push(text)
    expect(await start({ command: process.execPath, args: ['-e', program], onStderr })).toMatchObject({
      code: 'unreachable',
      reason: 'exited',
      exitCode: 3,
      message: expect.stringContaining('code 3') as string,
    })
    expect(heard.join('')).toContain('FATAL: DATABASE_URL is missing')
    expect(await start({ command: 'no-such-program-anywhere' })).toMatchObject({
      code: 'unreachable',
      reason: 'no_such_program',
      message: expect.stringContaining('no-such-program-anywhere') as string,
    })
    expect(await start({ command: process.execPath, args: ['/no/such/file.js'] })).toMatchObject({
      reason: 'exited',
      exitCode: 1,
    })
  })

  it('has a status that says what to do, in words for a person', async () => {
    const server = await listen()
    const { mine, id } = await connected(server)
    server.become(() => ({ status: 404 }))
    const { integration } = await mine.validate(id)
    expect(integration.statusDetail.message).toMatch(/\/mcp/)
    expect(integration.statusDetail.message).not.toMatch(/\(\)/)
  })

  it('sets one approval mode for all tools of an integration, except tools with their own mode', async () => {
    const server = await listen(({ method, id }) =>
      method === 'tools/list'
        ? {
            json: {
              jsonrpc: '2.0',
              id,
              result: { tools: ['a', 'b', 'c'].map((name) => ({ name, inputSchema: { type: 'object' } })) },
            },
          }
        : undefined,
    )
    const { mine, id, toolset } = await connected(server)
    await mine.configureTools(id, { c: { approval: 'ask' } })
    expect(await mine.update(id, { approval: 'auto' })).toMatchObject({ approval: 'auto' })
    const resolved = (await toolset()).tools.map(({ name, approval }) => [name, approval.mode, approval.resolved])
    expect(resolved).toEqual([
      ['a', 'auto', 'auto'],
      ['b', 'auto', 'auto'],
      ['c', 'ask', 'ask'],
    ])
    await mine.update(id, { approval: 'default' })
    expect((await toolset()).tools.map(({ approval }) => approval.resolved)).toEqual(['ask', 'ask', 'ask'])
    await expect(mine.update(id, { approval: 'always' as 'auto' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
