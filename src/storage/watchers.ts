import { EventEmitter } from 'eventemitter3'
import type { StorageChange } from '../ports/storage.js'

/** The watchers of a storage in this process. */
export interface Watchers {
  /** @returns a function that stops watching */
  add(listener: (change: StorageChange) => void): () => void
  /** Notifies all watchers. An error of one affects neither the commit nor the others. */
  notify(change: StorageChange): void
  /** Whether there is no watcher. */
  none(): boolean
}

/** Creates an empty set of watchers. */
export function watchers(): Watchers {
  const commits = new EventEmitter<{ change: [StorageChange] }>()
  return {
    add(listener) {
      // A function of its own, so that one listener may watch twice.
      const watcher = (change: StorageChange): void => listener(change)
      commits.on('change', watcher)
      return () => void commits.off('change', watcher)
    },
    notify(change) {
      for (const watcher of commits.listeners('change')) {
        try {
          watcher(change)
        } catch {
          // An error of a watcher must not affect the commit or other watchers.
        }
      }
    },
    none: () => commits.listenerCount('change') === 0,
  }
}
