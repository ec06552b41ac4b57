/**
 * The page to return to after a sign-in: a path or URL of the public origin.
 *
 * @returns `undefined` for a URL of another origin, or one that a browser could interpret as such
 */
export function safeReturnTo(returnTo: string, origin: string): URL | undefined {
  if (hasTraps(returnTo) || !(returnTo.startsWith('/') || returnTo.startsWith(`${origin}/`))) return undefined
  if (!URL.canParse(returnTo, origin)) return undefined
  const url = new URL(returnTo, origin)
  return url.origin === origin && url.username === '' && url.password === '' ? url : undefined
}

/** Double slashes, backslashes and control characters, which browsers rewrite or drop, plain or percent-encoded. */
function hasTraps(url: string): boolean {
  const path = url.replace(/^https?:\/\//, '/').split(/[?#]/)[0]!
  return url.length > 2048 || /[\s\p{Cc}\\]|%(?:[01][0-9a-f]|7f|5c)/iu.test(url) || /\/\/|%2f/i.test(path)
}
