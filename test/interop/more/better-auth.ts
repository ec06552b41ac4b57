import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { browser } from './browse.js'
import { listen, type Answer, type SignInServer } from './sign-in-server.js'

type Tables = Record<string, Record<string, unknown>[]>
interface Auth {
  readonly handler: Answer
  readonly api: { signUpEmail(given: { readonly body: object }): Promise<unknown> }
}
/** What is used of better-auth, which is installed elsewhere and has no types here. */
interface Library {
  betterAuth(options: object): Auth
  memoryAdapter(tables: Tables): unknown
  jwt(): unknown
  mcp(options: object): unknown
}
/** 1.6, where the plugin `mcp` is part of it. */
interface Library16 extends Library {
  withMcpAuth(auth: Auth, handler: Answer): Answer
  oAuthDiscoveryMetadata(auth: Auth): Answer
  oAuthProtectedResourceMetadata(auth: Auth): Answer
}
/** 1.7, where the plugin is the package `@better-auth/mcp`. */
interface Library17 extends Library {
  requireMcpAuth(auth: Auth, handler: Answer, options: { readonly resource: string }): Answer
}

/** How a version and an MCP server are put together. */
interface Setup {
  plugins(resource: string): readonly unknown[]
  /** Asks for a token before the MCP server. */
  protect(auth: Auth, mcp: Answer, resource: string): Answer
  /** Paths, and what answers there. */
  wellKnown(auth: Auth): Readonly<Record<string, Answer>>
  /** The table with the refresh tokens, and its column that says until when they are good. */
  readonly refreshTokens: readonly [table: string, column: string]
}

const person = { email: 'ana@example.com', password: 'correct horse battery', name: 'Ana' }
const pages = { loginPage: '/sign-in', consentPage: '/consent' }
/** Of both versions: their adapter in memory makes none itself. */
const tableNames =
  'user session account verification jwks oauthAccessToken oauthRefreshToken oauthConsent oauthApplication oauthClient ' +
  'oauthResource oauthClientResource oauthClientAssertion'

/** better-auth 1.6 with its plugin `mcp`: opaque tokens, no revocation. */
export async function startBetterAuth16(packages: string): Promise<SignInServer> {
  const library = await load<Library16>(packages, 'better-auth-1.6')
  return start(library, {
    plugins: (resource) => [library.mcp({ ...pages, resource, oidcConfig: pages })],
    protect: (auth, mcp) => library.withMcpAuth(auth, mcp),
    wellKnown: (auth) => ({
      '/.well-known/oauth-authorization-server': library.oAuthDiscoveryMetadata(auth),
      '/.well-known/oauth-protected-resource': library.oAuthProtectedResourceMetadata(auth),
    }),
    refreshTokens: ['oauthAccessToken', 'refreshTokenExpiresAt'],
  })
}

/** better-auth 1.7 with the package `@better-auth/mcp`: signed tokens for one resource, an `iss`, revocation. */
export async function startBetterAuth17(packages: string): Promise<SignInServer> {
  const library = await load<Library17>(packages, 'better-auth', '@better-auth/mcp/dist/index.mjs')
  const registration = { allowDynamicClientRegistration: true, allowUnauthenticatedClientRegistration: true }
  return start(library, {
    plugins: (resource) => [library.jwt(), library.mcp({ ...pages, resource, ...registration })],
    protect: (auth, mcp, resource) => library.requireMcpAuth(auth, mcp, { resource }),
    wellKnown: (auth) => ({ '/.well-known/': auth.handler }),
    refreshTokens: ['oauthRefreshToken', 'expiresAt'],
  })
}

async function load<L>(packages: string, name: string, ...plugins: readonly string[]): Promise<L> {
  const parts = ['index.mjs', 'plugins/index.mjs', 'adapters/memory-adapter/index.mjs']
  const files = [...parts.map((part) => join(name, 'dist', part)), ...plugins]
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(join(packages, file)).href)))
  return Object.assign({}, ...modules) as L
}

async function start(library: Library, setup: Setup): Promise<SignInServer> {
  let routes: Readonly<Record<string, Answer>> = {}
  const { origin, asked, stop } = await listen(async (request) => {
    const { pathname } = new URL(request.url)
    const route = Object.keys(routes).find((path) => pathname.startsWith(path))
    return routes[route ?? '']?.(request) ?? new Response(null, { status: 404 })
  })
  const url = `${origin}/mcp`

  const tables: Tables = Object.fromEntries(tableNames.split(' ').map((name) => [name, []]))
  const auth = library.betterAuth({
    baseURL: origin,
    secret: 'a secret of this test alone, long enough',
    database: library.memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    logger: { level: 'error' },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: setup.plugins(url),
  })
  await auth.api.signUpEmail({ body: person })
  const mcp = createMcpHandler(notes)
  const access = endable(setup.protect(auth, (request) => mcp.fetch(request), url))
  routes = { '/mcp': access.answer, '/api/auth/': auth.handler, ...setup.wellKnown(auth) }

  return {
    url,
    asked,
    browse: (authorizationUrl) => browse(authorizationUrl, origin),
    endAccess: access.end,
    async endRefresh() {
      const [table, column] = setup.refreshTokens
      for (const token of tables[table] ?? []) token[column] = new Date(0)
    },
    stop,
  }
}

function notes(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: 'Ana' }],
  }))
  return server
}

/** Tokens that were used before the end reach the server as one that it doesn't know, so that it refuses them itself. */
function endable(protectedMcp: Answer): { readonly answer: Answer; end(): Promise<void> } {
  const used = new Set<string>()
  let over: ReadonlySet<string> = new Set()
  return {
    answer(request) {
      const token = request.headers.get('authorization')
      if (token === null) return protectedMcp(request)
      used.add(token)
      if (!over.has(token)) return protectedMcp(request)
      const headers = { ...Object.fromEntries(request.headers), authorization: 'Bearer over' }
      return protectedMcp(new Request(request.url, { method: 'POST', headers }))
    },
    async end() {
      over = new Set(used)
    },
  }
}

async function browse(authorizationUrl: string, origin: string): Promise<string> {
  const go = browser(origin)
  let place = await go(authorizationUrl)
  // 1.7 wants the query of its pages back with what was filled in, 1.6 keeps it in a cookie.
  const query = () => ({ oauth_query: place.search.slice(1) })
  if (place.pathname === pages.loginPage) {
    place = await go(`${origin}/api/auth/sign-in/email`, { ...person, ...query() })
  }
  if (place.pathname === pages.consentPage) {
    const consent_code = place.searchParams.get('consent_code') ?? undefined
    place = await go(`${origin}/api/auth/oauth2/consent`, { accept: true, consent_code, ...query() })
  }
  return place.href
}
