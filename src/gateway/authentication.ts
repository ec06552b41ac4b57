import type { Actor } from '../index.js'
import { rpcError } from './rpc-error.js'

/** OAuth settings of a gateway. */
export interface GatewayAuth {
  /** The gateway's own URL, which must be the audience of its tokens. */
  readonly resource: string
  /** Issuers of the authorization servers that issue its tokens. */
  readonly authorizationServers: readonly string[]
  /** The scopes that a client can request. */
  readonly scopesSupported?: readonly string[] | undefined
  /**
   * Checks a bearer token and identifies its person; `undefined` for an invalid token. A token for another audience is
   * always refused. Tokens are never passed on to a server.
   */
  readonly verifyToken?:
    ((token: string, request: Request) => VerifiedToken | undefined | Promise<VerifiedToken | undefined>) | undefined
}

/** A valid token. */
export interface VerifiedToken {
  /** The person who is signed in with the token. */
  readonly actor: Actor
  /** Its `aud`. */
  readonly audience: string | readonly string[]
}

/**
 * Authenticates a request. @returns the actor, or a 401 response with the way to sign in
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-5.1
 */
export async function authenticate(
  request: Request,
  options: {
    readonly actor?: ((request: Request) => Actor | undefined | Promise<Actor | undefined>) | undefined
    readonly auth?: GatewayAuth | undefined
  },
): Promise<Actor | Response> {
  const { auth } = options
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (auth?.verifyToken !== undefined && token !== undefined) {
    const verified = await auth.verifyToken(token, request)
    if (verified === undefined) return unauthorized(auth, 'The access token is not valid.', 'invalid_token')
    if (![verified.audience].flat().includes(auth.resource))
      return unauthorized(auth, 'The access token is for another resource.', 'invalid_token')
    return verified.actor
  }
  const actor = await options.actor?.(request)
  return actor === undefined ? unauthorized(auth, 'Sign in to use these tools.') : actor
}

/**
 * The protected resource metadata; `undefined` if the request is for something else.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-3
 */
export function metadataOf(request: Request, auth: GatewayAuth | undefined): Response | undefined {
  if (auth === undefined || request.method !== 'GET') return undefined
  const { pathname } = new URL(request.url)
  if (pathname !== new URL(metadataUrl(auth)).pathname) return undefined
  return Response.json(
    {
      resource: auth.resource,
      authorization_servers: auth.authorizationServers,
      scopes_supported: auth.scopesSupported,
      bearer_methods_supported: ['header'],
    },
    { headers: { 'access-control-allow-origin': '*', 'cache-control': 'max-age=300' } },
  )
}

function unauthorized(auth: GatewayAuth | undefined, message: string, error?: 'invalid_token'): Response {
  const parameters = [
    error === undefined ? [] : [`error="${error}"`, `error_description="${message}"`],
    auth === undefined ? [] : [`resource_metadata="${metadataUrl(auth)}"`],
  ].flat()
  const headers = { 'www-authenticate': ['Bearer', parameters.join(', ')].join(' ').trim() }
  return rpcError(401, { code: -32001, message, headers })
}

/** The well-known path goes between the host and the path of the resource. */
function metadataUrl({ resource }: GatewayAuth): string {
  const { origin, pathname, search } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`
}
