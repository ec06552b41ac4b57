import { refuse, safeUrl } from './endpoint.js'
import { firstValid, type SearchLimits } from './metadata-search.js'
import { parseScopes, validScopes } from './scopes.js'
import { listOfTexts } from './server-metadata.js'
import type { Challenge } from './challenge.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'

/**
 * The protected resource metadata of a server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-2
 */
export interface ProtectedResource {
  /** Exactly as in the document; sent as `resource`. */
  readonly resource: string
  readonly authorizationServers: readonly string[]
  readonly scopesSupported?: readonly string[] | undefined
}

/**
 * Reads the protected resource metadata: from the URL in the challenge, otherwise from the well-known URLs with the
 * server's path and at the root.
 *
 * @returns `undefined` if there is none: a server of the 2025-03-26 revision
 * @throws IntegrationError `authorization_failed` with `resource_mismatch` if it describes another server, with
 * `metadata_invalid` if it can't be read; `server_error`, `rate_limited`, `unreachable`, `timeout` if it is temporarily
 * unavailable.
 */
export async function readProtectedResource(
  env: OAuthEnvironment,
  serverUrl: string,
  challenge: Challenge | undefined,
  limits: SearchLimits,
): Promise<ProtectedResource | undefined> {
  const read = (document: JsonObject) => parseResource(document, serverUrl)
  return firstValid(env, candidates(serverUrl, challenge, env), read, limits)
}

function candidates(serverUrl: string, challenge: Challenge | undefined, env: OAuthEnvironment): URL[] {
  const announced = safeUrl(absolute(challenge?.resourceMetadata, serverUrl), env)
  const { origin, pathname, search } = new URL(serverUrl)
  const wellKnown = '/.well-known/oauth-protected-resource'
  const inserted = new URL(origin + wellKnown + (pathname === '/' ? '' : pathname) + search)
  const root = new URL(origin + wellKnown)
  const found = announced === undefined ? [inserted, root] : [announced, inserted, root]
  return found.filter((url, index) => found.findIndex(({ href }) => href === url.href) === index)
}

/** An absolute URL, resolved against the server's own URL. */
function absolute(resourceMetadata: string | undefined, serverUrl: string): string | undefined {
  const isUrl = resourceMetadata !== undefined && URL.canParse(resourceMetadata, serverUrl)
  return isUrl ? new URL(resourceMetadata, serverUrl).href : undefined
}

function parseResource(document: JsonObject, serverUrl: string): ProtectedResource {
  const { resource, authorization_servers: servers, scopes_supported: scopes } = document
  if (resource === undefined && servers === undefined)
    throw refuse(
      'metadata_invalid',
      'The document at the URL of the protected resource metadata is not protected resource metadata.',
    )
  if (typeof resource !== 'string' || !covers(resource, serverUrl)) {
    throw refuse('resource_mismatch', 'The protected resource metadata describes a different server.')
  }
  return {
    resource,
    authorizationServers: (listOfTexts(servers) ?? [])
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .slice(0, 20),
    scopesSupported: Array.isArray(scopes)
      ? validScopes(scopes)
      : typeof scopes === 'string'
        ? parseScopes(scopes)
        : undefined,
  }
}

/** Whether the origin is the same, and the path is the server's or one of its parents, by segments. */
function covers(resource: string, serverUrl: string): boolean {
  if (!URL.canParse(resource)) return false
  const [claimed, server] = [new URL(resource), new URL(serverUrl)]
  const parent = claimed.pathname.replace(/\/$/, '')
  const within = server.pathname === parent || server.pathname.startsWith(`${parent}/`)
  const sameQuery = claimed.search === '' || claimed.search === server.search
  return claimed.origin === server.origin && claimed.username === '' && claimed.hash === '' && within && sameQuery
}
