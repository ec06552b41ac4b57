/**
 * The names in a JSON pointer, as a fragment of a URI.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901#section-6
 */
export function pointerNames(fragment: string): readonly string[] {
  return fragment
    .slice('#/'.length)
    .split('/')
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A part that is encoded wrongly stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
