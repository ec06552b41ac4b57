import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { allowInsecureRequests, customFetch } from 'oauth4webapi'
import { isLoopback } from './endpoint.js'
import type { JsonObject } from '../model/json.js'
import { race } from '../model/race.js'
import type { OAuthEnvironment } from './environment.js'

/** Deadlines of requests to an authorization server, including the body of the response, in ms. */
export const deadlines = { metadata: 10_000, token: 20_000, revocation: 5_000 } as const

/** The longest `Retry-After` that is honoured, in ms: 24 hours. */
const maxWaitMs = 24 * 60 * 60 * 1000

/** A response with its body read. */
export interface OAuthResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Limits of a request. */
export interface SendOptions {
  readonly purpose: 'metadata' | 'token'
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends a request and reads its response within the deadline, even if the network layer ignores the signal.
 *
 * @throws IntegrationError `timeout`, `aborted`, `unreachable`, and refusals of the guarded fetch. Here `mayHaveRun`
 * means that a POST may have arrived and its response is lost.
 */
export async function send(
  env: OAuthEnvironment,
  url: string | URL,
  init: RequestInit,
  options: SendOptions,
): Promise<OAuthResponse> {
  const { signal, timeoutMs, purpose } = options
  const mayHaveRun = init.method === 'POST'
  const stop = new AbortController()
  try {
    return await race(() => exchange(env, url, { ...init, signal: stop.signal }, purpose), {
      signal,
      timeoutMs,
      runtime: env.runtime,
      toError: (why) => new IntegrationError(why, ended[why], { mayHaveRun }),
    })
  } catch (error) {
    if (isIntegrationError(error)) throw error
    throw new IntegrationError('unreachable', 'The authorization server could not be reached.', { mayHaveRun })
  } finally {
    stop.abort()
  }
}

const ended = {
  timeout: 'The authorization server did not respond in time.',
  aborted: 'The request to the authorization server was aborted.',
} as const

async function exchange(
  env: OAuthEnvironment,
  url: string | URL,
  init: RequestInit,
  purpose: SendOptions['purpose'],
): Promise<OAuthResponse> {
  const response = await env.fetch(url, { ...init, redirect: 'manual', purpose })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** HTTP options for `oauth4webapi`: its requests use the guarded fetch, with `http:` only for an accepted loopback endpoint. */
export function httpOptions(env: OAuthEnvironment, endpoint: string | undefined, options: SendOptions) {
  return {
    [allowInsecureRequests]: env.allowLoopback && endpoint !== undefined && isLoopback(new URL(endpoint)),
    [customFetch]: async (url: string, init: RequestInit): Promise<Response> => {
      const { status, headers, body } = await send(env, url, init, options)
      return new Response(body === '' ? null : body, { status, headers })
    },
  }
}

/** Clears `mayHaveRun` of errors, because no tool was involved. Not for a refresh, which needs to know of a lost response. */
export async function clearMayHaveRun<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw isIntegrationError(error) && error.mayHaveRun ? error.with({ mayHaveRun: false }) : error
  }
}

/** A body as a JSON object, or the only object of a list; `undefined` for anything else, such as HTML. */
export function jsonObject(body: string): JsonObject | undefined {
  const value = structured(body)
  if (!Array.isArray(value)) return value
  const [only] = value
  return value.length === 1 && typeof only === 'object' && !Array.isArray(only) ? (only ?? undefined) : undefined
}

/**
 * The fields of an OAuth response: of a JSON object, or of a form, which servers older than RFC 6749 send.
 *
 * @returns `undefined` for anything else, such as HTML or an empty body
 */
export function responseFields(body: string): JsonObject | undefined {
  return jsonObject(body) ?? formFields(body) ?? bareError(body)
}

/** Some servers send only an error code as the body. */
function bareError(body: string): JsonObject | undefined {
  const error = oauthError(body.trim().replace(/^"(.*)"$/, '$1'))
  return error === undefined ? undefined : { error }
}

function formFields(body: string): JsonObject | undefined {
  const text = body.trim()
  if (!/^[\w.~%+-]+=[^<>\s"{}]*$/.test(text)) return undefined
  return Object.fromEntries(new URLSearchParams(text))
}

/** Parses JSON, even if it is encoded twice. */
function structured(body: string): JsonObject | JsonObject[] | undefined {
  try {
    const written: unknown = JSON.parse(body)
    const value: unknown = typeof written === 'string' ? JSON.parse(written) : written
    return typeof value === 'object' && value !== null ? (value as JsonObject | JsonObject[]) : undefined
  } catch {
    return undefined
  }
}

/** The known OAuth error codes; other texts of a server are never repeated. */
const knownErrors = new Set([
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope',
  'access_denied', 'unsupported_response_type', 'server_error', 'temporarily_unavailable', 'invalid_target',
  'interaction_required', 'login_required', 'account_selection_required', 'consent_required', 'invalid_redirect_uri',
  'invalid_client_metadata', 'invalid_software_statement', 'unapproved_software_statement', 'invalid_dpop_proof',
  'use_dpop_nonce', 'invalid_token', 'unsupported_token_type', 'invalid_refresh_token', 'bad_refresh_token',
]) // prettier-ignore

/** Whether a reason is an OAuth error code. */
export function isOAuthError(reason: string): boolean {
  return knownErrors.has(reason)
}

/** The OAuth error code, if it is known: in any case and spelling, as a string or as the `code` of an object. */
export function oauthError(value: unknown): string | undefined {
  const code = typeof value === 'object' && value !== null ? (value as { code?: unknown }).code : value
  const word = typeof code === 'string' && code.length <= 64 ? snakeCase(code.trim()) : ''
  return knownErrors.has(word) ? word : undefined
}

/** `InvalidGrant`, `invalid-grant` and `INVALID_GRANT` mean the same. */
function snakeCase(word: string): string {
  return word
    .replace(/([a-z])(?=[A-Z])/g, '$1_')
    .replace(/[\s-]+/g, '_')
    .toLowerCase()
}

/**
 * The error for an unsuccessful response. It includes the OAuth error code, never the server's text.
 *
 * @returns `rate_limited`, `server_error`, or `authorization_failed`: with the OAuth error, with `authorization_refused`
 * for a refusal without a known code, with `token_response_invalid` for anything else, such as HTML.
 */
export function failure(response: OAuthResponse): IntegrationError {
  const { status } = response
  const retryAfterMs = retryAfter(response.headers)
  if (status === 429)
    return new IntegrationError(
      'rate_limited',
      'The authorization server is limiting requests. The request will be retried.',
      {
        httpStatus: status,
        retryAfterMs,
      },
    )
  const fields = responseFields(response.body)
  const error = oauthError(fields?.['error'])
  const isDown = status >= 500 || status === 408 || status === 425
  if (isDown || error === 'server_error' || error === 'temporarily_unavailable')
    return new IntegrationError('server_error', `The authorization server returned HTTP ${status}.`, {
      httpStatus: status,
      retryAfterMs,
    })
  if (error !== undefined)
    return new IntegrationError('authorization_failed', `The authorization server refused the request: ${error}.`, {
      reason: error,
      httpStatus: status,
    })
  const refused = status >= 400 ? structured(response.body) !== undefined : fields?.['error'] !== undefined
  return refused
    ? new IntegrationError(
        'authorization_failed',
        `The authorization server refused the request with HTTP ${status}.`,
        {
          reason: 'authorization_refused',
          httpStatus: status,
        },
      )
    : new IntegrationError(
        'authorization_failed',
        `The authorization server returned HTTP ${status} with an invalid OAuth response.`,
        { reason: 'token_response_invalid', httpStatus: status },
      )
}

/** `Retry-After` in ms, at most 24 hours. Dates are left out: clocks differ. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  return value !== null && /^\d{1,15}$/.test(value) ? Math.min(Number(value) * 1000, maxWaitMs) : undefined
}
