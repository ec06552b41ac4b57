/** Secrets of the corpus: marked, so that whoever gets one that is not theirs is told on. */
const canary = /canary-[a-z-]+/g
/** Words of hostile parties, which may come back to them but reach nobody else. */
const words = /^canary-of-/

/** Which secrets belong where, by the beginning of their names. The first place that fits counts. */
const places: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\/\.well-known\/oauth-protected-resource/, ['canary-query']],
  [/^\/\.well-known\//, []],
  [/\/register$/, []],
  [/\/token$/, ['canary-code', 'canary-refresh-token', 'canary-client-secret']],
  [/\/revoke$/, ['canary-access-token', 'canary-refresh-token', 'canary-client-secret']],
  [/\/(?:mcp|messages)$/, ['canary-header', 'canary-query', 'canary-access-token']],
]

/** Secrets in a request that don't belong to its path; `undefined` is another origin, where none belongs. */
export function strayCanaries(path: string | undefined, text: string): readonly string[] {
  const [, own = []] = path === undefined ? [] : (places.find(([pattern]) => pattern.test(path)) ?? [])
  return (text.match(canary) ?? []).filter((found) => !words.test(found) && !own.some((name) => found.startsWith(name)))
}

/** The first secret, or hostile word, that can be read in what came out: in capitals and percent-encoded, too. */
export function readableCanary(text: string): string | undefined {
  const lower = text.toLowerCase()
  return (lower.match(canary) ?? lower.replace(encoded, letterOf).match(canary))?.[0]
}

const encoded = /%(?:25)*([0-9a-f]{2})/g
const letterOf = (_written: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16)).toLowerCase()

/** The first text in a value that a terminal, or a reader, would take for something else. */
export function hiddenIn(value: unknown): string | undefined {
  if (typeof value === 'string') return hides.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  return Object.values(value)
    .map((part) => hiddenIn(part))
    .find((found) => found !== undefined)
}

const hides = /[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u{e0020}-\u{e007f}]|(?![\n\t])\p{Cc}/u
