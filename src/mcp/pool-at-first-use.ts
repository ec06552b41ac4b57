import { atFirstUse } from '../model/at-first-use.js'
import type { ConnectionPool, ConnectionPoolOptions } from './connection-pool.js'

/** What a registry does with its {@link ConnectionPool}. */
export type Pool = Pick<ConnectionPool, 'use' | 'once' | 'retireKeys' | 'closeKeys' | 'close'>

/** The connection pool of a registry, loaded when the first server is needed. */
export function poolAtFirstUse(options: ConnectionPoolOptions): Pool {
  let made: ConnectionPool | undefined
  let isClosed = false
  const load = atFirstUse(() => import('./connection-pool.js'))
  const pool = async (): Promise<ConnectionPool> => {
    const { ConnectionPool } = await load()
    if (made !== undefined) return made
    made = new ConnectionPool(options)
    if (isClosed) await made.close()
    return made
  }
  return {
    use: (...given) => (made === undefined ? pool().then((first) => first.use(...given)) : made.use(...given)),
    once: (...given) => (made === undefined ? pool().then((first) => first.once(...given)) : made.once(...given)),
    retireKeys: async (prefix) => await made?.retireKeys(prefix),
    closeKeys: async (prefix) => await made?.closeKeys(prefix),
    async close() {
      isClosed = true
      await made?.close()
    },
  }
}
