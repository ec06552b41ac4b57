import canonicalize from 'canonicalize'
import { sha256Base64url } from '../model/digest.js'
import type { JsonValue } from '../model/json.js'

/**
 * SHA-256 of canonical JSON, base64url. The value's depth must have been checked.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function digestOf(value: JsonValue): string {
  return sha256Base64url(canonicalize(value) ?? '')
}
