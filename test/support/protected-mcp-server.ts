import { createRemoteJWKSet, jwtVerify } from 'jose'
import { startMcpServer, type TestMcpServer } from './mcp-server.js'

/** A real MCP server that takes only access tokens of its authorization server, made for it. */
export interface ProtectedMcpServer extends TestMcpServer {
  readonly resource: string
  /** Every access token that was presented. */
  readonly presented: string[]
  /** Scopes a call needs beyond having a token, by tool. */
  readonly needs: Map<string, string>
  /** Tokens that are refused although they are good. */
  readonly revoked: Set<string>
  /** Takes tokens of this issuer from now on, and of no other. */
  trusts(issuer: string): void
}

export async function startProtectedMcpServer(issuer: () => string): Promise<ProtectedMcpServer> {
  const server = await startMcpServer()
  const { origin } = new URL(server.url)
  const presented: string[] = []
  const needs = new Map<string, string>()
  const revoked = new Set<string>()
  let trusted: string | undefined
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
  const challenge = (error: string): Record<string, string> => ({
    'www-authenticate': `Bearer resource_metadata="${metadata}"${error}`,
  })
  server.state.intercept = async ({ path, headers, tool }) => {
    if (path === new URL(metadata).pathname)
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          resource: server.url,
          authorization_servers: [issuer()],
          scopes_supported: ['mcp:read'],
        }),
      }
    const token = /^Bearer (.+)$/.exec(headers['authorization'] as string)?.[1]
    if (token === undefined) return { status: 401, headers: challenge('') }
    presented.push(token)
    trusted ??= issuer()
    keys ??= createRemoteJWKSet(new URL(`${trusted}/jwks`))
    try {
      if (revoked.has(token)) throw new Error('revoked')
      const { payload } = await jwtVerify(token, keys, { issuer: trusted, audience: server.url })
      const scope = tool === undefined ? undefined : needs.get(tool)
      if (scope !== undefined && !String(payload['scope']).split(' ').includes(scope))
        return { status: 403, headers: challenge(`, error="insufficient_scope", scope="${scope}"`) }
    } catch {
      return { status: 401, headers: challenge(', error="invalid_token"') }
    }
    return undefined
  }
  return {
    ...server,
    resource: server.url,
    presented,
    needs,
    revoked,
    trusts(other) {
      trusted = other
      keys = undefined
    },
  }
}
