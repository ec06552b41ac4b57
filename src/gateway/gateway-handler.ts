import { createMcpHandler, isLegacyRequest, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { Actor, ConfirmRequest, IntegrationRegistry } from '../index.js'
import { originOf, publicOrigin } from '../http/public-origin.js'
import { authenticate, metadataOf, type GatewayAuth } from './authentication.js'
import { gatewayServer, onToolsetChange, toolsetChanges, unexpected } from './gateway-server.js'
import { boundedRequest } from './bounded-request.js'
import { gatewaySessions, type GatewaySessionOptions } from './gateway-sessions.js'
import { requestsInProgress, whenRead } from './requests-in-progress.js'
import { rpcError } from './rpc-error.js'

export type { GatewayAuth, VerifiedToken } from './authentication.js'
export type { GatewaySessionOptions } from './gateway-sessions.js'

/** Options of {@link gatewayHandler}. */
export interface GatewayOptions<AgentId extends string = string> {
  /** The agent whose toolset is served. */
  readonly agent: AgentId
  /**
   * Authenticates a request by the host's own means; called for every request. For `undefined` the response is 401. Leave it
   * out if `auth.verifyToken` identifies people by their tokens.
   */
  readonly actor?: ((request: Request) => Actor | undefined | Promise<Actor | undefined>) | undefined
  /** OAuth for clients: the protected resource metadata (RFC 9728) and the check of tokens. */
  readonly auth?: GatewayAuth | undefined
  /** The public origin, e.g. `https://agents.example.com`. `@default` that of `auth.resource`; without either, only loopback names are accepted */
  readonly origin?: string | undefined
  /** Whether to trust `X-Forwarded-Host`. Only behind a proxy that always sets it. `@default false` */
  readonly trustForwardedHost?: boolean | undefined
  /** The URL of your page where a person decides a waiting call. Clients show it; opening it decides nothing. */
  readonly approvalUrl?: ((approval: ConfirmRequest) => string) | undefined
  /** Called with the host's own errors, which clients don't see, for the host's log. `@default console.error` */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Sessions of clients of the 2025 revisions. */
  readonly sessions?: GatewaySessionOptions | undefined
}

/** A handler of MCP requests. */
export interface GatewayHandler {
  (request: Request): Promise<Response>
  /** Ends every session and stream. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Serves one agent's toolset as an MCP server: the tools that the agent can call now for the actor, under their model
 * names. Permissions are checked for every request. A call that needs approval returns a result with the link of
 * `approvalUrl`; the same call, made again after the approval, runs. Errors are results with `isError`.
 *
 * Mount it at the path of the MCP endpoint, and with `auth` also at `/.well-known/oauth-protected-resource` followed by
 * the path of `auth.resource`.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 *
 * @example
 * ```ts
 * // examples/guides/gateway.ts#mount
 * const whoIs = async (token: string) => (token === 'token-of-ana' ? ana : undefined)
 * const handler = gatewayHandler(registry, {
 *   agent: 'assistant',
 *   auth: {
 *     resource: 'https://agents.example.com/mcp', // the gateway's own URL: tokens must be for it
 *     authorizationServers: ['https://sign-in.example.com'],
 *     verifyToken: async (token) => {
 *       const actor = await whoIs(token) // your check of signature, expiry and audience
 *       return actor && { actor, audience: 'https://agents.example.com/mcp' }
 *     },
 *   },
 *   approvalUrl: ({ approvalId }) => `https://agents.example.com/approvals/${approvalId}`,
 *   sessions: { secret: process.env['GATEWAY_SECRET'] }, // the same in every process
 * })
 * // Hono: app.all('/mcp', (c) => handler(c.req.raw)), and the same for '/.well-known/oauth-protected-resource/mcp'
 * ```
 */
export function gatewayHandler<AgentId extends string>(
  registry: IntegrationRegistry<AgentId>,
  options: GatewayOptions<AgentId>,
): GatewayHandler {
  const origin = publicOrigin(originOf(options.origin ?? options.auth?.resource), options.trustForwardedHost ?? false)
  const open = new Set<McpHttpHandler>()
  const { agent, approvalUrl, onError = console.error } = options
  const inProgress = requestsInProgress()
  const serverOf = (actor: Actor) => gatewayServer(registry, { actor, agent, approvalUrl, onError })
  const sessions = gatewaySessions(
    agent,
    (actor) => {
      const server = serverOf(actor)
      const stop = onToolsetChange(registry.actingAs(actor), () => void server.sendToolListChanged().catch(() => {}))
      return { server, stop }
    },
    options.sessions,
  )

  async function handle(request: Request): Promise<Response> {
    const refused = refusal(() => origin.checkHost(request))
    if (refused !== undefined) return refused
    const metadata = metadataOf(request, options.auth)
    if (metadata !== undefined) return metadata
    // Browsers attach cookies to requests of any site, but never a bearer token.
    if (request.headers.has('origin') || !request.headers.has('authorization')) {
      const foreign = refusal(() => origin.checkWrite(request))
      if (foreign !== undefined) return foreign
    }
    const actor = await authenticate(request, options)
    if (actor instanceof Response) return actor
    return inProgress.run(actor, request.signal, async () => {
      const bounded = await boundedRequest(request)
      if (bounded instanceof Response) return bounded
      if (await isLegacyRequest(bounded)) return sessions.handle(bounded, actor)
      return modern(bounded, actor)
    })
  }

  /** Each request has its own server, which is closed with the response or with the gateway. */
  async function modern(request: Request, actor: Actor): Promise<Response> {
    const handler = createMcpHandler(() => serverOf(actor), {
      legacy: 'reject',
      bus: toolsetChanges(registry.actingAs(actor)),
    })
    open.add(handler)
    const response = await handler.fetch(request)
    return whenRead(response, () => open.delete(handler))
  }

  const answering = (request: Request): Promise<Response> =>
    handle(request).catch((error: unknown) => {
      onError(error)
      return rpcError(500, { code: -32603, message: unexpected })
    })
  return Object.assign(answering, {
    async close() {
      await Promise.all([...open].map((handler) => handler.close()))
      await sessions.close()
    },
  })
}

/** The response for an error that a check throws; `undefined` if it passes. */
function refusal(check: () => void): Response | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The request is refused.'
    return rpcError(403, { code: -32000, message })
  }
}
