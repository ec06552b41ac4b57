import type { JsonObject, JsonValue } from '../index.js'
import { maxJsonDepth } from '../model/json.js'
import { isJsonObject } from '../policy/same-json.js'
import { insideSchema } from './sound-schema.js'

/** Where a reference leads, as a pointer into the schema; `undefined`: out of it. */
export type Lead = (reference: string) => string | undefined

/**
 * Where references of a schema lead: by a pointer, by a name that the schema gives a part of itself (`$anchor`), or by the
 * schema's own address.
 *
 * @see https://json-schema.org/draft/2020-12/json-schema-core#section-8.2
 */
export function leadsOf(schema: JsonObject): Lead {
  const base = typeof schema.$id === 'string' ? schema.$id : undefined
  let anchors: ReadonlyMap<string, string> | undefined
  return (reference) => {
    const fragment = fragmentOf(reference, base)
    if (fragment === undefined) return undefined
    if (fragment === '' || fragment.startsWith('/')) return `#${fragment}`
    anchors ??= new Map(anchorsIn(schema, '#', 0))
    return anchors.get(decoded(fragment))
  }
}

/** What a pointer leads to. @see https://www.rfc-editor.org/rfc/rfc6901 */
export function lookUp(root: JsonObject, pointer: string): JsonValue | undefined {
  let at: JsonValue | undefined = root
  for (const part of pointer.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as JsonObject)[key]
  }
  return at
}

/** The schema with a pointer for every reference. One that leads nowhere accepts everything. */
export function withPointers(root: JsonObject, lead: Lead): JsonObject {
  const rewrite = (value: JsonValue, depth: number): JsonObject => {
    if (!isJsonObject(value) || depth > maxJsonDepth) return value as JsonObject
    // An address inside would be the place that pointers start at.
    const { $id, $ref, $dynamicRef, $recursiveRef, ...rest } = value
    const reference = [$ref, $dynamicRef, $recursiveRef].find((one) => typeof one === 'string')
    const pointer = reference === undefined ? undefined : lead(reference)
    const isLost = pointer === undefined || lookUp(root, pointer) === undefined
    const own = depth === 0 && $id !== undefined ? { $id, ...rest } : rest
    return insideSchema(isLost ? own : { $ref: pointer, ...own }, (inner) => rewrite(inner, depth + 1))
  }
  return rewrite(root, 0)
}

function fragmentOf(reference: string, base: string | undefined): string | undefined {
  if (reference.startsWith('#')) return reference.slice(1)
  if (base === undefined) return undefined
  try {
    const [to, from] = [new URL(reference, base), new URL(base)]
    const fragment = to.hash.slice(1)
    to.hash = from.hash = ''
    return to.href === from.href ? fragment : undefined
  } catch {
    // An address that is none: only the very same one is meant.
    const [address, fragment = ''] = reference.split('#')
    return address === base.split('#')[0] ? fragment : undefined
  }
}

function anchorsIn(value: JsonValue, pointer: string, depth: number): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null || depth > maxJsonDepth) return []
  const { $anchor, $dynamicAnchor, $id } = value as JsonObject
  // Draft 7 named a part by an address that is only a fragment.
  const older = typeof $id === 'string' && $id.startsWith('#') ? $id.slice(1) : undefined
  const own = [$anchor, $dynamicAnchor, older].filter((name) => typeof name === 'string')
  return [
    ...own.map((name) => [name, pointer] as const),
    ...Object.entries(value).flatMap(([key, inner]: [string, JsonValue]) =>
      anchorsIn(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1),
    ),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
