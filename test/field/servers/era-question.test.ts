import { describe, expect, it } from 'vitest'
import { makeRegistry } from '../../support/registry.js'
import { ana, connected, connectedLocally, listen, local, resultOf, right, type Behaviour } from './support.js'

/** Odd answers to `server/discover` of servers that answer `initialize` well. */
const answers: readonly (readonly [string, Behaviour])[] = [
  [
    'an error without an id (helidon-mcp#65)',
    () => ({ json: { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'Method not found' } } }),
  ],
  [
    'a parse error without an id (opencode#39354)',
    () => ({ json: { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } } }),
  ],
  [
    'an error whose code is a text',
    ({ id }) => ({ json: { jsonrpc: '2.0', id, error: { code: 'METHOD_NOT_FOUND', message: 'x' } } }),
  ],
  [
    'HTTP 500 with an error without an id (git-mcp-server 2.15.3)',
    () => ({ status: 500, json: { jsonrpc: '2.0', id: null, error: { code: -32603, message: 'Error' } } }),
  ],
  ['an empty body', () => ({ body: '' })],
  ['an empty object', () => ({ json: {} })],
  [
    'the id 0 (DeusData/codebase-memory-mcp#253)',
    () => ({ json: { jsonrpc: '2.0', id: 0, error: { code: -1, message: 'no' } } }),
  ],
  ['a result that is none', ({ id }) => ({ json: { jsonrpc: '2.0', id, result: { ok: true } } })],
  ['an answer to another request', () => ({ json: { jsonrpc: '2.0', id: 'other', result: {} } })],
  ['202 and nothing', () => ({ status: 202 })],
  ['text that is no JSON', () => ({ headers: { 'content-type': 'text/plain' }, body: 'what?' })],
  ['an event stream that ends', () => ({ headers: { 'content-type': 'text/event-stream' }, body: ': bye\n\n' })],
  ['a text for a result', ({ id }) => ({ json: { jsonrpc: '2.0', id, result: 'pong' } })],
  ['a list for a result', ({ id }) => ({ json: { jsonrpc: '2.0', id, result: [1] } })],
  ['JSON that is a number', () => ({ json: 42 })],
  ['itself', ({ id, method, params }) => ({ json: { jsonrpc: '2.0', id, method, params } })],
  [
    'older revisions only',
    ({ id }) => ({
      json: { jsonrpc: '2.0', id, result: { supportedVersions: ['2025-06-18'], capabilities: { tools: {} } } },
    }),
  ],
  ...[200, 400].map(
    (status) =>
      [
        `that this revision is not spoken, under ${status}`,
        ({ id }: { id: unknown }) => ({
          status,
          json: {
            jsonrpc: '2.0',
            id,
            error: { code: -32022, message: 'Unsupported protocol version', data: { supported: ['2025-06-18'] } },
          },
        }),
      ] as const,
  ),
  ['a redirect that leads nowhere', () => ({ status: 302 })],
  ...[304, 400, 402, 404, 405, 406, 409, 410, 411, 415, 421, 422, 426, 431, 451, 500, 501, 505, 520, 522, 530].map(
    (status) => [`HTTP ${status}`, () => ({ status, body: 'no' })] as const,
  ),
]

describe('the question for the era', () => {
  it.each(answers)('costs no connection when the response is %s', async (_what, answer) => {
    const server = await listen((request) => (request.method === 'server/discover' ? answer(request) : undefined))
    const { integration, call } = await connected(server)
    expect(integration.status).toBe('connected')
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
  })

  it('costs no connection when it is never answered', async () => {
    const server = await listen(({ method }) =>
      method === 'server/discover' ? new Promise<undefined>(() => undefined) : undefined,
    )
    const { integration } = await connected(server, { limits: { connectTimeoutMs: 8_000 } })
    expect(integration.status).toBe('connected')
  })

  it.each([
    [401, 'first_sign_in'],
    [403, 'authorization_failed'],
    [429, 'rate_limited'],
    [502, 'server_error'],
    [503, 'server_error'],
    [504, 'server_error'],
  ])('is the last when it meets HTTP %i, which is said to everything', async (status) => {
    const server = await listen(({ verb }) => (verb === 'POST' ? { status } : { status: 404 }))
    await expect(connected(server)).rejects.toMatchObject({ code: expect.any(String) as string })
    expect(server.sent()).not.toContain('initialize')
  })

  it('is the last when a web page answers', async () => {
    const server = await listen(() => ({ headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Hi' }))
    await expect(connected(server)).rejects.toMatchObject({ code: 'not_mcp' })
    expect(server.sent()).not.toContain('initialize')
  })
})

describe('a local server that starts slowly', () => {
  it('is connected in the process that was started, if it starts within the time (copilot-cli#4421)', async () => {
    const slow = local('() => undefined', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 7_000)')
    const { integration, call } = await connectedLocally(slow, { limits: { connectTimeoutMs: 12_000 } })
    expect(integration.status).toBe('connected')
    expect(await resultOf(call({}, 'field__echo'))).toMatchObject({ content: [{ text: 'done' }] })
  })

  it('and never answers the question is asked the older way (datawrapper-mcp#82)', async () => {
    const silent = local(`({ method }) => (method === 'server/discover' ? '' : undefined)`)
    const { integration } = await connectedLocally(silent, { limits: { connectTimeoutMs: 10_000 } })
    expect(integration.status).toBe('connected')
  })

  it('is given up when its time is over', async () => {
    const registry = makeRegistry({
      connectors: [local('() => ""')],
      limits: { connectTimeoutMs: 1_000 },
    })
    const connecting = registry.actingAs(ana).connect({ connector: 'local', agents: ['assistant'] })
    await expect(connecting).rejects.toMatchObject({ code: 'timeout' })
    await registry.close()
  })
})

describe('a notification', () => {
  it.each([400, 401, 403, 404, 405, 500, 502])(
    'that is refused with HTTP %i is no reason to stop (outline#13775, hyperdx#2686)',
    async (status) => {
      const server = await listen(({ method }) => (method.startsWith('notifications/') ? { status } : undefined))
      expect((await connected(server)).integration.status).toBe('connected')
    },
  )

  it('says nothing about the list, which decides', async () => {
    const server = await listen(({ method }) => (method === 'tools/list' ? { status: 500 } : undefined))
    await expect(connected(server)).rejects.toMatchObject({ code: 'server_error', httpStatus: 500 })
  })
})

describe('a refused revision', () => {
  const says =
    (refusal: (id: unknown) => ReturnType<Behaviour>): Behaviour =>
    (request) => {
      const { method, params, id } = request
      if (method !== 'initialize' || params['protocolVersion'] === '2025-06-18') return undefined
      return refusal(id)
    }
  it.each([
    [
      'plain text (xpzouying/xiaohongshu-mcp#697)',
      () => ({
        status: 400,
        body: 'Bad Request: Unsupported protocol version (supported versions: 2025-06-18, 2025-03-26)',
      }),
    ],
    [
      'a JSON-RPC error with data',
      (id: unknown) => ({
        json: {
          jsonrpc: '2.0',
          id,
          error: {
            code: -32602,
            message: 'Unsupported protocol version',
            data: { supported: ['2025-06-18'], requested: '2025-11-25' },
          },
        },
      }),
    ],
    [
      'a JSON-RPC error under 400',
      (id: unknown) => ({
        status: 400,
        json: { jsonrpc: '2.0', id, error: { code: -32000, message: 'Unsupported protocol version, use 2025-06-18' } },
      }),
    ],
  ])('is asked for the one that it names, said by %s', async (_how, refusal) => {
    const server = await listen(says(refusal))
    const { integration } = await connected(server)
    expect(integration).toMatchObject({ status: 'connected', protocolVersion: '2025-06-18' })
  })

  it.each([
    ['in other words', 406, { detail: 'MCP-Protocol-Version must be one of 2025-06-18' }],
    ['under 500', 500, 'Unsupported protocol version 2025-11-25. Supported: 2025-06-18'],
  ])('is asked for the one that it names, said %s', async (_how, status, said) => {
    const refusal = typeof said === 'string' ? { status, body: said } : { status, json: said }
    const { integration } = await connected(await listen(says(() => refusal)))
    expect(integration).toMatchObject({ status: 'connected', protocolVersion: '2025-06-18' })
  })

  it('may be followed by the choice of another one than it names', async () => {
    const server = await listen((request) =>
      request.method === 'initialize' && request.params['protocolVersion'] !== '2025-03-26'
        ? { status: 400, body: 'Unsupported protocol version (supported versions: 2025-03-26)' }
        : undefined,
    )
    expect((await connected(server)).integration).toMatchObject({ protocolVersion: '2025-06-18' })
  })

  it('that names none we know has its reason', async () => {
    const server = await listen(({ method }) =>
      method === 'initialize'
        ? { status: 400, body: 'Unsupported protocol version (supported: 2024-01-01)' }
        : undefined,
    )
    await expect(connected(server)).rejects.toMatchObject({ code: 'protocol_error', reason: 'unsupported_version' })
  })
})

it('a server of the current era may leave out that a result is complete', async () => {
  const server = await listen((request) => {
    const { method, id } = request
    if (method === 'server/discover')
      return {
        json: {
          jsonrpc: '2.0',
          id,
          result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, instructions: null },
        },
      }
    if (method === 'initialize') return { status: 400, body: 'no' }
    return right(request)
  })
  const { integration, call } = await connected(server)
  expect(integration).toMatchObject({ status: 'connected', protocolVersion: '2026-07-28' })
  expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
})
