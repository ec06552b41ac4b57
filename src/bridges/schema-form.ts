import type { JsonObject, JsonValue } from '../index.js'
import { isJsonObject, sameJson } from '../policy/same-json.js'
import { defined } from './defined.js'
import { escaped, referenceResolver, lookUp, withPointers, type ResolveReference } from './schema-references.js'
import { soundSchema, withRequired } from './sound-schema.js'

/** A tool's schema as model APIs accept it, and the conversion of a model's arguments back to the server's names. */
export interface ModelSchema {
  readonly schema: JsonObject
  /** Converts a model's arguments to the server's names. */
  restore(args: unknown): unknown
}

/**
 * Rewrites what model APIs refuse, and nothing else: a sound schema comes back as it is. The root becomes one object
 * with `properties`, of the alternatives there all; nodes are what JSON Schema 2020-12 calls valid; references resolve to
 * definitions inside; argument names have the characters that every API takes. The server still checks arguments by its own schema.
 */
export function modelSchema(schema: JsonObject): ModelSchema {
  // A rewritten schema no longer follows the draft that the server names.
  const { $schema: _draft, ...original } = schema
  const resolve = referenceResolver(original)
  const { renamed, names } = nameable(mergedRoot(soundSchema(original), { original, resolve }))
  const formed = withPointers(renamed, renamedResolver(resolve, names))
  return {
    schema: sameJson(formed, original) ? schema : formed,
    restore: (args) => (names.size > 0 && isJsonObject(args) ? restored(args, names) : args),
  }
}

interface Origin {
  readonly original: JsonObject
  readonly resolve: ResolveReference
}

/** The limit of nested roots, for a root that refers to itself. */
const maxMerges = 8

/** Merges references and alternatives at the root, which no API accepts there. */
function mergedRoot(root: JsonObject, from: Origin, depth = 0): JsonObject {
  const { $ref, anyOf, oneOf, allOf, enum: _enum, not: _not, ...rest } = root
  const parts = (value: JsonValue | undefined): readonly JsonObject[] =>
    Array.isArray(value) && depth < maxMerges
      ? value
          .filter((part: JsonValue) => part !== false)
          .map((part: JsonValue) => mergedRoot(soundSchema(part), from, depth + 1))
      : []
  const pointer = typeof $ref === 'string' && depth < maxMerges ? from.resolve($ref) : undefined
  const target = pointer === undefined ? undefined : lookUp(from.original, pointer)
  const all = [rest, ...parts(target === undefined ? undefined : [target]), ...parts(allOf)]
  const choices = [parts(anyOf), parts(oneOf)].filter((choice) => choice.length > 0)
  const always = [...all.flatMap(requiredOf), ...choices.flatMap(inEvery)]
  const required = [...new Set(always)]
  const words = [...all.map(({ description }) => description), ...choices.map(alternatives)]
  const description = words.filter((text) => typeof text === 'string' && text !== '').join(' ')
  return defined({
    ...rest,
    type: 'object',
    description: description === '' ? rest.description : description,
    properties: withRequired(mergedProperties([...all, ...choices.flat()]), required),
    required: required.length === 0 && rest.required === undefined ? undefined : required,
  })
}

function mergedProperties(all: readonly JsonObject[]): JsonObject {
  const merged = new Map<string, readonly JsonValue[]>()
  for (const { properties } of all)
    for (const [name, schema] of Object.entries(isJsonObject(properties) ? properties : {})) {
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
  const sets = choice.map((part) => namesIn(part).join(', ')).filter((names) => names !== '')
  return sets.length < 2
    ? ''
    : `Give one of these sets of arguments: ${sets.map((names) => `(${names})`).join(' or ')}.`
}

/** The fields that identify one of several alternatives. */
function namesIn(part: JsonObject): readonly string[] {
  const required = requiredOf(part)
  return required.length > 0 || !isJsonObject(part.properties) ? required : Object.keys(part.properties)
}

/** Renames arguments to characters that every API accepts; Anthropic accepts the fewest. */
function nameable(root: JsonObject): { readonly renamed: JsonObject; readonly names: ReadonlyMap<string, string> } {
  const { properties, required } = root as { properties: JsonObject; required?: readonly JsonValue[] }
  const names = new Map<string, string>()
  const taken = new Set(Object.keys(properties))
  for (const name of Object.keys(properties).filter((key) => !/^[\w.-]{1,64}$/.test(key))) {
    const base = name.replace(/[^\w.-]+/g, '_').slice(0, 56)
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
