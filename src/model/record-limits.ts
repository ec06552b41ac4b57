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
  return utf8Length(JSON.stringify(value))
}

/** The length of a text in UTF-8, in bytes. Most texts are ASCII, and encoding one only to measure it costs more. */
export function utf8Length(text: string): number {
  return ascii.test(text) ? text.length : new TextEncoder().encode(text).length
}

const ascii = /^[\0-\x7f]*$/
