import type { JsonObject, JsonValue } from '../index.js'
import { maxJsonDepth } from '../model/json.js'
import type { WorkBudget } from '../model/work-budget.js'
import { isJsonObject } from '../policy/same-json.js'
import { defined } from './defined.js'
import { insideSchema } from './sound-schema.js'

/** Resolves a reference to a pointer into the schema; `undefined` if it points outside. */
export type ResolveReference = (reference: string) => string | undefined

/**
 * Where references of a schema resolve: by a pointer, by a name that the schema gives a part of itself (`$anchor`), or by the
 * schema's own address.
 *
 * The work of following them is spent when they are resolved.
 *
 * @see https://json-schema.org/draft/2020-12/json-schema-core#section-8.2
 */
export function referenceResolver(schema: JsonObject, work: WorkBudget): ResolveReference {
  const base = typeof schema.$id === 'string' ? baseOf(schema.$id) : undefined
  let anchors: ReadonlyMap<string, string> | undefined
  const find = (reference: string): string | undefined => {
    const fragment = fragmentOf(reference, base)
    if (fragment === undefined) return undefined
    if (fragment === '' || fragment.startsWith('/')) return `#${fragment}`
    anchors ??= new Map(anchorsIn(schema, '#', 0))
    return anchors.get(decoded(fragment))
  }
  return (reference) => {
    const pointer = find(reference)
    // A short anchor can stand for a long pointer, which is followed step by step.
    work.spend(1 + ((pointer?.length ?? 0) >> 5))
    return pointer
  }
}

/** The value at a pointer. @see https://www.rfc-editor.org/rfc/rfc6901 */
export function lookUp(root: JsonObject, pointer: string): JsonValue | undefined {
  let at: JsonValue | undefined = root
  for (const key of keysOf(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as JsonObject)[key]
  }
  return at
}

/**
 * The schema with a pointer to one of its definitions for every reference, because some providers follow no other: what is
 * referred to elsewhere is copied there. A reference that leads nowhere accepts everything.
 */
export function withPointers(root: JsonObject, resolve: ResolveReference): JsonObject {
  // Most schemas refer to nothing, and copying all of one takes long.
  if (!mayRefer(root)) return root
  const copies = new Copies(root)
  const pointers = new Map<string, string | undefined>()
  const pointerFor = (reference: string): string | undefined => {
    if (!pointers.has(reference)) pointers.set(reference, copies.definitionOf(resolve(reference)))
    return pointers.get(reference)
  }
  const rewrite = (value: JsonValue, depth: number): JsonObject => {
    if (!isJsonObject(value) || depth > maxJsonDepth) return value as JsonObject
    return insideSchema(referring(value, depth), (inner) => rewrite(inner, depth + 1))
  }
  const referring = (value: JsonObject, depth: number): JsonObject => {
    const { $id, $ref, $dynamicRef, $recursiveRef, ...rest } = value
    const reference = [$ref, $dynamicRef, $recursiveRef].find((one) => typeof one === 'string')
    const pointer = reference === undefined ? undefined : pointerFor(reference)
    // Pointers would start at an inner `$id`, so it is removed.
    const keptId = depth === 0 ? $id : undefined
    const isAsBefore = keptId === $id && pointer === $ref && $dynamicRef === undefined && $recursiveRef === undefined
    return isAsBefore ? value : { ...defined({ $ref: pointer, $id: keptId }), ...rest }
  }
  const rewritten = rewrite(root, 0)
  const copied = copies.map((definition) => rewrite(definition, 1))
  if (copied.length === 0) return rewritten
  const { $defs } = rewritten
  return { ...rewritten, $defs: { ...(isJsonObject($defs) ? $defs : {}), ...Object.fromEntries(copied) } }
}

function mayRefer(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  for (const key in value) if (changed.has(key) || mayRefer((value as JsonObject)[key]!)) return true
  return false
}

/** The keywords that {@link withPointers} changes. */
const changed = new Set(['$id', '$ref', '$dynamicRef', '$recursiveRef'])

/** Copies the referenced parts of a schema to definitions. */
class Copies {
  readonly #names = new Map<string, string>()
  /** What may still be copied, in characters. */
  #room = maxCopied

  constructor(readonly root: JsonObject) {}

  /** The pointer to the definition of a referenced part. */
  definitionOf(pointer: string | undefined): string | undefined {
    const target = pointer === undefined ? undefined : lookUp(this.root, pointer)
    if (pointer === undefined || target === undefined) return undefined
    const keys = keysOf(pointer)
    if (keys.length === 2 && ['$defs', 'definitions'].includes(keys[0]!)) return pointerTo(...keys)
    const known = this.#names.get(pointer)
    if (known !== undefined) return pointerTo('$defs', known)
    // After the first part that doesn't fit, no further one is measured.
    if (this.#names.size >= maxCopies || this.#room <= 0) return undefined
    this.#room -= JSON.stringify(target).length
    if (this.#room < 0) return undefined
    const name = this.#free(keys.at(-1)?.replace(/\W+/g, '_') ?? 'root')
    this.#names.set(pointer, name)
    return pointerTo('$defs', name)
  }

  /** The copied definitions. A copy may refer to further parts, which are then copied too. */
  map(rewrite: (definition: JsonValue) => JsonObject): readonly (readonly [string, JsonObject])[] {
    const { $defs: _defs, definitions: _older, $id: _address, ...plain } = this.root
    const copied: (readonly [string, JsonObject])[] = []
    // Iterating a Map also visits entries that are added during the loop.
    for (const [pointer, name] of this.#names)
      copied.push([name, rewrite(pointer === '#' ? plain : lookUp(this.root, pointer)!)])
    return copied
  }

  #free(base: string): string {
    const taken = new Set([
      ...Object.keys(isJsonObject(this.root.$defs) ? this.root.$defs : {}),
      ...this.#names.values(),
    ])
    let name = base
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`
    return name
  }
}

/** The limit of copies, because a schema with very many references would grow too large. */
const maxCopies = 32
/** The limit of all copies of one schema together, in characters. */
const maxCopied = 128 * 1024

function keysOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function pointerTo(...keys: readonly string[]): string {
  return `#${keys.map((key) => `/${escaped(key).replaceAll('%', '%25')}`).join('')}`
}

/** A name as a part of a pointer. */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The schema's own address. */
interface Base {
  readonly text: string
  /** Without its fragment; absent if the text is not a valid URL. */
  readonly url?: string | undefined
}

/** A longer address is not read as a URL, because every relative reference would read it again. */
const maxAddress = 2_048

function baseOf(id: string): Base {
  const [text = ''] = id.split('#', 1)
  const isUrl = text.length <= maxAddress && URL.canParse(text)
  return { text, url: isUrl ? new URL(text).href : undefined }
}

function fragmentOf(reference: string, base: Base | undefined): string | undefined {
  if (reference.startsWith('#')) return reference.slice(1)
  if (base === undefined) return undefined
  if (base.url !== undefined && URL.canParse(reference, base.url)) {
    const to = new URL(reference, base.url)
    const fragment = to.hash.slice(1)
    to.hash = ''
    return to.href === base.url ? fragment : undefined
  }
  // Without a valid URL, only an identical address matches.
  const start = reference.indexOf('#')
  const address = start === -1 ? reference : reference.slice(0, start)
  return address === base.text ? reference.slice(address.length + 1) : undefined
}

function anchorsIn(value: JsonValue, pointer: string, depth: number): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null || depth > maxJsonDepth) return []
  const { $anchor, $dynamicAnchor, $id } = value as JsonObject
  // In draft 7, an `$id` that is only a fragment names a part.
  const older = typeof $id === 'string' && $id.startsWith('#') ? $id.slice(1) : undefined
  const own = [$anchor, $dynamicAnchor, older].filter((name) => typeof name === 'string')
  return [
    ...own.map((name) => [name, pointer] as const),
    ...Object.entries(value).flatMap(([key, inner]: [string, JsonValue]) =>
      anchorsIn(inner, `${pointer}/${escaped(key)}`, depth + 1),
    ),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
