/** The value that half of the others are below. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value that a share of the others is below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** A median, and what it lies between with 95 % confidence. */
export interface Interval {
  readonly low: number
  readonly middle: number
  readonly high: number
}

/** The median with its interval, by the ranks of the values: nothing is assumed of how they are distributed. */
export function intervalOf(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b)
  const reach = 0.98 * Math.sqrt(sorted.length)
  const first = Math.max(0, Math.floor(sorted.length / 2 - reach))
  return { low: sorted[first]!, middle: median(sorted), high: sorted[sorted.length - 1 - first]! }
}

/** Runs something so many times, one after the other: how long each took, in µs. */
export async function timesOf(count: number, run: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = []
  for (let number = 0; number < count; number++) {
    const started = performance.now()
    await run()
    times.push((performance.now() - started) * 1000)
  }
  return times
}

/** CPU of this process for one run, in µs, of so many with so many at once. */
export async function cpuOf(count: number, concurrency: number, run: () => Promise<unknown>): Promise<number> {
  let left = count
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await run()
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
