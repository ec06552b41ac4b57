import {
  memoryStorage,
  type ConnectResult,
  type IntegrationRegistry,
  type IntegrationRegistryOptions,
  type RegistryEvent,
  type RegistryStorage,
} from 'mcp-integrations'
import { startAuthorizationServer } from './authorization-server.js'
import type { AuthorizationServerOptions, SeenRequest, TestAuthorizationServer } from './authorization-server.js'
import { startProtectedMcpServer, type ProtectedMcpServer } from './protected-mcp-server.js'
import { ana, makeRegistry, type TestAgent } from './registry.js'

export const redirectUrl = 'http://127.0.0.1:34567/callback'

/** How long an access token lives, in ms. */
export const lifetimeMs = 300_000

/** A registry, an MCP server that asks for OAuth, and its authorization server. Time moves only when told. */
export interface OAuthBench {
  readonly authorizationServer: TestAuthorizationServer
  readonly server: ProtectedMcpServer
  readonly storage: RegistryStorage
  readonly registry: IntegrationRegistry<TestAgent>
  /** The time of registry and storage, which tests move. */
  readonly time: { now: number }
  /** What the server names as its authorization server from now on. */
  issuer: string
  /** Local news, in order. */
  readonly heard: RegistryEvent[]
  /** Another registry on the same storage, closed with the bench. */
  another(options?: Partial<IntegrationRegistryOptions<TestAgent>>): IntegrationRegistry<TestAgent>
  /** The person at the authorization server: the callback URL. */
  signIn(result: ConnectResult): Promise<string>
  /** Connects the server as Ana. @returns the integration's id */
  connected(input?: object): Promise<string>
  /** Everything that is stored. */
  dump(): Promise<readonly { readonly key: string; readonly value: unknown }[]>
  close(): Promise<void>
}

export async function startOAuthBench(
  options: {
    readonly authorizationServer?: AuthorizationServerOptions
    readonly registry?: Partial<IntegrationRegistryOptions<TestAgent>>
  } = {},
): Promise<OAuthBench> {
  const time = { now: Date.now() }
  const authorizationServer = await startAuthorizationServer({
    accessTokenTtl: lifetimeMs / 1000,
    ...options.authorizationServer,
  })
  const server = await startProtectedMcpServer(() => bench.issuer)
  const storage = memoryStorage({ now: () => time.now })
  const registries: IntegrationRegistry<TestAgent>[] = []
  const another: OAuthBench['another'] = (own = {}) => {
    const made = makeRegistry({
      storage,
      oauth: { redirectUrl, clientName: 'Test host' },
      confirm: () => 'approve',
      ...options.registry,
      ...own,
      runtime: { now: () => time.now, ...options.registry?.runtime, ...own.runtime },
    })
    registries.push(made)
    return made
  }
  const registry = another()
  const heard: RegistryEvent[] = []
  for (const name of ['credential_changed', 'integration_status_changed', 'approval_changed'] as const)
    registry.on(name, (event) => void heard.push(event))
  const signIn = (result: ConnectResult): Promise<string> => {
    if (result.type !== 'authorization_required')
      throw new Error(`expected a sign-in, got ${result.type}: ${JSON.stringify(result.integration.statusDetail)}`)
    return authorizationServer.signIn(result.authorizationUrl, redirectUrl)
  }
  const bench: OAuthBench = {
    authorizationServer,
    server,
    storage,
    registry,
    time,
    issuer: authorizationServer.issuer,
    heard,
    another,
    signIn,
    async connected(input = {}) {
      const mine = registry.actingAs(ana)
      const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'], ...input })
      const done = begun.type === 'connected' ? begun : await mine.finishConnect(await signIn(begun))
      if (done.type !== 'connected') throw new Error(JSON.stringify(done.integration.statusDetail))
      // Calls of these tests ask nobody.
      await mine.configureTools(done.integration.id, { read_note: { approval: 'auto' } })
      return done.integration.id
    },
    async dump() {
      return (await storage.scan({ prefix: '', limit: 1000 })).records
    },
    async close() {
      await Promise.all(registries.map((one) => one.close()))
      await server.close()
      await authorizationServer.close()
    },
  }
  return bench
}

/** Answers token requests (of one kind) in place of the authorization server. */
export function answerTokenRequests(
  { authorizationServer }: OAuthBench,
  answer: (
    request: SeenRequest,
  ) => { status?: number; headers?: Record<string, string>; body: string } | 'hang' | 'reset',
  grantType?: string,
): void {
  authorizationServer.intercept = (request, response) => {
    if (request.path !== '/token' || (grantType !== undefined && request.form.get('grant_type') !== grantType))
      return false
    const given = answer(request)
    if (given === 'reset') response.socket?.destroy()
    else if (given !== 'hang')
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers }).end(given.body)
    return true
  }
}
