/** The limits of a storage: it refuses anything larger. */
export const recordLimits = {
  /** Length of a key, in bytes. */
  keyBytes: 512,
  /** Length of a serialised value, in bytes. */
  valueBytes: 256 * 1024,
  /** Writes in one commit. */
  writes: 100,
  /** Records in one result of `list` and `scan`. */
  page: 1000,
} as const

/** The size of a value as it is stored, in bytes. */
export function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
