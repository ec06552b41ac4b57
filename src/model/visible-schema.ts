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

function shown(node: JsonValue, isMap = false): JsonValue {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node))
    return changed(
      node,
      Array.from(node, (item: JsonValue) => shown(item)),
    )
  const entries = Object.entries(node as JsonObject).map(([key, value]) => [
    key,
    isMap ? shown(value) : part(key, value),
  ])
  return changed(node, Object.fromEntries(entries) as JsonObject)
}

function part(key: string, value: JsonValue): JsonValue {
  if (typeof value === 'string') {
    if (key === 'title') return visible(value)
    return key === 'description' ? visibleText(value) : value
  }
  if (key === 'enumNames' && Array.isArray(value))
    return value.map((name: JsonValue) => (typeof name === 'string' ? visible(name) : name))
  return schemaData.has(key) ? value : shown(value, schemaMaps.has(key) && !Array.isArray(value))
}

function changed(before: JsonValue, after: JsonValue): JsonValue {
  const [was, is] = [before as JsonObject, after as JsonObject]
  return Object.keys(was).every((key) => was[key] === is[key]) ? before : after
}
