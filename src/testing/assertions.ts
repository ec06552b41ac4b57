/** `describe` and `it` of any test runner. */
export interface TestRunner {
  /** Groups tests under a name. */
  describe(name: string, body: () => void): unknown
  /** Declares a test. */
  it(name: string, body: () => Promise<void>): unknown
}

/** Fails unless both are equal: JSON values and `undefined`, compared deeply. */
export function equal(actual: unknown, expected: unknown): void {
  if (same(actual, expected)) return
  throw new Error(`Expected ${shown(expected)}, got ${shown(actual)}.`)
}

/** Fails with the expectation if the condition is false. */
export function truthy(holds: boolean, expectation: string): void {
  if (!holds) throw new Error(`Expected that ${expectation}.`)
}

/** The error of a rejected promise. Fails if the promise is fulfilled. */
export async function rejected(attempt: Promise<unknown>): Promise<unknown> {
  const outcome = await attempt.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (outcome === undefined) throw new Error('Expected a rejection.')
  return outcome.error
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false
  // A member that is `undefined` is absent.
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => same(a[name as keyof typeof a], b[name as keyof typeof b]))
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 1000)
}
