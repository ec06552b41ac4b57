import { refuse, safeUrl } from './endpoint.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'
import type { OAuthServerMetadata } from '../model/oauth.js'

/**
 * The metadata fields of an authorization server that are used, in the spelling of RFC 8414. Plain JSON.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2
 */
export type ServerMetadata = {
  /** Exactly as in the document. */
  readonly issuer: string
  readonly authorization_endpoint?: string | undefined
  readonly token_endpoint?: string | undefined
  readonly registration_endpoint?: string | undefined
  readonly revocation_endpoint?: string | undefined
  readonly userinfo_endpoint?: string | undefined
  readonly scopes_supported?: string[] | undefined
  readonly code_challenge_methods_supported?: string[] | undefined
  readonly token_endpoint_auth_methods_supported?: string[] | undefined
  readonly revocation_endpoint_auth_methods_supported?: string[] | undefined
  readonly grant_types_supported?: string[] | undefined
  readonly dpop_signing_alg_values_supported?: string[] | undefined
  readonly authorization_response_iss_parameter_supported?: boolean | undefined
  readonly client_id_metadata_document_supported?: boolean | undefined
}

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
] as const
const lists = [
  'scopes_supported',
  'code_challenge_methods_supported',
  'token_endpoint_auth_methods_supported',
  'revocation_endpoint_auth_methods_supported',
  'grant_types_supported',
  'dpop_signing_alg_values_supported',
] as const
const flags = ['authorization_response_iss_parameter_supported', 'client_id_metadata_document_supported'] as const

/** The limit of an endpoint, in characters: a URL that is even one longer is refused where it is used. */
const maxEndpoint = 2048
/** The limits of a list, in entries and in characters, because the metadata is sealed in one record. */
const maxEntries = 500
const maxListLength = { scopes_supported: 32_768, others: 4_096 }
/** The names of scopes, methods and algorithms. @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const listed = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/

/** Reads the used fields of a metadata document, within limits; fields of the wrong type are ignored. */
export function readMetadata(document: JsonObject, issuer: string): ServerMetadata {
  const found: Record<string, JsonValue> = { issuer }
  for (const name of endpoints) {
    const endpoint = document[name]
    if (typeof endpoint === 'string') found[name] = endpoint.slice(0, maxEndpoint + 1)
  }
  for (const name of lists) {
    const value = listOfTexts(document[name])
    const maxLength = name === 'scopes_supported' ? maxListLength.scopes_supported : maxListLength.others
    if (value !== undefined) found[name] = fitting(value, maxLength)
  }
  for (const name of flags) if (document[name] === true) found[name] = true
  return found as unknown as ServerMetadata // built above, field by field
}

/** The first entries that can be names and fit together. */
function fitting(entries: readonly string[], maxLength: number): string[] {
  const found: string[] = []
  let room = maxLength
  for (const entry of entries) {
    if (found.length === maxEntries) break
    if (!listed.test(entry) || entry.length > room) continue
    room -= entry.length
    found.push(entry)
  }
  return found
}

/** A list of strings, or one string separated by spaces or commas. */
export function listOfTexts(value: JsonValue | undefined): string[] | undefined {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((entry) => entry !== '')
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : undefined
}

/** Replaces discovered endpoints by configured ones. */
export function withConfigured(found: ServerMetadata, configured: OAuthServerMetadata = {}): ServerMetadata {
  return {
    ...found,
    issuer: configured.issuer ?? found.issuer,
    authorization_endpoint: configured.authorizationEndpoint ?? found.authorization_endpoint,
    token_endpoint: configured.tokenEndpoint ?? found.token_endpoint,
    registration_endpoint: configured.registrationEndpoint ?? found.registration_endpoint,
    revocation_endpoint: configured.revocationEndpoint ?? found.revocation_endpoint,
  }
}

/**
 * Metadata with safe endpoints only: no `http:`, no userinfo. Unsafe optional endpoints are left out; the registration
 * endpoint is checked when a client is registered.
 *
 * @throws IntegrationError `authorization_failed` with `unsafe_authorization_url` or `unsafe_endpoint` (of the token endpoint)
 */
export function withSafeEndpoints(
  server: ServerMetadata,
  env: Pick<OAuthEnvironment, 'allowLoopback'>,
): ServerMetadata {
  const isUnsafe = (url: string | undefined): boolean => url !== undefined && safeUrl(url, env) === undefined
  if (isUnsafe(server.authorization_endpoint))
    throw refuse('unsafe_authorization_url', "The authorization server's authorization_endpoint is not safe to open.")
  if (isUnsafe(server.token_endpoint))
    throw refuse('unsafe_endpoint', "The authorization server's token_endpoint is not safe to use.")
  const unneeded = ['revocation_endpoint', 'userinfo_endpoint'] as const
  const unsafe: readonly string[] = unneeded.filter((name) => isUnsafe(server[name]))
  return Object.fromEntries(
    Object.entries(server).filter(([name, value]) => value !== undefined && value !== '' && !unsafe.includes(name)),
  ) as ServerMetadata // the same without some optional members
}
