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
export async function perIssuer(template: string, issuer: string): Promise<string> {
  return template.includes('{issuer}') ? template.replaceAll('{issuer}', await issuerHash(issuer)) : template
}

/**
 * A redirect URI of one authorization server alone: where the host's URL has no `{issuer}`, with a query parameter of ours,
 * which the authorization server keeps. So an answer that another server caused is told apart.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.4
 */
export async function ownRedirectUri(template: string, issuer: string): Promise<string> {
  if (template.includes('{issuer}')) return perIssuer(template, issuer)
  return `${template}${template.includes('?') ? '&' : '?'}${ownParameter}=${await issuerHash(issuer)}`
}

/** The query parameter that makes a redirect URI one authorization server's own. */
export const ownParameter = 'mcp_as'

/** 16 characters that stand for an issuer in a URL. */
export async function issuerHash(issuer: string): Promise<string> {
  return (await sha256(issuer)).slice(0, 16)
}

/** SHA-256 of UTF-8, base64url without padding. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return base64url(new Uint8Array(digest))
}

/** Base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
