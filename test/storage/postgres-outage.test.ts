import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { StorageChange } from '../../src/ports/storage.js'
import { postgresStorage } from '../../src/storage/postgres.js'
import { usePostgres } from '../support/postgres-pool.js'
import { eventually } from '../support/eventually.js'

const postgres = usePostgres()
const unavailable = expect.objectContaining({ name: 'IntegrationError', code: 'storage_unavailable' })
const deadline = 4_500
const ends: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const end of ends.splice(0).toReversed()) await end()
})

describe('postgresStorage in an outage', () => {
  it('fails typed while the server is down, and heals by itself when it is back', async (test) => {
    const { outage } = postgres.server
    if (!outage) return test.skip()
    const pool = postgres.newPool({ max: 3 })
    const storage = postgresStorage({ pool, schema: postgres.schema })
    await storage.commit('w', [{ key: 'before', value: 1 }])
    const running = Array.from({ length: 20 }, () => storage.read('w', ['before']).catch((error: unknown) => error))
    await outage.begin()
    for (const answer of await Promise.all(running)) {
      if (answer instanceof Error) expect(answer).toEqual(unavailable)
    }
    const error = await storage.commit('w', [{ key: 'a', value: 's3cret' }]).catch((caught: unknown) => caught)
    expect(error).toEqual(unavailable)
    expect(inspect(error)).not.toContain('s3cret')
    await outage.end()
    expect((await storage.read('w', ['before'])).records[0]?.value).toBe(1)
    expect(await storage.commit('w', [{ key: 'after', ifVersion: null, value: 1 }])).toHaveLength(1)
  })

  it('hears of changes again after its listening connection was lost', async () => {
    const { pool, schema, server } = postgres
    const opened: pg.Client[] = []
    const listen = async () => {
      const client = new pg.Client(server.url)
      client.on('error', () => {})
      await client.connect()
      opened.push(client)
      return client
    }
    const reader = postgresStorage({ pool, schema, listen })
    ends.push(() => reader.close?.())
    const writer = postgresStorage({ pool, schema })
    const changes: StorageChange[] = []
    reader.watch?.((change) => changes.push(change))
    for (let round = 1; round <= 2; round++) {
      const workspaceId = `round ${round}`
      while (!changes.some((change) => change.workspaceId === workspaceId)) {
        await writer.commit(workspaceId, [{ key: 'a', value: round }])
      }
      expect(opened).toHaveLength(round)
      await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
    }
  })

  it('does not wait for a server that never answers, and gives up the connection', async () => {
    const proxy = await freezableProxy(postgres.server.url)
    const pool = postgres.newPool({ connectionString: proxy.url, max: 2 })
    const storage = postgresStorage({ pool, schema: postgres.schema })
    await storage.commit('w', [{ key: 'a', value: 1 }])
    proxy.freeze()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const attempts = Array.from({ length: 5 }, () => storage.read('w', ['a']).catch((error: unknown) => error))
    await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(deadline)
    for (const attempt of attempts) expect(await attempt).toEqual(unavailable)
    vi.useRealTimers()
    proxy.thaw()
    expect((await storage.read('w', ['a'])).records[0]?.value).toBe(1)
    expect(pool.waitingCount).toBe(0)
    // one that was dialled while nothing answered comes back when it is there
    await eventually(() => expect(pool.idleCount).toBe(pool.totalCount))
  })

  it('gives back a connection that it got too late, and sends nothing over it', async () => {
    const pool = postgres.newPool({ max: 1 })
    const storage = postgresStorage({ pool, schema: postgres.schema })
    await storage.commit('late', [{ key: 'a', value: 'first' }])
    const held = await pool.connect()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const attempt = storage.commit('late', [{ key: 'a', value: 'late' }]).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(deadline)
    expect(await attempt).toEqual(unavailable)
    vi.useRealTimers()
    held.release()
    expect((await storage.read('late', ['a'])).records[0]?.value).toBe('first')
    expect(pool.totalCount).toBe(pool.idleCount)
  })

  it('does not wait for a lock forever, and stops when its caller has given up', async () => {
    const { pool, schema } = postgres
    const storage = postgresStorage({ pool, schema })
    await storage.commit('locked', [{ key: 'a', value: 'first' }])
    const other = await pool.connect()
    await other.query(`BEGIN; SELECT 1 FROM ${schema}.records WHERE workspace = 'locked' FOR UPDATE`)
    await expect(storage.commit('locked', [{ key: 'a', value: 'late' }])).rejects.toEqual(unavailable)
    await other.query('COMMIT')
    other.release()
    expect((await storage.read('locked', ['a'])).records[0]?.value).toBe('first')
  })
})

/** Stands between, and on request passes nothing more, as a server that hangs does. */
async function freezableProxy(target: string) {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let frozen = false
  const server = createServer((inner) => {
    const outer = connect(Number(port), hostname)
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => to.write(data))
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      if (frozen) from.pause()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    freeze() {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw() {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
  }
}
