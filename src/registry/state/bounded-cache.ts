import { LRUCache } from 'lru-cache'

/**
 * A cache of the entries that were used last. Unlike one with `max`, it allocates nothing for entries it doesn't have.
 *
 * @param entriesOf - how many entries a value counts as. `@default` 1
 */
export function boundedCache<Value extends object | string>(
  maxEntries: number,
  entriesOf: (value: Value) => number = () => 1,
): LRUCache<string, Value> {
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: entriesOf })
}
