import { isIntegrationError } from '../model/errors.js'
import { refuse, safeUrl } from './endpoint.js'
import { firstValid, firstFound, type SearchLimits } from './metadata-search.js'
import { readProtectedResource } from './protected-resource.js'
import { readMetadata, withConfigured, withSafeEndpoints } from './server-metadata.js'
import type { Challenge } from './challenge.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthSettings } from '../model/oauth.js'
import type { ProtectedResource } from './protected-resource.js'
import type { ServerMetadata } from './server-metadata.js'

/** The authorization server of an MCP server, and its metadata. Plain JSON. */
export interface Discovery {
  /** Sent as `resource`, exactly as in the document. Absent for servers of the 2025-03-26 revision. */
  readonly resource?: string | undefined
  /** The issuer as the authorization server names itself: everything is stored under it and compared with it exactly. */
  readonly issuer: string
  readonly server: ServerMetadata
  /** The scopes that the protected resource supports. */
  readonly scopesSupported?: readonly string[] | undefined
  /** Whether there is no protected resource metadata: the 2025-03-26 revision. */
  readonly legacy2025_03?: true | undefined
  /** Whether there is no metadata at all, and the endpoints are the default ones of the 2025-03-26 revision. */
  readonly assumed?: true | undefined
  /** The authorization server's name in the protected resource metadata, if it differs from the issuer. */
  readonly namedAs?: string | undefined
}

/** Options of {@link discover}. */
export interface DiscoveryRequest {
  /** The MCP server to find the authorization server of. */
  readonly serverUrl: string
  /** The `WWW-Authenticate` challenge of its 401, if there was one. */
  readonly challenge?: Challenge | undefined
  readonly settings: OAuthSettings
  /** Preferred if the server names several authorization servers. */
  readonly preferIssuer?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** The limit of the whole discovery, in ms. `@default 30_000` */
  readonly timeoutMs?: number | undefined
}

/**
 * Finds the authorization server of an MCP server: protected resource metadata, then authorization server metadata. All URLs
 * of the specifications are tried, and a document is used only after its `issuer` was checked.
 *
 * @throws IntegrationError `authorization_failed` with reason `resource_mismatch`, `issuer_mismatch`, `issuer_changed`,
 * `server_metadata_missing`, `metadata_invalid`, `unsafe_endpoint`, `unsafe_authorization_url` or `pkce_unsupported`;
 * and network errors.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-discovery
 */
export async function discover(
  env: OAuthEnvironment,
  { serverUrl, challenge, settings, preferIssuer, signal, timeoutMs = 30_000 }: DiscoveryRequest,
): Promise<Discovery> {
  const limits = { signal, until: env.runtime.now() + timeoutMs }
  const resource = await readUnlessConfigured(settings, () => readProtectedResource(env, serverUrl, challenge, limits))
  const found = await readUnlessConfigured(settings, () =>
    resource === undefined
      ? legacyServer(env, serverUrl, settings, limits)
      : namedServer(env, resource, serverUrl, { settings, preferIssuer, limits }),
  )
  const { metadata, assumed, namedAs } = found ?? fromSettings(settings, resource)
  const server = withSafeEndpoints(withConfigured(metadata, settings.metadata), env)
  requirePkce(server, settings, assumed === true || found === undefined)
  return {
    issuer: server.issuer,
    server,
    resource: settings.resource === undefined ? resource?.resource : settings.resource || undefined,
    scopesSupported: resource?.scopesSupported,
    legacy2025_03: resource === undefined ? true : undefined,
    assumed,
    namedAs,
  }
}

/** Reads the metadata of a known authorization server again; `undefined` unless it has exactly the same issuer. */
export async function readServerAgain(
  env: OAuthEnvironment,
  { server, namedAs }: { readonly server: ServerMetadata; readonly namedAs?: string | undefined },
): Promise<ServerMetadata | undefined> {
  const url = safeUrl(namedAs ?? server.issuer, env)
  if (url === undefined) return undefined
  const read = (document: JsonObject): ServerMetadata => {
    if (document['issuer'] !== server.issuer) throw issuerMismatch()
    return withSafeEndpoints(readMetadata(document, server.issuer), env)
  }
  return firstValid(env, metadataCandidates(url), read, { until: env.runtime.now() + 10_000 })
}

/** The possible metadata URLs of an issuer, in order. Never the bare root for an issuer with a path. */
export function metadataCandidates(issuer: URL): URL[] {
  const { origin } = issuer
  const path = issuer.pathname.replace(/\/$/, '')
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  const urls = names.map((name) => new URL(origin + name + path))
  return path === '' ? urls : [...urls, new URL(`${origin}${path}/.well-known/openid-configuration`)]
}

interface FoundServer {
  readonly metadata: ServerMetadata
  /** Whether these are the default endpoints of the 2025-03-26 revision, without a document. */
  readonly assumed?: true | undefined
  readonly namedAs?: string | undefined
}

/** Configured endpoints suffice if no metadata can be read; a document of another issuer is never ignored. */
async function readUnlessConfigured<T>(settings: OAuthSettings, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const isAbsent =
      isIntegrationError(error) &&
      error.code !== 'aborted' &&
      (error.code !== 'authorization_failed' ||
        error.reason === 'server_metadata_missing' ||
        error.reason === 'metadata_invalid')
    if (isAbsent && suffices(settings)) return undefined
    throw error
  }
}

/** Whether the configured endpoints suffice for a sign-in. */
function suffices({ metadata, grant = 'authorization_code' }: OAuthSettings): boolean {
  return (
    metadata?.tokenEndpoint !== undefined &&
    (grant !== 'authorization_code' || metadata.authorizationEndpoint !== undefined)
  )
}

function fromSettings({ metadata, issuer }: OAuthSettings, resource: ProtectedResource | undefined): FoundServer {
  const endpoint = metadata?.tokenEndpoint ?? ''
  const origin = URL.canParse(endpoint) ? new URL(endpoint).origin : ''
  return { metadata: { issuer: metadata?.issuer ?? issuer ?? resource?.authorizationServers[0] ?? origin } }
}

async function namedServer(
  env: OAuthEnvironment,
  resource: ProtectedResource,
  serverUrl: string,
  options: {
    readonly settings: OAuthSettings
    readonly preferIssuer: string | undefined
    readonly limits: SearchLimits
  },
): Promise<FoundServer> {
  const { settings, limits } = options
  const named = resource.authorizationServers.length > 0 ? resource.authorizationServers : [new URL(serverUrl).origin]
  const pinned = settings.issuer
  const isNamed = named.some((entry) => pinned === undefined || sameIssuer(entry, pinned))
  if (!isNamed && pinned !== settings.acceptIssuer && pinned !== settings.metadata?.issuer) throw issuerChanged()
  const preferred = pinned ?? options.preferIssuer
  const chosen = named.find((entry) => preferred !== undefined && sameIssuer(entry, preferred))
  const found = await firstFound(chosen === undefined ? named.slice(0, maxNamed) : [chosen], async (name) => {
    const url = safeUrl(name, env)
    if (url === undefined || url.search !== '')
      throw refuse('unsafe_endpoint', 'The server names an authorization server with an unsafe URL.')
    const read = (document: JsonObject) => readIssuedBy(document, name, settings)
    const metadata = await firstValid(env, metadataCandidates(url), read, limits)
    return metadata && { metadata, namedAs: sameIssuer(metadata.issuer, name) ? undefined : name }
  })
  if (found === undefined)
    throw refuse(
      'server_metadata_missing',
      'The authorization server publishes no metadata. Set its endpoints in `oauth.metadata`.',
    )
  if (pinned !== undefined && !isNamed && found.metadata.issuer !== pinned) throw issuerChanged()
  return found
}

/** The number of authorization servers of one MCP server to try, if none is known yet. */
const maxNamed = 5

/** The 2025-03-26 revision: the MCP server's origin is the authorization server, with default paths if it has no metadata. */
async function legacyServer(
  env: OAuthEnvironment,
  serverUrl: string,
  settings: OAuthSettings,
  limits: SearchLimits,
): Promise<FoundServer | undefined> {
  const { origin } = new URL(serverUrl)
  if (settings.issuer !== undefined && !sameIssuer(settings.issuer, origin)) {
    if (suffices(settings)) return undefined
    throw issuerChanged()
  }
  const isOnOrigin = (issuer: string): boolean => URL.canParse(issuer) && new URL(issuer).origin === origin
  const read = (document: JsonObject): ServerMetadata => {
    const { issuer } = document
    const tolerated = settings.lenientIssuer === true && typeof issuer === 'string' && isOnOrigin(issuer)
    return tolerated ? readMetadata(document, issuer) : readIssuedBy(document, origin, settings)
  }
  const metadata = await firstValid(env, metadataCandidates(new URL(origin)), read, limits)
  if (metadata !== undefined) return { metadata, namedAs: sameIssuer(metadata.issuer, origin) ? undefined : origin }
  if (suffices(settings)) return undefined
  return {
    assumed: true,
    metadata: {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
    },
  }
}

/** Reads a document of the named authorization server, or of the exact issuer that a host accepts for that name. */
function readIssuedBy(document: JsonObject, name: string, { acceptIssuer, metadata }: OAuthSettings): ServerMetadata {
  const { issuer } = document
  if (issuer === undefined && document['token_endpoint'] === undefined)
    throw refuse(
      'metadata_invalid',
      'The document at the URL of the authorization server metadata is not authorization server metadata.',
    )
  if (typeof issuer !== 'string') throw issuerMismatch()
  if (!sameIssuer(issuer, name) && issuer !== acceptIssuer && issuer !== metadata?.issuer) throw issuerMismatch()
  return readMetadata(document, issuer)
}

function requirePkce(server: ServerMetadata, settings: OAuthSettings, isWithoutDocument: boolean): void {
  const interactive = (settings.grant ?? 'authorization_code') === 'authorization_code'
  const listed = server.code_challenge_methods_supported?.some((method) => method.toUpperCase() === 'S256') === true
  if (interactive && !listed && !isWithoutDocument && settings.pkceWithoutMetadata !== true)
    throw refuse(
      'pkce_unsupported',
      'The authorization server does not declare PKCE with S256. If it supports it, set `oauth.pkceWithoutMetadata`.',
    )
}

/** Whether two issuers are the same, apart from one trailing slash. */
export function sameIssuer(left: string, right: string): boolean {
  return left === right || left === `${right}/` || right === `${left}/`
}

function issuerMismatch() {
  return refuse('issuer_mismatch', 'The authorization server metadata names a different issuer.')
}

function issuerChanged() {
  return refuse('issuer_changed', 'The server now points to a different authorization server. Reconnect to accept it.')
}
