import { isIntegrationError } from '../model/errors.js'
import { refuse, safeUrl } from './endpoint.js'
import { firstRight, firstThatIs, type SearchLimits } from './metadata-search.js'
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
  /** Sent as `resource`, character by character. Absent for servers of the 2025-03-26 revision. */
  readonly resource?: string | undefined
  /** The authorization server's own word for itself: everything is kept under it and compared with it exactly. */
  readonly issuer: string
  readonly server: ServerMetadata
  /** What the protected resource says may be asked for. */
  readonly scopesSupported?: readonly string[] | undefined
  /** No protected resource metadata: the 2025-03-26 revision. */
  readonly legacy2025_03?: true | undefined
  /** Nothing was found anywhere: these are the fixed endpoints of the 2025-03-26 revision. */
  readonly assumed?: true | undefined
  /** What the server calls the authorization server, where that isn't its issuer. */
  readonly namedAs?: string | undefined
}

/** Options of {@link discover}. */
export interface DiscoveryRequest {
  /** The MCP server whose authorization server is wanted. */
  readonly serverUrl: string
  /** The `WWW-Authenticate` challenge of its 401, where there was one. */
  readonly challenge?: Challenge | undefined
  readonly settings: OAuthSettings
  /** Where several authorization servers are named: this one, if it is among them. */
  readonly preferIssuer?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** How long all of it may take, in ms. `@default 30_000` */
  readonly timeoutMs?: number | undefined
}

/**
 * Finds the authorization server of an MCP server: protected resource metadata, then authorization server metadata. Every
 * place that the specifications name is asked, and nothing of a document is used before its `issuer` is known to be right.
 *
 * @throws IntegrationError `authorization_failed` with reason `resource_mismatch`, `issuer_mismatch`, `issuer_changed`,
 * `server_metadata_missing`, `metadata_invalid`, `unsafe_endpoint`, `unsafe_authorization_url` or `pkce_unsupported`;
 * network faults as they come.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-discovery
 */
export async function discover(
  env: OAuthEnvironment,
  { serverUrl, challenge, settings, preferIssuer, signal, timeoutMs = 30_000 }: DiscoveryRequest,
): Promise<Discovery> {
  const limits = { signal, until: env.runtime.now() + timeoutMs }
  const resource = await readOrDo(settings, () => readProtectedResource(env, serverUrl, challenge, limits))
  const found = await readOrDo(settings, () =>
    resource === undefined
      ? legacyServer(env, serverUrl, settings, limits)
      : namedServer(env, resource, serverUrl, { settings, preferIssuer, limits }),
  )
  const { metadata, assumed, namedAs } = found ?? byHand(settings, resource)
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

/** The metadata of an authorization server that is known, read again: of the same issuer exactly, or nothing. */
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
  return firstRight(env, metadataCandidates(url), read, { until: env.runtime.now() + 10_000 })
}

/** Where an issuer's metadata may be, in the order to ask. Never the bare root when the issuer has a path. */
export function metadataCandidates(issuer: URL): URL[] {
  const { origin } = issuer
  const path = issuer.pathname.replace(/\/$/, '')
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  const urls = names.map((name) => new URL(origin + name + path))
  return path === '' ? urls : [...urls, new URL(`${origin}${path}/.well-known/openid-configuration`)]
}

interface FoundServer {
  readonly metadata: ServerMetadata
  /** Default endpoints of the 2025-03-26 revision: there was no document. */
  readonly assumed?: true | undefined
  readonly namedAs?: string | undefined
}

/** Endpoints by hand are enough where nothing can be read; a document of another issuer is never ignored. */
async function readOrDo<T>(settings: OAuthSettings, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const isAbsent =
      isIntegrationError(error) &&
      error.code !== 'aborted' &&
      (error.code !== 'authorization_failed' ||
        error.reason === 'server_metadata_missing' ||
        error.reason === 'metadata_invalid')
    if (isAbsent && isEnough(settings)) return undefined
    throw error
  }
}

/** Whether the endpoints by hand are all that a sign-in takes. */
function isEnough({ metadata, grant = 'authorization_code' }: OAuthSettings): boolean {
  return (
    metadata?.tokenEndpoint !== undefined &&
    (grant !== 'authorization_code' || metadata.authorizationEndpoint !== undefined)
  )
}

function byHand({ metadata, issuer }: OAuthSettings, resource: ProtectedResource | undefined): FoundServer {
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
  const found = await firstThatIs(chosen === undefined ? named.slice(0, mostNamed) : [chosen], async (name) => {
    const url = safeUrl(name, env)
    if (url === undefined || url.search !== '')
      throw refuse('unsafe_endpoint', 'The server names an authorization server with an unsafe URL.')
    const read = (document: JsonObject) => readIssuedBy(document, name, settings)
    const metadata = await firstRight(env, metadataCandidates(url), read, limits)
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

/** Authorization servers of one server that are tried, where none of them is known already. */
const mostNamed = 5

/** The 2025-03-26 revision: the MCP server's origin is the authorization server, with fixed paths where nothing is published. */
async function legacyServer(
  env: OAuthEnvironment,
  serverUrl: string,
  settings: OAuthSettings,
  limits: SearchLimits,
): Promise<FoundServer | undefined> {
  const { origin } = new URL(serverUrl)
  if (settings.issuer !== undefined && !sameIssuer(settings.issuer, origin)) {
    if (isEnough(settings)) return undefined
    throw issuerChanged()
  }
  const isOnOrigin = (issuer: string): boolean => URL.canParse(issuer) && new URL(issuer).origin === origin
  const read = (document: JsonObject): ServerMetadata => {
    const { issuer } = document
    const tolerated = settings.lenientIssuer === true && typeof issuer === 'string' && isOnOrigin(issuer)
    return tolerated ? readMetadata(document, issuer) : readIssuedBy(document, origin, settings)
  }
  const metadata = await firstRight(env, metadataCandidates(new URL(origin)), read, limits)
  if (metadata !== undefined) return { metadata, namedAs: sameIssuer(metadata.issuer, origin) ? undefined : origin }
  if (isEnough(settings)) return undefined
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

/** Takes a document that the named authorization server issued, or one whose exact issuer a host accepts for that name. */
function readIssuedBy(document: JsonObject, name: string, { acceptIssuer, metadata }: OAuthSettings): ServerMetadata {
  const { issuer } = document
  if (issuer === undefined && document['token_endpoint'] === undefined)
    throw refuse(
      'metadata_invalid',
      'The document at the address of the authorization server metadata is not authorization server metadata.',
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

/** Whether two issuers are the same: exact, but for one slash at the end. */
export function sameIssuer(left: string, right: string): boolean {
  return left === right || left === `${right}/` || right === `${left}/`
}

function issuerMismatch() {
  return refuse('issuer_mismatch', 'The authorization server metadata names a different issuer.')
}

function issuerChanged() {
  return refuse('issuer_changed', 'The server now points to a different authorization server. Reconnect to accept it.')
}
