import { refreshTokenGrantRequest } from 'oauth4webapi'
import { clientAuthentication, oauthClient } from './client-authentication.js'
import { refuse } from './endpoint.js'
import { deadlines, httpOptions } from './requests.js'
import { readTokens, type TokenRequestContext, type TokenSet } from './token-response.js'
import type { OAuthEnvironment } from './environment.js'
import type { ServerMetadata } from './server-metadata.js'

export type { TokenSet } from './token-response.js'

/** The context of token requests: authorization server, client, resource and scopes. Plain JSON; holds a secret. */
export interface TokenContext extends TokenRequestContext {
  readonly resource?: string | undefined
  /** The authorization server's name in the protected resource metadata, if it differs from the issuer. */
  readonly namedAs?: string | undefined
  /** The configured token endpoint, which tokens are bound to. */
  readonly configuredTokenEndpoint?: string | undefined
  /** Whether a refresh sends `scope`. */
  readonly refreshScope?: boolean | undefined
  /** The missing scopes that led to this sign-in: another sign-in for the same scopes would not help. */
  readonly steppedUpFor?: readonly string[] | undefined
  /** The only origin that tokens are sent to. Absent: the integration's server. */
  readonly serverOrigin?: string | undefined
}

/**
 * Refreshes an access token. Sends the refresh token exactly once.
 *
 * @returns the new tokens; without `refreshToken` the old one stays valid
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
  const scope = context.refreshScope === true ? scopeParameter(context) : {}
  const additionalParameters = { ...resourceParameter(context), ...scope }
  const response = await refreshTokenGrantRequest(
    server,
    oauthClient(client),
    await clientAuthentication(client),
    refreshToken,
    { ...http, additionalParameters },
  )
  return readTokens(context, response)
}

/** Options of a token request. */
export interface TokenRequestOptions {
  readonly signal?: AbortSignal | undefined
}

/** The HTTP options of requests to the token endpoint. */
export function tokenOptions(
  env: OAuthEnvironment,
  server: ServerMetadata,
  { signal }: TokenRequestOptions,
): ReturnType<typeof httpOptions> {
  if (server.token_endpoint === undefined)
    throw refuse('unsafe_endpoint', 'The authorization server has no token endpoint.')
  return httpOptions(env, server.token_endpoint, { purpose: 'token', timeoutMs: deadlines.token, signal })
}

/** The `resource` parameter, if known, exactly as in the protected resource metadata. */
export function resourceParameter({ resource }: TokenContext): Record<string, string> {
  return resource === undefined ? {} : { resource }
}

/** The `scope` parameter, if scopes are requested. */
export function scopeParameter({ scopes }: TokenContext): Record<string, string> {
  return scopes.length === 0 ? {} : { scope: scopes.join(' ') }
}
