import type { JsonObject, JsonValue } from './json.js'
import { schemaData, schemaMaps } from './schema-keywords.js'
import { visible, visibleText } from './visible-text.js'

/**
 * The schema with invisible characters in titles and descriptions escaped. Structure, keys and values don't change,
 * because calls send them back. A schema without such characters is returned as is.
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
  if (typeof value === 'string') {
    if (key === 'title') return visible(value)
    return key === 'description' ? visibleText(value) : value
  }
  if (key === 'enumNames' && Array.isArray(value)) {
    const names = value as readonly JsonValue[]
    return names.every((name) => typeof name !== 'string' || visible(name) === name)
      ? value
      : names.map((name) => (typeof name === 'string' ? visible(name) : name))
  }
  return schemaData.has(key) ? value : shown(value, schemaMaps.has(key) && !Array.isArray(value))
}
