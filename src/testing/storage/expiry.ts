import { equal, truthy } from '../assertions.js'
import { commit, expiredIn, keysOf, valueOf, walk, type StorageTest } from './support.js'

/** Expired records are absent, except for a sweep. */
export function expiryContract(test: StorageTest): void {
  test('treats an expired record as absent', async ({ storage, workspace, clock }) => {
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

  test('lists expired records for a sweep, which deletes only the listed versions', async ({
    storage,
    workspace,
    clock,
  }) => {
    const expiresAt = clock.time + 10
    await commit(storage, workspace, [
      { key: 'a', value: 1, expiresAt },
      { key: 'b', value: 1, expiresAt },
      { key: 'c', value: 1 },
      { key: 'd', value: 1, expiresAt: clock.time + 30 },
    ])
    equal(await expiredIn(storage, workspace), [])
    clock.time += 20
    const stale = await expiredIn(storage, workspace)
    equal(
      stale.map((record) => [record.key, record.value, record.expiresAt]),
      [
        ['a', 1, expiresAt],
        ['b', 1, expiresAt],
      ],
    )
    await commit(storage, workspace, [{ key: 'b', ifVersion: null, value: 'made again' }])
    const results: boolean[] = []
    for (const { key, version } of stale) {
      results.push((await storage.commit(workspace, [{ key, ifVersion: version, value: undefined }])) !== false)
    }
    equal(results, [true, false])
    equal(await expiredIn(storage, workspace), [])
    equal(await valueOf(storage, workspace, 'b'), 'made again')
  })

  test('lists expired records of all workspaces in order of expiry', async ({ storage, workspace, clock }) => {
    const expiries = [30, 10, 20, 10, 40, 10]
    for (const [index, ms] of expiries.entries()) {
      const key = `k ${index}`
      await commit(storage, workspace + (index % 2 === 0 ? '/é' : ''), [
        { key, value: 'first', expiresAt: clock.time + 1 },
        { key: 'kept', value: 1 },
      ])
      await commit(storage, workspace + (index % 2 === 0 ? '/é' : ''), [
        { key, value: index, expiresAt: clock.time + ms },
      ])
    }
    clock.time += 30
    for (const limit of [1, 2, 1000]) {
      const found = await expiredIn(storage, workspace, limit)
      equal(
        found.map(({ value }) => value),
        [1, 3, 5, 2, 0],
      )
    }
    await commit(storage, workspace, [
      { key: 'k 1', value: 1 },
      { key: 'k 3', value: undefined },
    ])
    equal(
      (await expiredIn(storage, workspace)).map(({ value }) => value),
      [5, 2, 0],
    )
  })
}
