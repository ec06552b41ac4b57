import {
  clientCredentialsGrantRequest,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  refreshTokenGrantRequest,
} from 'oauth4webapi'
import { IntegrationError } from '../model/errors.js'
import { clientAuthentication } from './client-authentication.js'
import { refuse, safeUrl } from './endpoint.js'
import { deadlines, failure, httpOptions, jsonObject } from './requests.js'
import { parseScopes } from './scopes.js'
import type { Client, TokenEndpointResponse } from 'oauth4webapi'
import type { ClientCredentialsGrant, IdentityAssertionGrant, OAuthSettings } from '../model/oauth.js'
import type { ClientRegistration } from './client-registration.js'
import type { Discovery } from './discovery.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'
import type { ServerMetadata } from './server-metadata.js'

/** What an authorization server gave. Plain JSON; secret. */
export interface TokenSet {
  readonly accessToken: string
  readonly tokenType: 'bearer'
  /** How long the access token lives from when it was asked for, in ms. Absent: unknown, a 401 will tell. */
  readonly lifetimeMs?: number
  readonly refreshToken?: string
  /** What was granted; where the server doesn't say, what was asked for. */
  readonly scopes: readonly string[]
  readonly issuer: string
  /** Who signed in, where the authorization server tells: the subject, unique within the issuer. */
  readonly account?: string
}

/** Where, as whom and for what tokens are asked. Plain JSON; holds a secret. */
export interface TokenContext {
  readonly server: ServerMetadata
  readonly client: ClientRegistration
  readonly resource?: string
  readonly scopes: readonly string[]
}

/** What a token request needs besides the environment. */
export interface TokenRequestOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Gets tokens without a person: client credentials, or an identity provider's word.
 *
 * @throws IntegrationError `authorization_failed` with the OAuth error, `token_response_invalid` or `client_required`.
 */
export async function requestTokens(
  env: OAuthEnvironment,
  request: {
    readonly discovery: Discovery
    readonly client: ClientRegistration
    readonly scopes: readonly string[]
    readonly settings: OAuthSettings
  },
  options: TokenRequestOptions = {},
): Promise<TokenSet> {
  const { discovery, client, scopes, settings } = request
  const { server, resource } = discovery
  const context: TokenContext = { server, client, scopes, ...(resource === undefined ? {} : { resource }) }
  return renewByGrant(env, context, settings.grant, options)
}

/** The same from a stored context: how a credential without a refresh token is renewed. */
export async function renewByGrant(
  env: OAuthEnvironment,
  context: TokenContext,
  grant: OAuthSettings['grant'],
  options: TokenRequestOptions = {},
): Promise<TokenSet> {
  if (typeof grant !== 'object') throw refuse('sign_in_required', 'Only a person can get new tokens here.')
  return grant.type === 'client_credentials'
    ? byClientCredentials(env, context, grant, options)
    : byIdentityAssertion(env, context, grant, options)
}

/**
 * Refreshes an access token. Sends the refresh token exactly once.
 *
 * @returns the new tokens; `refreshToken` is absent when the server did not rotate it, and the old one stays.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export async function refreshTokens(
  env: OAuthEnvironment,
  context: TokenContext,
  refreshToken: string,
  options: TokenRequestOptions = {},
): Promise<TokenSet> {
  const { server, client } = context
  const http = tokenOptions(env, server, options)
  const additionalParameters = resourceParameter(context)
  const response = await refreshTokenGrantRequest(
    server,
    party(client),
    await clientAuthentication(client),
    refreshToken,
    {
      ...http,
      additionalParameters,
    },
  )
  return readTokens(context, response)
}

/** How requests to a token endpoint go out. */
export function tokenOptions(env: OAuthEnvironment, server: ServerMetadata, { signal }: TokenRequestOptions) {
  if (server.token_endpoint === undefined)
    throw refuse('unsafe_endpoint', 'The authorization server has no token endpoint.')
  return httpOptions(env, server.token_endpoint, { purpose: 'token', timeoutMs: deadlines.token, signal })
}

/** The client as `oauth4webapi` knows it. */
export function party(client: ClientRegistration): Client {
  return { client_id: client.clientId }
}

/** `resource`, where it is known, exactly as the protected resource wrote it. */
export function resourceParameter({ resource }: TokenContext): Record<string, string> {
  return resource === undefined ? {} : { resource }
}

/**
 * Reads the answer of a token endpoint.
 *
 * @throws IntegrationError `authorization_failed` with the OAuth error or `token_response_invalid`; `server_error`,
 * `rate_limited` and `protocol_error` for what is not the authorization server's word.
 */
export async function readTokens(context: TokenContext, response: Response): Promise<TokenSet> {
  const body = await readTokenBody(context, response, 'bearer')
  const { server, client, scopes } = context
  const granted = body.scope === undefined ? scopes : parseScopes(body.scope)
  const account = subject(body['id_token'], server.issuer, client.clientId)
  return {
    accessToken: token(body.access_token),
    tokenType: 'bearer',
    ...lifetime(body.expires_in),
    ...(body.refresh_token === undefined ? {} : { refreshToken: token(body.refresh_token) }),
    scopes: granted,
    issuer: server.issuer,
    ...(account === undefined ? {} : { account }),
  }
}

async function byClientCredentials(
  env: OAuthEnvironment,
  context: TokenContext,
  grant: ClientCredentialsGrant,
  options: TokenRequestOptions,
) {
  const { server, client } = context
  const parameters = { ...resourceParameter(context), ...scopeParameter(context) }
  const authentication = await clientAuthentication(client, grant)
  return readTokens(
    context,
    await clientCredentialsGrantRequest(
      server,
      party(client),
      authentication,
      parameters,
      tokenOptions(env, server, options),
    ),
  )
}

/** Two steps: the identity provider turns the ID token into an assertion, the authorization server turns that into tokens. */
async function byIdentityAssertion(
  env: OAuthEnvironment,
  context: TokenContext,
  grant: IdentityAssertionGrant,
  options: TokenRequestOptions,
) {
  const assertion = await identityAssertion(env, context, grant, options)
  const { server, client } = context
  const parameters = { assertion, ...resourceParameter(context), ...scopeParameter(context) }
  const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const http = tokenOptions(env, server, options)
  return readTokens(
    context,
    await genericTokenEndpointRequest(
      server,
      party(client),
      await clientAuthentication(client),
      jwtBearer,
      parameters,
      http,
    ),
  )
}

async function identityAssertion(
  env: OAuthEnvironment,
  context: TokenContext,
  { idp }: IdentityAssertionGrant,
  options: TokenRequestOptions,
) {
  if (safeUrl(idp.tokenEndpoint, env) === undefined)
    throw refuse('unsafe_endpoint', 'The token endpoint of the identity provider is not safe to use.')
  const server: ServerMetadata = { issuer: idp.issuer, token_endpoint: idp.tokenEndpoint }
  const client: ClientRegistration = {
    issuer: idp.issuer,
    clientId: idp.clientId,
    ...(idp.clientSecret === undefined ? {} : { clientSecret: idp.clientSecret }),
    method: idp.clientSecret === undefined ? 'none' : 'client_secret_basic',
    source: 'configured',
    redirectUri: '',
  }
  const parameters = {
    requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    subject_token: idp.idToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    audience: context.server.issuer,
    ...resourceParameter(context),
    ...scopeParameter(context),
  }
  const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const http = tokenOptions(env, server, options)
  const response = await genericTokenEndpointRequest(
    server,
    party(client),
    await clientAuthentication(client),
    exchange,
    parameters,
    http,
  )
  return token((await readTokenBody({ ...context, server, client }, response, 'n_a')).access_token)
}

function scopeParameter({ scopes }: TokenContext): Record<string, string> {
  return scopes.length === 0 ? {} : { scope: scopes.join(' ') }
}

/**
 * The ID token is taken out before the answer is judged: it only tells the account, and one that is odd must not lose a
 * sign-in. A lifetime that is not a number is as if it weren't there.
 */
async function readTokenBody(
  context: TokenContext,
  response: Response,
  type: 'bearer' | 'n_a',
): Promise<TokenEndpointResponse> {
  const answer = { status: response.status, headers: response.headers, body: await response.text() }
  const body = jsonObject(answer.body)
  if (
    answer.status !== 200 ||
    body === undefined ||
    (body['access_token'] === undefined && body['error'] !== undefined)
  )
    throw failure(answer)
  const { id_token, expires_in, refresh_token, scope, ...rest } = body
  const judged = {
    ...rest,
    ...(refresh_token === null || refresh_token === '' ? {} : { refresh_token }),
    ...(typeof scope === 'string' ? { scope } : {}),
  }
  const clean = new Response(JSON.stringify(judged), { headers: { 'content-type': 'application/json' } })
  try {
    const recognizedTokenTypes = type === 'n_a' ? { n_a: () => {} } : {}
    const tokens = await processGenericTokenEndpointResponse(context.server, party(context.client), clean, {
      recognizedTokenTypes,
    })
    if (tokens.token_type !== type && type === 'bearer') throw invalid()
    return {
      ...tokens,
      ...(typeof id_token === 'string' ? { id_token } : {}),
      ...seconds(expires_in),
    } as TokenEndpointResponse
  } catch {
    throw invalid()
  }
}

function seconds(value: unknown): { expires_in?: number } {
  const number = typeof value === 'string' && /^\d{1,15}(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? { expires_in: number } : {}
}

/** Between a second and ten years: what is nonsense must not become a storm or an overflow. */
function lifetime(expiresIn: number | undefined): { lifetimeMs?: number } {
  const tenYears = 10 * 365 * 24 * 3600
  return expiresIn === undefined ? {} : { lifetimeMs: Math.floor(Math.min(Math.max(expiresIn, 1), tenYears) * 1000) }
}

/** Tokens go into headers and forms: visible ASCII, and no more than servers take. */
function token(value: string): string {
  if (!/^[\x21-\x7e]{1,16384}$/.test(value)) throw invalid()
  return value
}

function invalid(): IntegrationError {
  return refuse('token_response_invalid', 'The authorization server answered with tokens that can not be used.')
}

/** The subject of an ID token that is for us and by this issuer. It came over TLS from the token endpoint, which stands for its signature. */
function subject(idToken: unknown, issuer: string, clientId: string): string | undefined {
  const claims = typeof idToken === 'string' ? claimsOf(idToken) : undefined
  if (claims === undefined || claims['iss'] !== issuer) return undefined
  const audience = claims['aud']
  const forUs = audience === clientId || (Array.isArray(audience) && audience.includes(clientId))
  return forUs ? accountName(claims['sub']) : undefined
}

/** A subject that is fit to be kept and shown. */
export function accountName(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7e]{1,255}$/.test(value) ? value : undefined
}

function claimsOf(jwt: string): JsonObject | undefined {
  try {
    const bytes = atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))
    return jsonObject(new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0))))
  } catch {
    return undefined
  }
}
