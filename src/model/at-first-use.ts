/**
 * Loads a part of the library when it is first needed, and once: importing the entry costs only what every process needs.
 *
 * @returns a function that loads it; after a failure, the next call tries again
 */
export function atFirstUse<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let loaded: Promise<Part> | undefined
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    }))
}
