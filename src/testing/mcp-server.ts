import {
  createMcpHandler,
  isLegacyRequest,
  Server,
  WebStandardStreamableHTTPServerTransport,
  type CallToolResult,
  type Tool,
} from '@modelcontextprotocol/server'
import { race } from '../model/race.js'

/** A tool of a {@link TestServer}. */
export interface TestTool {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** `@default { type: 'object' }` */
  readonly inputSchema?: Readonly<Record<string, unknown>> | undefined
  /** JSON Schema of the structured content. */
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined
  /** Hints for clients. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
  /**
   * Runs the tool. Return a text or a whole result; throw to fail. `@default` a text with the tool's name
   *
   * @param context - the context of this call
   */
  readonly run?:
    | ((args: Readonly<Record<string, unknown>>, context: TestToolContext) => TestToolResult | Promise<TestToolResult>)
    | undefined
}

/** The context of a running tool: the part of the SDK's context that tests need. */
export interface TestToolContext {
  /** The current request. */
  readonly mcpReq: {
    /** Aborts with the call. */
    readonly signal: AbortSignal
    /** Answers to the questions of an earlier round (revision 2026-07-28). */
    readonly inputResponses?: Readonly<Record<string, unknown>> | undefined
    /** Reports progress and the like. */
    notify(notification: {
      readonly method: string
      readonly params?: Record<string, unknown> | undefined
    }): Promise<void>
    /** Sends a request to the client, e.g. a question (older revisions). */
    elicitInput(
      params: never,
    ): Promise<{ readonly action: string; readonly content?: Readonly<Record<string, unknown>> | undefined }>
  }
}

/** The result of a tool: a text, or a result as on the wire. */
export type TestToolResult = string | { readonly [key: string]: unknown }

/** Options of a {@link TestServer}. */
export interface TestServerOptions {
  /** The tools of the server. */
  readonly tools: readonly TestTool[]
  /**
   * `modern`: revision 2026-07-28 only. `legacy`: the older ones, with sessions. `both`. `@default 'both'`
   */
  readonly era?: 'modern' | 'legacy' | 'both' | undefined
  /** The URL. `@default 'https://mcp.example/mcp'` */
  readonly url?: string | undefined
  /** Required headers: for requests without them, the response is 401. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** An HTTP request that a {@link TestServer} received. */
export interface TestRequest {
  /** The HTTP method. */
  readonly verb: string
  /** The JSON-RPC method, if there is one. */
  readonly method?: string | undefined
  /** The JSON-RPC params. */
  readonly params?: unknown
  /** The headers. */
  readonly headers: Headers
}

/** An MCP server in this process. */
export interface TestServer {
  /** The MCP endpoint. */
  readonly url: string
  /** A `fetch` that reaches only this server. Other origins fail like a host name that doesn't exist. */
  readonly fetch: typeof globalThis.fetch
  /** Every request so far, in order. */
  readonly requests: readonly TestRequest[]
  /** How often each tool ran. */
  readonly calls: ReadonlyMap<string, number>
  /** Replaces the tools and notifies listening clients. */
  setTools(tools: readonly TestTool[]): Promise<void>
  /** Uses this response for every request from now on; `undefined`: normal operation. */
  respondWith(answer: ((request: Request) => Response | Promise<Response>) | undefined): void
  /** Deletes all sessions, like a restart. */
  forgetSessions(): void
  /** Closes the server. Safe to call twice. */
  close(): Promise<void>
}

/**
 * An MCP server that speaks the real protocol through `fetch`, without a port or a network. Pass its `fetch` as
 * `runtime.fetch`; for several servers, use {@link fetchAmong}.
 *
 * @example
 * ```ts
 * // examples/guides/start.ts#start
 * import { randomBytes } from 'node:crypto'
 * import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
 * import { testServer } from 'mcp-integrations/testing'
 *
 * const notes = testServer({
 *   tools: [
 *     { name: 'search', annotations: { readOnlyHint: true }, run: ({ query }) => `2 notes about ${String(query)}` },
 *     { name: 'send', annotations: { readOnlyHint: false }, run: ({ to }) => `sent to ${String(to)}` },
 *   ],
 * })
 * const { url } = notes
 * const registry = new IntegrationRegistry({
 *   storage: memoryStorage(),
 *   credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: randomBytes(32) }] }),
 *   agents: ['assistant', 'builder'],
 *   connectors: [{ id: 'notes', name: 'Notes', url, auth: 'none', trusted: true }],
 *   runtime: { fetch: notes.fetch }, // the server above; leave it out to reach real ones
 * })
 * const ana = { workspaceId: 'acme', userId: 'ana' }
 * const admin = { workspaceId: 'acme', userId: 'root', role: 'admin' } as const
 * const mine = registry.actingAs(ana)
 * const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant', 'builder'] })
 * ```
 */
export function testServer(options: TestServerOptions): TestServer {
  const { era = 'both', url = 'https://mcp.example/mcp', headers: wanted = {} } = options
  let tools = options.tools
  let answer: ((request: Request) => Response | Promise<Response>) | undefined
  const requests: TestRequest[] = []
  const calls = new Map<string, number>()
  const sessions = new Map<string, Session>()
  const makeServer = (): Server => serve(() => tools, calls)
  const modern = createMcpHandler(makeServer, { legacy: 'reject', keepAliveMs: 0 })

  const handle = async (request: Request): Promise<Response> => {
    for (const [name, value] of Object.entries(wanted)) {
      if (request.headers.get(name) !== value)
        return new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } })
    }
    if (answer !== undefined) return answer(request)
    const legacy = era === 'legacy' || (era === 'both' && (await isLegacyRequest(request)))
    return legacy ? inSession(request, sessions, makeServer) : modern.fetch(request)
  }

  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    if (new URL(request.url).origin !== new URL(url).origin) throw unknownHost()
    requests.push(await noted(request.clone()))
    const { signal } = request
    return race(handle(request), { signal, toError: () => signal.reason as Error })
  }

  return {
    url,
    fetch,
    requests,
    calls,
    async setTools(next) {
      tools = next
      modern.notify.toolsChanged()
      await Promise.all([...sessions.values()].map(({ server }) => server.sendToolListChanged()))
    },
    respondWith(next) {
      answer = next
    },
    forgetSessions() {
      sessions.clear()
    },
    async close() {
      await modern.close()
      await Promise.all([...sessions.values()].map(({ server }) => server.close()))
      sessions.clear()
    },
  }
}

/** A `fetch` that reaches each of the servers by its origin. */
export function fetchAmong(servers: readonly Pick<TestServer, 'url' | 'fetch'>[]): typeof globalThis.fetch {
  const byOrigin = new Map(servers.map((server) => [new URL(server.url).origin, server]))
  return async (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : input)
    const server = byOrigin.get(origin)
    if (server === undefined) throw unknownHost()
    return server.fetch(input, init)
  }
}

interface Session {
  readonly server: Server
  readonly transport: WebStandardStreamableHTTPServerTransport
}

async function inSession(
  request: Request,
  sessions: Map<string, Session>,
  makeServer: () => Server,
): Promise<Response> {
  const id = request.headers.get('mcp-session-id')
  const known = id === null ? undefined : sessions.get(id)
  if (known !== undefined) return known.transport.handleRequest(request)
  if (id !== null)
    return Response.json(
      { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } },
      { status: 404 },
    )
  const server = makeServer()
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => crypto.randomUUID(),
    onsessioninitialized: (session) => void sessions.set(session, { server, transport }),
    onsessionclosed: (session) => void sessions.delete(session),
  })
  await server.connect(transport)
  return transport.handleRequest(request)
}

function serve(tools: () => readonly TestTool[], calls: Map<string, number>): Server {
  const server = new Server(
    { name: 'test-server', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } } },
  )
  server.setRequestHandler('tools/list', () => ({ tools: tools().map(definition) }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = tools().find(({ name }) => name === params.name)
    if (tool === undefined) throw Object.assign(new Error('Unknown tool'), { code: -32602 })
    calls.set(tool.name, (calls.get(tool.name) ?? 0) + 1)
    const answered = (await tool.run?.(params.arguments ?? {}, context)) ?? `${tool.name} ran`
    return (typeof answered === 'string' ? { content: [{ type: 'text', text: answered }] } : answered) as CallToolResult
  })
  return server
}

function definition({ run: _run, inputSchema = { type: 'object' }, ...tool }: TestTool): Tool {
  return { ...tool, inputSchema } as Tool
}

async function noted(request: Request): Promise<TestRequest> {
  const { method: verb, headers } = request
  if (verb !== 'POST') return { verb, headers }
  const body = (await request.json().catch(() => undefined)) as
    { method?: string | undefined; params?: unknown } | undefined
  return {
    verb,
    headers,
    method: body?.method,
    params: body?.params,
  }
}

function unknownHost(): TypeError {
  return new TypeError('fetch failed', {
    cause: Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }),
  })
}
