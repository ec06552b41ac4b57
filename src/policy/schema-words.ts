import type { JsonObject, JsonValue } from '../model/json.js'
import { schemaData, schemaMaps, wordKeywords } from '../model/schema-keywords.js'
import type { ToolDefinition } from '../model/tool.js'
import { sameJson } from './same-json.js'

/**
 * The current definition with the accepted texts; parts added since have no description. A model reads only accepted
 * texts.
 */
export function inAcceptedWords(now: ToolDefinition, accepted: ToolDefinition | undefined): ToolDefinition {
  const { title: _title, description: _description, outputSchema, annotations, ...rest } = now
  const { title: _ownTitle, ...hints } = annotations ?? {}
  return {
    ...rest,
    title: accepted?.title,
    description: accepted?.description,
    inputSchema: withWordsOf(now.inputSchema, accepted?.inputSchema) as JsonObject,
    outputSchema:
      outputSchema === undefined ? undefined : (withWordsOf(outputSchema, accepted?.outputSchema) as JsonObject),
    annotations: annotations === undefined ? undefined : { ...hints, title: accepted?.annotations?.title },
  }
}

/** Whether a schema has texts that another doesn't have at the same place. */
export function addsWords(before: JsonValue | undefined, after: JsonValue, isMap = false): boolean {
  if (typeof after !== 'object' || after === null) return false
  return Object.entries(after as JsonObject).some(([key, value]) => {
    const was = at(before, key)
    if (!isMap && wordKeywords.has(key)) return !sameJson(was, value)
    if (!isMap && schemaData.has(key)) return false
    return addsWords(was, value, !isMap && schemaMaps.has(key) && isObject(value))
  })
}

/** The structure of one schema with the texts that another has at the same places. */
function withWordsOf(schema: JsonValue, words: JsonValue | undefined): JsonValue {
  if (Array.isArray(schema)) return schema.map((item: JsonValue, n) => withWordsOf(item, at(words, String(n))))
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema as JsonObject).flatMap(([key, value]) => {
    if (wordKeywords.has(key)) return []
    if (schemaData.has(key)) return [[key, value]]
    const same = at(words, key)
    if (!schemaMaps.has(key) || !isObject(value)) return [[key, withWordsOf(value, same)]]
    const children = Object.entries(value).map(([name, child]) => [name, withWordsOf(child, at(same, name))])
    return [[key, Object.fromEntries(children)]]
  }) as [string, JsonValue][]
  const said = isObject(words) ? Object.entries(words).filter(([key]) => wordKeywords.has(key)) : []
  return Object.fromEntries([...said, ...kept])
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
