import type { Context } from '../state/context.js'
import type { Target } from '../state/target.js'

/**
 * Runs one refresh of a tool list at a time. A change reported during a refresh causes one more, and no further one:
 * some servers report changes whenever they are asked.
 */
export function oneAtATime(
  work: (target: Target) => Promise<unknown>,
  runInBackground: Context['runInBackground'],
): Context['refreshTools'] {
  const running = new Map<string, { readonly done: Promise<unknown>; again: boolean }>()
  const keyOf = (target: Target): string => `${target.workspaceId}\n${target.integrationId}\n${target.owner}`
  const start = (target: Target, follows: boolean): Promise<unknown> => {
    const key = keyOf(target)
    const done = work(target).finally(() => {
      running.delete(key)
      if (run.again && !follows) runInBackground(() => running.get(key)?.done ?? start(target, true), target)
    })
    const run = { done, again: false }
    running.set(key, run)
    return done
  }
  return (target, news) => {
    const run = running.get(keyOf(target))
    if (run === undefined) return start(target, false)
    run.again ||= news?.changed === true
    return run.done
  }
}
