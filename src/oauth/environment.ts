import { sha256Base64url } from '../model/digest.js'
import type { Report } from '../model/diagnostic.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/** `fetch` through the one way out, told what the request is for. */
export type PurposefulFetch = (
  url: string | URL,
  init?: RequestInit & { readonly purpose?: 'mcp' | 'metadata' | 'token' | undefined },
) => Promise<Response>

/** What every OAuth function is given: the network, the clock and who we are. */
export interface OAuthEnvironment {
  readonly fetch: PurposefulFetch
  readonly runtime: RegistryRuntime
  /** Shown to people by authorization servers. */
  readonly clientName: string
  /** Where authorization servers send people back. `{issuer}` becomes a short hash of the issuer. */
  readonly redirectUrl: string
  /** Our Client ID Metadata Document; `https:` with a path. May hold `{issuer}` as well. */
  readonly clientMetadataUrl?: string | undefined
  /** Whether `http:` on loopback is allowed. */
  readonly allowLoopback: boolean
  /** Hears of what goes wrong and breaks nothing. */
  readonly report?: Report | undefined
}

/** Fills `{issuer}` in a URL of ours, so that each authorization server has its own. */
export function perIssuer(template: string, issuer: string): string {
  return template.includes('{issuer}') ? template.replaceAll('{issuer}', issuerHash(issuer)) : template
}

/**
 * A redirect URI of one authorization server alone: where the host's URL has no `{issuer}`, with a query parameter of
 * ours, which the authorization server keeps. So a callback of another authorization server is recognised.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.4
 */
export function ownRedirectUri(template: string, issuer: string): string {
  if (template.includes('{issuer}')) return perIssuer(template, issuer)
  return `${template}${template.includes('?') ? '&' : '?'}${ownParameter}=${issuerHash(issuer)}`
}

/** The query parameter that makes a redirect URI one authorization server's own. */
export const ownParameter = 'mcp_as'

/** 16 characters that stand for an issuer in a URL. */
export function issuerHash(issuer: string): string {
  return sha256Base64url(issuer).slice(0, 16)
}
