import { sha256Base64url } from '../model/digest.js'
import type { JsonValue } from '../model/json.js'

/** SHA-256 of canonical JSON, base64url. */
export function digestOf(value: JsonValue): string {
  return sha256Base64url(canonicalJson(value))
}

/**
 * JSON in the one form of RFC 8785: no blanks, names in the order of their UTF-16 code units, texts and numbers as
 * `JSON.stringify` writes them. Depth and kinds of values must have been checked: it recurses.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let parts = ''
  if (isList(value)) {
    for (const item of value) parts += (parts === '' ? '' : ',') + canonicalJson(item)
    return `[${parts}]`
  }
  for (const name of Object.keys(value).toSorted()) {
    const field: JsonValue | undefined = value[name]
    if (field !== undefined) parts += `${parts === '' ? '' : ','}${quoted(name)}:${canonicalJson(field)}`
  }
  return `{${parts}}`
}

/** As `JSON.stringify` writes a text: most names and many values need no escape, and calling it costs more. */
function quoted(text: string): string {
  return plainWord.test(text) ? `"${text}"` : JSON.stringify(text)
}

const plainWord = /^[\w$-]*$/

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}
