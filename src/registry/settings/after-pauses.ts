import type { RegistryRuntime } from '../../ports/runtime.js'
import { boundedCache } from '../state/bounded-cache.js'
import type { Context } from '../state/context.js'
import type { CheckResult } from './refresh-tools.js'

/** The pause after the first failure, in ms; each further one doubles it. */
const firstPauseMs = 5_000
/** The longest pause, in ms. */
const maxPauseMs = 600_000
/** The number of failing lists that are remembered. */
const maxLists = 10_000

/**
 * Refreshes a tool list, unless that failed and the pause after it isn't over: every toolset asks for a refresh of old
 * lists, and a server whose list can't be read would be asked each time.
 */
export function afterPauses(
  refresh: Context['refreshTools'],
  runtime: Pick<RegistryRuntime, 'now'>,
): Context['refreshOldTools'] {
  const failing = boundedCache<{ readonly at: number; readonly pauseMs: number }>(maxLists)
  return async (list) => {
    const key = JSON.stringify([list.workspaceId, list.integrationId, list.owner])
    const last = failing.get(key)
    const passed = runtime.now() - (last?.at ?? 0)
    // After the clock was set back, the time that passed is unknown.
    if (last !== undefined && passed >= 0 && passed < last.pauseMs) return
    const pauseMs = last === undefined ? firstPauseMs : Math.min(last.pauseMs * 2, maxPauseMs)
    failing.set(key, { at: runtime.now(), pauseMs })
    const result = (await refresh(list)) as CheckResult | undefined
    if (result?.type === 'failed') failing.set(key, { at: runtime.now(), pauseMs })
    else failing.delete(key)
  }
}
