import { afterAll, beforeAll, expect, it } from 'vitest'
import { isIntegrationError } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { startPostgres, type PostgresServer } from '../support/postgres.js'
import { ana, makeRegistry } from '../support/registry.js'
import pg from 'pg'

/** How long the database is away, in ms: `OUTAGE_MS=10000` for the long run. */
const awayMs = Number(process.env['OUTAGE_MS'] ?? 2000)
let postgres: PostgresServer
let server: TestMcpServer
const given = process.env['DATABASE_URL']
beforeAll(async () => {
  // One of its own: it is stopped.
  delete process.env['DATABASE_URL']
  postgres = await startPostgres()
  server = await startMcpServer()
})
afterAll(async () => {
  if (given !== undefined) process.env['DATABASE_URL'] = given
  await server.close()
  await postgres.stop()
})

it('ends every call typed within five seconds while the database is away, and works again soon after', async () => {
  const pool = new pg.Pool({ connectionString: postgres.url, max: 10, connectionTimeoutMillis: 4000 })
  pool.on('error', () => {})
  const registry = makeRegistry({ storage: postgresStorage({ pool }), limits: { storageTimeoutMs: 5000 } })
  const mine = registry.actingAs(ana)
  const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
  await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
  const toolset = await mine.toolset('assistant')
  const outcomes: { at: number; tookMs: number; code: string }[] = []
  const stalled = stalls()
  const began = performance.now()
  const load = { on: true }
  const callers = Array.from({ length: 8 }, async () => {
    while (load.on) {
      const [at, before] = [performance.now(), stalled.ms]
      const code = await toolset.call('notes__read_note', { id: '1' }).then(
        ({ type }) => type,
        (error: unknown) => (isIntegrationError(error) ? error.code : String(error)),
      )
      outcomes.push({ at, tookMs: performance.now() - at - (stalled.ms - before), code })
    }
  })
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise(setImmediate)
  }
  await until(() => outcomes.length >= 20)
  await postgres.outage!.begin()
  const awaySince = performance.now()
  await until(() => performance.now() - awaySince >= awayMs)
  await postgres.outage!.end()
  const back = performance.now()
  await until(
    () => outcomes.some(({ at, code }) => at > back && code === 'completed') || performance.now() - back > 30_000,
  )
  load.on = false
  stalled.end()
  await Promise.all(callers)
  expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['completed', 'storage_unavailable']))
  expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(5500)
  expect(outcomes.some(({ at, code }) => at > back && code === 'completed')).toBe(true)
  expect(began).toBeLessThan(awaySince)
  await registry.close()
  await pool.end()
})

/** How long this process had no turn, in ms so far: a machine that is busy or paused is not slow calls. */
function stalls(): { readonly ms: number; end(): void } {
  const everyMs = 20
  let [ms, last] = [0, performance.now()]
  const timer = setInterval(() => {
    const now = performance.now()
    ms += Math.max(0, now - last - 2 * everyMs)
    last = now
  }, everyMs)
  return {
    get ms() {
      return ms
    },
    end: () => clearInterval(timer),
  }
}
