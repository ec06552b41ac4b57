import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { ClientSecretPost, None, PrivateKeyJwt } from 'oauth4webapi'
import { refuse } from './endpoint.js'
import type { Client, ClientAuth } from 'oauth4webapi'
import type { ClientCredentialsGrant } from '../model/oauth.js'
import type { ClientRegistration } from './client-registration.js'
import type { ServerMetadata } from './server-metadata.js'
import type { TokenSet } from './token-response.js'

/** The client in the form of `oauth4webapi`. */
export function oauthClient(client: ClientRegistration): Client {
  return { client_id: client.clientId }
}

/** Client authentication for the token and revocation endpoints. */
export async function clientAuthentication(
  client: ClientRegistration,
  grant?: ClientCredentialsGrant,
): Promise<ClientAuth> {
  if (grant?.privateKeyPem !== undefined) {
    return PrivateKeyJwt(await importPrivateKey(grant.privateKeyPem, grant.signingAlgorithm ?? 'ES256'))
  }
  const secret = client.clientSecret
  if (secret === undefined || client.method === 'none') return None()
  return client.method === 'client_secret_post' ? ClientSecretPost(secret) : basic(secret)
}

/**
 * The client with its secret in the form, after the server refused it in the header. Some servers compare the header
 * without decoding it, some read only the form.
 *
 * @returns `undefined` if the server doesn't list that method, or the error is another one
 */
export function otherAuthentication(
  { server, client }: { readonly server: ServerMetadata; readonly client: ClientRegistration },
  error: unknown,
): ClientRegistration | undefined {
  const isRefused =
    isIntegrationError(error) && (error.reason === 'invalid_client' || error.reason === 'invalid_request')
  const isListed = server.token_endpoint_auth_methods_supported?.includes('client_secret_post') === true
  return isRefused && isListed && client.method === 'client_secret_basic' && client.clientSecret !== undefined
    ? { ...client, method: 'client_secret_post' }
    : undefined
}

/** Tokens, with the client authentication that was accepted. */
export interface ObtainedTokens {
  readonly tokens: TokenSet
  readonly client: ClientRegistration
}

/**
 * Requests tokens; after a refused client once more with {@link otherAuthentication}, if there is one.
 *
 * @throws IntegrationError the errors of `ask`; `client_rejected` if a configured client is refused
 */
export async function withEitherAuthentication(
  context: { readonly server: ServerMetadata; readonly client: ClientRegistration },
  ask: (client: ClientRegistration) => Promise<TokenSet>,
): Promise<ObtainedTokens> {
  const { client } = context
  try {
    return { tokens: await ask(client), client }
  } catch (error) {
    const other = otherAuthentication(context, error)
    if (other === undefined) throw clientError(error, client)
    try {
      return { tokens: await ask(other), client: other }
    } catch (again) {
      throw clientError(again, client)
    }
  }
}

/**
 * The error for a refused client. A registered client is registered again; a configured one must be corrected by the host
 * or person.
 */
export function clientError(error: unknown, { source }: ClientRegistration): unknown {
  if (!isClientError(error) || source === 'dynamic') return error
  return refuse(
    'client_rejected',
    'The authorization server refused the OAuth client or its secret. Correct the configured client id and secret.',
  )
}

/** Whether the authorization server refused the client rather than the request. */
export function isClientError(error: unknown): boolean {
  const isRefused = isIntegrationError(error) && error.code === 'authorization_failed'
  return isRefused && (error.reason === 'invalid_client' || error.reason === 'unauthorized_client')
}

/** Form encoding that leaves `-_.` unescaped, because many servers compare without decoding. */
function basic(secret: string): ClientAuth {
  return (_server, client, _body, headers) => {
    headers.set(
      'authorization',
      `Basic ${btoa(`${encodeURIComponent(client.client_id)}:${encodeURIComponent(secret)}`)}`,
    )
  }
}

async function importPrivateKey(pem: string, algorithm: string): Promise<CryptoKey> {
  try {
    const der = Uint8Array.from(atob(pem.replaceAll(/-----[^-]+-----|\s/g, '')), (character) => character.charCodeAt(0))
    return await crypto.subtle.importKey('pkcs8', der, importParameters(algorithm), false, ['sign'])
  } catch {
    throw refuse(
      'private_key_unusable',
      'The private key is not PKCS#8 in PEM format, or does not match the signing algorithm.',
    )
  }
}

function importParameters(algorithm: string): RsaHashedImportParams | EcKeyImportParams | { name: string } {
  const bits = algorithm.slice(2)
  if (algorithm === 'EdDSA') return { name: 'Ed25519' }
  if (algorithm.startsWith('RS')) return { name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` }
  if (algorithm.startsWith('PS')) return { name: 'RSA-PSS', hash: `SHA-${bits}` }
  if (algorithm.startsWith('ES')) return { name: 'ECDSA', namedCurve: bits === '512' ? 'P-521' : `P-${bits}` }
  throw new IntegrationError('invalid_input', 'The signing algorithm is not supported.')
}
