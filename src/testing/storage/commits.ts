import type { StorageWrite } from '../../ports/storage.js'
import { equal, truthy } from '../assertions.js'
import { commit, increment, valueOf, type StorageTest } from './support.js'

/** Commits write all or nothing, under the conditions of their writes. */
export function commitsContract(test: StorageTest): void {
  test('writes all or nothing', async ({ storage, workspace }) => {
    const [a] = await commit(storage, workspace, [{ key: 'a', value: 1 }])
    const writes: StorageWrite[] = [
      { key: 'b', value: 1 },
      { append: 'event/', value: 1 },
      { key: 'c', ifVersion: 'no such version', value: 1 },
      { key: 'a', ifVersion: a!.version!, value: undefined },
    ]
    equal(await storage.commit(workspace, writes), false)
    const { records } = await storage.list({ workspaceId: workspace, prefix: '', limit: 10 })
    equal(
      records.map(({ key, version }) => [key, version]),
      [['a', a?.version]],
    )
    const [next] = await commit(storage, workspace, [{ append: 'event/', value: 1 }])
    equal(next?.key, 'event/0000000000000001')
  })

  test('writes only if every condition is true', async ({ storage, workspace }) => {
    const [absent] = await commit(storage, workspace, [{ key: 'a', ifVersion: null, value: 1 }])
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: null, value: 2 }]), false)
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: null, value: undefined }]), false)
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: 'another', value: 2 }]), false)
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: 'another', value: undefined }]), false)
    equal(await storage.commit(workspace, [{ key: 'b', ifVersion: absent!.version!, value: 2 }]), false)
    await commit(storage, workspace, [{ key: 'a', ifVersion: absent!.version!, value: 2 }])
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: absent!.version!, value: 3 }]), false)
    await commit(storage, workspace, [{ key: 'c', ifVersion: null, value: undefined }])
    equal(await valueOf(storage, workspace, 'a'), 2)
    equal(await valueOf(storage, workspace, 'c'), undefined)
  })

  test('checks the version of records that it does not write', async ({ storage, workspace }) => {
    const [relied] = await commit(storage, workspace, [{ key: 'relied', value: 1, expiresAt: 1_900_000_000_000 }])
    const check = { key: 'relied', ifVersion: relied!.version!, check: true } as const
    const told: (readonly string[] | undefined)[] = []
    const stop = storage.watch?.((change) => {
      if (change.workspaceId === workspace) told.push(change.keys)
    })
    const [checked, made] = await commit(storage, workspace, [check, { key: 'made', value: 1 }])
    stop?.()
    equal(checked, { key: 'relied', version: relied!.version })
    truthy(made?.version !== undefined, 'the write next to a check is written')
    truthy(
      told.every((keys) => keys?.includes('relied') !== true),
      'a check is not reported',
    )
    const { records } = await storage.read(workspace, ['relied'])
    equal(records[0], { key: 'relied', version: relied!.version!, value: 1, expiresAt: 1_900_000_000_000 })
    await commit(storage, workspace, [{ key: 'relied', value: 1 }])
    equal(await storage.commit(workspace, [check, { key: 'made', value: 2 }]), false)
    await commit(storage, workspace, [{ key: 'relied', value: undefined }])
    equal(await storage.commit(workspace, [{ key: 'made', value: 2 }, check]), false)
    equal(await valueOf(storage, workspace, 'made'), 1)
  })

  test('never reuses a version', async ({ storage, workspace }) => {
    const versions: (string | undefined)[] = []
    for (let round = 0; round < 10; round++) {
      for (const value of [1, 1, undefined]) {
        const [written] = await commit(storage, workspace, [{ key: 'a', value }])
        if (value !== undefined) versions.push(written?.version)
      }
    }
    truthy(versions.every(Boolean), 'each write has a version')
    equal(new Set(versions).size, versions.length)
    equal(await storage.commit(workspace, [{ key: 'a', ifVersion: versions.at(-1)!, value: 2 }]), false)
  })

  test('lets exactly one of two commits on the same version succeed', async ({ storage, workspace }) => {
    for (let round = 0; round < 20; round++) {
      const [start] = await commit(storage, workspace, [{ key: 'a', value: 'start' }])
      const racers = ['one', 'two'].map((value) => [
        { key: value, value },
        { key: 'a', ifVersion: start!.version!, value },
      ])
      const results = await Promise.all(racers.map((writes) => storage.commit(workspace, writes)))
      equal(results.filter(Boolean).length, 1)
      const winner = results[0] ? 'one' : 'two'
      const loser = results[0] ? 'two' : 'one'
      equal(await valueOf(storage, workspace, 'a'), winner)
      equal(await valueOf(storage, workspace, loser), undefined)
      await commit(storage, workspace, [{ key: winner, value: undefined }])
    }
  })

  test('lets exactly one of ten create a record', async ({ storage, workspace }) => {
    const racers = Array.from({ length: 10 }, (_, index) => [{ key: 'a', ifVersion: null, value: index }])
    const results = await Promise.all(racers.map((writes) => storage.commit(workspace, writes)))
    equal(results.filter(Boolean).length, 1)
    equal(await valueOf(storage, workspace, 'a'), results.findIndex(Boolean))
  })

  test('adds up 50 concurrent increments', async ({ storage, workspace }) => {
    await commit(storage, workspace, [{ key: 'count', value: 0 }])
    await Promise.all(Array.from({ length: 50 }, () => increment(storage, workspace, 'count')))
    equal(await valueOf(storage, workspace, 'count'), 50)
  })

  test('runs commits on the same keys in any order one after the other', async ({ storage, workspace }) => {
    const commits = Array.from({ length: 40 }, (_, index) => {
      const writes = ['x', 'y', 'z'].map((key) => ({ key, value: index % 4 === 3 ? undefined : index }))
      return storage.commit(workspace, index % 2 === 0 ? writes : writes.toReversed())
    })
    truthy((await Promise.all(commits)).every(Boolean), 'every commit succeeded')
    const { records } = await storage.read(workspace, ['x', 'y', 'z'])
    equal(new Set(records.map((record) => record?.version ?? 'none')).size <= 3, true)
    equal(new Set(records.map((record) => record?.value)).size, 1)
  })
}
