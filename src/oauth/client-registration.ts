import { isLoopback, refuse, safeUrl } from './endpoint.js'
import { IntegrationError } from '../model/errors.js'
import { ownRedirectUri, perIssuer } from './environment.js'
import { deadlines, failure, isOAuthError, jsonObject, send, clearMayHaveRun, type OAuthResponse } from './requests.js'
import type { Discovery } from './discovery.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthSettings } from '../model/oauth.js'
import type { ServerMetadata } from './server-metadata.js'

/** A client authentication method of the token endpoint. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** The OAuth client at one authorization server. Plain JSON; holds a secret. Never sent to another issuer. */
export interface ClientRegistration {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly method: ClientAuthenticationMethod
  /** `configured` by a person or host, a Client ID `metadata_document`, or a `dynamic` registration. */
  readonly source: 'configured' | 'metadata_document' | 'dynamic'
  readonly redirectUri: string
  /** With `dynamic`: when the secret expires, in ms since the epoch. */
  readonly secretExpiresAt?: number | undefined
}

/** Options of {@link resolveClient}. */
export interface ClientOptions {
  /** The previous result of {@link resolveClient} for the integration, of any issuer. */
  readonly stored?: ClientRegistration | undefined
  /** Returns an equal registration of another integration, otherwise the result of `register`. `@default` registers */
  readonly share?:
    | ((wanted: WantedRegistration, register: () => Promise<ClientRegistration>) => Promise<ClientRegistration>)
    | undefined
  readonly signal?: AbortSignal | undefined
}

/** The properties that a shared registration must have. */
export interface WantedRegistration extends Pick<ClientRegistration, 'issuer' | 'redirectUri'> {
  readonly isUsable: (client: ClientRegistration) => boolean
}

/**
 * Resolves the OAuth client for an authorization server: the configured client, otherwise the Client ID Metadata Document
 * if the server supports it, otherwise a stored or shared registration, otherwise a new dynamic registration.
 *
 * @throws IntegrationError `authorization_failed` with `issuer_changed` (a configured client belongs to another
 * authorization server), `registration_unsupported`, `registration_refused`, `registration_invalid` or `oauth_not_found`.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-registration-approaches
 */
export async function resolveClient(
  env: OAuthEnvironment,
  discovery: Discovery,
  settings: OAuthSettings,
  { stored, share, signal }: ClientOptions = {},
): Promise<ClientRegistration> {
  const { issuer, server } = discovery
  const plain = perIssuer(env.redirectUrl, issuer)
  const { clientId, clientSecret } = settings
  if (clientId !== undefined) {
    const isElsewhere = stored?.source === 'configured' && stored.clientId === clientId && stored.issuer !== issuer
    if (isElsewhere && settings.issuer !== issuer && settings.metadata?.issuer !== issuer)
      throw refuse('issuer_changed', 'The configured client belongs to another authorization server.')
    const method = authenticationMethod(server, clientSecret !== undefined)
    return { issuer, clientId, method, source: 'configured', redirectUri: plain, clientSecret }
  }
  if (server.client_id_metadata_document_supported === true && env.clientMetadataUrl !== undefined) {
    const url = perIssuer(env.clientMetadataUrl, issuer)
    return { issuer, clientId: url, method: 'none', source: 'metadata_document', redirectUri: plain }
  }
  const redirectUri = ownRedirectUri(env.redirectUrl, issuer)
  const isUsable = (client: ClientRegistration): boolean =>
    client.source === 'dynamic' && client.issuer === issuer && client.redirectUri === redirectUri && !ended(client, env)
  if (stored !== undefined && isUsable(stored)) return stored
  const makeNew = (): Promise<ClientRegistration> => register(env, discovery, redirectUri, signal)
  return share === undefined ? makeNew() : share({ issuer, redirectUri, isUsable }, makeNew)
}

const byPreference: readonly ClientAuthenticationMethod[] = ['client_secret_basic', 'client_secret_post', 'none']

/**
 * The authentication method of a client: that of its registration if the server supports it, otherwise the first supported
 * one of Basic, post and none. A server without a list supports Basic.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2 token_endpoint_auth_methods_supported
 */
export function authenticationMethod(
  server: Pick<ServerMetadata, 'token_endpoint_auth_methods_supported'>,
  hasSecret: boolean,
  registeredWith?: string,
): ClientAuthenticationMethod {
  const supported = server.token_endpoint_auth_methods_supported
  const possible = byPreference.filter((method) => hasSecret || method === 'none')
  const registered = possible.find((method) => method === registeredWith)
  if (registered !== undefined && (supported === undefined || supported.includes(registered))) return registered
  if (supported === undefined) return possible[0] ?? 'none'
  return possible.find((method) => supported.includes(method)) ?? 'none'
}

/** The client metadata of a registration. */
interface ClientMetadata {
  readonly redirectUri: string
  readonly method: ClientAuthenticationMethod
  readonly grantTypes: readonly string[]
}

/** The client metadata of a registration. */
function clientMetadata(
  env: Pick<OAuthEnvironment, 'clientName'>,
  { redirectUri, method, grantTypes }: ClientMetadata,
): JsonObject {
  const url = new URL(redirectUri)
  const web = (url.protocol === 'https:' || url.protocol === 'http:') && !isLoopback(url)
  return {
    client_name: env.clientName,
    redirect_uris: [redirectUri],
    grant_types: [...grantTypes],
    response_types: ['code'],
    application_type: web ? 'web' : 'native',
    token_endpoint_auth_method: method,
  }
}

const bothGrants: readonly string[] = ['authorization_code', 'refresh_token']

/**
 * Registers a client: public if the server allows it, with the grant types that it lists. After a refusal it is tried once
 * more with fewer fields.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-3
 */
async function register(
  env: OAuthEnvironment,
  discovery: Discovery,
  redirectUri: string,
  signal: AbortSignal | undefined,
): Promise<ClientRegistration> {
  const { issuer, server } = discovery
  const endpoint = server.registration_endpoint
  if (endpoint === undefined)
    throw refuse(
      'registration_unsupported',
      'The authorization server does not support dynamic client registration. Configure a client id.',
    )
  if (safeUrl(endpoint, env) === undefined)
    throw refuse('unsafe_endpoint', "The authorization server's registration_endpoint is not safe to use.")
  const { token_endpoint_auth_methods_supported: methods, grant_types_supported: grants } = server
  const isPublic = methods?.includes('none') === true
  const first: ClientMetadata = {
    redirectUri,
    method: isPublic ? 'none' : authenticationMethod(server, true),
    grantTypes: bothGrants.filter((type) => type === 'authorization_code' || grants?.includes(type) !== false),
  }
  const minimal: ClientMetadata = {
    redirectUri,
    method: methods === undefined ? 'none' : first.method,
    grantTypes: ['authorization_code'],
  }
  const post = (metadata: ClientMetadata): Promise<OAuthResponse> => {
    const body = JSON.stringify(clientMetadata(env, metadata))
    const headers = { accept: 'application/json', 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body }
    return clearMayHaveRun(send(env, endpoint, init, { purpose: 'token', timeoutMs: deadlines.token, signal }))
  }
  let response = await post(first)
  if ([400, 401, 422].includes(response.status)) response = await post(minimal)
  if (response.status < 200 || response.status >= 300) throw refusal(response, discovery)
  const client = readRegistration(jsonObject(response.body), discovery, redirectUri)
  const method = authenticationMethod(server, client.secret !== undefined, client.method)
  return {
    issuer,
    clientId: client.id,
    clientSecret: client.secret,
    method,
    source: 'dynamic',
    redirectUri,
    secretExpiresAt: client.secretExpiresAt,
  }
}

/** The error for a refused registration: if the endpoint was only assumed, the server has no OAuth. */
function refusal(response: OAuthResponse, { assumed }: Discovery): IntegrationError {
  const error = failure(response)
  if (error.code !== 'authorization_failed') return error
  const code = error.reason !== undefined && isOAuthError(error.reason) ? error.reason : undefined
  if (assumed === true && code === undefined) return noOAuth(response.status)
  return new IntegrationError(
    'authorization_failed',
    `The authorization server refused to register a client (${code ?? `HTTP ${response.status}`}). Register one with the provider and configure its client id.`,
    { reason: 'registration_refused', httpStatus: response.status },
  )
}

function noOAuth(httpStatus?: number): IntegrationError {
  return new IntegrationError(
    'authorization_failed',
    'The server requires a credential but does not support OAuth. Set an API key or a token in a header.',
    { reason: 'oauth_not_found', httpStatus },
  )
}

/** Many servers leave out `client_secret_expires_at`, which the RFC requires with a secret: then it doesn't expire. */
function readRegistration(response: JsonObject | undefined, { assumed }: Discovery, redirectUri: string) {
  const {
    client_id: givenId,
    client_secret: secret,
    client_secret_expires_at: expiresAt,
    token_endpoint_auth_method: method,
    redirect_uris: redirectUris,
  } = response ?? {}
  if (assumed === true && response === undefined) throw noOAuth()
  const id = Number.isSafeInteger(givenId) ? String(givenId) : givenId
  const isForeign =
    Array.isArray(redirectUris) && redirectUris.length > 0 && !redirectUris.some((uri) => isSameUrl(uri, redirectUri))
  const isUnusable = secret !== undefined && secret !== null && secret !== '' && !printable(secret)
  if (!printable(id) || isUnusable || isForeign)
    throw refuse('registration_invalid', 'The authorization server returned an invalid client registration.')
  return {
    id,
    secret: printable(secret) ? secret : undefined,
    method: typeof method === 'string' ? method : undefined,
    secretExpiresAt:
      typeof expiresAt === 'number' && expiresAt > 0 ? Math.min(expiresAt * 1000, Number.MAX_SAFE_INTEGER) : undefined,
  }
}

/** Whether two URLs are the same after normalisation. */
function isSameUrl(given: unknown, own: string): boolean {
  return typeof given === 'string' && URL.canParse(given) && new URL(given).href === new URL(own).href
}

function printable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]{1,4096}$/.test(value)
}

/** A minute early, so that the secret doesn't expire during the request. */
function ended({ secretExpiresAt }: ClientRegistration, env: OAuthEnvironment): boolean {
  return secretExpiresAt !== undefined && secretExpiresAt - 60_000 < env.runtime.now()
}
