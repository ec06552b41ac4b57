import { atFirstUse } from '../model/at-first-use.js'
import { closedError } from './closed-error.js'
import type { createGuardedFetch, GuardedFetch, GuardedFetchOptions } from './guarded-fetch.js'

/**
 * `createGuardedFetch`, loaded with the first request: importing Node's HTTP and accessing the platform's `Response` cost
 * more than the rest of the entry.
 */
export function guardedFetchAtFirstUse(options: GuardedFetchOptions): ReturnType<typeof createGuardedFetch> {
  let guarded: ReturnType<typeof createGuardedFetch> | undefined
  let closed = false
  const loaded = atFirstUse(async () => {
    const { createGuardedFetch } = await import('./guarded-fetch.js')
    return (guarded = createGuardedFetch(options))
  })

  const first: GuardedFetch = async (url, init) => {
    if (closed) throw closedError()
    const { fetch, close } = await loaded()
    if (closed) await close()
    return fetch(url, init)
  }

  return {
    fetch: (url, init) => (guarded === undefined ? first(url, init) : guarded.fetch(url, init)),
    async close() {
      closed = true
      await guarded?.close()
    },
  }
}
