import { exportJWK, generateKeyPair } from 'jose'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Provider from 'oidc-provider'

/** The provider speaks up about loopback and settings that are meant for tests. */
for (const name of ['warn', 'info'] as const) {
  const say = console[name].bind(console)
  console[name] = (...words: unknown[]) => {
    if (!String(words[0]).includes('oidc-provider')) say(...words)
  }
}
const oidc = await import('oidc-provider')

export interface AuthorizationServerOptions {
  /** `@default` any resource */
  readonly resources?: readonly string[]
  /** Seconds. `@default 300` */
  readonly accessTokenTtl?: number
  /** `@default ['mcp:read', 'mcp:write']` */
  readonly scopes?: readonly string[]
  /** `@default true` */
  readonly rotation?: boolean
  /** Clients registered beforehand. */
  readonly clients?: readonly Record<string, unknown>[]
}

/** A request to the authorization server, as a test looks at it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
}

export interface TestAuthorizationServer {
  readonly issuer: string
  /** Every request, in order. */
  readonly requests: SeenRequest[]
  /** Events of the provider: `grant.success`, `grant.error`, `grant.revoked`, … */
  readonly events: string[]
  /** Set to answer before the provider does, or to cut its answer: `true` means that it is dealt with. */
  intercept: ((request: SeenRequest, response: ServerResponse) => boolean | Promise<boolean>) | undefined
  /** Runs after the provider acted and before its answer leaves: `drop` breaks the connection. */
  answerFate: ((request: SeenRequest) => 'send' | 'drop') | undefined
  /** Who signs in, and whether that person says no next time. */
  readonly person: { account: string; deniesNext: boolean }
  /** The person takes back, at the authorization server, all that they granted. */
  withdraw(): Promise<void>
  /** Token requests of a grant type. */
  tokenRequests(grantType?: string): SeenRequest[]
  /** Plays the browser and the person, up to the redirect back to the client. */
  signIn(authorizationUrl: string, redirectUri: string): Promise<string>
  close(): Promise<void>
}

/**
 * A real OAuth 2.1 authorization server on loopback: rotation with reuse detection (a refresh token used twice ends the whole
 * grant), resource indicators, `iss`, registration, revocation, and a person who approves.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<TestAuthorizationServer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new oidc.default(issuer, await configuration(options))
  const handle = provider.callback()

  const requests: SeenRequest[] = []
  const events: string[] = []
  const grants = new Set<string>()
  for (const name of ['grant.success', 'grant.error', 'grant.revoked', 'registration_create.success', 'server_error']) {
    provider.on(name, () => events.push(name))
  }

  const running: TestAuthorizationServer = {
    issuer,
    requests,
    events,
    intercept: undefined,
    answerFate: undefined,
    person: { account: 'ana', deniesNext: false },
    async withdraw() {
      for (const id of grants) await (await provider.Grant.find(id))?.destroy()
    },
    tokenRequests: (grantType) =>
      requests.filter(
        ({ path, form }) => path === '/token' && (grantType === undefined || form.get('grant_type') === grantType),
      ),
    signIn,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  server.on('request', async (request, response) => {
    const body = await readBody(request)
    const seen = see(request, body)
    requests.push(seen)
    if ((await running.intercept?.(seen, response)) === true) return
    // RFC 8414's name for what the provider serves under OpenID's.
    if (request.url === '/.well-known/oauth-authorization-server') request.url = '/.well-known/openid-configuration'
    if (seen.path.startsWith('/interaction/')) return interact(provider, running.person, grants, request, response)
    if (running.answerFate?.(seen) === 'drop') loseAnswer(response)
    handle(unread(request, body), response)
  })
  return running
}

async function configuration(options: AuthorizationServerOptions): Promise<Record<string, unknown>> {
  const { resources, accessTokenTtl = 300, scopes = ['mcp:read', 'mcp:write'], clients = [], rotation = true } = options
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'test' }
  const day = 86_400
  return {
    clients,
    jwks: { keys: [key] },
    cookies: { keys: ['only for tests'] },
    scopes: ['openid', 'offline_access', ...scopes],
    responseTypes: ['code'],
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    pkce: { required: () => true },
    issueRefreshToken: (_: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: rotation,
    ttl: {
      AccessToken: accessTokenTtl,
      RefreshToken: day,
      AuthorizationCode: 60,
      Grant: day,
      Interaction: 600,
      Session: day,
      IdToken: 300,
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: (_: unknown, client: { clientId: string }, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
      introspection: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_: unknown, resource: string) => {
          if (resources !== undefined && !resources.includes(resource)) throw new oidc.errors.InvalidTarget()
          return {
            scope: scopes.join(' '),
            audience: resource,
            accessTokenTTL: accessTokenTtl,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }
        },
      },
    },
    interactions: {
      policy: oidc.interactionPolicy.base(),
      url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}`,
    },
    renderError: (context: { type: string; body: unknown }, out: unknown) =>
      Object.assign(context, { type: 'json', body: out }),
  }
}

/** The person: signs in and grants all that is asked for, or says no. */
async function interact(
  provider: Provider,
  person: TestAuthorizationServer['person'],
  grants: Set<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response)
  if (person.deniesNext) {
    person.deniesNext = false
    return provider.interactionFinished(request, response, {
      error: 'access_denied',
      error_description: 'a secret of the server',
    })
  }
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId: person.account } })
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant =
    existing ?? new provider.Grant({ accountId: session?.accountId ?? person.account, clientId: params.client_id })
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details
  if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (missingOIDCClaims !== undefined) grant.addOIDCClaims(missingOIDCClaims)
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {}))
    grant.addResourceScope(resource, scopes.join(' '))
  const id = await grant.save()
  grants.add(id)
  await provider.interactionFinished(request, response, { consent: { grantId: id } }, { mergeWithLastSubmission: true })
}

/** Follows redirects with a cookie jar until one leads to the client. */
async function signIn(authorizationUrl: string, redirectUri: string): Promise<string> {
  const cookies = new Map<string, string>()
  let url = new URL(authorizationUrl)
  for (let hop = 0; hop < 15; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    const text = await response.text()
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';')
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`No redirect from ${url.pathname}: ${response.status} ${text}`)
    url = new URL(location, url)
    if (url.href.startsWith(redirectUri)) return url.href
  }
  throw new Error('Too many redirects.')
}

/** The server acts, and its answer never arrives. */
function loseAnswer(response: ServerResponse): void {
  response.end = () => {
    response.socket?.destroy()
    return response
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function see(request: IncomingMessage, body: string): SeenRequest {
  const { method = '', url = '/', headers } = request
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return {
    method,
    path: new URL(url, 'http://localhost').pathname,
    headers,
    form: new URLSearchParams(isForm ? body : ''),
  }
}

/** The request as it came, its body not read yet. */
function unread(request: IncomingMessage, body: string): IncomingMessage {
  const { headers, method, url, socket, httpVersion, httpVersionMajor, httpVersionMinor } = request
  const stream = Readable.from(body === '' ? [] : [Buffer.from(body)], { objectMode: false })
  const parts = { headers, method, url, socket, httpVersion, httpVersionMajor, httpVersionMinor }
  return Object.assign(stream, parts) as unknown as IncomingMessage // what the provider looks at
}
