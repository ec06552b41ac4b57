import { LRUCache } from 'lru-cache'

/**
 * A cache of the entries that were used last. Unlike one with `max`, it allocates nothing for entries it doesn't have.
 *
 * @param weigh - for how many entries one counts. `@default` 1
 */
export function boundedCache<Value extends object | string>(
  maxEntries: number,
  weigh: (value: Value) => number = () => 1,
): LRUCache<string, Value> {
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: weigh })
}
