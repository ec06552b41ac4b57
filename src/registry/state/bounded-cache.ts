import { LRUCache } from 'lru-cache'

/** A cache of the entries that were used last. Unlike one with `max`, it allocates nothing for entries it doesn't have. */
export function boundedCache<Value extends object | string>(maxEntries: number): LRUCache<string, Value> {
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: () => 1 })
}
