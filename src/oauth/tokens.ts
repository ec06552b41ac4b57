import { refreshTokenGrantRequest } from 'oauth4webapi'
import { clientAuthentication, party } from './client-authentication.js'
import { refuse } from './endpoint.js'
import { deadlines, httpOptions } from './requests.js'
import { readTokens, type TokenQuestion, type TokenSet } from './token-response.js'
import type { OAuthEnvironment } from './environment.js'
import type { ServerMetadata } from './server-metadata.js'

export type { TokenSet } from './token-response.js'

/** Where, as whom and for what tokens are asked. Plain JSON; holds a secret. */
export interface TokenContext extends TokenQuestion {
  readonly resource?: string | undefined
  /** What the protected resource metadata calls the authorization server, where that isn't its issuer. */
  readonly namedAs?: string | undefined
  /** The token endpoint that a host or a person configured: tokens are bound to it. */
  readonly tokenEndpointByHand?: string | undefined
  /** Whether a refresh sends `scope`. */
  readonly refreshScope?: boolean | undefined
  /** This sign-in was asked for because these scopes were missing: asking for them again would lead nowhere. */
  readonly steppedUpFor?: readonly string[] | undefined
  /** Where tokens may be shown. Absent: wherever they are asked for. */
  readonly serverOrigin?: string | undefined
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
  const scope = context.refreshScope === true ? scopeParameter(context) : {}
  const additionalParameters = { ...resourceParameter(context), ...scope }
  const response = await refreshTokenGrantRequest(
    server,
    party(client),
    await clientAuthentication(client),
    refreshToken,
    { ...http, additionalParameters },
  )
  return readTokens(context, response)
}

/** What a token request needs besides the environment. */
export interface TokenRequestOptions {
  readonly signal?: AbortSignal | undefined
}

/** How requests to a token endpoint go out. */
export function tokenOptions(
  env: OAuthEnvironment,
  server: ServerMetadata,
  { signal }: TokenRequestOptions,
): ReturnType<typeof httpOptions> {
  if (server.token_endpoint === undefined)
    throw refuse('unsafe_endpoint', 'The authorization server has no token endpoint.')
  return httpOptions(env, server.token_endpoint, { purpose: 'token', timeoutMs: deadlines.token, signal })
}

/** `resource`, where it is known, exactly as the protected resource wrote it. */
export function resourceParameter({ resource }: TokenContext): Record<string, string> {
  return resource === undefined ? {} : { resource }
}

/** `scope`, where any is asked for. */
export function scopeParameter({ scopes }: TokenContext): Record<string, string> {
  return scopes.length === 0 ? {} : { scope: scopes.join(' ') }
}
