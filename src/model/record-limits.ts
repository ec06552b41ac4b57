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
