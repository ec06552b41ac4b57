import { atFirstUse } from '../model/at-first-use.js'
import type { createRefresher, Refresher } from './refresh.js'

/** The refresher of a registry, loaded when the first token is needed. */
export function refresherAtFirstUse(options: Parameters<typeof createRefresher>[0]): Refresher {
  let made: Refresher | undefined
  let isClosed = false
  const load = atFirstUse(() => import('./refresh.js'))
  const refresher = async (): Promise<Refresher> => {
    const { createRefresher } = await load()
    if (made !== undefined) return made
    made = createRefresher(options)
    if (isClosed) await made.close()
    return made
  }
  return {
    source: (grant) => ({
      token: async (how) => (await refresher()).source(grant).token(how),
      rejected: async (token, challenge, how) => (await refresher()).source(grant).rejected(token, challenge, how),
    }),
    async close() {
      isClosed = true
      await made?.close()
    },
  }
}
