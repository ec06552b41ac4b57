import { isLoopback, refuse } from './endpoint.js'
import { perIssuer } from './environment.js'
import { deadlines, failure, jsonObject, send, withoutDoubt } from './requests.js'
import type { Discovery } from './discovery.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthSettings } from '../model/oauth.js'
import type { ServerMetadata } from './server-metadata.js'

/** How a client proves itself at the token endpoint. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** Who we are to one authorization server. Plain JSON; holds a secret. Kept under `issuer` and never shown to another. */
export interface ClientRegistration {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly method: ClientAuthenticationMethod
  /** `configured` by a person or host, found at our `metadata_document`, or `dynamic`: registered by itself. */
  readonly source: 'configured' | 'metadata_document' | 'dynamic'
  readonly redirectUri: string
  /** `dynamic`: when the secret ends, ms since the epoch. */
  readonly secretExpiresAt?: number | undefined
}

/**
 * Finds out who we are to an authorization server: the configured client, else our Client ID Metadata Document where the
 * server reads such, else the registration that is `stored`, else a new dynamic registration.
 *
 * @param stored - what this function returned for the integration before, for whichever issuer.
 * @throws IntegrationError `authorization_failed` with `issuer_changed` (a configured client belongs to another
 * authorization server), `registration_unsupported`, `registration_invalid` or the server's OAuth error.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-registration-approaches
 */
export async function resolveClient(
  env: OAuthEnvironment,
  discovery: Discovery,
  settings: OAuthSettings,
  stored?: ClientRegistration,
  signal?: AbortSignal,
): Promise<ClientRegistration> {
  const { issuer, server } = discovery
  const redirectUri = await perIssuer(env.redirectUrl, issuer)
  const { clientId, clientSecret } = settings
  if (clientId !== undefined) {
    if (stored?.source === 'configured' && stored.clientId === clientId && stored.issuer !== issuer) {
      throw refuse('issuer_changed', 'The configured client belongs to another authorization server.')
    }
    const method = authenticationMethod(server, clientSecret !== undefined)
    return {
      issuer,
      clientId,
      method,
      source: 'configured',
      redirectUri,
      clientSecret,
    }
  }
  if (server.client_id_metadata_document_supported === true && env.clientMetadataUrl !== undefined) {
    const url = await perIssuer(env.clientMetadataUrl, issuer)
    return { issuer, clientId: url, method: 'none', source: 'metadata_document', redirectUri }
  }
  if (
    stored?.source === 'dynamic' &&
    stored.issuer === issuer &&
    stored.redirectUri === redirectUri &&
    !ended(stored, env)
  )
    return stored
  return register(env, discovery, redirectUri, signal)
}

const byPreference: readonly ClientAuthenticationMethod[] = ['client_secret_basic', 'client_secret_post', 'none']

/**
 * The method for a client: what it was registered with if the server supports that, else Basic, post, none, in this order,
 * of what the server supports. A server that lists nothing supports Basic.
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

/** What we say of ourselves, in a registration and in our Client ID Metadata Document. */
export function clientMetadata(
  env: Pick<OAuthEnvironment, 'clientName'>,
  redirectUri: string,
  method: ClientAuthenticationMethod,
): JsonObject {
  const url = new URL(redirectUri)
  const web = (url.protocol === 'https:' || url.protocol === 'http:') && !isLoopback(url)
  return {
    client_name: env.clientName,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: web ? 'web' : 'native',
    token_endpoint_auth_method: method,
  }
}

/**
 * The document to publish at `clientMetadataUrl`.
 *
 * @param issuer - for the authorization server that it is meant for, when the URLs hold `{issuer}`.
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/
 */
export async function clientMetadataDocument(
  env: Pick<OAuthEnvironment, 'clientName' | 'redirectUrl'> & { readonly clientMetadataUrl: string },
  issuer = '',
): Promise<JsonObject> {
  const [client_id, redirectUri] = [
    await perIssuer(env.clientMetadataUrl, issuer),
    await perIssuer(env.redirectUrl, issuer),
  ]
  return { client_id, ...clientMetadata(env, redirectUri, 'none') }
}

async function register(
  env: OAuthEnvironment,
  discovery: Discovery,
  redirectUri: string,
  signal?: AbortSignal,
): Promise<ClientRegistration> {
  const { issuer, server } = discovery
  const endpoint = server.registration_endpoint
  if (endpoint === undefined)
    throw refuse(
      'registration_unsupported',
      'The authorization server registers no clients by itself: configure a client id.',
    )
  const body = JSON.stringify(clientMetadata(env, redirectUri, authenticationMethod(server, true)))
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  const answer = await withoutDoubt(
    send(env, endpoint, { method: 'POST', headers, body }, { purpose: 'token', timeoutMs: deadlines.token, signal }),
  )
  if (answer.status !== 201 && answer.status !== 200) throw failure(answer)
  const client = readRegistration(jsonObject(answer.body))
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

/** Many servers leave out `client_secret_expires_at`, which the RFC wants beside a secret: then it does not end. */
function readRegistration(answer: JsonObject | undefined) {
  const {
    client_id: id,
    client_secret: secret,
    client_secret_expires_at: expiresAt,
    token_endpoint_auth_method: method,
  } = answer ?? {}
  if (!printable(id) || (secret !== undefined && secret !== null && secret !== '' && !printable(secret))) {
    throw refuse('registration_invalid', 'The authorization server answered a registration without a usable client.')
  }
  return {
    id,
    secret: printable(secret) ? secret : undefined,
    method: typeof method === 'string' ? method : undefined,
    secretExpiresAt:
      typeof expiresAt === 'number' && expiresAt > 0 ? Math.min(expiresAt * 1000, Number.MAX_SAFE_INTEGER) : undefined,
  }
}

function printable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]{1,4096}$/.test(value)
}

/** A minute early, so that it does not end on the way. */
function ended({ secretExpiresAt }: ClientRegistration, env: OAuthEnvironment): boolean {
  return secretExpiresAt !== undefined && secretExpiresAt - 60_000 < env.runtime.now()
}
