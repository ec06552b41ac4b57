import canonicalize from 'canonicalize'
import type { JsonObject, JsonValue } from '../model/json.js'

/** How what a schema accepts has changed; `cosmetic`: only in its words. */
export type SchemaChange = 'same' | 'cosmetic' | 'narrowed' | 'widened'

/**
 * Compares two schemas by what they accept, keyword by keyword. What can't be told counts as widened, and so does a
 * field that is new: the server now does something with it. Their depth must have been checked.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function compareSchemas(before: JsonValue, after: JsonValue): SchemaChange {
  const change = compare(before, after)
  const mention = (names: readonly string[]): boolean => mentions(before, names) || mentions(after, names)
  return change === 'narrowed' && mention(reachingElsewhere) && mention(notMonotone) ? 'widened' : change
}

/** The worst of several changes. */
export function worst(changes: readonly SchemaChange[]): SchemaChange {
  return order[Math.max(0, ...changes.map((change) => order.indexOf(change)))]!
}

const order = ['same', 'cosmetic', 'narrowed', 'widened'] as const

/** Keywords that only describe. `default` is none: servers act on it. */
const describing = new Set(['$comment', 'title', 'description', 'examples', 'deprecated', 'readOnly', 'writeOnly'])
/** Keywords by which less is accepted the larger, or the smaller, they are. */
const lowerBounds = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const upperBounds = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
/** Keywords that only take away from what is accepted, and that can't be compared any further. */
const restricting = new Set(['pattern', 'format', 'uniqueItems', 'dependentRequired'])
/** Where a smaller schema inside means a smaller one outside. Absent, they accept everything. */
const covering = new Set(['additionalProperties', 'items', 'propertyNames'])
/** Keywords that make a part of a schema count elsewhere. */
const reachingElsewhere = ['$ref', 'unevaluatedProperties', 'unevaluatedItems']
/** Where a smaller schema may mean a larger one outside. */
const notMonotone = ['not', 'if', 'oneOf', 'contains', 'dependentSchemas', 'unevaluatedProperties', 'unevaluatedItems']
/** Keywords that some dialects don't know, or read otherwise. */
const ofOneDialect = [
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  'prefixItems',
  'additionalItems',
  'const',
  'propertyNames',
  'dependentRequired',
  'dependencies',
  'exclusiveMinimum',
  'exclusiveMaximum',
  ...notMonotone,
]

function compare(before: JsonValue, after: JsonValue): SchemaChange {
  if (equal(before, after)) return 'same'
  if (before === false || after === false) return after === false ? 'narrowed' : 'widened'
  const [was, is] = [asSchema(before), asSchema(after)]
  if (was === undefined || is === undefined) return 'widened'
  const keywords = new Set([...Object.keys(was), ...Object.keys(is)])
  return worst(['cosmetic', ...[...keywords].map((keyword) => compareKeyword(keyword, was, is))])
}

function compareKeyword(keyword: string, before: JsonObject, after: JsonObject): SchemaChange {
  const [was, is] = [own(before, keyword), own(after, keyword)]
  if (equal(was, is)) return 'same'
  if (describing.has(keyword)) return 'cosmetic'
  if (lowerBounds.has(keyword)) return compareBounds(was, is, 1)
  if (upperBounds.has(keyword)) return compareBounds(was, is, -1)
  if (restricting.has(keyword)) return was === undefined ? 'narrowed' : 'widened'
  if (covering.has(keyword)) return compare(was ?? true, is ?? true)
  switch (keyword) {
    case '$schema':
      return mentions(before, ofOneDialect) || mentions(after, ofOneDialect) ? 'widened' : 'cosmetic'
    case 'type':
      return compareSets(typesOf(was), typesOf(is))
    case 'enum':
    case 'const':
      return compareSets(valuesOf(before), valuesOf(after))
    case 'required':
      return compareRequired(was, is)
    case 'multipleOf':
      return compareMultiples(was, is)
    case 'properties':
      return compareProperties(before, after)
    case '$defs':
    case 'definitions':
      return compareDefinitions(was, is)
    case 'allOf':
    case 'anyOf':
    case 'prefixItems':
      return compareEach(was, is)
    case 'oneOf':
      return atMostCosmetic(compareEach(was, is))
    case 'not':
    case 'if':
    case 'then':
    case 'else':
    case 'contains':
      return was === undefined || is === undefined ? 'widened' : atMostCosmetic(compare(was, is))
    default:
      return 'widened'
  }
}

function compareBounds(was: JsonValue | undefined, is: JsonValue | undefined, direction: 1 | -1): SchemaChange {
  if (typeof is !== 'number') return 'widened'
  if (was === undefined) return 'narrowed'
  return typeof was === 'number' && (is - was) * direction > 0 ? 'narrowed' : 'widened'
}

/** `undefined`: everything is allowed. */
function compareSets(was: ReadonlySet<string> | undefined, is: ReadonlySet<string> | undefined): SchemaChange {
  if (is === undefined) return was === undefined ? 'same' : 'widened'
  if (was === undefined) return 'narrowed'
  if ([...is].some((value) => !was.has(value))) return 'widened'
  return is.size < was.size ? 'narrowed' : 'same'
}

function typesOf(type: JsonValue | undefined): ReadonlySet<string> | undefined {
  if (type === undefined) return undefined
  const named = new Set((Array.isArray(type) ? type : [type]).map((item) => JSON.stringify(item)))
  return named.has('"number"') ? named.add('"integer"') : named
}

/** What `enum` and `const` leave, as text. */
function valuesOf(schema: JsonObject): ReadonlySet<string> | undefined {
  const [one, many] = [own(schema, 'const'), own(schema, 'enum')]
  if (one !== undefined) return new Set([JSON.stringify(one)])
  return Array.isArray(many) ? new Set((many as readonly JsonValue[]).map((value) => JSON.stringify(value))) : undefined
}

/** A field that must now be given narrows; one that may be left out widens. */
function compareRequired(was: JsonValue | undefined, is: JsonValue | undefined): SchemaChange {
  const [old, fresh] = [was ?? [], is ?? []].map((names) => (Array.isArray(names) ? new Set(names) : undefined))
  if (old === undefined || fresh === undefined || [...old].some((name) => !fresh.has(name))) return 'widened'
  return fresh.size > old.size ? 'narrowed' : 'same'
}

function compareMultiples(was: JsonValue | undefined, is: JsonValue | undefined): SchemaChange {
  if (typeof is !== 'number') return 'widened'
  if (was === undefined) return 'narrowed'
  const whole = typeof was === 'number' && Number.isSafeInteger(was) && Number.isSafeInteger(is)
  return whole && is % was === 0 ? 'narrowed' : 'widened'
}

/** A field that is gone is what `additionalProperties` says of it. */
function compareProperties(before: JsonObject, after: JsonObject): SchemaChange {
  const [old, fresh] = [asSchema(own(before, 'properties') ?? {}), asSchema(own(after, 'properties') ?? {})]
  if (old === undefined || fresh === undefined) return 'widened'
  const names = new Set([...Object.keys(old), ...Object.keys(fresh)])
  return worst(
    [...names].map((name) => {
      const [was, is] = [own(old, name), own(fresh, name)]
      if (was === undefined) return 'widened'
      if (is !== undefined) return compare(was, is)
      if (own(after, 'patternProperties') !== undefined) return 'widened'
      return worst(['narrowed', compare(was, own(after, 'additionalProperties') ?? true)])
    }),
  )
}

/** Definitions count where they are used: one that came or went changes nothing by itself. */
function compareDefinitions(was: JsonValue | undefined, is: JsonValue | undefined): SchemaChange {
  const [old, fresh] = [asSchema(was ?? {}), asSchema(is ?? {})]
  if (old === undefined || fresh === undefined) return 'widened'
  const kept = Object.keys(old).filter((name) => Object.hasOwn(fresh, name))
  return worst(kept.map((name) => compare(own(old, name)!, own(fresh, name)!)))
}

/** One by one; how lists of different lengths compare can't be told. */
function compareEach(was: JsonValue | undefined, is: JsonValue | undefined): SchemaChange {
  if (!Array.isArray(was) || !Array.isArray(is) || was.length !== is.length) return 'widened'
  return worst(was.map((schema: JsonValue, n) => compare(schema, is[n] as JsonValue)))
}

function atMostCosmetic(change: SchemaChange): SchemaChange {
  return change === 'same' || change === 'cosmetic' ? change : 'widened'
}

/** Whether one of the names is a key anywhere in it; a field of that name counts too, which only makes us careful. */
function mentions(value: JsonValue, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (!Array.isArray(value) && names.some((name) => Object.hasOwn(value, name))) return true
  return Object.values(value).some((item: JsonValue) => mentions(item, names))
}

function equal(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return left === right || canonicalize(left) === canonicalize(right)
}

/** `true` is the schema that asks for nothing. */
function asSchema(value: JsonValue): JsonObject | undefined {
  if (value === true) return {}
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

function own(value: JsonValue, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
