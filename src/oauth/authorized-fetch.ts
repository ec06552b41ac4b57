import { IntegrationError } from '../model/errors.js'
import { parseChallenge } from './challenge.js'
import { validScopes, withoutSecretScopes } from './scopes.js'
import type { Challenge } from './challenge.js'
import type { ReauthorizeReason, TokenOutcome } from './token-outcome.js'

/** The credential of requests. */
export type CredentialSource =
  /** No credential: a 401 means that a sign-in is needed. */
  | { readonly kind: 'none' }
  /** Headers that a person entered. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  /** OAuth, with additional headers of the person, if any. */
  | (TokenSource & { readonly kind: 'oauth'; readonly headers?: Readonly<Record<string, string>> | undefined })

/** A source of access tokens. */
export interface TokenSource {
  /** A usable access token, refreshed if it is due. */
  token(options: { readonly signal?: AbortSignal | undefined }): Promise<TokenOutcome>
  /** Another token after the server refused `token` with this challenge, if there is one. */
  rejected(
    token: string,
    challenge: Challenge,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<TokenOutcome>
}

/** Options of {@link authorizedFetch}. */
export interface AuthorizedFetchOptions {
  readonly fetch: (url: string | URL, init?: AuthorizedInit) => Promise<Response>
  /** The integration's server: credentials are sent only to its origin. */
  readonly serverUrl: string
  readonly source: CredentialSource
}

/** A request with a final check before it is sent. `waited`: whether it waited for a token or for a first response. */
export type AuthorizedInit = RequestInit & {
  readonly beforeSend?: ((waited: boolean) => Promise<void>) | undefined
  /** Called when the server refused the token, before another one is requested. */
  readonly onRefused?: (() => void) | undefined
}

/**
 * Thrown when a request needs a person's authorization. Carries the passthrough mark, so that it reaches the caller
 * unchanged.
 */
export class AuthorizationRequired extends Error {
  override readonly name = 'AuthorizationRequired'
  readonly reason: ReauthorizeReason | 'scope_required'
  /** The server's challenge; absent when no request was sent. */
  readonly challenge?: Challenge | undefined
  /** `scope_required`: the granted and the missing scopes. */
  readonly scopes?: readonly string[] | undefined

  constructor(
    reason: AuthorizationRequired['reason'],
    details: { readonly challenge?: Challenge | undefined; readonly scopes?: readonly string[] | undefined } = {},
  ) {
    super('The server needs authorization.')
    Object.defineProperty(this, Symbol.for('mcp-integrations.passthrough'), { value: true })
    this.reason = reason
    if (details.challenge !== undefined) this.challenge = details.challenge
    if (details.scopes !== undefined) this.scopes = details.scopes
  }
}

/**
 * A `fetch` for the MCP transport that adds the credential. A request refused with 401 is sent once more with a fresh
 * token, if there is one.
 *
 * @throws AuthorizationRequired if a person must act; IntegrationError if a token is temporarily unavailable.
 */
export function authorizedFetch({ fetch, serverUrl, source }: AuthorizedFetchOptions) {
  const { origin, href } = new URL(serverUrl)
  const own = ownHeaders(source)
  const send = (url: string | URL, { beforeSend, ...init }: AuthorizedInit, token?: string, waited = false) =>
    fetch(url, {
      ...init,
      headers: identify(init.headers, own, token),
      beforeSend: beforeSend && waited ? () => beforeSend(true) : beforeSend,
    })

  return async (url: string | URL, init: AuthorizedInit = {}): Promise<Response> => {
    if (String(url) !== href && new URL(url).origin !== origin) return fetch(url, init)
    const signal = init.signal ?? undefined
    if (source.kind === 'none') return settled(await fetch(url, init), source)
    if (source.kind === 'headers') return settled(await send(url, init), source)

    const first = usable(await source.token({ signal }))
    const response = await send(url, init, first.token, first.waited)
    const challenge = parseChallenge(response)
    if (challenge === undefined || challenge.error === 'insufficient_scope') return settled(response, source, first)

    init.onRefused?.()
    await response.body?.cancel()
    const second = usable(await source.rejected(first.token, challenge, { signal }), challenge)
    return settled(await send(url, init, second.token, true), source, second)
  }
}

/** The headers that a person entered, as they are sent. */
function ownHeaders(source: CredentialSource): Readonly<Record<string, string>> {
  const entered = Object.entries(source.kind === 'none' ? {} : (source.headers ?? {}))
  return Object.fromEntries(
    entered.map(([name, value]) => [name.toLowerCase(), value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')]),
  )
}

/** Adds the credential to headers: `Headers`, or a record with names in lower case, which costs far less. */
function identify(
  headers: RequestInit['headers'],
  own: Readonly<Record<string, string>>,
  token?: string,
): Headers | Record<string, string> {
  const added = token === undefined ? own : { ...own, authorization: `Bearer ${token}` }
  if (headers === undefined || headers instanceof Headers || Array.isArray(headers)) {
    const all = new Headers(headers)
    for (const [name, value] of Object.entries(added)) all.set(name, value)
    return all
  }
  return { ...(headers as Record<string, string>), ...added }
}

function usable(outcome: TokenOutcome, challenge?: Challenge): TokenOutcome & { type: 'fresh' } {
  if (outcome.type === 'fresh') return outcome
  if (outcome.type === 'reauthorize')
    throw new AuthorizationRequired(outcome.reason, challenge === undefined ? {} : { challenge })
  throw new IntegrationError(outcome.code, 'The access token could not be refreshed. It will be retried.', {
    retryAfterMs: outcome.retryAfterMs,
  })
}

/** Returns the response, or throws if it refuses authorization for good. */
function settled(
  response: Response,
  source: CredentialSource,
  used?: TokenOutcome & { type: 'fresh' },
): Response | Promise<never> {
  const challenge = parseChallenge(response)
  return challenge === undefined
    ? response
    : refused(response, withoutSecrets(challenge, source, used?.token), source, used)
}

async function refused(
  response: Response,
  challenge: Challenge,
  source: CredentialSource,
  used?: TokenOutcome & { type: 'fresh' },
): Promise<never> {
  await response.body?.cancel()
  if (source.kind === 'none') throw new AuthorizationRequired('first_sign_in', { challenge })
  if (challenge.error !== 'insufficient_scope') throw new AuthorizationRequired('credential_rejected', { challenge })
  if (wasAskedFor(challenge, used)) throw forbidden()
  throw new AuthorizationRequired('scope_required', {
    challenge,
    scopes: validScopes([...(used?.scopes ?? []), ...(challenge.scopes ?? [])]),
  })
}

/** Removes scopes that contain a secret: a server could echo its token into them, and scopes are stored and shown. */
function withoutSecrets(challenge: Challenge, source: CredentialSource, token = ''): Challenge {
  if (challenge.scopes === undefined) return challenge
  const sent = [token, ...Object.values(source.kind === 'none' ? {} : (source.headers ?? {}))]
  return { ...challenge, scopes: withoutSecretScopes(challenge.scopes, sent) }
}

/** Whether the sign-in already requested these scopes, so that another sign-in would not help. */
function wasAskedFor({ scopes = [] }: Challenge, used: (TokenOutcome & { type: 'fresh' }) | undefined): boolean {
  const { scopes: granted = [], steppedUpFor } = used ?? {}
  return steppedUpFor !== undefined && scopes.every((scope) => granted.includes(scope) && steppedUpFor.includes(scope))
}

function forbidden(): IntegrationError {
  return new IntegrationError(
    'authorization_failed',
    'The server does not permit this request for the account that is signed in.',
    {
      reason: 'forbidden',
      httpStatus: 403,
    },
  )
}
