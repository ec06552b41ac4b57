import { issuerHash, ownParameter } from './environment.js'

/** Parses a callback URL. Frameworks often pass only path and query. */
export function parseCallback(callbackUrl: string): URL | undefined {
  const base = 'http://localhost'
  return callbackUrl.length <= 16_384 && URL.canParse(callbackUrl, base) ? new URL(callbackUrl, base) : undefined
}

/**
 * Whether a callback arrived at the redirect URI of its sign-in. Origin and the first segments of the path may differ,
 * because proxies and routers rewrite them; the part that identifies the authorization server may not.
 *
 * @returns what differs: the authorization server, or the rest of the URL; `undefined`: nothing
 */
export function differenceFrom(redirectUri: string, issuer: string, callback: URL): 'issuer' | 'url' | undefined {
  const own = new URL(redirectUri)
  const hash = issuerHash(issuer)
  if (!sameValues(own, callback, ownParameter)) return 'issuer'
  if (own.host.includes(hash.toLowerCase()) && own.host !== callback.host) return 'issuer'
  for (const name of new Set(own.searchParams.keys()))
    if (!sameValues(own, callback, name)) return own.searchParams.get(name)?.includes(hash) === true ? 'issuer' : 'url'
  const [expected, arrived] = [segments(own), segments(callback)]
  const marked = expected.findIndex((segment) => segment.includes(hash))
  if (marked >= 0 && expected[marked] !== arrived.at(marked - expected.length)) return 'issuer'
  const common = Math.min(expected.length, arrived.length)
  const isEnd = end(expected, common).every((segment, n) => segment === end(arrived, common)[n])
  return isEnd ? undefined : 'url'
}

function sameValues(own: URL, callback: URL, name: string): boolean {
  const [expected, arrived] = [own.searchParams.getAll(name), callback.searchParams.getAll(name)]
  return expected.length === arrived.length && expected.every((value, n) => value === arrived[n])
}

function segments({ pathname }: URL): readonly string[] {
  return pathname.split('/').filter((segment) => segment !== '')
}

function end<T>(list: readonly T[], count: number): readonly T[] {
  return list.slice(list.length - count)
}
