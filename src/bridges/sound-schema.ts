import type { JsonObject, JsonValue } from '../index.js'
import { maxJsonDepth } from '../model/json.js'
import { isJsonObject } from '../policy/same-json.js'

/**
 * Converts a schema to valid JSON Schema 2020-12: keywords of older drafts are converted, and invalid values are removed,
 * because model APIs refuse a whole request for one such keyword. Data (`default`, `enum`, `const`, `examples`) and unknown
 * keywords don't change.
 *
 * @param depth - 0 for a root, which always accepts an object
 * @param isWhole - `false` for one of several schemas that apply together, because it may require a field of another one
 */
export function soundSchema(value: JsonValue, depth = 0, isWhole = false): JsonObject {
  if (!isJsonObject(value) || depth > maxJsonDepth) return value === false ? { not: {} } : {}
  const { items, additionalItems, exclusiveMinimum, exclusiveMaximum, minimum, maximum, dependencies, ...rest } = value
  const type = typeOf(rest.type)
  const isTuple = Array.isArray(items)
  const node: { [key: string]: JsonValue | undefined } = {
    ...rest,
    type,
    ...bound('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...bound('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
    ...dependents(dependencies),
    ...(isTuple ? { prefixItems: items, items: additionalItems } : { items }),
    required: Array.isArray(rest.required) ? [...new Set(rest.required.filter(isText))] : undefined,
  }
  for (const [key, keyValue] of Object.entries(node))
    if (keyValue !== undefined && allowed.get(key)?.(keyValue) === false) node[key] = undefined
  if (takes(type, 'object') || (depth === 0 && type === undefined)) node.properties ??= {}
  if (takes(type, 'array') && node.prefixItems === undefined) node.items ??= {}
  if (isWhole) node.properties = withRequired(node.properties, node.required)
  return insideSchema(present(node), (inner, key) => soundSchema(inner, depth + 1, !partial.has(key)))
}

/** Adds required arguments to `properties`, because an API refuses to require an undeclared argument. */
export function withRequired(
  properties: JsonValue | undefined,
  required: JsonValue | undefined,
): JsonObject | undefined {
  if (!isJsonObject(properties)) return undefined
  if (!Array.isArray(required)) return properties
  const missing = required.filter((name) => isText(name) && !Object.hasOwn(properties, name))
  return Object.fromEntries([...Object.entries(properties), ...missing.map((name) => [name, {}])])
}

/** Changes all schemas inside a node. A boolean stays a boolean where it is as common as a schema. */
export function insideSchema(node: JsonObject, change: (inner: JsonValue, key: string) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(node).map(([key, value]): [string, JsonValue] => {
      if (single.has(key)) return [key, typeof value === 'boolean' ? value : change(value, key)]
      if (lists.has(key) && Array.isArray(value)) return [key, value.map((one: JsonValue) => change(one, key))]
      if (!named.has(key) || !isJsonObject(value)) return [key, value]
      // An argument with the schema `false` can't be given, so it is removed.
      const inner = Object.entries(value).filter(([, schema]) => key !== 'properties' || schema !== false)
      return [key, Object.fromEntries(inner.map(([name, schema]) => [name, change(schema, key)]))]
    }),
  )
}

const types = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])

/** Keywords with schemas, lists of schemas, or schemas by name as values. All others contain data. */
const conditions = ['not', 'if', 'then', 'else']
const leftovers = ['additionalProperties', 'unevaluatedItems', 'unevaluatedProperties']
const single = new Set(['items', 'contains', 'propertyNames', 'contentSchema', ...conditions, ...leftovers])
const lists = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const partial = new Set(['anyOf', 'oneOf', 'allOf', 'dependentSchemas', ...conditions])
const named = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

const isText = (value: JsonValue): value is string => typeof value === 'string'
const isFlag = (value: JsonValue): boolean => typeof value === 'boolean'
const isNumber = (value: JsonValue): boolean => typeof value === 'number'
const isCount = (value: JsonValue): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0
const isFilled = (value: JsonValue): boolean => Array.isArray(value) && value.length > 0

/** The valid values of each keyword. @see https://json-schema.org/draft/2020-12/schema */
const allowed: ReadonlyMap<string, (value: JsonValue) => boolean> = new Map(
  (
    [
      [['title', 'description', '$comment', 'format', 'pattern', '$ref', '$dynamicRef', '$recursiveRef'], isText],
      [['contentEncoding', 'contentMediaType'], isText],
      [['$id'], (value) => isText(value) && /^[^#]*#?$/.test(value)],
      [['$anchor', '$dynamicAnchor'], (value) => isText(value) && /^[A-Za-z_][\w.-]*$/.test(value)],
      [['$recursiveAnchor'], () => false],
      [['uniqueItems', 'deprecated', 'readOnly', 'writeOnly'], isFlag],
      [['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'], isCount],
      [['minContains', 'maxContains'], isCount],
      [['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'], isNumber],
      [['multipleOf'], (value) => typeof value === 'number' && value > 0],
      [['enum', ...lists], isFilled],
      [['examples'], Array.isArray],
      [[...named, 'dependentRequired'], isJsonObject],
    ] satisfies [string[], (value: JsonValue) => boolean][]
  ).flatMap(([keys, isAllowed]) => keys.map((key) => [key, isAllowed] as const)),
)

/** The types of JSON Schema, in any spelling. */
function typeOf(type: JsonValue | undefined): JsonValue | undefined {
  if (typeof type === 'string') return types.has(type.toLowerCase()) ? type.toLowerCase() : undefined
  if (!Array.isArray(type)) return undefined
  const known = [...new Set(type.map((one: JsonValue) => typeOf(one)).filter((one) => typeof one === 'string'))]
  return known.length === 0 ? undefined : known
}

function takes(type: JsonValue | undefined, kind: string): boolean {
  return type === kind || (Array.isArray(type) && type.includes(kind))
}

/** In older drafts, the exclusive bound was a boolean next to the bound. */
function bound(name: string, exclusive: string, limit: JsonValue | undefined, isExclusive: JsonValue | undefined) {
  if (isExclusive === true) return { [exclusive]: limit }
  return { [name]: limit, [exclusive]: isExclusive === false ? undefined : isExclusive }
}

/** In older drafts, `dependencies` contained both names and schemas. */
function dependents(all: JsonValue | undefined) {
  if (!isJsonObject(all)) return {}
  const entries = Object.entries(all).map(([name, value]) => [name, isText(value) ? [value] : value] as const)
  const names = entries.filter(([, value]) => Array.isArray(value))
  const schemas = entries.filter(([, value]) => isJsonObject(value))
  return {
    ...(names.length === 0 ? {} : { dependentRequired: Object.fromEntries(names) }),
    ...(schemas.length === 0 ? {} : { dependentSchemas: Object.fromEntries(schemas) }),
  }
}

/** Copies the defined keys one by one, so that `__proto__` is an ordinary key. */
function present(node: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  )
}
