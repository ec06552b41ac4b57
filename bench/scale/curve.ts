import type { Figures } from './measure.js'

/** What was measured at one size. */
export interface Curve {
  readonly size: number
  readonly figures: Figures
}

/** Prints each figure at each size, so that what is not flat is seen. */
export function printCurve(title: string, curves: readonly Curve[]): void {
  const row = (name: string, cells: readonly string[]): void =>
    console.log(`  ${name.padEnd(28)}${cells.map((cell) => cell.padStart(26)).join('')}`)
  console.log(`\n${title}: ms, p50 / p99 (p99 of CPU)`)
  row(
    'integrations',
    curves.map(({ size }) => size.toLocaleString('en')),
  )
  row(
    'start',
    curves.map(({ figures }) => figures.startMs.toFixed(1)),
  )
  for (const verb of Object.keys(curves[0]?.figures.verbs ?? {}))
    row(
      verb,
      curves.map(({ figures }) => {
        const { p50, p99, cpuP99 } = figures.verbs[verb]!
        return `${p50.toFixed(p50 < 0.1 ? 4 : 2)} / ${p99.toFixed(2)} (${cpuP99.toFixed(1)})`
      }),
    )
  row(
    'heap, MB',
    curves.map(({ figures }) => figures.heapMb.toFixed(0)),
  )
}
