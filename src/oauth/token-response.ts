import { refuse } from './endpoint.js'
import { answerFields, failure, jsonObject } from './requests.js'
import { parseScopes } from './scopes.js'
import type { ClientRegistration } from './client-registration.js'
import type { IntegrationError } from '../model/errors.js'
import type { JsonObject } from '../model/json.js'
import type { ServerMetadata } from './server-metadata.js'

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
 * Reads the answer of a token endpoint. A code or a refresh token is spent by now, so whatever can be read safely counts:
 * any 2xx, a form in place of JSON, a token without a type. A token of another type than Bearer is refused.
 *
 * @throws IntegrationError `authorization_failed` with the OAuth error or `token_response_invalid`; `server_error` and
 * `rate_limited` when the authorization server is down or busy.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export async function readTokens(question: TokenQuestion, response: Response): Promise<TokenSet> {
  const fields = await readFields(response)
  const { server, client, scopes } = question
  requireType(fields, 'bearer')
  return {
    accessToken: accessToken(fields),
    tokenType: 'bearer',
    lifetimeMs: lifetime(fields['expires_in']),
    refreshToken: refreshToken(fields['refresh_token']),
    scopes: granted(fields['scope']) ?? scopes,
    issuer: server.issuer,
    account: subject(fields['id_token'], server.issuer, client.clientId),
  }
}

/** Reads the answer of an identity provider: an assertion in the place of an access token, of type `N_A`. */
export async function readAssertion(response: Response): Promise<string> {
  const fields = await readFields(response)
  requireType(fields, 'n_a', 'bearer')
  return accessToken(fields)
}

/** The fields that say something: an empty text and `null` are as if they weren't there. */
async function readFields(response: Response): Promise<JsonObject> {
  const answer = { status: response.status, headers: response.headers, body: await response.text() }
  const sent = answerFields(answer.body) ?? {}
  const fields = Object.entries(tokensIn(sent)).filter(([, value]) => value !== null && value !== '')
  const found = Object.fromEntries(fields)
  if (!response.ok || found['access_token'] === undefined) throw failure(answer)
  return found
}

/** The answer itself, or the only object in it that holds tokens. */
function tokensIn(answer: JsonObject): JsonObject {
  const holders = [answer, ...Object.values(answer)].filter(
    (part): part is JsonObject => typeof part === 'object' && part !== null && 'access_token' in part,
  )
  const [only] = holders
  return only !== undefined && (only === answer || holders.length === 1) ? only : answer
}

function requireType({ token_type: type = 'bearer' }: JsonObject, ...allowed: readonly string[]): void {
  const name = typeof type === 'string' ? type.trim().toLowerCase() : ''
  if (!allowed.includes(name.replace(/^bearer[ _-]?token$/, 'bearer'))) throw invalid()
}

/** Goes into a header behind its type: visible ASCII, and no more than servers take. */
function accessToken({ access_token: token }: JsonObject): string {
  const bare = typeof token === 'string' ? token.trim().replace(/^bearer /i, '') : ''
  if (!/^[\x21-\x7e]{1,16384}$/.test(bare)) throw invalid()
  return bare
}

/** Goes into a form, blanks included. One that can't be read is left out: the access token is good without it. */
function refreshToken(token: unknown): string | undefined {
  return typeof token === 'string' && /^[\x20-\x7e]{1,16384}$/.test(token) ? token : undefined
}

/** `undefined` where nothing is said. */
function granted(scope: unknown): readonly string[] | undefined {
  const scopes = parseScopes(Array.isArray(scope) ? scope.join(' ') : scope)
  return scopes.length === 0 ? undefined : scopes
}

/** In ms. Between a second and ten years: what is nonsense must not become a storm or an overflow. */
function lifetime(expiresIn: unknown): number | undefined {
  const seconds = typeof expiresIn === 'string' && /^\d{1,15}(\.\d+)?$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return undefined
  const tenYears = 10 * 365 * 24 * 3600
  return Math.floor(Math.min(Math.max(seconds, 1), tenYears) * 1000)
}

function invalid(): IntegrationError {
  return refuse('token_response_invalid', 'The authorization server returned unusable tokens.')
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
