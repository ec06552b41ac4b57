/**
 * Copies arrays and plain objects deeply, so that what a host passed in can be changed without an effect. Everything else,
 * such as functions and instances of classes, is kept.
 */
export function plainCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(plainCopy) as T
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plainCopy(child)])) as T
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
