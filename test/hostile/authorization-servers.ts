import type { IncomingMessage, ServerResponse } from 'node:http'

interface Asked {
  readonly base: string
  readonly url: URL
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly text: string
}

/** What an authorization server says other than an honest one. Values are the metadata, or the answer to a token request. */
interface Hostile {
  readonly metadata?: (issuer: string, base: string) => object
  readonly resource?: (base: string) => object
  readonly token?: (answer: Record<string, unknown>) => {
    status?: number
    headers?: Record<string, string>
    body: unknown
  }
  readonly refresh?: (
    answer: Record<string, unknown>,
  ) => { status?: number; headers?: Record<string, string>; body: unknown } | 'hang'
}

const oauth: Readonly<Record<string, Hostile>> = {
  honest: {},
  'another issuer': { metadata: (issuer) => ({ issuer: `${issuer}/` }) },
  'an issuer in capitals': { metadata: (issuer) => ({ issuer: issuer.replace('http', 'HTTP') }) },
  'plain PKCE only': { metadata: () => ({ code_challenge_methods_supported: ['plain'] }) },
  'a script as its page': { metadata: () => ({ authorization_endpoint: 'javascript:alert(1)' }) },
  'a file as its page': { metadata: () => ({ authorization_endpoint: 'file:///etc/passwd' }) },
  'a hidden script as its page': { metadata: () => ({ authorization_endpoint: 'java\nscript:alert(1)' }) },
  'another program as its page': { metadata: () => ({ authorization_endpoint: 'ms-msdt:/id' }) },
  'a password in its page': { metadata: (_i, base) => ({ authorization_endpoint: base.replace('://', '://a:b@') }) },
  'the cloud as its token endpoint': { metadata: () => ({ token_endpoint: 'http://169.254.169.254/token' }) },
  'the cloud as its registration': { metadata: () => ({ registration_endpoint: 'http://169.254.169.254/register' }) },
  'a resource of another server': { resource: () => ({ resource: 'https://other.example/mcp' }) },
  'a token that lives for ever': { token: (body) => ({ body: { ...body, expires_in: 1e11 } }) },
  'a token that is dead': { token: (body) => ({ body: { ...body, expires_in: -1 } }) },
  'another kind of token': { token: (body) => ({ body: { ...body, token_type: 'mac' } }) },
  'a token with a line break': { token: (body) => ({ body: { ...body, access_token: 'a\r\nx-evil: 1' } }) },
  'a token of 1 MB': { token: (body) => ({ body: { ...body, access_token: 'x'.repeat(1_000_000) } }) },
  'a page in place of a token': {
    token: () => ({ headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' }),
  },
  'a token that is a redirect': { token: () => ({ status: 302, headers: { location: '/sink' }, body: '' }) },
  'a refresh that fails': { refresh: () => ({ status: 500, body: { error: 'server_error' } }) },
  'a refresh that asks for patience': {
    refresh: () => ({ status: 429, headers: { 'retry-after': '99999999' }, body: {} }),
  },
  'a refresh behind a wall': {
    refresh: () => ({ status: 403, headers: { 'content-type': 'text/html' }, body: '<html>no</html>' }),
  },
  'a refresh that is refused': { refresh: () => ({ status: 400, body: { error: 'invalid_grant' } }) },
}

export const oauthCases = Object.keys(oauth)

/** Plays all of them: protected resource, metadata, registration, tokens. */
export function authorizationServers({ base, url, request, response, text }: Asked): void {
  const name = decodeURIComponent(/\/as\/([^/]+)/.exec(url.pathname)?.[1] ?? '')
  const hostile = oauth[name]
  const issuer = `${base}/as/${encodeURIComponent(name)}`
  const send = (body: unknown, status = 200, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  if (hostile === undefined) return send({}, 404)
  if (url.pathname.includes('oauth-protected-resource'))
    return send({ resource: `${issuer}/mcp`, authorization_servers: [issuer], ...hostile.resource?.(base) })
  if (url.pathname.includes('.well-known'))
    return send({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      ...hostile.metadata?.(issuer, base),
    })
  if (url.pathname.endsWith('/register'))
    return send(
      {
        ...(JSON.parse(text) as object),
        client_id: 'client',
        client_secret: 'canary-client-secret',
        token_endpoint_auth_method: 'client_secret_post',
      },
      201,
    )
  if (url.pathname.endsWith('/token')) {
    const answer = {
      access_token: 'canary-access-token',
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: 'canary-refresh-token',
    }
    const refreshes = new URLSearchParams(text).get('grant_type') === 'refresh_token'
    const given = (refreshes ? hostile.refresh : hostile.token)?.(answer) ?? { body: answer }
    if (given === 'hang') return
    return send(given.body, given.status, given.headers)
  }
  if (request.headers.authorization === undefined)
    return send({}, 401, {
      'www-authenticate': `Bearer resource_metadata="${base}/.well-known/oauth-protected-resource/as/${encodeURIComponent(name)}/mcp"`,
    })
  if (request.method !== 'POST') return send({}, 405)
  const { id, method } = JSON.parse(text) as { id?: unknown; method: string }
  const results: Record<string, object> = {
    'server/discover': { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
    'tools/list': { resultType: 'complete', tools: [{ name: 'good', inputSchema: { type: 'object' } }] },
    'tools/call': { resultType: 'complete', content: [{ type: 'text', text: 'hello' }] },
  }
  return send({ jsonrpc: '2.0', id, result: results[method] ?? {} })
}
