import { afterEach } from 'vitest'
import {
  memoryStorage,
  type ActorIntegrations,
  type Connector,
  type ConnectResult,
  type IntegrationRegistry,
  type IntegrationRegistryOptions,
  type OAuthSettings,
} from 'mcp-integrations'
import { startServer, type Received, type Reply, type SmallServer } from '../../support/protected-server.js'
import { ana, makeRegistry, type TestAgent } from '../../support/registry.js'

export const redirectUrl = 'http://127.0.0.1:34567/callback'

/** How long access tokens live, in ms. */
export const lifetimeMs = 300_000

/** Answers in place of a server; `undefined` leaves the request to it. */
export type Instead = (request: Received & { readonly form: URLSearchParams }) => Reply | undefined

/** A small authorization server beside a small MCP server, both of which a test tells what to say. */
export interface World {
  readonly as: SmallServer
  readonly mcp: SmallServer
  readonly url: string
  readonly registry: IntegrationRegistry<TestAgent>
  readonly mine: ActorIntegrations<TestAgent>
  readonly time: { now: number }
  /** What the authorization server says instead, by path. */
  readonly atAs: Map<string, Instead>
  /** What the MCP server says instead: by path, or by the method of MCP. */
  readonly atMcp: Map<string, Instead>
  /** Over the authorization server's metadata. */
  readonly metadata: Record<string, unknown>
  /** What the MCP server names as its authorization server. */
  named: string | undefined
  /** Who sits at the browser. */
  person: string
  /** Whether the MCP server wants tokens, and from which request on. */
  wants: 'all' | 'calls' | 'none'
  /** Another registry over the same storage. */
  another(options?: Partial<IntegrationRegistryOptions<TestAgent>>): IntegrationRegistry<TestAgent>
  /** Plays the browser: where the authorization server sends the person. */
  browse(result: ConnectResult): Promise<string>
  /** Connects and signs in. */
  connected(input?: { oauth?: OAuthSettings; connector?: string }): Promise<string>
  /** Calls the one tool. */
  call(registry?: IntegrationRegistry<TestAgent>): Promise<unknown>
  /** Token requests of one grant type, as forms. */
  tokenRequests(grantType?: string): URLSearchParams[]
}

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** What a world is made with. */
export interface WorldOptions {
  readonly connectors?: (origin: { readonly as: string; readonly url: string }) => readonly Connector[]
}

/** Starts it; it ends with the test. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const time = { now: Date.now() }
  const as = await startAuthorizationServer()
  const mcp = await startMcp()
  const storage = memoryStorage({ now: () => time.now })
  const url = `${mcp.origin}/mcp`
  let connectors: readonly Connector[] = []
  const another: World['another'] = (own = {}) => {
    const made = makeRegistry({
      storage,
      oauth: { redirectUrl, clientName: 'Test host' },
      confirm: () => 'approve',
      connectors: async () => connectors,
      runtime: { now: () => time.now },
      ...own,
    })
    ends.push(() => made.close())
    return made
  }
  const registry = another()
  const mine = registry.actingAs(ana)
  const world: World = {
    as,
    mcp,
    url,
    registry,
    mine,
    time,
    atAs: new Map(),
    atMcp: new Map(),
    metadata: {},
    named: as.origin,
    person: 'ana',
    wants: 'all',
    another,
    browse,
    async connected(input = {}) {
      const where =
        input.connector === undefined ? { url, name: 'Notes' } : { connector: input.connector, name: 'Notes' }
      const begun = await mine.connect({ ...where, agents: ['assistant'], oauth: input.oauth })
      const done = begun.type === 'connected' ? begun : await mine.finishConnect(await browse(begun))
      if (done.type !== 'connected') throw new Error(JSON.stringify(done.integration.statusDetail))
      return done.integration.id
    },
    async call(by = registry) {
      return (await by.actingAs(ana).toolset('assistant')).call('notes__whoami', {})
    },
    tokenRequests: (grantType) =>
      as.requests
        .filter(({ path }) => path === '/token')
        .map(({ body }) => new URLSearchParams(body))
        .filter((form) => grantType === undefined || form.get('grant_type') === grantType),
  }
  connectors = options.connectors?.({ as: as.origin, url }) ?? []
  return world

  async function browse(result: ConnectResult): Promise<string> {
    if (result.type !== 'authorization_required') throw new Error(`expected a sign-in: ${JSON.stringify(result)}`)
    const answer = await fetch(result.authorizationUrl, { redirect: 'manual' })
    await answer.text()
    const location = answer.headers.get('location')
    if (location === null) throw new DeadPage(answer.status)
    return location
  }

  /** Codes and refresh tokens count once, as OAuth 2.1 asks of a public client. */
  async function startAuthorizationServer(): Promise<SmallServer> {
    const codes = new Map<string, string>()
    const refresh = new Map<string, string>()
    let issued = 0
    const grant = (who: string): Reply => {
      issued++
      refresh.set(`rt-${issued}`, who)
      return {
        json: {
          access_token: `at-${issued}-${who}`,
          token_type: 'Bearer',
          expires_in: lifetimeMs / 1000,
          refresh_token: `rt-${issued}`,
        },
      }
    }
    const use = (from: Map<string, string>, key: string | null): Reply => {
      const who = from.get(key ?? '')
      from.delete(key ?? '')
      return who === undefined ? { status: 400, json: { error: 'invalid_grant' } } : grant(who)
    }
    const server = await startServer((request, origin) => {
      const form = new URLSearchParams(request.body)
      const instead = world.atAs.get(request.path)?.({ ...request, form })
      if (instead !== undefined) return instead
      switch (request.path) {
        case '/.well-known/oauth-authorization-server':
          return { json: metadataOf(origin, world.metadata) }
        case '/register':
          return { status: 201, json: { ...(JSON.parse(request.body) as object), client_id: `client-${issued++}` } }
        case '/authorize': {
          const query = new URL(request.url, origin).searchParams
          codes.set(`code-${++issued}`, world.person)
          return { status: 302, headers: { location: back(query, { code: `code-${issued}` }) } }
        }
        case '/token':
          return form.get('grant_type') === 'refresh_token'
            ? use(refresh, form.get('refresh_token'))
            : use(codes, form.get('code'))
        default:
          return undefined
      }
    })
    ends.push(() => server.close())
    return server
  }

  /** Learns its caller at `initialize` and keeps it under the session, as many do. */
  async function startMcp(): Promise<SmallServer> {
    const sessions = new Map<string, string>()
    const server = await startServer((request, origin) => {
      const message =
        request.path === '/mcp' && request.method === 'POST' ? (JSON.parse(request.body) as Rpc) : undefined
      const form = new URLSearchParams()
      const instead =
        world.atMcp.get(request.path)?.({ ...request, form }) ??
        (message === undefined ? undefined : world.atMcp.get(message.method)?.({ ...request, form }))
      if (instead !== undefined) return instead
      const { named } = world
      if (request.path === '/.well-known/oauth-protected-resource/mcp' && named !== undefined)
        return { json: { resource: `${origin}/mcp`, authorization_servers: [named], scopes_supported: ['read'] } }
      if (request.path !== '/mcp') return undefined
      if (message === undefined) return { status: 405 }
      const who = /^Bearer at-\d+-(\w+)$/.exec(request.headers.authorization ?? '')?.[1]
      const wantsToken = world.wants === 'all' || (world.wants === 'calls' && message.method === 'tools/call')
      if (wantsToken && who === undefined)
        return {
          status: 401,
          headers: {
            'www-authenticate':
              named === undefined
                ? 'Bearer'
                : `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
          },
        }
      if (message.method === 'initialize') {
        const id = `session-${sessions.size + 1}`
        sessions.set(id, who ?? 'nobody')
        const result = {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'notes', version: '1' },
        }
        return { headers: { 'mcp-session-id': id }, json: { jsonrpc: '2.0', id: message.id, result } }
      }
      if (message.id === undefined) return { status: 202 }
      const caller = sessions.get(String(request.headers['mcp-session-id'])) ?? who ?? 'nobody'
      return { json: { jsonrpc: '2.0', id: message.id, ...resultOf(message.method, caller) } }
    })
    ends.push(() => server.close())
    return server
  }
}

interface Rpc {
  readonly method: string
  readonly id?: number
}

function resultOf(method: string, caller: string): object {
  if (method === 'tools/list')
    return {
      result: { tools: [{ name: 'whoami', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] },
    }
  if (method === 'tools/call') return { result: { content: [{ type: 'text', text: `note of ${caller}` }] } }
  return { error: { code: -32601, message: 'Method not found' } }
}

/** The authorization server showed the person a page and sent nobody back. */
export class DeadPage extends Error {
  constructor(readonly status: number) {
    super(`no way back: ${status}`)
  }
}

/** Where an authorization server sends a person back to. */
export function back(query: URLSearchParams, answers: Record<string, string>): string {
  const url = new URL(query.get('redirect_uri') ?? '')
  for (const [name, value] of Object.entries({ state: query.get('state') ?? '', ...answers }))
    url.searchParams.set(name, value)
  return url.href
}

/** The document that an authorization server publishes. */
export function metadataOf(origin: string, changes: Record<string, unknown> = {}): object {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    ...changes,
  }
}

/** What a call of the one tool answers for somebody. */
export const noteOf = (who: string) => ({ type: 'completed', result: { content: [{ text: `note of ${who}` }] } })
