/** What a warm toolset and a warm call cost on PostgreSQL, in queries and in time, beside a bare `select 1`. */
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import pg from 'pg'
import { startPostgres } from '../test/support/postgres.js'
import { median, quantile, timesOf } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

const database = await startPostgres()
const pool = new pg.Pool({ connectionString: database.url, max: 10 })
pool.on('error', () => {})
const server = await serve()
try {
  const counted = counting(postgresStorage({ pool }))
  const bare = await timesOf(500, () => pool.query('select 1'))
  const onPostgres = await measure(counted.storage, counted.queries)
  const inMemory = await measure(memoryStorage(), () => 0)
  report('select 1', bare)
  report(`warm toolset, ${onPostgres.toolsetQueries} query`, onPostgres.toolset)
  report(`warm call, ${onPostgres.callQueries} queries`, onPostgres.call)
  report('warm call in memory', inMemory.call)
  if (onPostgres.toolsetQueries > 1 || onPostgres.callQueries > 2) throw new Error('more queries than promised')
} finally {
  server.close()
  await pool.end()
  await database.stop()
}

async function measure(storage: RegistryStorage, queries: () => number) {
  const registry = hostRegistry(storage, server.url)
  const mine = registry.actingAs(actor)
  await mine.connect({ connector: 'bench', agents: ['assistant'] })
  const toolset = await mine.toolset('assistant')
  const name = toolset.tools[0]?.modelName ?? ''
  await toolset.call(name, { text: 'hello' })

  const before = queries()
  await mine.toolset('assistant')
  const between = queries()
  await toolset.call(name, { text: 'hello' })
  const after = queries()

  const toolsetTimes = await timesOf(300, () => mine.toolset('assistant'))
  const callTimes = await timesOf(300, () => toolset.call(name, { text: 'hello' }))
  await registry.close()
  return { toolsetQueries: between - before, callQueries: after - between, toolset: toolsetTimes, call: callTimes }
}

/** The same storage, with a count of what it was asked. */
function counting(storage: RegistryStorage): { storage: RegistryStorage; queries: () => number } {
  let queries = 0
  const counted = new Proxy(storage, {
    get(target, method, receiver) {
      const own: unknown = Reflect.get(target, method, receiver)
      if (typeof own !== 'function' || method === 'watch' || method === 'close') return own
      return (...parameters: unknown[]) => {
        queries++
        return own.apply(target, parameters) as unknown
      }
    },
  })
  return { storage: counted, queries: () => queries }
}

function report(title: string, times: readonly number[]): void {
  console.log(
    `${title.padEnd(24)} p50 ${(median(times) / 1000).toFixed(2)} ms, p99 ${(quantile(times, 0.99) / 1000).toFixed(2)} ms`,
  )
}
