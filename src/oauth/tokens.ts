import { refreshTokenGrantRequest } from 'oauth4webapi'
import { clientAuthentication, party } from './client-authentication.js'
import { resourceParameter, tokenOptions } from './token-request.js'
import { readTokens } from './token-response.js'
import type { OAuthEnvironment } from './environment.js'
import type { TokenContext, TokenSet } from './token-set.js'
import type { TokenRequestOptions } from './token-request.js'

export type { TokenContext, TokenSet } from './token-set.js'

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
