import type { JsonValue } from '../model/json.js'
import type { StorageRecord } from '../ports/storage.js'

/** A page of what was found: up to `limit` of it, which is one more where another page follows. */
export function pageOf<Found, Placed>(
  found: readonly Found[],
  page: {
    readonly limit: number
    readonly now: number
    toRecord(found: Found): Placed
    cursorOf(last: NoInfer<Placed>): string
  },
): { readonly records: readonly Placed[]; readonly next: string | undefined; readonly now: number } {
  const { limit, now } = page
  const records = found.slice(0, limit).map((one) => page.toRecord(one))
  const last = records.at(-1)
  return { records, next: found.length > limit && last !== undefined ? page.cursorOf(last) : undefined, now }
}

/** The cursor of `list`. */
export function keyOf({ key }: StorageRecord): string {
  return key
}

/** The records that were found, in the order of the keys that were asked for. */
export function inOrderOf(
  keys: readonly string[],
  found: readonly StorageRecord[],
): readonly (StorageRecord | undefined)[] {
  const byKey = new Map(found.map((record) => [record.key, record]))
  return keys.map((key) => byKey.get(key))
}

/** The value of a stored text. One that isn't JSON, because somebody edited it, is `null`: no other record is affected. */
export function valueOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}
