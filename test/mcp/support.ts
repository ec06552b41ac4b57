import { openConnection, type Connection, type OpenOptions } from '../../src/mcp/connection.js'
import type { EndpointFetch } from '../../src/mcp/connection-contract.js'
import type { ToolDefinition } from '../../src/model/tool.js'
import type { RegistryRuntime } from '../../src/ports/runtime.js'
import type { TestServer } from '../../src/testing/mcp-server.js'

/** The real clock and timers. */
export const runtime: RegistryRuntime = {
  now: () => Date.now(),
  randomId: () => crypto.randomUUID(),
  setTimer(callback, ms) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Opens a connection to a server in this process or at a URL. */
export async function open(
  server: Pick<TestServer, 'url' | 'fetch'>,
  options: Partial<OpenOptions> = {},
): Promise<Connection> {
  const { url, fetch } = server
  return openConnection({
    endpoint: { url, fetch: checking(fetch) },
    elicits: false,
    timeoutMs: 10_000,
    runtime,
    ...options,
  })
}

/** A `fetch` that makes the last check before it sends a request, as all of an integration's requests do. */
export function checking(fetch: typeof globalThis.fetch): EndpointFetch {
  return async (url, { beforeSend, onRefused: _never, deepJson: _ignored, ...init } = {}) => {
    await beforeSend?.(false)
    return fetch(url, init)
  }
}

export function tool(name: string, rest: Partial<ToolDefinition> = {}): ToolDefinition {
  return { name, inputSchema: { type: 'object' }, ...rest }
}

export const listing = { timeoutMs: 10_000, maxTools: 1000 }

/** The requests sent, as JSON-RPC methods, or HTTP verbs without one. */
export function sent(server: Pick<TestServer, 'requests'>, from = 0): readonly string[] {
  return server.requests.slice(from).map(({ method, verb }) => method ?? verb)
}

/** The error that a promise is rejected with. */
export async function rejectionOf(attempt: Promise<unknown>): Promise<Record<string, unknown>> {
  return attempt.then(
    () => {
      throw new Error('It was not rejected.')
    },
    (error: unknown) => error as Record<string, unknown>,
  )
}

/** A JSON-RPC message as it came. */
export interface Message {
  readonly id?: string | number
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** A server whose handshake is right and whose other answers are the test's. */
export function rawServer(
  era: 'modern' | 'legacy',
  answer: (message: Message, request: Request) => Response | Promise<Response>,
): Pick<TestServer, 'url' | 'fetch'> & { readonly requests: { verb: string; method?: string; headers: Headers }[] } {
  const requests: { verb: string; method?: string; headers: Headers }[] = []
  return {
    url: 'https://mcp.example/mcp',
    requests,
    async fetch(input, init) {
      const request = new Request(input, init)
      const { method: verb, headers } = request
      const text = await request.text()
      const message = (text === '' ? { method: verb } : JSON.parse(text)) as Message
      requests.push({ verb, headers, ...(text === '' ? {} : { method: message.method }) })
      return handshake(era, message) ?? answer(message, request)
    },
  }
}

function handshake(era: 'modern' | 'legacy', { id, method }: Message): Response | undefined {
  const capabilities = { tools: { listChanged: true } }
  const serverInfo = { name: 'raw', version: '1' }
  if (method === 'server/discover') {
    if (era === 'legacy')
      return Response.json(
        { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Bad Request' } },
        { status: 400 },
      )
    return result(id, {
      supportedVersions: ['2026-07-28'],
      capabilities,
      _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
    })
  }
  if (method === 'initialize') {
    const response = result(id, { protocolVersion: '2025-11-25', capabilities, serverInfo })
    response.headers.set('mcp-session-id', 'one')
    return response
  }
  return method === 'notifications/initialized' || method === 'notifications/cancelled'
    ? new Response(null, { status: 202 })
    : undefined
}

/** A JSON answer with a result of either era. */
export function result(id: unknown, value: object): Response {
  return Response.json({
    jsonrpc: '2.0',
    id,
    result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...value },
  })
}

/** An event stream that ends after these messages. */
export function stream(messages: readonly object[]): Response {
  const text = messages.map((message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`).join('')
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

/** A response that never comes, until the request is aborted. */
export function never(request: Request): Promise<Response> {
  return new Promise((_resolve, reject) =>
    request.signal.addEventListener('abort', () => reject(request.signal.reason as Error)),
  )
}
