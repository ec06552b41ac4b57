import { quantile } from '../../../bench/support/figures.js'

/** What a piece of work cost. */
export interface Cost {
  readonly ms: number
  readonly memory: number
  /** The longest time in which nothing else had a turn, as far as this process was at work in it, in ms. */
  readonly loop: number
  /** CPU of this process, in ms, the sibling's calls included. */
  readonly cpu: number
  /** The slowest of a hundred calls of a healthy sibling meanwhile; `undefined` for too few of them. */
  readonly sibling: Slowest | undefined
}

/** How long calls took, in ms. */
export interface Slowest {
  /** As far as this process was at work meanwhile: other programs of the machine don't count. */
  readonly work: number
  readonly wait: number
}

/** What the machine does at the moment, measured beside each case. */
export interface Control {
  /** CPU of a fixed piece of work, in ms. */
  readonly workMs: number
  /** How much longer that work takes than on the machine that the bounds are for; at least 1. */
  readonly slowness: number
  /** The slowest of the sibling's calls when nothing hostile runs. */
  readonly sibling: Slowest
}

/**
 * CPU of the control's work on the machine that the bounds are for, two idle cores, in ms. Were it more than they need,
 * a machine that is slower by as much would have the bounds of a fast one.
 */
const referenceMs = 7

/** Measures what the machine does without anything hostile. */
export async function measureControl(sibling: () => Promise<unknown>): Promise<Control> {
  const workMs = quantile(
    Array.from({ length: 3 }, () => cpuOf(fixedWork)),
    0.5,
  )
  const times: Slowest[] = []
  for (let n = 0; n < 40; n++) times.push(await timed(sibling))
  return { workMs, slowness: Math.max(1, workMs / referenceMs), sibling: slowest(times, 1) }
}

function cpuOf(work: () => void): number {
  const before = cpuMs()
  work()
  return cpuMs() - before
}

function fixedWork(): void {
  const text = JSON.stringify(Array.from({ length: 2_000 }, (_, n) => ({ n, text: `text ${n}`, list: [n, n, n] })))
  for (let n = 0; n < 8; n++) JSON.parse(text)
}

/** Runs work and measures it, with a sibling that is called all the time. */
export async function measure<T>(
  work: () => Promise<T>,
  sibling: () => Promise<unknown>,
): Promise<{ readonly value: T; readonly cost: Cost }> {
  const before = process.memoryUsage().rss
  let peak = before
  let loop = 0
  let last = { at: performance.now(), cpu: cpuMs() }
  // A turn that came late is the fault of this process only for as long as it was at work itself.
  const look = (): void => {
    const now = { at: performance.now(), cpu: cpuMs() }
    loop = Math.max(loop, Math.min(now.at - last.at, now.cpu - last.cpu) - turnMs)
    last = now
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const watch = setInterval(look, turnMs)
  const times: Slowest[] = []
  const ended = new AbortController()
  const beside = (async () => {
    while (!ended.signal.aborted) {
      times.push(await timed(sibling))
      await new Promise((resolve) => setTimeout(resolve, turnMs))
    }
  })()
  const began = { at: performance.now(), cpu: cpuMs() }
  const value = await work()
  const ms = performance.now() - began.at
  const cpu = cpuMs() - began.cpu
  look()
  clearInterval(watch)
  ended.abort()
  await beside
  return {
    value,
    cost: { ms, memory: peak - before, loop, cpu, sibling: times.length >= 100 ? slowest(times, 0.99) : undefined },
  }
}

const turnMs = 5

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function timed(work: () => Promise<unknown>): Promise<Slowest> {
  const from = { at: performance.now(), cpu: cpuMs() }
  await work().catch(() => undefined)
  const wait = performance.now() - from.at
  return { work: Math.min(wait, cpuMs() - from.cpu), wait }
}

function slowest(times: readonly Slowest[], part: number): Slowest {
  return {
    work: quantile(
      times.map(({ work }) => work),
      part,
    ),
    wait: quantile(
      times.map(({ wait }) => wait),
      part,
    ),
  }
}
