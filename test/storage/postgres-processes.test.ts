import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { recordLimits } from '../../src/model/record-limits.js'
import type { StorageChange } from '../../src/ports/storage.js'
import { postgresStorage } from '../../src/storage/postgres.js'
import { usePostgres } from '../support/postgres-pool.js'
import { runProcesses } from '../support/processes.js'
import { eventually } from '../support/eventually.js'

const postgres = usePostgres()

/** A client that only listens. */
async function listen(): Promise<pg.Client> {
  const client = new pg.Client(postgres.server.url)
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Waits for a change that fits, while something is committed until it comes. */
async function heard(changes: StorageChange[], fits: (change: StorageChange) => boolean, act: () => Promise<unknown>) {
  for (;;) {
    await act()
    const found = changes.find(fits)
    if (found) return found
  }
}

async function listeners(): Promise<number> {
  const { rows } = await postgres.pool.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
  return rows.length
}

describe('postgresStorage in several processes', () => {
  it('lets eight of them make the schema and write at once, and loses nothing', async () => {
    const { server, schema, pool } = postgres
    const commits = 25
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const answers = (await runProcesses(
      new URL('postgres-writer.program.ts', import.meta.url),
      names.map((name) => ({ url: server.url, schema, commits, name })),
    )) as { appended: string[] }[]
    const storage = postgresStorage({ pool, schema })
    const { records } = await storage.read('w', ['count'])
    expect(records[0]?.value).toBe(names.length * commits)
    const numbers = Array.from(
      { length: names.length * commits },
      (_, index) => `event/${String(index + 1).padStart(16, '0')}`,
    )
    const events = await storage.list({ workspaceId: 'w', prefix: 'event/', limit: 1000 })
    expect(events.records.map(({ key }) => key)).toEqual(numbers)
    expect(answers.flatMap(({ appended }) => appended).toSorted()).toEqual(numbers)
    const rows = await storage.list({ workspaceId: 'w', prefix: 'by/', limit: 1000 })
    expect(rows.records).toHaveLength(names.length * commits)
  })

  it('notifies watchers in other processes, each once', async () => {
    const { pool, schema } = postgres
    const writer = postgresStorage({ pool, schema, listen })
    const reader = postgresStorage({ pool, schema, listen })
    const changes: StorageChange[] = []
    const own: StorageChange[] = []
    const ends = [reader.watch!((change) => changes.push(change)), writer.watch!((change) => own.push(change))]
    let commits = 0
    const write = async () =>
      await writer.commit('watched', [
        { key: `k${++commits}`, value: 1 },
        { append: 'event/', value: 1 },
      ])
    const change = await heard(changes, () => true, write)
    expect(change).toEqual({
      workspaceId: 'watched',
      keys: [expect.stringMatching(/^k\d+$/), expect.stringMatching(/^event\/\d{16}$/)],
    })
    // by the same connection, so what the writer would have heard of itself came before this
    await heard(
      own,
      ({ keys }) => keys?.[0] === 'from elsewhere',
      () => reader.commit('watched', [{ key: 'from elsewhere', value: 1 }]),
    )
    expect(own.filter(({ keys }) => keys?.[0] === 'k1')).toHaveLength(1)
    for (const end of ends) end()
    await writer.close?.()
    await reader.close?.()
    await reader.close?.()
    // the server ends a session after its client has gone
    await eventually(async () => expect(await listeners()).toBe(0))
  })

  it('says only where, when there are too many keys to tell', async () => {
    const { pool, schema } = postgres
    const writer = postgresStorage({ pool, schema })
    const reader = postgresStorage({ pool, schema, listen })
    const changes: StorageChange[] = []
    reader.watch!((change) => changes.push(change))
    const writes = Array.from({ length: recordLimits.writes }, (_, index) => ({
      key: 'k'.repeat(500) + index,
      value: 1,
    }))
    const workspaceId = '💡'.repeat(100)
    expect(
      await heard(
        changes,
        () => true,
        () => writer.commit(workspaceId, writes),
      ),
    ).toEqual({ workspaceId })
    await reader.close?.()
  })

  it('opens no connection before the first watcher, and closes it after the last', async () => {
    const { pool, schema } = postgres
    let opened = 0
    const storage = postgresStorage({ pool, schema, listen: () => (opened++, listen()) })
    await storage.commit('w', [{ key: 'a', value: 1 }])
    expect(opened).toBe(0)
    const changes: StorageChange[] = []
    const end = storage.watch!((change) => changes.push(change))
    await heard(
      changes,
      ({ keys }) => keys?.[0] === 'else',
      () => postgresStorage({ pool, schema }).commit('w', [{ key: 'else', value: 1 }]),
    )
    expect(opened).toBe(1)
    expect(await listeners()).toBe(1)
    end()
    while ((await listeners()) > 0) await pool.query('SELECT 1')
  })
})
