import { equal, truthy } from '../assertions.js'
import { commit, keysOf, walk, type StorageTest } from './support.js'

/** Order, prefixes and pages, of one workspace and of all. */
export function listingContract(test: StorageTest): void {
  test('lists in bytewise order', async ({ storage, workspace }) => {
    const keys = ['Z', 'a', 'a ', 'a!', 'a%', 'a-b', 'a/1', 'a/10', 'a/2', 'aB', 'a_', 'aa', 'a~', 'b', '0', '~', ' ']
    await commit(
      storage,
      workspace,
      keys.map((key) => ({ key, value: key })),
    )
    const { records } = await storage.list({ workspaceId: workspace, prefix: '', limit: 100 })
    equal(
      records.map(({ key }) => key),
      keys.toSorted((a, b) => (a < b ? -1 : 1)),
    )
  })

  test('treats a prefix as plain text', async ({ storage, workspace }) => {
    const keys = ['a%b/1', 'a%b/2', 'aXb/1', 'a_b/1', 'a~', 'a~~', 'a~b', 'A%b/1', 'a\\b', 'a*b', '__proto__', "a'b"]
    await commit(
      storage,
      workspace,
      keys.map((key) => ({ key, value: 1 })),
    )
    for (const prefix of ['a%b/', 'a_', 'a~', 'a\\', 'a*', '__proto__', "a'", 'a', 'nothing']) {
      const { records, next } = await storage.list({ workspaceId: workspace, prefix, limit: 100 })
      equal(
        records.map(({ key }) => key),
        keys.filter((key) => key.startsWith(prefix)).toSorted((a, b) => (a < b ? -1 : 1)),
      )
      equal(next, undefined)
    }
  })

  test('returns the same records with pages of any size', async ({ storage, workspace }) => {
    const keys = Array.from({ length: 12 }, (_, index) => `page/${String(index).padStart(2, '0')}`)
    await commit(
      storage,
      workspace,
      ['page.', ...keys, 'page0'].map((key) => ({ key, value: key })),
    )
    for (const limit of [1, 5, 6, 12, 1000]) {
      for (const reverse of [false, true]) {
        const query = { workspaceId: workspace, prefix: 'page/', limit, reverse }
        const pages = await walk((after) => storage.list({ ...query, ...after }))
        truthy(
          pages.every(({ records }) => records.length <= limit),
          'a page holds at most as many as asked',
        )
        equal(keysOf(pages), reverse ? keys.toReversed() : keys)
      }
    }
  })

  test('continues after a key that does not exist', async ({ storage, workspace }) => {
    await commit(
      storage,
      workspace,
      ['p/b', 'p/d'].map((key) => ({ key, value: 1 })),
    )
    const after = async (key: string, reverse = false): Promise<string[]> => {
      const { records } = await storage.list({ workspaceId: workspace, prefix: 'p/', after: key, limit: 10, reverse })
      return records.map((record) => record.key)
    }
    equal(await after('a'), ['p/b', 'p/d'])
    equal(await after('p/b'), ['p/d'])
    equal(await after('p/c'), ['p/d'])
    equal(await after('p/d'), [])
    equal(await after('z'), [])
    equal(await after('a', true), [])
    equal(await after('p/b', true), [])
    equal(await after('p/c', true), ['p/b'])
    equal(await after('p/d', true), ['p/b'])
    equal(await after('z', true), ['p/d', 'p/b'])
  })

  test('scans all workspaces, page by page', async ({ storage, workspace }) => {
    const prefix = `scan-${crypto.randomUUID()}/`
    const places = ['a', 'b c', 'é%'].flatMap((id) => ['1', '2', '3 4'].map((key) => [workspace + id, prefix + key]))
    for (const [id, key] of places) {
      await commit(storage, id!, [
        { key: key!, value: key! },
        { key: 'beside', value: 1 },
      ])
    }
    for (const limit of [1, 2, 9, 1000]) {
      const pages = await walk((after) => storage.scan({ prefix, limit, ...after }))
      const walked = pages.flatMap(({ records }) => records).map((record) => [record.workspaceId, record.key])
      equal(walked, places)
    }
  })
}
