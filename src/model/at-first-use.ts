/**
 * Loads a part of the library once, at its first use, so that importing the entry stays cheap.
 *
 * @returns a function that loads the part; after a failure, the next call tries again
 */
export function atFirstUse<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let loaded: Promise<Part> | undefined
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    }))
}
