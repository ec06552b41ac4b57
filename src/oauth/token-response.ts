import { processGenericTokenEndpointResponse } from 'oauth4webapi'
import { refuse } from './endpoint.js'
import { failure, jsonObject } from './requests.js'
import { parseScopes } from './scopes.js'
import { party } from './client-authentication.js'
import type { IntegrationError } from '../model/errors.js'
import type { JsonObject } from '../model/json.js'
import type { ClientRegistration } from './client-registration.js'
import type { ServerMetadata } from './server-metadata.js'
import type { TokenEndpointResponse } from 'oauth4webapi'

/** What an authorization server gave. Plain JSON; secret. */
export interface TokenSet {
  readonly accessToken: string
  readonly tokenType: 'bearer'
  /** How long the access token lives from when it was asked for, in ms. Absent: unknown, a 401 will tell. */
  readonly lifetimeMs?: number | undefined
  readonly refreshToken?: string | undefined
  /** What was granted; where the server doesn't say, what was asked for. */
  readonly scopes: readonly string[]
  readonly issuer: string
  /** Who signed in, where the authorization server tells: the subject, unique within the issuer. */
  readonly account?: string | undefined
}

/** Whom tokens were asked of, as whom, and for what. */
export interface TokenQuestion {
  readonly server: ServerMetadata
  readonly client: ClientRegistration
  readonly scopes: readonly string[]
}

/**
 * Reads the answer of a token endpoint.
 *
 * @throws IntegrationError `authorization_failed` with the OAuth error or `token_response_invalid`; `server_error`,
 * `rate_limited` and `protocol_error` for what is not the authorization server's word.
 */
export async function readTokens(context: TokenQuestion, response: Response): Promise<TokenSet> {
  const body = await readTokenBody(context, response)
  const { server, client, scopes } = context
  const granted = body.scope === undefined ? scopes : parseScopes(body.scope)
  const account = subject(body['id_token'], server.issuer, client.clientId)
  return {
    accessToken: token(body.access_token),
    tokenType: 'bearer',
    ...lifetime(body.expires_in),
    ...(body.refresh_token === undefined ? {} : { refreshToken: token(body.refresh_token) }),
    scopes: granted,
    issuer: server.issuer,
    ...(account === undefined ? {} : { account }),
  }
}

/** Reads the answer of an identity provider: an assertion in the place of an access token, of type `N_A`. */
export async function readAssertion(context: TokenQuestion, response: Response): Promise<string> {
  return token((await readTokenBody(context, response, { n_a: () => {} })).access_token)
}

/**
 * The ID token is taken out before the answer is judged: it only tells the account, and one that is odd must not lose a
 * sign-in. So are empty strings and nulls, and a lifetime that is not a number.
 */
async function readTokenBody(
  context: TokenQuestion,
  response: Response,
  recognizedTokenTypes: Record<string, () => void> = {},
): Promise<TokenEndpointResponse> {
  const answer = { status: response.status, headers: response.headers, body: await response.text() }
  const body = jsonObject(answer.body)
  const isError = body?.['access_token'] === undefined && body?.['error'] !== undefined
  if (answer.status !== 200 || body === undefined || isError) throw failure(answer)
  const { id_token, expires_in, ...rest } = body
  const judged = Object.entries(rest).filter(([, value]) => value !== null && value !== '')
  const json = JSON.stringify({ ...Object.fromEntries(judged), ...seconds(expires_in) })
  const clean = new Response(json, { headers: { 'content-type': 'application/json' } })
  const { server, client } = context
  const tokens = await processGenericTokenEndpointResponse(server, party(client), clean, {
    recognizedTokenTypes,
  }).catch(() => undefined)
  if (tokens === undefined || (tokens.token_type as string) === 'dpop') throw invalid()
  return { ...tokens, ...(typeof id_token === 'string' ? { id_token } : {}) } as TokenEndpointResponse
}

function seconds(value: unknown): { expires_in?: number | undefined } {
  const number = typeof value === 'string' && /^\d{1,15}(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? { expires_in: number } : {}
}

/** Between a second and ten years: what is nonsense must not become a storm or an overflow. */
function lifetime(expiresIn: number | undefined): { lifetimeMs?: number | undefined } {
  const tenYears = 10 * 365 * 24 * 3600
  return expiresIn === undefined ? {} : { lifetimeMs: Math.floor(Math.min(Math.max(expiresIn, 1), tenYears) * 1000) }
}

/** Tokens go into headers and forms: visible ASCII, and no more than servers take. */
function token(value: string): string {
  if (!/^[\x21-\x7e]{1,16384}$/.test(value)) throw invalid()
  return value
}

function invalid(): IntegrationError {
  return refuse('token_response_invalid', 'The authorization server answered with tokens that can not be used.')
}

/** The subject of an ID token that is for us and by this issuer. It came over TLS from the token endpoint, which stands for its signature. */
function subject(idToken: unknown, issuer: string, clientId: string): string | undefined {
  const claims = typeof idToken === 'string' ? claimsOf(idToken) : undefined
  if (claims === undefined || claims['iss'] !== issuer) return undefined
  const audience = claims['aud']
  const forUs = audience === clientId || (Array.isArray(audience) && audience.includes(clientId))
  return forUs ? accountName(claims['sub']) : undefined
}

/** A subject that is fit to be kept and shown. */
export function accountName(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7e]{1,255}$/.test(value) ? value : undefined
}

function claimsOf(jwt: string): JsonObject | undefined {
  try {
    const bytes = atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))
    return jsonObject(new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0))))
  } catch {
    return undefined
  }
}
