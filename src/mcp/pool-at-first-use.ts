import { atFirstUse } from '../model/at-first-use.js'
import type { ConnectionPool, ConnectionPoolOptions } from './connection-pool.js'

/** What a registry does with its {@link ConnectionPool}. */
export type Pool = Pick<ConnectionPool, 'use' | 'once' | 'retireKeys' | 'closeKeys' | 'close'>

/** The connection pool of a registry, loaded when the first server is needed. */
export function poolAtFirstUse(options: ConnectionPoolOptions): Pool {
  let made: ConnectionPool | undefined
  let isNeeded = false
  let isClosed = false
  const load = atFirstUse(async () => {
    const { ConnectionPool } = await import('./connection-pool.js')
    made = new ConnectionPool(options)
    if (isClosed) await made.close()
    return made
  })
  const first = (): Promise<ConnectionPool> => {
    isNeeded = true
    return load()
  }
  return {
    use: (...given) => (made === undefined ? first().then((pool) => pool.use(...given)) : made.use(...given)),
    once: (...given) => (made === undefined ? first().then((pool) => pool.once(...given)) : made.once(...given)),
    // While it loads, others already wait to use it.
    async retireKeys(prefix) {
      if (isNeeded) await (await load()).retireKeys(prefix)
    },
    async closeKeys(prefix) {
      if (isNeeded) await (await load()).closeKeys(prefix)
    },
    async close() {
      isClosed = true
      await made?.close()
    },
  }
}
