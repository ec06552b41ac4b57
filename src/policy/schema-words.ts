import type { JsonObject, JsonValue } from '../model/json.js'
import { schemaData, schemaMaps, wordKeywords } from '../model/schema-keywords.js'
import { isJsonObject, sameJson } from './same-json.js'

/** Whether a schema has texts that another doesn't have at the same place. */
export function addsWords(before: JsonValue | undefined, after: JsonValue, isMap = false): boolean {
  if (typeof after !== 'object' || after === null) return false
  return Object.entries(after as JsonObject).some(([key, value]) => {
    const was = at(before, key)
    if (!isMap && wordKeywords.has(key)) return !sameJson(was, value)
    if (!isMap && schemaData.has(key)) return false
    return addsWords(was, value, !isMap && schemaMaps.has(key) && isJsonObject(value))
  })
}

function at(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
