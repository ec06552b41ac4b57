import type { JsonObject, JsonValue } from '../index.js'
import type { WorkBudget } from '../model/work-budget.js'
import { isJsonObject } from '../policy/same-json.js'
import { defined } from './defined.js'
import { lookUp, type ResolveReference } from './schema-references.js'
import { valuesIn } from './schema-size.js'
import { soundSchema, withRequired } from './sound-schema.js'

/**
 * Merges references and alternatives at the root, which no API accepts there, into one object with the arguments of them
 * all.
 *
 * @param root - a sound schema
 * @param from - the schema that references lead into, and how
 * @throws OutOfWork where its parts refer to each other so often that this would take far more than reading the schema
 */
export function mergedRoot(root: JsonObject, from: Referring, work: WorkBudget): JsonObject {
  const { $ref: _ref, anyOf: _any, oneOf: _one, allOf: _all, enum: _enum, not: _not, ...own } = root
  const { always, sometimes, required, hints } = new RootParts(from, work).of(root, 0)
  const names = [...required]
  const description = joined([own, ...always].map((part) => part.description).concat(...hints))
  return defined({
    ...own,
    type: 'object',
    description: description === '' ? own.description : description,
    properties: withRequired(mergedProperties(new Set([...always, ...sometimes]), work), names),
    required: names.length === 0 && own.required === undefined ? undefined : names,
  })
}

/** A schema, and where its references lead. */
export interface Referring {
  readonly original: JsonObject
  readonly resolve: ResolveReference
}

/** A schema at the root, with all schemas that apply where it applies. */
interface Part {
  /** The schemas that always apply with it, and itself. */
  readonly always: ReadonlySet<JsonObject>
  /** Alternatives among them. */
  readonly sometimes: ReadonlySet<JsonObject>
  /** The arguments that are always required. */
  readonly required: ReadonlySet<string>
  /** Sentences about the alternatives. */
  readonly hints: ReadonlySet<string>
}

/** The limit of nested parts. */
const maxDepth = 8
/** The limit of required arguments in one part. */
const maxRequired = 1_000
/** The limit of a description that several parts contribute to, in characters. */
const maxDescription = 10_000

class RootParts {
  readonly #from: Referring
  readonly #work: WorkBudget
  /** By the target of a reference: each is read once, also if it refers to itself. */
  readonly #targets = new Map<JsonValue, Part>()

  constructor(from: Referring, work: WorkBudget) {
    this.#from = from
    this.#work = work
  }

  of(schema: JsonObject, depth: number): Part {
    const together = [...this.#target(schema.$ref, depth), ...this.#listed(schema.allOf, depth)]
    const choices = [schema.anyOf, schema.oneOf]
      .map((list) => this.#listed(list, depth))
      .filter((choice) => choice.length > 0)
    return {
      always: this.#union(
        new Set([schema]),
        together.map(({ always }) => always),
      ),
      sometimes: this.#union(empty, [
        ...together.map(({ sometimes }) => sometimes),
        ...choices.flat().flatMap(({ always, sometimes }) => [always, sometimes]),
      ]),
      required: this.#union(new Set(requiredOf(schema)), [
        ...together.map(({ required }) => required),
        ...choices.map((choice) => this.#inEvery(choice)),
      ]),
      hints: this.#union(
        new Set(choices.map((choice) => this.#hintAt(choice)).filter((hint) => hint !== '')),
        together.map(({ hints }) => hints),
      ),
    }
  }

  #listed(list: JsonValue | undefined, depth: number): readonly Part[] {
    if (!Array.isArray(list) || depth >= maxDepth) return []
    return list.filter(isJsonObject).map((schema) => this.of(schema, depth + 1))
  }

  #target($ref: JsonValue | undefined, depth: number): readonly Part[] {
    const pointer = typeof $ref === 'string' && depth < maxDepth ? this.#from.resolve($ref) : undefined
    const target = pointer === undefined ? undefined : lookUp(this.#from.original, pointer)
    if (!isJsonObject(target)) return []
    const known = this.#targets.get(target)
    if (known !== undefined) return [known]
    this.#targets.set(target, nothing)
    this.#work.spend(valuesIn(target))
    const part = this.of(soundSchema(target), depth + 1)
    this.#targets.set(target, part)
    return [part]
  }

  /** All members. Sets that add nothing are not copied, because many parts share the same ones. */
  #union<Item>(own: ReadonlySet<Item>, others: readonly ReadonlySet<Item>[]): ReadonlySet<Item> {
    const filled = [...new Set([own, ...others])].filter((set) => set.size > 0)
    if (filled.length <= 1) return filled[0] ?? own
    const all = new Set<Item>()
    for (const set of filled) {
      this.#work.spend(set.size)
      for (const item of set) all.add(item)
    }
    return all
  }

  #inEvery(choice: readonly Part[]): ReadonlySet<string> {
    const [first = empty, ...others] = new Set(choice.map(({ required }) => required))
    if (others.length === 0) return first
    return new Set(
      [...first].filter((name) =>
        others.every((other) => {
          this.#work.spend()
          return other.has(name)
        }),
      ),
    )
  }

  /** A sentence about alternatives that need different arguments. */
  #hintAt(choice: readonly Part[]): string {
    const sets = choice.flatMap((part) => {
      const names = this.#namesIn(part)
      this.#work.spend(names.length)
      const text = joined(names, ', ')
      return text === '' ? [] : [`(${text})`]
    })
    return sets.length < 2 ? '' : `Give one of these sets of arguments: ${joined(sets, ' or ')}.`
  }

  /** The arguments that identify one of several alternatives. */
  #namesIn({ required, always }: Part): readonly string[] {
    if (required.size > 0) return [...required]
    this.#work.spend(always.size)
    return [...always].flatMap(({ properties }) => (isJsonObject(properties) ? Object.keys(properties) : []))
  }
}

const empty: ReadonlySet<never> = new Set()
const nothing: Part = { always: empty, sometimes: empty, required: empty, hints: empty }

function requiredOf({ required }: JsonObject): readonly string[] {
  return Array.isArray(required)
    ? required.slice(0, maxRequired).filter((name: JsonValue) => typeof name === 'string')
    : []
}

/** Texts together, the first one whole and others up to a limit. */
function joined(texts: readonly (JsonValue | undefined)[], separator = ' '): string {
  let all = ''
  for (const text of new Set(texts)) {
    if (typeof text !== 'string' || text === '') continue
    if (all !== '' && all.length + text.length > maxDescription) break
    all += all === '' ? text : `${separator}${text}`
  }
  return all
}

/** Different schemas of one argument become alternatives. */
function mergedProperties(parts: ReadonlySet<JsonObject>, work: WorkBudget): JsonObject {
  const [first] = parts
  if (parts.size === 1 && isJsonObject(first?.properties)) return first.properties
  const merged = new Map<string, Map<string, JsonValue>>()
  for (const { properties } of parts)
    for (const [name, schema] of Object.entries(isJsonObject(properties) ? properties : {})) {
      const found = merged.get(name) ?? new Map<string, JsonValue>()
      merged.set(name, found)
      const text = JSON.stringify(schema)
      // The text of nested parts is repeated, so its length counts.
      work.spend(1 + (text.length >> 3))
      found.set(text, schema)
    }
  return Object.fromEntries(
    [...merged].map(([name, found]) => {
      const [one, ...others] = found.values()
      return [name, others.length === 0 ? one! : { anyOf: [one!, ...others] }]
    }),
  )
}
