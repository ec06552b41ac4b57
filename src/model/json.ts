/** Any JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** The value of a JSON text; `undefined` for another text. */
export function parsedJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Whether a value is an object, and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * How many levels of objects and lists foreign JSON may have: `JSON.parse` reads a million, but hashing, cloning and
 * printing what it returns overflows the stack.
 */
export const maxJsonDepth = 64

/** Whether a value has at most this many levels of objects and lists. Descends no further, so no depth can overflow the stack. */
export function nestsWithin(value: unknown, levels: number): boolean {
  if (!isNode(value)) return true
  if (levels === 0) return false
  if (Array.isArray(value)) {
    for (const item of value) if (!nestsWithin(item, levels - 1)) return false
    return true
  }
  for (const key in value) if (!nestsWithin((value as Record<string, unknown>)[key], levels - 1)) return false
  return true
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
