import type { JsonObject, JsonValue } from '../model/json.js'

/** How what a schema accepts has changed. */
export type SchemaChange = 'same' | 'narrowed' | 'widened'

/** Keywords that only describe. */
const descriptive = new Set([
  'title',
  'description',
  'examples',
  '$comment',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
])
/** Keywords by which less is accepted the larger, or the smaller, they are. */
const lowerBounds = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const upperBounds = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
/** Keywords that only ever take away from what is accepted. */
const restricting = new Set([
  'pattern',
  'format',
  'multipleOf',
  'uniqueItems',
  'const',
  'not',
  'allOf',
  'contains',
  'dependentRequired',
  'propertyNames',
])

/** Compares two schemas by what they accept. What can't be told counts as widened. */
export function compareSchemas(before: JsonValue | undefined, after: JsonValue | undefined): SchemaChange {
  if (JSON.stringify(before) === JSON.stringify(after)) return 'same'
  if (!isSchema(before) || !isSchema(after))
    return before === undefined || before === true ? 'narrowed' : after === false ? 'narrowed' : 'widened'
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)])
  return worst([...keywords].map((keyword) => compareKeyword(keyword, before, after)))
}

function compareKeyword(keyword: string, before: JsonObject, after: JsonObject): SchemaChange {
  const [was, is] = [own(before, keyword), own(after, keyword)]
  if (JSON.stringify(was) === JSON.stringify(is) || descriptive.has(keyword)) return 'same'
  if (lowerBounds.has(keyword)) return compareBounds(was, is, 1)
  if (upperBounds.has(keyword)) return compareBounds(was, is, -1)
  switch (keyword) {
    case 'type':
    case 'enum':
      return compareSets(was, is)
    case 'required':
      return compareRequired(was, is)
    case 'properties':
      return compareProperties(was, is, before)
    case 'additionalProperties':
    case 'items':
      return compareSchemas(was ?? true, is ?? true)
    default:
      return was === undefined && restricting.has(keyword) ? 'narrowed' : 'widened'
  }
}

function compareBounds(was: JsonValue | undefined, is: JsonValue | undefined, direction: 1 | -1): SchemaChange {
  if (was === undefined) return 'narrowed'
  if (typeof was !== 'number' || typeof is !== 'number') return 'widened'
  return (is - was) * direction > 0 ? 'narrowed' : 'widened'
}

/** `type` and `enum`: the fewer allowed, the narrower; none named allows all. */
function compareSets(was: JsonValue | undefined, is: JsonValue | undefined): SchemaChange {
  if (was === undefined) return 'narrowed'
  if (is === undefined) return 'widened'
  const [old, fresh] = [texts(was), texts(is)]
  if ([...fresh].some((value) => !old.has(value))) return 'widened'
  return fresh.size < old.size ? 'narrowed' : 'same'
}

/** A field that must now be given narrows; one that may be left out widens. */
function compareRequired(was: JsonValue | undefined, is: JsonValue | undefined): SchemaChange {
  const [old, fresh] = [texts(was ?? []), texts(is ?? [])]
  if ([...old].some((name) => !fresh.has(name))) return 'widened'
  return fresh.size > old.size ? 'narrowed' : 'same'
}

/** A new field widens, also where anything was accepted before: the server now does something with it. */
function compareProperties(was: JsonValue | undefined, is: JsonValue | undefined, before: JsonObject): SchemaChange {
  const [old, fresh] = [isSchema(was) ? was : {}, isSchema(is) ? is : {}]
  const names = new Set([...Object.keys(old), ...Object.keys(fresh)])
  return worst(
    [...names].map((name) => {
      const [left, right] = [own(old, name), own(fresh, name)]
      if (left === undefined) return 'widened'
      if (right === undefined) return own(before, 'additionalProperties') === false ? 'narrowed' : 'widened'
      return compareSchemas(left, right)
    }),
  )
}

function worst(changes: readonly SchemaChange[]): SchemaChange {
  return changes.includes('widened') ? 'widened' : changes.includes('narrowed') ? 'narrowed' : 'same'
}

function texts(value: JsonValue): ReadonlySet<string> {
  return new Set((Array.isArray(value) ? value : [value]).map((item) => JSON.stringify(item)))
}

function isSchema(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}
