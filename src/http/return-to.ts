/**
 * Where a person goes on after a sign-in: a path or URL of the public origin.
 *
 * @returns `undefined` where it would lead elsewhere, or could be read as if it did
 */
export function safeReturnTo(returnTo: string, origin: string): URL | undefined {
  if (hasTraps(returnTo) || !(returnTo.startsWith('/') || returnTo.startsWith(`${origin}/`))) return undefined
  if (!URL.canParse(returnTo, origin)) return undefined
  const url = new URL(returnTo, origin)
  return url.origin === origin && url.username === '' && url.password === '' ? url : undefined
}

/** Slashes that browsers add, backslashes they turn, and characters they drop, plain or percent-encoded. */
function hasTraps(url: string): boolean {
  const path = url.replace(/^https?:\/\//, '/').split(/[?#]/)[0]!
  return url.length > 2048 || /[\s\p{Cc}\\]|%(?:[01][0-9a-f]|7f|5c)/iu.test(url) || /\/\/|%2f/i.test(path)
}
