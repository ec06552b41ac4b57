import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/client/validators/cf-worker'
import type { JsonObject, JsonValue } from '../model/json.js'

/** What a schema may come to when its references are written out, in nodes. */
const maxSchemaNodes = 5_000
/** Nodes of the schema times nodes of the value: what validating may cost. */
const maxWork = 5_000_000
const maxCached = 500

type Check = { readonly nodes: number; readonly validate: (value: unknown) => boolean }

/** By the text of the schema, the least recently used first. `null`: it can't be checked. */
const cache = new Map<string, Check | null>()

/**
 * Holds structured content against the schema that its tool promised. A schema is prepared when it is first needed, once
 * for the whole process, and nothing in it can stop the event loop: what could (regular expressions, references that
 * multiply) is not enforced.
 *
 * @returns what is wrong, in our words; `undefined`: nothing, or nobody can tell
 */
export function outputMismatch(outputSchema: JsonObject, structuredContent: JsonValue | undefined): string | undefined {
  if (structuredContent === undefined) return 'The tool promises structured content and sent none.'
  return fitsSchema(outputSchema, structuredContent)
    ? undefined
    : "The structured content doesn't match the tool's output schema."
}

/** Whether a value fits a schema, as far as that can be told within bounds. */
export function fitsSchema(schema: JsonObject, value: JsonValue): boolean {
  const check = prepared(schema)
  if (check === null || check.nodes * countNodes(value) > maxWork) return true
  try {
    return check.validate(value)
  } catch {
    return true
  }
}

function prepared(schema: JsonObject): Check | null {
  const key = JSON.stringify(schema)
  const found = cache.get(key)
  const check = found === undefined ? prepare(schema) : found
  cache.delete(key)
  cache.set(key, check)
  if (cache.size > maxCached) cache.delete(cache.keys().next().value!)
  return check
}

function prepare(schema: JsonObject): Check | null {
  const budget = { nodes: 0 }
  try {
    const plain = writtenOut(schema, schema, budget, [])
    if (budget.nodes > maxSchemaNodes) return null
    const validate = new CfWorkerJsonSchemaValidator({ draft: '2020-12' }).getValidator(plain as object)
    return { nodes: budget.nodes, validate: (value) => validate(value).valid }
  } catch {
    return null
  }
}

/** Not enforced: regular expressions, comparisons of all with all, and what only names or refers. */
const dropped = new Set([
  'pattern',
  'patternProperties',
  'propertyNames',
  'format',
  'uniqueItems',
  '$id',
  'id',
  '$schema',
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveRef',
  '$recursiveAnchor',
  '$defs',
  'definitions',
  'default',
  'examples',
])

/** Keywords whose value maps names to schemas. */
const named = new Set(['properties', 'dependentSchemas'])
/** Keywords whose value is data. */
const data = new Set(['enum', 'const', 'required', 'type', 'dependentRequired'])

/** The same schema as a tree: local references in place, those that come back to themselves or lead elsewhere left open. */
function writtenOut(schema: unknown, root: JsonObject, budget: { nodes: number }, trail: readonly string[]): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (++budget.nodes > maxSchemaNodes) return true
  const all = (value: unknown): unknown => writtenOut(value, root, budget, trail)
  if (Array.isArray(schema)) return schema.map(all)
  const { $ref, ...source } = schema as JsonObject
  const kept = Object.entries(source).filter(
    ([key]) => !dropped.has(key) && !(key === 'additionalProperties' && source.patternProperties !== undefined),
  )
  const plain = Object.fromEntries(
    kept.map(([key, value]) => {
      if (data.has(key)) return [key, value]
      if (!named.has(key) || typeof value !== 'object' || value === null) return [key, all(value)]
      return [key, Object.fromEntries(Object.entries(value).map(([name, child]) => [name, all(child)]))]
    }),
  )
  if (typeof $ref !== 'string') return plain
  const target = trail.includes($ref) ? undefined : resolve(root, $ref)
  const referred = target === undefined ? true : writtenOut(target, root, budget, [...trail, $ref])
  return { allOf: [plain, referred] }
}

function resolve(root: JsonObject, ref: string): unknown {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  let node: unknown = root
  for (const part of ref.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined
    node = (node as Record<string, unknown>)[name]
  }
  return node
}

function countNodes(value: unknown): number {
  let count = 0
  let level: readonly unknown[] = [value]
  while (level.length > 0) {
    count += level.length
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? (Object.values(item) as unknown[]) : [],
    )
  }
  return count
}
