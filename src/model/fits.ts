import { isObject, nestsWithin, parsedJson } from './json.js'

/**
 * Whether stored JSON has the shape that its readers rely on. Unlike a `Shape` of inputs, it names no problem and
 * ignores unknown members: what a newer version adds is no reason to refuse a record.
 */
export type Fits = (value: unknown) => boolean

export const isText: Fits = (value) => typeof value === 'string'

export const isFlag: Fits = (value) => typeof value === 'boolean'

/** A number of things. */
export const isCount: Fits = (value) => Number.isSafeInteger(value) && (value as number) >= 0

/** A moment or a duration in ms: at most what a `Date` can be. */
export const isMs: Fits = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15

/** A random id or a digest, which may be part of a key. */
export const isIdText: Fits = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value)

/** A person's id as the host gave it: any text that has an encoding. */
export const isUserId: Fits = (value) => typeof value === 'string' && value.isWellFormed()

/** A URL that requests can be sent to. */
export const isHttpUrl: Fits = (value) =>
  typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value)

/** JSON of a stranger, kept as it came: not so deep that reading it overflows the stack. */
export const isShallow: Fits = (value) => nestsWithin(value, maxDepth)

/** A text that is a JSON object. */
export const isObjectText: Fits = (value) => {
  const parsed = typeof value === 'string' ? parsedJson(value) : undefined
  return isObject(parsed) && isShallow(parsed)
}

const maxDepth = 128

/** One of these words. */
export function isOneOf(words: readonly string[]): Fits {
  const known = new Set<unknown>(words)
  return (value) => known.has(value)
}

/** A member that may be absent. */
export function maybe(fits: Fits): Fits {
  return (value) => value === undefined || fits(value)
}

export function isListOf(item: Fits): Fits {
  return (value) => Array.isArray(value) && value.every(item)
}

/** An object with arbitrary keys. */
export function isMapOf(item: Fits): Fits {
  return (value) => {
    if (!isObject(value)) return false
    for (const name in value) if (!item(value[name])) return false
    return true
  }
}

/** An object with these members. The compiler checks that none of the type is left out. */
export function hasMembers<T extends object>(members: { readonly [Name in keyof Required<T>]: Fits }): Fits {
  const known = new Map(Object.entries<Fits>(members))
  const required = new Set([...known.keys()].filter((name) => !known.get(name)!(undefined)))
  return (value) => {
    if (!isObject(value)) return false
    let missing = required.size
    // Only what is there: most members of most records are absent, and every call reads some.
    for (const name in value) {
      const fits = known.get(name)
      if (fits === undefined) continue
      if (!fits(value[name])) return false
      if (required.has(name)) missing--
    }
    return missing === 0
  }
}

/** All words of a union: the compiler checks that none is left out. */
export function wordsOf<Word extends string>(words: Readonly<Record<Word, 1>>): readonly string[] {
  return Object.keys(words)
}
