import { clientCredentialsGrantRequest, genericTokenEndpointRequest } from 'oauth4webapi'
import {
  withEitherAuthentication,
  clientAuthentication,
  oauthClient,
  type ObtainedTokens,
} from './client-authentication.js'
import { refuse, safeUrl } from './endpoint.js'
import { clearMayHaveRun } from './requests.js'
import { readAssertion, readTokens } from './token-response.js'
import {
  resourceParameter,
  scopeParameter,
  tokenOptions,
  type TokenContext,
  type TokenRequestOptions,
  type TokenSet,
} from './tokens.js'
import type { ClientCredentialsGrant, IdentityAssertionGrant, OAuthSettings } from '../model/oauth.js'
import type { ClientRegistration } from './client-registration.js'
import type { Discovery } from './discovery.js'
import type { OAuthEnvironment } from './environment.js'
import type { ServerMetadata } from './server-metadata.js'

/**
 * Obtains tokens without a person: by client credentials, or by an assertion of an identity provider.
 *
 * @throws IntegrationError `authorization_failed` with the OAuth error, `token_response_invalid` or `client_rejected`.
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
): Promise<ObtainedTokens> {
  const { discovery, client, scopes, settings } = request
  const { server, resource } = discovery
  const context: TokenContext = { server, client, scopes, resource }
  return withEitherAuthentication(context, (as) =>
    clearMayHaveRun(renewByGrant(env, { ...context, client: as }, settings.grant, options)),
  )
}

/** Renews a credential without a refresh token from its stored context. */
export async function renewByGrant(
  env: OAuthEnvironment,
  context: TokenContext,
  grant: OAuthSettings['grant'],
  options: TokenRequestOptions = {},
): Promise<TokenSet> {
  if (typeof grant !== 'object') throw refuse('sign_in_required', 'These tokens can only be renewed by a new sign-in.')
  return grant.type === 'client_credentials'
    ? byClientCredentials(env, context, grant, options)
    : byIdentityAssertion(env, context, grant, options)
}

/**
 * Client credentials of the host: client id with a secret or private key.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
async function byClientCredentials(
  env: OAuthEnvironment,
  context: TokenContext,
  grant: ClientCredentialsGrant,
  options: TokenRequestOptions,
): Promise<TokenSet> {
  const { server, client } = context
  const parameters = { ...resourceParameter(context), ...scopeParameter(context) }
  const authentication = await clientAuthentication(client, grant)
  return readTokens(
    context,
    await clientCredentialsGrantRequest(
      server,
      oauthClient(client),
      authentication,
      parameters,
      tokenOptions(env, server, options),
    ),
  )
}

/** Two steps: the identity provider exchanges the ID token for an assertion, the authorization server exchanges that for tokens. */
async function byIdentityAssertion(
  env: OAuthEnvironment,
  context: TokenContext,
  grant: IdentityAssertionGrant,
  options: TokenRequestOptions,
): Promise<TokenSet> {
  const assertion = await identityAssertion(env, context, grant, options)
  const { server, client } = context
  const parameters = { assertion, ...resourceParameter(context), ...scopeParameter(context) }
  const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const http = tokenOptions(env, server, options)
  return readTokens(
    context,
    await genericTokenEndpointRequest(
      server,
      oauthClient(client),
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
    clientSecret: idp.clientSecret,
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
    oauthClient(client),
    await clientAuthentication(client),
    exchange,
    parameters,
    http,
  )
  return readAssertion(response)
}
