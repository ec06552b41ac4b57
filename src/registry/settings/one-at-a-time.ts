import type { Context } from '../state/context.js'
import type { ListOwner } from '../state/target.js'

/**
 * Runs one refresh of a tool list at a time. A change that is reported during a refresh causes one more refresh, and no
 * further one, because some servers report a change at every listing.
 */
export function oneAtATime(
  work: (list: ListOwner) => Promise<unknown>,
  runInBackground: Context['runInBackground'],
): Context['refreshTools'] {
  const running = new Map<string, { readonly done: Promise<unknown>; again: boolean }>()
  const keyOf = (list: ListOwner): string => `${list.workspaceId}\n${list.integrationId}\n${list.owner}`
  const start = (list: ListOwner, follows: boolean): Promise<unknown> => {
    const key = keyOf(list)
    const done = work(list).finally(() => {
      running.delete(key)
      if (run.again && !follows) runInBackground(() => running.get(key)?.done ?? start(list, true), list)
    })
    const run = { done, again: false }
    running.set(key, run)
    return done
  }
  return (list, news) => {
    const run = running.get(keyOf(list))
    if (run === undefined) return start(list, false)
    run.again ||= news?.changed === true
    return run.done
  }
}
