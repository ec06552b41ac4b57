import type { JsonObject, JsonValue } from '../index.js'
import { maxJsonDepth } from '../model/json.js'
import { isJsonObject, sameJson } from '../policy/same-json.js'
import { defined } from './defined.js'

/** A tool's schema as model APIs take it, and the way back from the arguments that a model writes for it. */
export interface ModelSchema {
  readonly schema: JsonObject
  /** Arguments under the names that the server gave them. */
  restore(args: unknown): unknown
}

/**
 * Rewrites what model APIs refuse, and nothing else: a sound schema comes back as it is. The root becomes one object
 * with `properties`, of the alternatives there all; nodes are what JSON Schema 2020-12 calls valid; references stay
 * inside; argument names have the characters that every API takes. The server still checks arguments by its own schema.
 */
export function modelSchema(schema: JsonObject): ModelSchema {
  const { renamed, names } = nameable(mergedRoot(sound(schema, 0), schema))
  const formed = withoutLostRefs(renamed, renamed, 0) as JsonObject
  return {
    schema: sameJson(formed, schema) ? schema : formed,
    restore: (args) => (names.size > 0 && isJsonObject(args) ? restored(args, names) : args),
  }
}

/** Keywords whose values are schemas, lists of schemas and schemas by name; everything else is data and stays. */
const schemas = new Set(['items', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else', 'propertyNames'])
const lists = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const named = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

function inside(node: JsonObject, change: (inner: JsonValue) => JsonValue): JsonObject {
  return mapped(node, (value, key) => {
    if (schemas.has(key)) return change(value)
    if (lists.has(key) && Array.isArray(value)) return value.map(change)
    return named.has(key) && isJsonObject(value) ? mapped(value, change) : value
  })
}

/** One node, and all in it, as JSON Schema 2020-12 has it. */
function sound(value: JsonValue, depth: number): JsonObject {
  if (!isJsonObject(value) || depth > maxJsonDepth) return value === false ? { not: {} } : {}
  const {
    items,
    additionalItems,
    exclusiveMinimum,
    exclusiveMaximum,
    minimum,
    maximum,
    required,
    enum: values,
    ...rest
  } = value
  const tuple = Array.isArray(items)
  const isObjectNode = rest.type === 'object' || (depth === 0 && rest.type === undefined)
  const node: { [key: string]: JsonValue | undefined } = {
    ...rest,
    properties: isObjectNode && !isJsonObject(rest.properties) ? {} : rest.properties,
    ...bound('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...bound('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
    ...(tuple ? { prefixItems: items, items: additionalItems } : { items }),
    required: Array.isArray(required) ? required : undefined,
    enum: Array.isArray(values) && values.length === 0 ? undefined : values,
  }
  if (node.type === 'array' && node.items === undefined && node.prefixItems === undefined) node.items = {}
  return inside(
    mapped(node as JsonObject, (inner) => inner),
    (inner) => (typeof inner === 'boolean' ? inner : sound(inner, depth + 1)),
  )
}

/** In older drafts the exclusive bound was a switch beside the bound. */
function bound(name: string, exclusive: string, limit: JsonValue | undefined, isExclusive: JsonValue | undefined) {
  if (isExclusive === true) return { [exclusive]: limit }
  return { [name]: limit, [exclusive]: isExclusive === false ? undefined : isExclusive }
}

/** What no API takes at the root: a reference, and alternatives. */
function mergedRoot(root: JsonObject, original: JsonObject, depth = 0): JsonObject {
  const { $ref, anyOf, oneOf, allOf, enum: _enum, not: _not, ...rest } = root
  const parts = (value: JsonValue | undefined): readonly JsonObject[] =>
    Array.isArray(value) && depth < 8
      ? value.map((part: JsonValue) => mergedRoot(sound(part, 0), original, depth + 1))
      : []
  const target = typeof $ref === 'string' && depth < 8 ? lookUp(original, $ref) : undefined
  const all = [
    rest,
    ...(target === undefined ? [] : [mergedRoot(sound(target, 0), original, depth + 1)]),
    ...parts(allOf),
  ]
  const choices = [parts(anyOf), parts(oneOf)].filter((choice) => choice.length > 0)
  const always = [...all.flatMap(requiredOf), ...choices.flatMap(inEvery)]
  const required = [...new Set(always)]
  const words = [...all.map(({ description }) => description), ...choices.map(alternatives)]
  const description = words.filter((text) => typeof text === 'string' && text !== '').join(' ')
  return defined({
    ...rest,
    type: 'object',
    description: description === '' ? rest.description : description,
    properties: mergedProperties(
      [...all, ...choices.flat()].map(({ properties }) => properties).filter((properties) => isJsonObject(properties)),
    ),
    required: required.length === 0 && rest.required === undefined ? undefined : required,
  })
}

function mergedProperties(all: readonly JsonObject[]): JsonObject {
  const merged = new Map<string, readonly JsonValue[]>()
  for (const properties of all)
    for (const [name, schema] of Object.entries(properties)) {
      const before = merged.get(name) ?? []
      if (!before.some((other) => sameJson(other, schema))) merged.set(name, [...before, schema])
    }
  return Object.fromEntries(
    [...merged].map(([name, found]) => [name, found.length === 1 ? found[0]! : { anyOf: found }]),
  )
}

function requiredOf({ required }: JsonObject): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

function inEvery(choice: readonly JsonObject[]): readonly string[] {
  const [first = {}, ...others] = choice
  return requiredOf(first).filter((name) => others.every((other) => requiredOf(other).includes(name)))
}

function alternatives(choice: readonly JsonObject[]): string {
  const sets = choice.map((part) => requiredOf(part).join(', ')).filter((names) => names !== '')
  return sets.length < 2
    ? ''
    : `Give one of these sets of arguments: ${sets.map((names) => `(${names})`).join(' or ')}.`
}

/** A reference that leads out of the schema, or nowhere, accepts everything. */
function withoutLostRefs(node: JsonValue, root: JsonObject, depth: number): JsonValue {
  if (!isJsonObject(node) || depth > maxJsonDepth) return node
  const { $ref, ...rest } = node
  const lost = typeof $ref === 'string' && lookUp(root, $ref) === undefined
  return inside(lost ? rest : node, (inner) => withoutLostRefs(inner, root, depth + 1))
}

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
function lookUp(root: JsonObject, ref: string): JsonValue | undefined {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined
  let at: JsonValue | undefined = root
  for (const part of ref.split('/').slice(1)) {
    const key = decodeURIComponentOr(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as JsonObject)[key]
  }
  return at
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Anthropic takes argument names of these characters, and the others take them too. */
function nameable(root: JsonObject): { readonly renamed: JsonObject; readonly names: ReadonlyMap<string, string> } {
  const { properties, required } = root as { properties: JsonObject; required?: readonly JsonValue[] }
  const names = new Map<string, string>()
  const taken = new Set(Object.keys(properties))
  for (const name of Object.keys(properties).filter((key) => !/^[\w.-]{1,64}$/.test(key))) {
    const base = name.replace(/[^\w.-]+/g, '_').slice(0, 60)
    let safe = base
    for (let n = 2; taken.has(safe); n++) safe = `${base}_${n}`
    taken.add(safe)
    names.set(safe, name)
  }
  if (names.size === 0) return { renamed: root, names }
  const safeNames = new Map([...names].map(([safe, name]) => [name, safe]))
  const renamed = defined({
    ...root,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [safeNames.get(name) ?? name, schema]),
    ),
    required: required?.map((name) => safeNames.get(name as string) ?? name),
  })
  return { renamed, names }
}

function restored(args: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [names.get(name) ?? name, value]))
}

/** Own keys one by one, so that `__proto__` is a key as any other; absent ones are left out. */
function mapped(node: JsonObject, change: (value: JsonValue, key: string) => JsonValue): JsonObject {
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => (value === undefined ? [] : [[key, change(value, key)]])),
  )
}
