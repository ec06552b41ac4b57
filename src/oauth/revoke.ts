import { revocationRequest } from 'oauth4webapi'
import { clientAuthentication, oauthClient } from './client-authentication.js'
import { deadlines, httpOptions } from './requests.js'
import type { CredentialSecrets } from './credential-record.js'
import type { OAuthEnvironment } from './environment.js'

/**
 * Revokes tokens at the authorization server, the refresh token first. Best effort, at most 5 s for each: never rejects.
 * Called after the credential was removed here.
 *
 * @returns whether the authorization server confirmed it: for the refresh token if there is one, because that revokes its
 * access tokens as well, and some servers can't revoke an access token alone
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export async function revokeTokens(
  env: OAuthEnvironment,
  { tokens, context, grant }: CredentialSecrets,
): Promise<boolean> {
  const { server, client } = context
  const endpoint = server.revocation_endpoint
  if (endpoint === undefined) return false
  const revoke = async (token: string, hint: string): Promise<boolean> => {
    const http = httpOptions(env, endpoint, { purpose: 'token', timeoutMs: deadlines.revocation })
    const additionalParameters = { token_type_hint: hint }
    try {
      const authentication = await clientAuthentication(
        client,
        typeof grant === 'object' && grant.type === 'client_credentials' ? grant : undefined,
      )
      const response = await revocationRequest(server, oauthClient(client), authentication, token, {
        ...http,
        additionalParameters,
      })
      return response.status === 200
    } catch (error) {
      const message = `A token could not be revoked at ${new URL(endpoint).origin}. The stored copy is erased anyway.`
      env.report?.({ area: 'credentials', message, error })
      return false
    }
  }
  const refreshToken = tokens.refreshToken !== undefined && (await revoke(tokens.refreshToken, 'refresh_token'))
  const accessToken = await revoke(tokens.accessToken, 'access_token')
  return tokens.refreshToken === undefined ? accessToken : refreshToken
}
