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
  const order = { isKept: true }
  const ordered = inOrder(value, order)
  return order.isKept ? JSON.stringify(ordered) : writtenInOrder(value)
}

/** The value with the names of its objects in order, which is written in less time than name by name. */
function inOrder(value: JsonValue, order: { isKept: boolean }): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map((item) => inOrder(item, order))
  const object: Record<string, JsonValue> = {}
  for (const name of namesOf(value)) {
    order.isKept &&= keepsItsPlace(name)
    object[name] = inOrder(value[name]!, order)
  }
  return object
}

/** Whether an object lists a name where it was added: numbers come first, and `__proto__` is no name of its own. */
function keepsItsPlace(name: string): boolean {
  return !(name >= '0' && name < ':') && name !== '__proto__'
}

function writtenInOrder(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(writtenInOrder).join()}]`
  const fields: string[] = []
  for (const name of namesOf(value)) {
    const field: JsonValue | undefined = value[name]
    if (field !== undefined) fields.push(`${JSON.stringify(name)}:${writtenInOrder(field)}`)
  }
  return `{${fields.join()}}`
}

function namesOf(value: object): readonly string[] {
  const names = Object.keys(value)
  if (names.length > fewNames) return names.toSorted()
  for (let end = 1; end < names.length; end++) {
    const name = names[end]!
    let at = end
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!
    names[at] = name
  }
  return names
}

/** Up to so many are sorted in place: the platform's sort allocates more than the rest of a digest. */
const fewNames = 16

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}
