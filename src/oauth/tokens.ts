import { refreshTokenGrantRequest } from 'oauth4webapi'
import { clientAuthentication, party } from './client-authentication.js'
import { refuse } from './endpoint.js'
import { deadlines, httpOptions } from './requests.js'
import { readTokens } from './token-response.js'
import type { ClientRegistration } from './client-registration.js'
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

/** `resource`, where it is known, exactly as the protected resource wrote it. */
export function resourceParameter({ resource }: TokenContext): Record<string, string> {
  return resource === undefined ? {} : { resource }
}
