import { expect } from 'vitest'

/** How often work runs before it counts as too slow. */
const attempts = 3

/**
 * Expects work to take less CPU time than a bound. CPU time, because other processes of the machine don't count in it.
 *
 * The bound is `ms`, or on a slow machine `ms / 50` times what it needs to read 4 MiB of JSON. Work that is over it runs
 * again, with the machine measured anew right after it: noise passes, and a fault is over by factors each time. So
 * `prepare` makes whatever the work uses up or caches, which isn't measured.
 */
export async function expectCpuBelow(ms: number, work: () => unknown): Promise<void>
export async function expectCpuBelow<T>(ms: number, work: (made: T) => unknown, prepare: () => T): Promise<void>
export async function expectCpuBelow<T>(ms: number, work: (made?: T) => unknown, prepare?: () => T): Promise<void> {
  const over: string[] = []
  while (over.length < attempts) {
    const spent = (await spentOn(work, prepare?.())).user / 1000
    const bound = spent < ms ? ms : Math.max(ms, (ms / 50) * readingJson())
    if (spent < bound) return
    over.push(`${Math.round(spent)} ms with a bound of ${Math.round(bound)} ms`)
  }
  expect.fail(`It took too much CPU time, each time: ${over.join(', ')}.`)
}

/**
 * Expects some work to take less than so many times the CPU time of other work, both as the best of several runs, in
 * at least one of several attempts.
 */
export async function expectCpuRatioBelow(times: number, work: () => unknown, other: () => unknown): Promise<void> {
  const over: string[] = []
  while (over.length < attempts) {
    const spent = await bestCpuOf(work)
    const control = await bestCpuOf(other)
    if (spent < times * control) return
    over.push(`${spent.toFixed(1)} ms and ${control.toFixed(1)} ms`)
  }
  expect.fail(`It took ${times} times the CPU time of its control or more, each time: ${over.join(', ')}.`)
}

async function bestCpuOf(work: () => unknown): Promise<number> {
  let best = Infinity
  for (let n = 0; n < 5; n++) {
    const { user, system } = await spentOn(work)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

async function spentOn<T>(work: (made?: T) => unknown, made?: T): Promise<NodeJS.CpuUsage> {
  const started = process.cpuUsage()
  await work(made)
  return process.cpuUsage(started)
}

function readingJson(): number {
  const json = JSON.stringify(Array.from({ length: 400_000 }, () => [1234]))
  let best = Infinity
  for (let n = 0; n < 3; n++) {
    const started = process.cpuUsage()
    JSON.parse(json)
    best = Math.min(best, process.cpuUsage(started).user / 1000)
  }
  return best
}
