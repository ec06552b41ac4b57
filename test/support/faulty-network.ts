import type { PurposefulFetch } from '../../src/oauth/environment.js'
import type { Refresher } from '../../src/oauth/refresh.js'
import { startBench, type Bench, type RotatingServer } from './refreshing.js'

/** What became of refreshes through a faulty network. */
export interface FaultyRun {
  readonly refreshed: number
  /** Attempts that failed for a passing reason: the grant was kept, and a later attempt got new tokens. */
  readonly failed: number
  /** Answers that the network lost after the server had acted. */
  readonly lost: number
  /** Grants that ended as `refresh_outcome_unknown`. */
  readonly ended: number
  /** Grants that ended for any other reason. */
  readonly mistaken: number
  readonly requests: number
  /** The most requests that one attempt made. */
  readonly mostRequests: number
}

const minute = 60_000

/**
 * Refreshes again and again at a strict server (rotation, reuse ends the grant) through a network where 5 % of answers are
 * 5xx or 429, 1 % of connections are refused, 1 % reset before the server acts, and 1 % after.
 */
export async function refreshThroughFaults(count: number, seed = 42): Promise<FaultyRun> {
  const run = { refreshed: 0, failed: 0, lost: 0, ended: 0, mistaken: 0, requests: 0, mostRequests: 0 }
  let refused = false
  let bench: Bench
  let refresher: Refresher
  const start = async (): Promise<void> => {
    bench = await startBench()
    const { fetch } = bench.env
    const away: PurposefulFetch = (url, init) => fetch(refused ? nobodyThere(url) : url, init)
    refresher = bench.process({ fetch: away })
  }
  const dice = (): number => ((seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648) * 100
  await start()
  try {
    while (run.refreshed + run.ended < count) {
      const fate = fateOf(dice())
      refused = fate === 'refused'
      if (fate === 'lost') run.lost++
      if (fate !== 'refused') bench!.server.fates.push(fate)
      const before = bench!.server.presented.length
      await bench!.clock.advance(20 * minute)
      const outcome = await refresher!.source(bench!.grant).token({ signal: undefined })
      const made = bench!.server.presented.length - before
      run.requests += made
      run.mostRequests = Math.max(run.mostRequests, made)
      if (outcome.type === 'fresh') run.refreshed++
      else if (outcome.type === 'temporary') run.failed++
      else {
        if (outcome.reason === 'refresh_outcome_unknown') run.ended++
        else run.mistaken++
        // A person signs in again.
        await bench!.close()
        await start()
      }
    }
  } finally {
    await bench!.close()
  }
  return run
}

function fateOf(dice: number): RotatingServer['fates'][number] | 'refused' {
  if (dice < 3) return { status: 503 }
  if (dice < 5) return { status: 429 }
  if (dice < 6) return 'refused'
  if (dice < 7) return 'reset'
  return dice < 8 ? 'lost' : 'ok'
}

/** The same host, at a port where nobody listens. */
function nobodyThere(url: string | URL): URL {
  const other = new URL(url)
  other.port = '9'
  return other
}
