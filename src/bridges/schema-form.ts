import type { JsonObject, JsonValue } from '../index.js'
import { withinBudget, WorkBudget } from '../model/work-budget.js'
import { isJsonObject, sameJson } from '../policy/same-json.js'
import { defined } from './defined.js'
import { mergedRoot } from './merged-root.js'
import { escaped, referenceResolver, withPointers, type ResolveReference } from './schema-references.js'
import { valuesIn } from './schema-size.js'
import { soundSchema } from './sound-schema.js'

/** A tool's schema as model APIs accept it, and the conversion of a model's arguments back to the server's names. */
export interface ModelSchema {
  readonly schema: JsonObject
  /** Converts a model's arguments to the server's names. */
  restore(args: unknown): unknown
}

/**
 * Rewrites what model APIs refuse, and nothing else: a sound schema comes back as it is. The root becomes one object
 * with `properties`, of the alternatives there all; nodes are what JSON Schema 2020-12 calls valid; references resolve to
 * definitions inside; argument names have the characters that every API takes. A schema whose parts refer to each other so
 * often that this would take far more than reading it becomes {@link anyArguments}. The server still checks arguments by its own schema.
 */
export function modelSchema(schema: JsonObject): ModelSchema {
  const known = rewritten.get(schema)
  if (known !== undefined) return known
  const made = withinBudget(() => rewrite(schema), anyArguments)
  rewritten.set(schema, made)
  return made
}

/** In place of a schema beyond a limit. The gate checks arguments by the server's own. */
export const anyArguments: ModelSchema = {
  schema: { type: 'object', properties: {}, additionalProperties: true },
  restore: (args) => args,
}

/** The work of rewriting a schema beyond that of reading it: for any schema, and for each of its values. */
const work = { ofAny: 2_000, ofValue: 4 }

/** A cache, because each toolset of a tool list has the same frozen schemas. */
const rewritten = new WeakMap<JsonObject, ModelSchema>()

function rewrite(schema: JsonObject): ModelSchema {
  // A rewritten schema no longer follows the draft that the server names.
  const { $schema: _draft, ...original } = schema
  const budget = new WorkBudget(work.ofAny + work.ofValue * valuesIn(original))
  const resolve = referenceResolver(original, budget)
  const { renamed, names } = nameable(mergedRoot(soundSchema(original), { original, resolve }, budget))
  const formed = withPointers(renamed, renamedResolver(resolve, names))
  return {
    schema: sameJson(formed, original) ? schema : formed,
    restore: (args) => (names.size > 0 && isJsonObject(args) ? restored(args, names) : args),
  }
}

/** Renames arguments to characters that every API accepts; Anthropic accepts the fewest. */
function nameable(root: JsonObject): { readonly renamed: JsonObject; readonly names: ReadonlyMap<string, string> } {
  const { properties, required } = root as { properties: JsonObject; required?: readonly JsonValue[] }
  const names = new Map<string, string>()
  const taken = new Set(Object.keys(properties))
  // Many names may differ only in characters that are replaced.
  const next = new Map<string, number>()
  for (const name of Object.keys(properties).filter((key) => !/^[\w.-]{1,64}$/.test(key))) {
    const base = name.replace(/[^\w.-]+/g, '_').slice(0, 56)
    let safe = base
    let n = next.get(base) ?? 2
    while (taken.has(safe)) safe = `${base}_${n++}`
    next.set(base, n)
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

/** Resolves references to renamed arguments. */
function renamedResolver(resolve: ResolveReference, names: ReadonlyMap<string, string>): ResolveReference {
  const safeNames = new Map([...names].map(([safe, name]) => [`#/properties/${escaped(name)}`, `#/properties/${safe}`]))
  return (reference) => {
    const pointer = resolve(reference)
    const [whole = ''] = /^#\/properties\/[^/]*/.exec(pointer ?? '') ?? []
    const safe = safeNames.get(whole)
    return safe === undefined ? pointer : `${safe}${pointer!.slice(whole.length)}`
  }
}
