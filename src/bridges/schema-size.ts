import type { JsonValue } from '../index.js'

/** The number of values in a schema, itself included. */
export function valuesIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const key in value) count += valuesIn((value as { readonly [key: string]: JsonValue })[key]!)
  return count
}
