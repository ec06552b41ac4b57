import { IntegrationError } from '../model/errors.js'
import { parseChallenge } from './challenge.js'
import { validScopes } from './scopes.js'
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
export type AuthorizedInit = RequestInit & { readonly beforeSend?: ((waited: boolean) => Promise<void>) | undefined }

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
  const send = (url: string | URL, { beforeSend, ...init }: AuthorizedInit, token?: string, waited = false) =>
    fetch(url, {
      ...init,
      headers: identify(init.headers, source, token),
      beforeSend: beforeSend && ((alsoWaited) => beforeSend(waited || alsoWaited)),
    })

  return async (url: string | URL, init: AuthorizedInit = {}): Promise<Response> => {
    if (String(url) !== href && new URL(url).origin !== origin) return fetch(url, init)
    const signal = init.signal ?? undefined
    if (source.kind !== 'oauth') return settled(await send(url, init), source)

    const first = usable(await source.token({ signal }))
    const response = await send(url, init, first.token, first.waited)
    const challenge = parseChallenge(response)
    if (challenge === undefined || challenge.error === 'insufficient_scope') return settled(response, source, first)

    await response.body?.cancel()
    const second = usable(await source.rejected(first.token, challenge, { signal }), challenge)
    return settled(await send(url, init, second.token, true), source, second)
  }
}

function identify(
  headers: RequestInit['headers'],
  source: CredentialSource,
  token?: string,
): Headers | Record<string, string> {
  const own = Object.entries(source.kind === 'none' ? {} : (source.headers ?? {}))
  if (headers === undefined || headers instanceof Headers || Array.isArray(headers)) {
    const all = new Headers(headers)
    for (const [name, value] of own) all.set(name, value)
    if (token !== undefined) all.set('authorization', `Bearer ${token}`)
    return all
  }
  // A plain record: a `Headers` object would cost more than everything else here.
  const all: Record<string, string> = Object.create(null)
  for (const [name, value] of [...Object.entries(headers as Record<string, string>), ...own])
    all[name.toLowerCase()] = value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')
  if (token !== undefined) all.authorization = `Bearer ${token}`
  return all
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
async function settled(
  response: Response,
  source: CredentialSource,
  used?: TokenOutcome & { type: 'fresh' },
): Promise<Response> {
  const challenge = withoutSecrets(parseChallenge(response), source, used?.token)
  if (challenge === undefined) return response
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
function withoutSecrets(challenge: Challenge | undefined, source: CredentialSource, token = ''): Challenge | undefined {
  if (challenge?.scopes === undefined) return challenge
  const sent = [token, ...Object.values(source.kind === 'none' ? {} : (source.headers ?? {}))].filter(
    (secret) => secret.length >= minSecret,
  )
  const isSecret = (scope: string): boolean =>
    sent.some((secret) => scope.includes(secret) || (scope.length >= minSecret && secret.includes(scope)))
  return { ...challenge, scopes: challenge.scopes.filter((scope) => !isSecret(scope)) }
}

/** Shorter secrets could be part of an ordinary scope. */
const minSecret = 8

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
