/** Where the person comes back to after a sign-in: this page, as it is. */
export function returnAddress(): string {
  return location.pathname + location.search + location.hash
}
