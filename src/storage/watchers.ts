import type { StorageChange } from '../ports/storage.js'

/** The watchers of a storage in this process. */
export interface Watchers {
  /** @returns a function that stops watching */
  add(listener: (change: StorageChange) => void): () => void
  /** Notifies all of them; one that throws breaks neither the commit nor the others. */
  tell(change: StorageChange): void
  /** Whether nobody watches. */
  none(): boolean
}

/** A fresh, empty set of watchers. */
export function watchers(): Watchers {
  const all = new Set<{ listener: (change: StorageChange) => void }>()
  return {
    add(listener) {
      const watcher = { listener }
      all.add(watcher)
      return () => void all.delete(watcher)
    },
    tell(change) {
      for (const { listener } of all) {
        try {
          listener(change)
        } catch {
          // the watcher's own problem
        }
      }
    },
    none: () => all.size === 0,
  }
}
