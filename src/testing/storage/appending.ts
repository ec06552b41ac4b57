import type { JsonValue } from '../../model/json.js'
import { equal } from '../assertions.js'
import { commit, maxRounds, walk, type StorageTest } from './support.js'

/** Records that the storage numbers. */
export function appendingContract(test: StorageTest): void {
  test('numbers the records of a workspace from 1, in order', async ({ storage, workspace }) => {
    const first = await commit(storage, workspace, [
      { append: 'event/', value: 'a' },
      { key: 'other', value: 'o' },
      { append: 'event/', value: 'b', expiresAt: 1_900_000_000_000 },
    ])
    const second = await commit(storage, workspace, [{ append: 'event/', value: 'c' }])
    equal(
      [...first, ...second].map(({ key }) => key),
      ['event/0000000000000001', 'other', 'event/0000000000000002', 'event/0000000000000003'],
    )
    const { records } = await storage.list({ workspaceId: workspace, prefix: 'event/', limit: 10 })
    equal(
      records.map(({ value }) => value),
      ['a', 'b', 'c'],
    )
    equal(records[1]?.expiresAt, 1_900_000_000_000)
  })

  test('never reuses a number, even after the record was deleted', async ({ storage, workspace }) => {
    const [first] = await commit(storage, workspace, [{ append: 'event/', value: 1 }])
    await commit(storage, workspace, [{ key: first!.key, value: undefined }])
    const [second] = await commit(storage, workspace, [{ append: 'event/', value: 2 }])
    equal(second?.key, 'event/0000000000000002')
  })

  test('lets a reader follow concurrent writers without missing one', async ({ storage, workspace }) => {
    const total = 60
    const seen: JsonValue[] = []
    let writing = true
    const follow = async (): Promise<void> => {
      let last: string | undefined
      for (let rounds = 0, over = false; !over && rounds < maxRounds; rounds++) {
        over = !writing
        const query = { workspaceId: workspace, prefix: 'event/', limit: 7 }
        const pages = await walk((after) => storage.list({ ...query, after: last, ...after }))
        const records = pages.flatMap((page) => page.records)
        for (const { value } of records) seen.push(value)
        last = records.at(-1)?.key ?? last
      }
    }
    const writers = Array.from({ length: total }, (_, index) =>
      storage.commit(workspace, [{ append: 'event/', value: index }]),
    )
    const written = Promise.all(writers).finally(() => (writing = false))
    await Promise.all([written, follow()])
    equal(
      seen.toSorted((a, b) => Number(a) - Number(b)),
      Array.from({ length: total }, (_, index) => index),
    )
  })
}
