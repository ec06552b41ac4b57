import { safeUrl } from './endpoint.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'

/**
 * What we use of an authorization server's metadata, in the wire's spelling. Plain JSON.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2
 */
export type ServerMetadata = {
  /** As in the document, character by character. */
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

/** Takes from a metadata document what we use, by type; what has the wrong type is as if it weren't there. */
export function readMetadata(document: JsonObject, issuer: string): ServerMetadata {
  const found: Record<string, JsonValue> = { issuer }
  for (const name of endpoints) if (typeof document[name] === 'string') found[name] = document[name]
  for (const name of lists) {
    const value = document[name]
    if (Array.isArray(value)) found[name] = value.filter((entry) => typeof entry === 'string').slice(0, 500)
  }
  for (const name of flags) if (document[name] === true) found[name] = true
  return found as unknown as ServerMetadata // built above, field by field
}

/** The first endpoint that may not be asked or shown: on `http:`, with userinfo, or no URL at all. */
export function unsafeEndpoint(
  server: ServerMetadata,
  env: Pick<OAuthEnvironment, 'allowLoopback'>,
): string | undefined {
  return endpoints.find((name) => server[name] !== undefined && safeUrl(server[name], env) === undefined)
}
