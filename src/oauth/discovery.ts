import { refuse, safeUrl } from './endpoint.js'
import { readDocument, readProtectedResource } from './protected-resource.js'
import { readMetadata, unsafeEndpoint } from './server-metadata.js'
import type { Challenge } from './challenge.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthSettings } from '../model/oauth.js'
import type { ProtectedResource } from './protected-resource.js'
import type { ServerMetadata } from './server-metadata.js'

/** What was found out about who protects a server, and how. Plain JSON. */
export interface Discovery {
  /** Sent as `resource`, character by character. Absent for servers of the 2025-03-26 revision. */
  readonly resource?: string | undefined
  /** The authorization server's own word for itself: everything is kept under it and compared with it exactly. */
  readonly issuer: string
  readonly server: ServerMetadata
  /** What the protected resource says may be asked for. */
  readonly scopesSupported?: readonly string[] | undefined
  /** No protected resource metadata: the 2025-03-26 revision. */
  readonly legacy2025_03?: boolean | undefined
}

/** What guides {@link discover}. */
export interface DiscoverOptions {
  /** Where several authorization servers are named: this one, if it is among them. */
  readonly preferIssuer?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds the authorization server of an MCP server: protected resource metadata, then authorization server metadata. Nothing
 * of a document is used before its `issuer` is known to be the right one.
 *
 * @throws IntegrationError `authorization_failed` with reason `resource_mismatch`, `issuer_mismatch`, `issuer_changed`,
 * `server_metadata_missing`, `unsafe_endpoint`, `unsafe_authorization_url` or `pkce_unsupported`; network faults as they come.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-discovery
 */
export async function discover(
  env: OAuthEnvironment,
  serverUrl: string,
  challenge: Challenge | undefined,
  settings: OAuthSettings,
  options: DiscoverOptions = {},
): Promise<Discovery> {
  const resource = await readProtectedResource(env, serverUrl, challenge, options.signal)
  const server =
    resource === undefined
      ? await legacyServer(env, serverUrl, settings, options.signal)
      : await namedServer(env, serverUrl, resource, settings, options)
  requireUsable(env, server, settings)
  return {
    issuer: server.metadata.issuer,
    server: server.metadata,
    ...(resource === undefined ? { legacy2025_03: true } : { resource: resource.resource }),
    scopesSupported: resource?.scopesSupported,
  }
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
}

async function namedServer(
  env: OAuthEnvironment,
  serverUrl: string,
  resource: ProtectedResource,
  settings: OAuthSettings,
  options: DiscoverOptions,
): Promise<FoundServer> {
  const named = resource.authorizationServers.length > 0 ? resource.authorizationServers : [new URL(serverUrl).origin]
  const pinned = settings.issuer
  if (pinned !== undefined && !named.some((entry) => sameIssuer(entry, pinned))) throw issuerChanged()
  const preferred = pinned ?? options.preferIssuer
  const chosen = named.find((entry) => preferred !== undefined && sameIssuer(entry, preferred)) ?? named[0] ?? ''
  const url = safeUrl(chosen, env)
  if (url === undefined || url.search !== '')
    throw refuse('unsafe_endpoint', 'The server names an authorization server with an unsafe address.')
  const document = await firstDocument(env, metadataCandidates(url), options.signal)
  if (document === undefined) throw refuse('server_metadata_missing', 'The authorization server publishes no metadata.')
  const { issuer } = document
  if (typeof issuer !== 'string' || !sameIssuer(issuer, chosen)) throw issuerMismatch()
  return { metadata: readMetadata(document, issuer) }
}

/** The 2025-03-26 revision: the MCP server's origin is the authorization server, with fixed paths where nothing is published. */
async function legacyServer(
  env: OAuthEnvironment,
  serverUrl: string,
  settings: OAuthSettings,
  signal?: AbortSignal,
): Promise<FoundServer> {
  const { origin } = new URL(serverUrl)
  if (settings.issuer !== undefined && !sameIssuer(settings.issuer, origin)) throw issuerChanged()
  const document = await firstDocument(env, metadataCandidates(new URL(origin)), signal)
  if (document === undefined) {
    const [authorization_endpoint, token_endpoint, registration_endpoint] = [
      `${origin}/authorize`,
      `${origin}/token`,
      `${origin}/register`,
    ]
    return {
      assumed: true,
      metadata: { issuer: origin, authorization_endpoint, token_endpoint, registration_endpoint },
    }
  }
  const { issuer } = document
  if (typeof issuer !== 'string') throw issuerMismatch()
  const tolerated = settings.lenientIssuer === true && URL.canParse(issuer) && new URL(issuer).origin === origin
  if (!sameIssuer(issuer, origin) && !tolerated) throw issuerMismatch()
  return { metadata: readMetadata(document, issuer) }
}

async function firstDocument(
  env: OAuthEnvironment,
  urls: readonly URL[],
  signal?: AbortSignal,
): Promise<JsonObject | undefined> {
  for (const url of urls) {
    const document = await readDocument(env, url, signal)
    if (document !== undefined) return document
  }
  return undefined
}

function requireUsable(env: OAuthEnvironment, { metadata, assumed }: FoundServer, settings: OAuthSettings): void {
  const unsafe = unsafeEndpoint(metadata, env)
  if (unsafe === 'authorization_endpoint') {
    throw refuse(
      'unsafe_authorization_url',
      'The authorization server sends people to an address that is not safe to open.',
    )
  }
  if (unsafe !== undefined) throw refuse('unsafe_endpoint', `The authorization server's ${unsafe} is not safe to use.`)
  const interactive = (settings.grant ?? 'authorization_code') === 'authorization_code'
  const listed = metadata.code_challenge_methods_supported?.includes('S256') === true
  if (interactive && !listed && assumed !== true && settings.pkceWithoutMetadata !== true) {
    throw refuse('pkce_unsupported', 'The authorization server does not say that it supports PKCE with S256.')
  }
}

/** Whether two issuers are the same: exact, but for one slash at the end. */
export function sameIssuer(left: string, right: string): boolean {
  return left === right || left === `${right}/` || right === `${left}/`
}

function issuerMismatch() {
  return refuse('issuer_mismatch', 'The authorization server metadata was issued for another authorization server.')
}

function issuerChanged() {
  return refuse('issuer_changed', 'The server names another authorization server than the one it may use.')
}
