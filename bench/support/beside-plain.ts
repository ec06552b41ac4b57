import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { median } from './figures.js'

/** A figure of one round, and the plain SDK client's before and after it. */
export interface Round {
  readonly plain: number
  readonly ours: number
  readonly again: number
}

/** A plain client of the SDK, connected as its guide says. */
export async function plainClient(url: string): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return client
}

/** Rounds that alternate, of which the first warms up. */
export async function roundsOf(
  count: number,
  { plain, ours }: { plain(): Promise<number>; ours(): Promise<number> },
): Promise<readonly Round[]> {
  const rounds: Round[] = []
  for (let round = 0; round <= count; round++) {
    const figures = { plain: await plain(), ours: await ours(), again: await plain() }
    if (round > 0) rounds.push(figures)
  }
  return rounds
}

/**
 * Holds the median share of the plain client's figure to a bar, and prints it. Where the plain client differs from itself
 * by more than the bar is missed by, that is no finding.
 */
export function holdToBar(what: string, rounds: readonly Round[], bar: number, unit: string): void {
  const shares = rounds.map(({ plain, ours, again }) => ours / ((plain + again) / 2))
  const spread = Math.max(...rounds.map(({ plain, again }) => Math.max(again / plain, plain / again)))
  const share = median(shares)
  const figures = (['plain', 'ours'] as const).map((one) => `${one} ${median(rounds.map((r) => r[one])).toFixed(2)}`)
  const each = shares.map((one) => one.toFixed(2)).join(' ')
  console.log(
    `${what}: ${share.toFixed(2)} of the plain client (bar ${bar}; rounds ${each}; itself up to ${spread.toFixed(2)} times)`,
  )
  console.log(`${' '.repeat(what.length)}  ${unit}: ${figures.join(', ')}`)
  if (share > bar) console.log(share > bar * spread ? `MISSED ${what}` : `not established: ${what}`)
  if (share > bar * spread) process.exitCode = 1
}
