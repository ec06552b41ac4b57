import type { JsonObject, JsonValue } from '../index.js'
import { maxJsonDepth } from '../model/json.js'
import { isJsonObject } from '../policy/same-json.js'

/**
 * A schema, and all in it, as JSON Schema 2020-12 has it: older drafts are brought up to date, and what no draft allows is
 * left out, because model APIs refuse a whole request for one such keyword. Data (`default`, `enum`, `const`, `examples`)
 * and keywords that no draft knows stay as they are.
 *
 * @param depth - 0 is a root, which takes an object whatever it says
 * @param isWhole - not one of several that hold together, which may require what another describes
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

/** Every argument that must be given is described: an API refuses to require what it doesn't know. */
export function withRequired(
  properties: JsonValue | undefined,
  required: JsonValue | undefined,
): JsonObject | undefined {
  if (!isJsonObject(properties)) return undefined
  if (!Array.isArray(required)) return properties
  const missing = required.filter((name) => isText(name) && !Object.hasOwn(properties, name))
  return Object.fromEntries([...Object.entries(properties), ...missing.map((name) => [name, {}])])
}

/** The same node with all schemas in it changed. A boolean stays one where it is as common as a schema. */
export function insideSchema(node: JsonObject, change: (inner: JsonValue, key: string) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(node).map(([key, value]): [string, JsonValue] => {
      if (single.has(key)) return [key, typeof value === 'boolean' ? value : change(value, key)]
      if (lists.has(key) && Array.isArray(value)) return [key, value.map((one: JsonValue) => change(one, key))]
      if (!named.has(key) || !isJsonObject(value)) return [key, value]
      // An argument that fits nothing is one that can't be given.
      const inner = Object.entries(value).filter(([, schema]) => key !== 'properties' || schema !== false)
      return [key, Object.fromEntries(inner.map(([name, schema]) => [name, change(schema, key)]))]
    }),
  )
}

const types = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])

/** Keywords whose values are schemas, lists of schemas and schemas by name; everything else is data. */
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

/** What each keyword may be. @see https://json-schema.org/draft/2020-12/schema */
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

/** Types that JSON Schema has, however they are spelled. */
function typeOf(type: JsonValue | undefined): JsonValue | undefined {
  if (typeof type === 'string') return types.has(type.toLowerCase()) ? type.toLowerCase() : undefined
  if (!Array.isArray(type)) return undefined
  const known = [...new Set(type.map((one: JsonValue) => typeOf(one)).filter((one) => typeof one === 'string'))]
  return known.length === 0 ? undefined : known
}

function takes(type: JsonValue | undefined, kind: string): boolean {
  return type === kind || (Array.isArray(type) && type.includes(kind))
}

/** In older drafts the exclusive bound was a switch beside the bound. */
function bound(name: string, exclusive: string, limit: JsonValue | undefined, isExclusive: JsonValue | undefined) {
  if (isExclusive === true) return { [exclusive]: limit }
  return { [name]: limit, [exclusive]: isExclusive === false ? undefined : isExclusive }
}

/** In older drafts names and schemas were in one. */
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

/** Own keys one by one, so that `__proto__` is a key as any other; absent ones are left out. */
function present(node: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  )
}
