import { refuse } from './endpoint.js'
import { responseFields, failure, jsonObject } from './requests.js'
import { parseScopes, validScopes, withoutSecretScopes } from './scopes.js'
import type { ClientRegistration } from './client-registration.js'
import type { IntegrationError } from '../model/errors.js'
import type { JsonObject } from '../model/json.js'
import type { ServerMetadata } from './server-metadata.js'

/** Tokens of an authorization server. Plain JSON; secret. */
export interface TokenSet {
  readonly accessToken: string
  readonly tokenType: 'bearer'
  /** The lifetime of the access token from the time of the request, in ms. Absent: unknown until a 401. */
  readonly lifetimeMs?: number | undefined
  readonly refreshToken?: string | undefined
  /** The granted scopes; if the response has none, the requested ones. */
  readonly scopes: readonly string[]
  readonly issuer: string
  /** The account that signed in, if known: the subject, unique within the issuer. */
  readonly account?: string | undefined
}

/** The request for tokens: authorization server, client and scopes. */
export interface TokenRequestContext {
  readonly server: ServerMetadata
  readonly client: ClientRegistration
  readonly scopes: readonly string[]
}

/**
 * Reads the response of a token endpoint. The code or refresh token can't be used again, so every safely readable response
 * is accepted: any 2xx, a form instead of JSON, a token without a type. A token type other than Bearer is refused.
 *
 * @throws IntegrationError `authorization_failed` with the OAuth error or `token_response_invalid`; `server_error` and
 * `rate_limited` if the authorization server is down or busy.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export async function readTokens(context: TokenRequestContext, response: Response): Promise<TokenSet> {
  const fields = await readFields(response)
  const { server, client, scopes } = context
  requireType(fields, 'bearer')
  const tokens = { accessToken: accessToken(fields), refreshToken: refreshToken(fields['refresh_token']) }
  const secrets = [tokens.accessToken, tokens.refreshToken, client.clientSecret]
  return {
    ...tokens,
    tokenType: 'bearer',
    lifetimeMs: lifetime(fields['expires_in']),
    scopes: withoutSecretScopes(granted(fields['scope']) ?? scopes, secrets),
    issuer: server.issuer,
    account: subject(fields['id_token'], server.issuer, client.clientId),
  }
}

/** Reads the response of an identity provider: an assertion instead of an access token, of type `N_A`. */
export async function readAssertion(response: Response): Promise<string> {
  const fields = await readFields(response)
  requireType(fields, 'n_a', 'bearer')
  return accessToken(fields)
}

/** The fields with a value: empty strings and `null` are ignored. */
async function readFields(response: Response): Promise<JsonObject> {
  const read = { status: response.status, headers: response.headers, body: await response.text() }
  const sent = responseFields(read.body) ?? {}
  const fields = Object.entries(tokensIn(sent)).filter(([, value]) => value !== null && value !== '')
  const found = Object.fromEntries(fields)
  if (!response.ok || found['access_token'] === undefined) throw failure(read)
  return found
}

/** The response itself, or the only object in it that contains tokens. */
function tokensIn(fields: JsonObject): JsonObject {
  const holders = [fields, ...Object.values(fields)].filter(
    (part): part is JsonObject => typeof part === 'object' && part !== null && 'access_token' in part,
  )
  const [only] = holders
  return only !== undefined && (only === fields || holders.length === 1) ? only : fields
}

function requireType({ token_type: type = 'bearer' }: JsonObject, ...allowed: readonly string[]): void {
  const name = typeof type === 'string' ? type.trim().toLowerCase() : ''
  if (!allowed.includes(name.replace(/^bearer[ _-]?token$/, 'bearer'))) throw invalid()
}

/** Sent in a header: visible ASCII, of a length that servers accept. */
function accessToken({ access_token: token }: JsonObject): string {
  const bare = typeof token === 'string' ? token.trim().replace(/^bearer /i, '') : ''
  if (!/^[\x21-\x7e]{1,16384}$/.test(bare)) throw invalid()
  return bare
}

/** Sent in a form, so spaces are allowed. An invalid one is left out: the access token works without it. */
function refreshToken(token: unknown): string | undefined {
  return typeof token === 'string' && /^[\x20-\x7e]{1,16384}$/.test(token) ? token : undefined
}

/** `undefined` if the response has no scope. */
function granted(scope: unknown): readonly string[] | undefined {
  const scopes = Array.isArray(scope) ? validScopes(scope.flatMap((one) => parseScopes(one))) : parseScopes(scope)
  return scopes.length === 0 ? undefined : scopes
}

/** In ms, between a second and ten years, so that a nonsensical value causes no storm of refreshes and no overflow. */
function lifetime(expiresIn: unknown): number | undefined {
  const seconds = typeof expiresIn === 'string' && /^\d{1,15}(\.\d+)?$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return undefined
  const tenYears = 10 * 365 * 24 * 3600
  return Math.floor(Math.min(Math.max(seconds, 1), tenYears) * 1000)
}

function invalid(): IntegrationError {
  return refuse('token_response_invalid', 'The authorization server returned unusable tokens.')
}

/** The subject of an ID token of this issuer for this client. TLS to the token endpoint replaces the signature check. */
function subject(idToken: unknown, issuer: string, clientId: string): string | undefined {
  const claims = typeof idToken === 'string' ? claimsOf(idToken) : undefined
  if (claims === undefined || claims['iss'] !== issuer) return undefined
  const audience = claims['aud']
  const forUs = audience === clientId || (Array.isArray(audience) && audience.includes(clientId))
  return forUs ? accountName(claims['sub']) : undefined
}

/** A subject that is safe to store and show. */
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
