import { atFirstUse } from '../../model/at-first-use.js'
import { jitter } from '../../mcp/jitter.js'
import type { Context } from '../state/context.js'

const loadSweep = atFirstUse(() => import('./sweep.js'))

/**
 * Sweeps regularly in this process, one sweep at a time. Each pause is between half and all of `everyMs`, so that
 * processes that started together don't sweep together.
 *
 * @returns a function that stops the sweeps
 */
export function maintain(context: Context, everyMs: number): () => void {
  let cancel = later()
  return () => cancel()

  function later(): () => void {
    return context.runtime.setTimer(() => context.runInBackground(once, {}), jitter(context.runtime, everyMs))
  }

  async function once(): Promise<void> {
    try {
      const { sweep } = await loadSweep()
      await sweep(context)
    } catch (error) {
      if (context.closing.aborted) return
      context.report({ area: 'maintenance', message: 'A sweep failed. The next one continues with the rest.', error })
    } finally {
      if (!context.closing.aborted) cancel = later()
    }
  }
}
