/** CPU time of some work, in ms: other processes of the machine don't count. */
export function cpuOf(work: () => unknown): number {
  const started = process.cpuUsage()
  work()
  return process.cpuUsage(started).user / 1000
}

/** The same for work that takes turns. */
export async function cpuDuring(work: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage()
  await work()
  return process.cpuUsage(started).user / 1000
}

let control: number | undefined

/**
 * A bound for CPU time that holds on slow machines too: so many times what this one takes to read 4 MiB of JSON, and not
 * less than `ms`.
 */
export function cpuBound(ms: number, times = ms / 50): number {
  const json = JSON.stringify(Array.from({ length: 400_000 }, () => [1234]))
  control ??= Math.min(...Array.from({ length: 3 }, () => cpuOf(() => JSON.parse(json))))
  return Math.max(ms, times * control)
}
