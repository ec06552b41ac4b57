import type { JsonObject, JsonValue } from '../index.js'
import { maxJsonDepth } from '../model/json.js'
import { isJsonObject } from '../policy/same-json.js'

/**
 * Converts a schema to valid JSON Schema 2020-12: keywords of older drafts are converted, and invalid values are removed,
 * because model APIs refuse a whole request for one such keyword. Data (`default`, `enum`, `const`, `examples`) and unknown
 * keywords don't change. Sound parts are shared and not copied, which would be most of the time.
 *
 * @param depth - 0 for a root, which always accepts an object
 * @param isWhole - `false` for one of several schemas that apply together, because it may require a field of another one
 */
export function soundSchema(value: JsonValue, depth = 0, isWhole = false): JsonObject {
  if (!isJsonObject(value) || depth > maxJsonDepth) return value === false ? { not: {} } : {}
  const node = isSoundNode(value, depth, isWhole) ? value : soundNode(value, depth, isWhole)
  return insideSchema(node, (inner, key) => soundSchema(inner, depth + 1, !partial.has(key)))
}

/** Whether {@link soundNode} would change nothing. */
function isSoundNode(node: JsonObject, depth: number, isWhole: boolean): boolean {
  for (const key in node) if (older.has(key) || allowed.get(key)?.(node[key]!) === false) return false
  const { type, items, prefixItems, properties, required } = node
  if (type === undefined ? depth === 0 && properties === undefined : !isType(type)) return false
  if (Array.isArray(items)) return false
  if (takes(type, 'object') && properties === undefined) return false
  if (takes(type, 'array') && items === undefined && prefixItems === undefined) return false
  if (required === undefined) return true
  if (!Array.isArray(required) || !required.every(isText) || new Set(required).size !== required.length) return false
  return !isWhole || !isJsonObject(properties) || required.every((name) => Object.hasOwn(properties, name))
}

/** The keywords that only older drafts have. */
const older = new Set(['additionalItems', 'dependencies', '$recursiveAnchor'])

function isType(type: JsonValue): boolean {
  if (typeof type === 'string') return types.has(type)
  return isList(type) && type.length > 0 && new Set(type).size === type.length && type.every((one) => types.has(one))
}

/** One node in sound form. The schemas inside it stay as they are. */
function soundNode(value: JsonObject, depth: number, isWhole: boolean): JsonObject {
  const { items, additionalItems, dependencies, required } = value
  const type = typeOf(value.type)
  const node = new Map<string, JsonValue>(Object.entries(value))
  const put = (key: string, sound: JsonValue | undefined): unknown =>
    sound === undefined ? node.delete(key) : node.set(key, sound)
  put('type', type)
  put('required', Array.isArray(required) ? [...new Set(required.filter(isText))] : undefined)
  putBound(node, 'minimum', 'exclusiveMinimum')
  putBound(node, 'maximum', 'exclusiveMaximum')
  if (Array.isArray(items)) {
    put('prefixItems', items)
    put('items', additionalItems)
  }
  if (isJsonObject(dependencies)) putDependents(node, dependencies)
  for (const key of older) node.delete(key)
  for (const [key, keyValue] of node) if (allowed.get(key)?.(keyValue) === false) node.delete(key)
  if ((takes(type, 'object') || (depth === 0 && type === undefined)) && !node.has('properties'))
    node.set('properties', {})
  if (takes(type, 'array') && !node.has('prefixItems') && !node.has('items')) node.set('items', {})
  if (isWhole) put('properties', withRequired(node.get('properties'), node.get('required')))
  // Entries, so that `__proto__` is an ordinary key.
  return Object.fromEntries(node)
}

/** Adds required arguments to `properties`, because an API refuses to require an undeclared argument. */
export function withRequired(
  properties: JsonValue | undefined,
  required: JsonValue | undefined,
): JsonObject | undefined {
  if (!isJsonObject(properties)) return undefined
  if (!Array.isArray(required)) return properties
  const missing = required.filter((name) => isText(name) && !Object.hasOwn(properties, name))
  if (missing.length === 0) return properties
  return Object.fromEntries([...Object.entries(properties), ...missing.map((name) => [name, {}])])
}

type Change = (inner: JsonValue, key: string) => JsonObject

/** Changes all schemas inside a node. A boolean stays a boolean where it is as common as a schema. */
export function insideSchema(node: JsonObject, change: Change): JsonObject {
  let changed: Map<string, JsonValue> | undefined
  for (const key in node) {
    const value = insideKeyword(key, node[key]!, change)
    if (value !== node[key]) (changed ??= new Map(Object.entries(node))).set(key, value)
  }
  return changed === undefined ? node : Object.fromEntries(changed)
}

function insideKeyword(key: string, value: JsonValue, change: Change): JsonValue {
  if (single.has(key)) return typeof value === 'boolean' ? value : change(value, key)
  if (lists.has(key) && isList(value)) {
    const items = value.map((one) => change(one, key))
    return items.every((one, n) => one === value[n]) ? value : items
  }
  if (!named.has(key) || !isJsonObject(value)) return value
  let changed: Map<string, JsonValue> | undefined
  for (const name in value) {
    const schema = value[name]!
    // An argument with the schema `false` can't be given, so it is removed.
    const inner = key === 'properties' && schema === false ? undefined : change(schema, key)
    if (inner === schema) continue
    changed ??= new Map(Object.entries(value))
    if (inner === undefined) changed.delete(name)
    else changed.set(name, inner)
  }
  return changed === undefined ? value : Object.fromEntries(changed)
}

const types = new Set<unknown>(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])

/** Keywords with schemas, lists of schemas, or schemas by name as values. All others contain data. */
const conditions = ['not', 'if', 'then', 'else']
const leftovers = ['additionalProperties', 'unevaluatedItems', 'unevaluatedProperties']
const single = new Set(['items', 'contains', 'propertyNames', 'contentSchema', ...conditions, ...leftovers])
const lists = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const partial = new Set(['anyOf', 'oneOf', 'allOf', 'dependentSchemas', ...conditions])
const named = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value)
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
function putBound(node: Map<string, JsonValue>, name: string, exclusive: string): void {
  const [limit, isExclusive] = [node.get(name), node.get(exclusive)]
  if (typeof isExclusive !== 'boolean') return
  node.delete(isExclusive ? name : exclusive)
  if (!isExclusive) return
  if (limit === undefined) node.delete(exclusive)
  else node.set(exclusive, limit)
}

/** In older drafts, `dependencies` contained both names and schemas. */
function putDependents(node: Map<string, JsonValue>, all: JsonObject): void {
  const entries = Object.entries(all).map(([name, value]) => [name, isText(value) ? [value] : value] as const)
  const names = entries.filter(([, value]) => Array.isArray(value))
  const schemas = entries.filter(([, value]) => isJsonObject(value))
  if (names.length > 0) node.set('dependentRequired', Object.fromEntries(names))
  if (schemas.length > 0) node.set('dependentSchemas', Object.fromEntries(schemas))
}
