/** The URL to return to after a sign-in: this page, in its current view. */
export function returnAddress(): string {
  return location.pathname + location.search + location.hash
}
