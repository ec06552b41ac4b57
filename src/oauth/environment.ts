import { sha256Base64url } from '../model/digest.js'
import type { Report } from '../model/diagnostic.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/** The guarded `fetch`, with the purpose of each request. */
export type PurposefulFetch = (
  url: string | URL,
  init?: RequestInit & { readonly purpose?: 'mcp' | 'metadata' | 'token' | undefined },
) => Promise<Response>

/** The environment of every OAuth function: network, clock and the identity of the client. */
export interface OAuthEnvironment {
  readonly fetch: PurposefulFetch
  readonly runtime: RegistryRuntime
  /** The client's name, which authorization servers show to people. */
  readonly clientName: string
  /** The redirect URI. `{issuer}` is replaced by a short hash of the issuer. */
  readonly redirectUrl: string
  /** The URL of the Client ID Metadata Document; `https:` with a path. May contain `{issuer}`. */
  readonly clientMetadataUrl?: string | undefined
  /** Whether `http:` on loopback is allowed. */
  readonly allowLoopback: boolean
  /** Called with problems that don't fail the operation. */
  readonly report?: Report | undefined
}

/** Replaces `{issuer}` in a URL, so that each authorization server has its own. */
export function perIssuer(template: string, issuer: string): string {
  return template.includes('{issuer}') ? template.replaceAll('{issuer}', issuerHash(issuer)) : template
}

/**
 * A redirect URI for one authorization server only. If the host's URL has no `{issuer}`, a query parameter is added, which
 * the authorization server keeps. A callback from another authorization server is then recognised.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.4
 */
export function ownRedirectUri(template: string, issuer: string): string {
  if (template.includes('{issuer}')) return perIssuer(template, issuer)
  return `${template}${template.includes('?') ? '&' : '?'}${ownParameter}=${issuerHash(issuer)}`
}

/** The query parameter that makes a redirect URI specific to one authorization server. */
export const ownParameter = 'mcp_as'

/** A hash of an issuer for URLs, of 16 characters. */
export function issuerHash(issuer: string): string {
  return sha256Base64url(issuer).slice(0, 16)
}
