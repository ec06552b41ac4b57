import type { JsonObject, JsonValue } from './json.js'
import { schemaData, schemaMaps } from './schema-keywords.js'
import { visible, visibleText } from './visible-text.js'

/**
 * The schema with invisible characters in its texts escaped: titles, descriptions, comments, and whatever keywords
 * outside of JSON Schema say. Structure, keys and values don't change, because calls send them back. A schema without such
 * characters is returned as is.
 */
export function visibleSchema(schema: JsonObject): JsonObject {
  return shown(schema) as JsonObject
}

/** Copies only what has changed below: most schemas hide nothing. */
function shown(node: JsonValue, isMap = false): JsonValue {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) {
    const items = node as readonly JsonValue[]
    const visibleItems = items.map((item) => shown(item))
    return visibleItems.every((item, n) => item === items[n]) ? node : visibleItems
  }
  const schema = node as JsonObject
  let copy: Record<string, JsonValue> | undefined
  for (const key of Object.keys(schema)) {
    const value = schema[key]!
    const visibleValue = isMap ? shown(value) : part(key, value)
    if (visibleValue === value) continue
    copy ??= { ...schema }
    Object.defineProperty(copy, key, { value: visibleValue, writable: true, enumerable: true, configurable: true })
  }
  return copy ?? node
}

function part(key: string, value: JsonValue): JsonValue {
  if (typeof value === 'string') return text(key, value)
  if (schemaData.has(key)) return value
  if (schemaLists.has(key) || !Array.isArray(value)) return shown(value, maps.has(key) && !Array.isArray(value))
  return textsIn(key, value)
}

/** The items of a list that no keyword of JSON Schema has: `enumNames`, `enumDescriptions`. */
function textsIn(key: string, items: readonly JsonValue[]): JsonValue {
  const visibleItems = items.map((item) => (typeof item === 'string' ? text(key, item) : shown(item)))
  return visibleItems.every((item, n) => item === items[n]) ? items : visibleItems
}

function text(key: string, value: string): string {
  if (withEffect.has(key)) return value
  return key === 'title' || key === 'enumNames' ? visible(value) : visibleText(value)
}

/** `dependencies` of older drafts holds lists of names too. */
const maps = new Set([...schemaMaps, 'dependencies'])
const schemaLists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'])
/** Keywords whose texts are no words: changed, they would mean something else. */
const withEffect = new Set([
  ...schemaData,
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$id',
  '$recursiveRef',
  '$ref',
  '$schema',
  'contentEncoding',
  'contentMediaType',
  'format',
  'id',
  'pattern',
  'x-mcp-header',
])
