import {
  AuthorizationResponseError,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from 'oauth4webapi'
import {
  withEitherAuthentication,
  clientAuthentication,
  clientError,
  oauthClient,
  type ObtainedTokens,
} from './client-authentication.js'
import { differenceFrom, parseCallback } from './callback-url.js'
import { refuse, safeUrl } from './endpoint.js'
import { deadlines, jsonObject, oauthError, send, clearMayHaveRun } from './requests.js'
import { accountName, readTokens } from './token-response.js'
import type { ClientRegistration } from './client-registration.js'
import type { Discovery } from './discovery.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthSettings } from '../model/oauth.js'
import { resourceParameter, tokenOptions, type TokenContext, type TokenSet } from './tokens.js'

/** The state of a sign-in between redirect and callback. Plain JSON; secret, so seal it before storing it. */
export interface FlowSecrets extends TokenContext {
  readonly state: string
  readonly verifier: string
}

/** Options of starting a sign-in. */
export interface AuthorizationRequest {
  readonly discovery: Discovery
  readonly client: ClientRegistration
  readonly scopes: readonly string[]
  readonly settings?: OAuthSettings | undefined
  /** The scopes that were missing and led to this sign-in. */
  readonly steppedUpFor?: readonly string[] | undefined
}

/** A started sign-in. */
export interface BegunAuthorization {
  /** The URL to redirect the person to. */
  readonly authorizationUrl: string
  /** 256 random bits that identify the sign-in; store only their hash. */
  readonly state: string
  readonly flow: FlowSecrets
}

/**
 * Starts a sign-in: new `state` and PKCE verifier, and the URL to redirect the person to.
 *
 * @throws IntegrationError `authorization_failed` with `unsafe_authorization_url`.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-flow-steps
 */
export async function beginAuthorization(
  env: OAuthEnvironment,
  request: AuthorizationRequest,
): Promise<BegunAuthorization> {
  const { discovery, client, scopes, settings = {}, steppedUpFor } = request
  const { server, resource, namedAs } = discovery
  const url = safeUrl(server.authorization_endpoint, env)
  if (url === undefined)
    throw refuse('unsafe_authorization_url', 'The URL of the authorization server is not safe to open.')
  const [state, verifier] = [generateRandomState(), generateRandomCodeVerifier()]
  // OpenID Connect grants offline access only with explicit consent.
  const { prompt = scopes.includes('offline_access') ? 'consent' : undefined } = settings
  const parameters = {
    ...settings.authorizationParameters,
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
    prompt: prompt === false ? undefined : prompt,
    resource,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  const flow: FlowSecrets = {
    state,
    verifier,
    server,
    client,
    scopes,
    resource,
    namedAs,
    configuredTokenEndpoint: settings.metadata?.tokenEndpoint,
    refreshScope: settings.refreshScope,
    steppedUpFor,
  }
  return { authorizationUrl: url.href, state, flow }
}

/** The `state` of a callback, which identifies its sign-in; `undefined` unless there is exactly one. */
export function callbackState(callbackUrl: string): string | undefined {
  const states = parseCallback(callbackUrl)?.searchParams.getAll('state') ?? []
  const [state] = states
  return states.length === 1 && state !== undefined && state.length <= 256 ? state : undefined
}

/**
 * Finishes a sign-in: checks the callback, then sends the code once. The stored sign-in must have been consumed before.
 *
 * @param callbackUrl - the whole callback URL, as received
 * @throws IntegrationError `authorization_failed` with `callback_invalid`, `issuer_mismatch`, `state_mismatch`, the OAuth
 * error (`access_denied`, …), `client_rejected` or `token_response_invalid`. Never with the server's text.
 * @see https://www.rfc-editor.org/rfc/rfc9207#section-2.4
 */
export async function finishAuthorization(
  env: OAuthEnvironment,
  flow: FlowSecrets,
  callbackUrl: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ObtainedTokens> {
  const { server, verifier } = flow
  const callback = await checkCallback(flow, callbackUrl).catch((error: unknown) => {
    throw clientError(error, flow.client)
  })
  const obtained = await withEitherAuthentication(flow, async (client) => {
    const request = authorizationCodeGrantRequest(
      server,
      oauthClient(client),
      await clientAuthentication(client),
      callback,
      client.redirectUri,
      verifier,
      { ...tokenOptions(env, server, options), additionalParameters: resourceParameter(flow) },
    )
    return readTokens(flow, await clearMayHaveRun(request))
  })
  const { tokens } = obtained
  const account = tokens.account ?? (await askAccount(env, flow, tokens))
  return { ...obtained, tokens: { ...tokens, account } }
}

async function checkCallback(flow: FlowSecrets, callbackUrl: string): Promise<URLSearchParams> {
  const url = parseCallback(callbackUrl)
  if (url === undefined) throw refuse('callback_invalid', "The callback URL can't be read.")
  const { server, client, state } = flow
  const difference = differenceFrom(client.redirectUri, server.issuer, url)
  if (difference === 'issuer')
    throw refuse(
      'issuer_mismatch',
      'This callback URL belongs to a different authorization server. Start the sign-in again.',
    )
  if (difference === 'url')
    throw refuse(
      'callback_invalid',
      'The callback URL is not the redirect URI of this sign-in. Pass the URL as the browser requested it.',
    )
  for (const name of ['state', 'iss', 'code', 'error']) {
    if (url.searchParams.getAll(name).length > 1)
      throw refuse('callback_invalid', `The callback URL has more than one ${name}.`)
  }
  const iss = url.searchParams.get('iss')
  if (iss === null ? server.authorization_response_iss_parameter_supported === true : iss !== server.issuer) {
    throw refuse(
      'issuer_mismatch',
      'The callback came from a different authorization server than the sign-in. Start the sign-in again.',
    )
  }
  if (url.searchParams.get('state') !== state)
    throw refuse('state_mismatch', 'The callback belongs to another sign-in. Start the sign-in again.')
  try {
    const parameters = validateAuthResponse(server, oauthClient(client), url, state)
    if (!parameters.get('code')) throw refuse('callback_invalid', 'The callback URL has no code.')
    return parameters
  } catch (error) {
    if (error instanceof AuthorizationResponseError) {
      const reason = oauthError(error.error) ?? 'authorization_refused'
      throw refuse(reason, 'The authorization server refused the sign-in, or the person did.')
    }
    throw refuse('callback_invalid', 'The callback URL is not a valid OAuth authorization response.')
  }
}

/** The account that signed in, by OpenID userinfo. Best effort: an error doesn't fail the sign-in. */
async function askAccount(
  env: OAuthEnvironment,
  { server }: FlowSecrets,
  { scopes, accessToken }: TokenSet,
): Promise<string | undefined> {
  const endpoint = server.userinfo_endpoint
  if (endpoint === undefined || !scopes.includes('openid')) return undefined
  const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
  try {
    const response = await send(
      env,
      endpoint,
      { method: 'GET', headers },
      { purpose: 'token', timeoutMs: deadlines.metadata },
    )
    return response.status === 200 ? accountName(jsonObject(response.body)?.['sub']) : undefined
  } catch {
    return undefined
  }
}
