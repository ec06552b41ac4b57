import { isIntegrationError } from '../model/errors.js'
import { refuse } from './endpoint.js'
import { readServerAgain, sameIssuer } from './discovery.js'
import { renewByGrant } from './machine-grants.js'
import { mayHaveMoved } from './refresh-failure.js'
import { refreshTokens, type TokenSet } from './tokens.js'
import { keepPrevious } from './usable-token.js'
import { isClientError, otherAuthentication } from './client-authentication.js'
import type { CredentialSecrets } from './credential-record.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthSettings } from '../model/oauth.js'

/**
 * Obtains new tokens for a credential. Data stored at the sign-in may be out of date: the configured client is read
 * again, a refused client secret is sent once with the other method that the server lists, and metadata of the same issuer
 * is read again if the token endpoint is gone or refuses.
 *
 * @param settings - the current configuration of the host or person
 * @returns the tokens and the context that worked, both to be stored
 */
export async function renewTokens(
  env: OAuthEnvironment,
  stored: CredentialSecrets,
  settings: OAuthSettings | undefined,
): Promise<CredentialSecrets> {
  let secrets = settings === undefined ? stored : withSettings(stored, settings)
  const amendments = [otherAuthenticationMethod, movedEndpoints]
  for (;;) {
    try {
      return { ...secrets, tokens: keepPrevious(await renew(env, secrets), secrets.tokens) }
    } catch (error) {
      let amended: CredentialSecrets | undefined
      while (amended === undefined && amendments.length > 0) amended = await amendments.shift()!(env, secrets, error)
      if (amended === undefined) throw error
      secrets = amended
    }
  }
}

function renew(env: OAuthEnvironment, { tokens, context, grant }: CredentialSecrets): Promise<TokenSet> {
  if (tokens.refreshToken === undefined) return renewByGrant(env, context, grant)
  return refreshTokens(env, { ...context, scopes: tokens.scopes }, tokens.refreshToken)
}

/**
 * The credential with the current configuration: a new secret of the same client, and request options.
 *
 * @throws IntegrationError `issuer_changed` if another issuer or token endpoint is configured: it must not receive tokens or
 * secrets of the old one.
 */
function withSettings(secrets: CredentialSecrets, settings: OAuthSettings): CredentialSecrets {
  const { context, grant } = secrets
  const { issuer } = context.server
  const named = settings.metadata?.issuer ?? settings.issuer
  if (
    (named !== undefined && !sameIssuer(named, issuer)) ||
    settings.metadata?.tokenEndpoint !== context.configuredTokenEndpoint
  )
    throw refuse(
      'issuer_changed',
      'The configured authorization server differs from the one that issued these tokens. Reconnect.',
    )
  const isSameClient = context.client.source === 'configured' && settings.clientId === context.client.clientId
  const client =
    isSameClient && settings.clientSecret !== undefined
      ? { ...context.client, clientSecret: settings.clientSecret }
      : context.client
  return {
    ...secrets,
    grant: typeof grant === 'object' && typeof settings.grant === 'object' && isSameClient ? settings.grant : grant,
    context: {
      ...context,
      client,
      refreshScope: settings.refreshScope,
      resource: settings.resource === undefined ? context.resource : settings.resource || undefined,
    },
  }
}

async function otherAuthenticationMethod(
  _env: OAuthEnvironment,
  secrets: CredentialSecrets,
  error: unknown,
): Promise<CredentialSecrets | undefined> {
  const { context } = secrets
  const client = otherAuthentication(context, error)
  return client === undefined ? undefined : { ...secrets, context: { ...context, client } }
}

async function movedEndpoints(
  env: OAuthEnvironment,
  secrets: CredentialSecrets,
  error: unknown,
): Promise<CredentialSecrets | undefined> {
  const { context } = secrets
  if (!mayHaveMoved(error) || isClientError(error) || context.configuredTokenEndpoint !== undefined) return undefined
  try {
    const server = await readServerAgain(env, context)
    const moved = server !== undefined && server.token_endpoint !== context.server.token_endpoint
    return moved ? { ...secrets, context: { ...context, server } } : undefined
  } catch (second) {
    if (!isIntegrationError(second)) throw second
    return undefined
  }
}
