import { equal, truthy } from '../assertions.js'
import { commit, keysOf, valueOf, walk, type StorageTest } from './support.js'

/** Records that have expired are absent to all but a sweep. */
export function expiryContract(test: StorageTest): void {
  test('takes a record for absent once it has expired', async ({ storage, workspace, clock }) => {
    const expiresAt = clock.time + 1000
    const [written] = await commit(storage, workspace, [{ key: 'a', value: 'old', expiresAt }])
    clock.time += 999
    equal(await valueOf(storage, workspace, 'a'), 'old')
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: null, value: 'new' }]), false)
    clock.time += 2
    equal(await valueOf(storage, workspace, 'a'), undefined)
    equal((await storage.list({ workspaceId: workspace, prefix: '', limit: 10 })).records, [])
    const [again] = await commit(storage, workspace, [{ key: 'a', ifVersion: null, value: 'new' }])
    truthy(again?.version !== written?.version, 'a new version')
    equal(await valueOf(storage, workspace, 'a'), 'new')
  })

  test('skips expired records without ending a page early', async ({ storage, workspace, clock }) => {
    const keys = Array.from({ length: 20 }, (_, index) => `k/${String(index).padStart(2, '0')}`)
    await commit(
      storage,
      workspace,
      keys.map((key, index) => ({ key, value: 1, expiresAt: index === 19 ? undefined : clock.time + 10 })),
    )
    clock.time += 20
    const pages = await walk((after) => storage.list({ workspaceId: workspace, prefix: 'k/', limit: 3, ...after }))
    equal(keysOf(pages), ['k/19'])
  })

  test('shows expired records to a sweep, which deletes only what it saw', async ({ storage, workspace, clock }) => {
    const prefix = `sweep-${crypto.randomUUID()}/`
    await commit(storage, workspace, [
      { key: `${prefix}a`, value: 1, expiresAt: clock.time + 10 },
      { key: `${prefix}b`, value: 1, expiresAt: clock.time + 10 },
      { key: `${prefix}c`, value: 1 },
    ])
    clock.time += 20
    const kept = await storage.scan({ prefix, limit: 10 })
    equal(
      kept.records.map(({ key }) => key),
      [`${prefix}c`],
    )
    const swept = await storage.scan({ prefix, limit: 10, expired: true })
    const stale = swept.records.filter((record) => (record.expiresAt ?? Infinity) <= swept.now)
    await commit(storage, workspace, [{ key: `${prefix}b`, ifVersion: null, value: 'made again' }])
    const results: boolean[] = []
    for (const { key, version } of stale) {
      results.push((await storage.commit(workspace, [{ key, ifVersion: version, value: undefined }])) !== false)
    }
    equal(results, [true, false])
    const left = await storage.scan({ prefix, limit: 10, expired: true })
    equal(
      left.records.map(({ value }) => value),
      ['made again', 1],
    )
  })
}
