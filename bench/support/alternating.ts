import { median, quantile } from './figures.js'

/** What one way of running cost, beside the control. */
export interface Compared {
  /** The p99 of its times by that of the control's. */
  readonly p99: number
  /** The median of its CPU for a block by that of the control's. */
  readonly cpu: number
}

/** One block of work: how long each step took, in ms. */
export type Block = () => Promise<readonly number[]>

interface Runs {
  readonly times: number[]
  readonly cpu: number[]
}

/**
 * Runs blocks of work in turns: as a control, in question, and as a control again, so that whatever else the machine does
 * hits all three. Ends after so many rounds, or with the time.
 *
 * @returns the work in question by the control, and the control by itself, whichever way is greater
 */
export async function alternating(
  control: Block,
  inQuestion: Block,
  { rounds, maxMs }: { readonly rounds: number; readonly maxMs: number },
): Promise<{ readonly measured: Compared; readonly spread: Compared; readonly rounds: number }> {
  const runs: readonly Runs[] = [control, inQuestion, control].map(() => ({ times: [], cpu: [] }))
  const started = performance.now()
  await control()
  await inQuestion()
  let round = 0
  for (; round < rounds && (round < 5 || performance.now() - started < maxMs); round++)
    for (const [n, block] of [control, inQuestion, control].entries()) {
      const before = process.cpuUsage()
      runs[n]!.times.push(...(await block()))
      const { user, system } = process.cpuUsage(before)
      runs[n]!.cpu.push(user + system)
    }
  const [first, asked, second] = runs as readonly [Runs, Runs, Runs]
  const both = { times: [...first.times, ...second.times], cpu: [...first.cpu, ...second.cpu] }
  const itself = compared(first, second)
  return {
    measured: compared(asked, both),
    spread: { p99: Math.max(itself.p99, 1 / itself.p99), cpu: Math.max(itself.cpu, 1 / itself.cpu) },
    rounds: round,
  }
}

function compared(a: Runs, b: Runs): Compared {
  return { p99: quantile(a.times, 0.99) / quantile(b.times, 0.99), cpu: median(a.cpu) / median(b.cpu) }
}

/** Prints a share beside its bar. @returns whether it holds: it misses only by more than the control differs from itself */
export function holds(what: string, share: number, spread: number, bar: number): boolean {
  const isMissed = share > bar * spread
  const verdict = share <= bar ? 'holds' : isMissed ? 'MISSED' : 'not established'
  console.log(`${what}: ${share.toFixed(2)} (bar ${bar}; the control by itself ${spread.toFixed(2)}): ${verdict}`)
  return !isMissed
}
