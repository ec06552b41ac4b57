// A worker that is an MCP server and its authorization server, put together as @cloudflare/workers-oauth-provider says.
import { OAuthProvider } from '@cloudflare/workers-oauth-provider'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'

let provider

export default {
  fetch(request, env, context) {
    provider ??= providerAt(new URL(request.url).origin)
    return provider.fetch(request, env, context)
  },
}

function providerAt(origin) {
  const mcp = createMcpHandler(notes)
  return new OAuthProvider({
    apiRoute: '/mcp',
    apiHandler: { fetch: (request) => mcp.fetch(request) },
    defaultHandler: { fetch: authorize },
    authorizeEndpoint: '/authorize',
    tokenEndpoint: '/oauth/token',
    clientRegistrationEndpoint: '/oauth/register',
    scopesSupported: ['mcp:read', 'offline_access'],
    requiredScopes: ['mcp:read'],
    clientIdMetadataDocumentEnabled: false,
    onError() {},
    resourceMetadata: { resource: `${origin}/mcp`, authorization_servers: [origin] },
  })
}

/** Its page: a person who is signed in already, and consents. */
async function authorize(request, { OAUTH_PROVIDER }) {
  if (new URL(request.url).pathname !== '/authorize') return new Response(null, { status: 404 })
  const asked = await OAUTH_PROVIDER.parseAuthRequest(request)
  const granted = { userId: 'ana', metadata: {}, scope: asked.scope, props: {} }
  const { redirectTo } = await OAUTH_PROVIDER.completeAuthorization({ request: asked, ...granted })
  return Response.redirect(redirectTo, 302)
}

function notes() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const content = [{ type: 'text', text: 'Ana' }]
  server.registerTool('whoami', { annotations: { readOnlyHint: true } }, () => ({ content }))
  return server
}
