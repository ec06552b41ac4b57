/** Any JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue }

/**
 * How many levels of objects and lists foreign JSON may have: `JSON.parse` reads a million, but hashing, cloning and
 * printing what it returns overflows the stack.
 */
export const maxJsonDepth = 64

/** Whether a value has at most this many levels of objects and lists. Doesn't recurse, so no depth can overflow the stack. */
export function nestsWithin(value: unknown, levels: number): boolean {
  let level: object[] = isNode(value) ? [value] : []
  for (let n = 1; level.length > 0; n++) {
    if (n > levels) return false
    const next: object[] = []
    for (const item of level)
      for (const key in item) {
        const child = (item as Record<string, unknown>)[key]
        if (isNode(child)) next.push(child)
      }
    level = next
  }
  return true
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
