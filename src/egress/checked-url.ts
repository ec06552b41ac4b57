import { LRUCache } from 'lru-cache'
import { checkUrl, type EgressOptions } from './url-policy.js'

const rememberedUrls = 1000
/** The URLs that passed, by their text. */
const passed = new WeakMap<EgressOptions, LRUCache<string, URL>>()

/**
 * As {@link checkUrl}, once for each URL: the rules of a registry don't change.
 *
 * @returns the parsed URL, which is shared: don't change it
 */
export function checkedUrl(input: string | URL, rules: EgressOptions): URL {
  let urls = passed.get(rules)
  if (urls === undefined)
    passed.set(rules, (urls = new LRUCache({ maxSize: rememberedUrls, sizeCalculation: () => 1 })))
  const text = String(input)
  const known = urls.get(text)
  if (known !== undefined) return known
  const url = checkUrl(input, rules)
  urls.set(text, url)
  return url
}
