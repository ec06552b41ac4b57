import { isIntegrationError } from '../model/errors.js'
import type { JsonValue } from '../model/json.js'
import { recordLimits } from '../model/record-limits.js'
import type {
  StorageListResult,
  RegistryStorage,
  StorageChange,
  StorageWrite,
  StorageWritten,
} from '../ports/storage.js'
import { equal, rejected, type TestRunner, truthy } from './assertions.js'

/** Makes a storage whose clock is the given one. It may share its database with others, and need not be empty. */
export type MakeStorage = (options: { readonly now: () => number }) => RegistryStorage | Promise<RegistryStorage>

/**
 * Describes, as tests, everything that {@link RegistryStorage} promises. A storage that passes them keeps a registry.
 *
 * @param runner - `describe` and `it` of the host's test runner (vitest, jest, mocha, `node:test`, `bun:test`).
 * @param makeStorage - called once for each test; what it gives is closed afterwards.
 */
export function describeStorageContract(runner: TestRunner, makeStorage: MakeStorage): void {
  const { describe, it } = runner

  /** A test with a storage, a clock that it may turn, and a workspace of its own. */
  function test(name: string, body: (given: Given) => Promise<void>): void {
    it(name, async () => {
      const clock = { time: 1_800_000_000_000 }
      const storage = await makeStorage({ now: () => clock.time })
      try {
        await body({ storage, clock, workspace: `workspace ${crypto.randomUUID()}` })
      } finally {
        await storage.close?.()
      }
    })
  }

  describe('a registry storage: records', () => {
    test('answers reads in the order asked, with nothing where there is nothing', async ({ storage, workspace }) => {
      const [a, b] = await commit(storage, workspace, [
        { key: 'a', value: 1 },
        { key: 'b', value: 'two', expiresAt: 1_900_000_000_000 },
      ])
      const { records, now } = await storage.read(workspace, ['b', 'none', 'a', 'b'])
      equal(records[0], { key: 'b', version: b?.version, value: 'two', expiresAt: 1_900_000_000_000 })
      equal(records[1], undefined)
      equal(records[2], { key: 'a', version: a?.version, value: 1 })
      equal(records[3], records[0])
      equal(now, 1_800_000_000_000)
    })

    test('reads no keys and commits no writes', async ({ storage, workspace }) => {
      equal((await storage.read(workspace, [])).records, [])
      equal(await storage.commit(workspace, []), [])
    })

    test('keeps every JSON value as it is', async ({ storage, workspace }) => {
      const values = jsonValues()
      await commit(
        storage,
        workspace,
        values.map((value, index) => ({ key: `value/${index}`, value })),
      )
      const { records } = await storage.read(
        workspace,
        values.map((_, index) => `value/${index}`),
      )
      for (const [index, value] of values.entries()) {
        equal(JSON.stringify(records[index]?.value), JSON.stringify(value))
      }
    })

    test('keeps the largest value, and a hundred writes', async ({ storage, workspace }) => {
      const ascii = 'x'.repeat(recordLimits.valueBytes - 2)
      const wide = '€'.repeat(Math.floor((recordLimits.valueBytes - 2) / 3))
      await commit(storage, workspace, [
        { key: 'ascii', value: ascii },
        { key: 'wide', value: wide },
      ])
      const { records } = await storage.read(workspace, ['ascii', 'wide'])
      truthy(records[0]?.value === ascii && records[1]?.value === wide, 'the values came back whole')
      const writes = Array.from({ length: recordLimits.writes }, (_, index) => ({ key: `many/${index}`, value: index }))
      equal((await commit(storage, workspace, writes)).length, recordLimits.writes)
    })

    test('gives copies, and keeps one of what it was given', async ({ storage, workspace }) => {
      const given = { list: ['kept'] }
      await commit(storage, workspace, [{ key: 'a', value: given }])
      given.list.push('added later')
      const first = await valueOf(storage, workspace, 'a')
      equal(first, { list: ['kept'] })
      ;(first as { list: string[] }).list.push('added to what was read')
      equal(await valueOf(storage, workspace, 'a'), { list: ['kept'] })
    })

    test('replaces and deletes', async ({ storage, workspace }) => {
      await commit(storage, workspace, [{ key: 'a', value: 1, expiresAt: 1_900_000_000_000 }])
      await commit(storage, workspace, [{ key: 'a', value: 2 }])
      const [record] = (await storage.read(workspace, ['a'])).records
      truthy(record?.value === 2 && record.expiresAt === undefined, 'the old expiry went with the old value')
      equal(await commit(storage, workspace, [{ key: 'a', value: undefined }]), [{ key: 'a', version: undefined }])
      equal(await commit(storage, workspace, [{ key: 'a', value: undefined }]), [{ key: 'a', version: undefined }])
      equal(await valueOf(storage, workspace, 'a'), undefined)
    })

    test('keeps workspaces apart', async ({ storage, workspace }) => {
      const other = `${workspace}/b`
      const [mine] = await commit(storage, workspace, [
        { key: 'b/secret', value: 'mine' },
        { append: 'event/', value: 'mine' },
      ])
      equal((await storage.read(other, ['b/secret', 'secret'])).records, [undefined, undefined])
      equal((await storage.list({ workspaceId: other, prefix: '', limit: 10 })).records, [])
      equal(await storage.commit(other, [{ key: 'b/secret', ifVersion: mine!.version!, value: 1 }]), false)
      await commit(storage, other, [{ key: 'b/secret', value: undefined }])
      equal(await valueOf(storage, workspace, 'b/secret'), 'mine')
      const [appended] = await commit(storage, other, [{ append: 'event/', value: 'theirs' }])
      equal(appended?.key, 'event/0000000000000001')
    })

    test('takes any well-formed workspace id', async ({ storage, workspace }) => {
      const ids = ["o'brien", 'a%b_c', 'Ünïcödé', '💡'.repeat(50), '__proto__', 'a\nb', '"\\'].map(
        (id) => workspace + id,
      )
      for (const id of ids) await commit(storage, id, [{ key: 'id', value: id }])
      for (const id of ids) equal(await valueOf(storage, id, 'id'), id)
    })
  })

  describe('a registry storage: commits', () => {
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

    test('holds each condition to what is there', async ({ storage, workspace }) => {
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

    test('holds a commit to records that it leaves as they are', async ({ storage, workspace }) => {
      const [relied] = await commit(storage, workspace, [{ key: 'relied', value: 1, expiresAt: 1_900_000_000_000 }])
      const check = { key: 'relied', ifVersion: relied!.version!, check: true } as const
      const told: (readonly string[] | undefined)[] = []
      const stop = storage.watch?.((change) => {
        if (change.workspaceId === workspace) told.push(change.keys)
      })
      const [checked, made] = await commit(storage, workspace, [check, { key: 'made', value: 1 }])
      stop?.()
      equal(checked, { key: 'relied', version: relied!.version })
      truthy(made?.version !== undefined, 'what stands beside a check is written')
      truthy(
        told.every((keys) => keys?.includes('relied') !== true),
        'nobody is told of what was only checked',
      )
      const { records } = await storage.read(workspace, ['relied'])
      equal(records[0], { key: 'relied', version: relied!.version!, value: 1, expiresAt: 1_900_000_000_000 })
      await commit(storage, workspace, [{ key: 'relied', value: 1 }])
      equal(await storage.commit(workspace, [check, { key: 'made', value: 2 }]), false)
      await commit(storage, workspace, [{ key: 'relied', value: undefined }])
      equal(await storage.commit(workspace, [{ key: 'made', value: 2 }, check]), false)
      equal(await valueOf(storage, workspace, 'made'), 1)
    })

    test('never uses a version again', async ({ storage, workspace }) => {
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

    test('lets exactly one of two commits on one version win', async ({ storage, workspace }) => {
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

    test('lets commits on the same keys in any order pass one after the other', async ({ storage, workspace }) => {
      const commits = Array.from({ length: 40 }, (_, index) => {
        const writes = ['x', 'y', 'z'].map((key) => ({ key, value: index % 4 === 3 ? undefined : index }))
        return storage.commit(workspace, index % 2 === 0 ? writes : writes.toReversed())
      })
      truthy((await Promise.all(commits)).every(Boolean), 'every commit went through')
      const { records } = await storage.read(workspace, ['x', 'y', 'z'])
      equal(new Set(records.map((record) => record?.version ?? 'none')).size <= 3, true)
      equal(new Set(records.map((record) => record?.value)).size, 1)
    })
  })

  describe('a registry storage: appending', () => {
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

    test('never gives a number twice, also after the record was deleted', async ({ storage, workspace }) => {
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
        for (let rounds = 0, over = false; !over && rounds < MANY; rounds++) {
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
  })

  describe('a registry storage: listing', () => {
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

    test('takes a prefix as it is written', async ({ storage, workspace }) => {
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

    test('walks pages of any size to the same end', async ({ storage, workspace }) => {
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

    test('goes on after a key that is not there', async ({ storage, workspace }) => {
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
  })

  describe('a registry storage: expiry', () => {
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
  })

  describe('a registry storage: limits', () => {
    test('takes keys of up to 512 printable ASCII characters', async ({ storage, workspace }) => {
      const keys = [
        'k'.repeat(recordLimits.keyBytes),
        ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
        '__proto__',
        'constructor',
      ]
      await commit(
        storage,
        workspace,
        keys.map((key) => ({ key, value: key })),
      )
      for (const key of keys) equal(await valueOf(storage, workspace, key), key)
    })

    test('refuses what is beyond them, and writes nothing', async ({ storage, workspace }) => {
      const many = Array.from({ length: recordLimits.writes + 1 }, (_, index) => ({ key: `k${index}`, value: 1 }))
      const refused: StorageWrite[][] = [
        ...['', 'é', 'a\n', 'a\0', 'k'.repeat(recordLimits.keyBytes + 1)].map((key) => [{ key, value: 1 }]),
        [{ append: 'k'.repeat(recordLimits.keyBytes - 15), value: 1 }],
        [{ key: 'a', value: 'x'.repeat(recordLimits.valueBytes - 1) }],
        [{ key: 'a', value: '€'.repeat(recordLimits.valueBytes / 3) }],
        [{ key: 'a', value: 1, expiresAt: Number.NaN }],
        [
          { key: 'a', value: 1 },
          { key: 'a', value: undefined },
        ],
        many,
      ]
      for (const writes of refused) {
        await refusal(storage.commit(workspace, [{ key: 'beside', value: 1 }, ...writes].slice(-101)))
      }
      for (const limit of [0, 1001, 1.5, Number.NaN]) {
        await refusal(storage.list({ workspaceId: workspace, prefix: '', limit }))
        await refusal(storage.scan({ prefix: 'nothing', limit }))
      }
      for (const id of ['', '\ud800', 'a\0b']) await refusal(storage.read(id, ['a']))
      equal((await storage.list({ workspaceId: workspace, prefix: '', limit: 10 })).records, [])
    })
  })

  describe('a registry storage: watching', () => {
    test('tells of commits until told to stop', async ({ storage, workspace }) => {
      if (storage.watch === undefined) return
      const changes: StorageChange[] = []
      const arrivals: (() => void)[] = []
      const stopBroken = storage.watch(() => {
        throw new Error('a broken listener')
      })
      const stop = storage.watch((change) => {
        if (change.workspaceId !== workspace) return
        changes.push(change)
        arrivals.shift()?.()
      })
      const arrival = new Promise<void>((resolve) => arrivals.push(resolve))
      await commit(storage, workspace, [
        { key: 'a', value: 1 },
        { append: 'event/', value: 1 },
      ])
      await arrival
      const [change] = changes
      const keys = change?.keys ?? ['a', 'event/0000000000000001']
      equal(keys.toSorted(), ['a', 'event/0000000000000001'])
      stop()
      stop()
      stopBroken()
      const before = changes.length
      await commit(storage, workspace, [{ key: 'a', value: 2 }])
      equal(changes.length, before)
    })
  })
}

/** So that a storage that never gets anywhere fails instead of hanging. */
const MANY = 10_000

interface Given {
  readonly storage: RegistryStorage
  readonly clock: { time: number }
  readonly workspace: string
}

async function commit(
  storage: RegistryStorage,
  workspace: string,
  writes: StorageWrite[],
): Promise<readonly StorageWritten[]> {
  const written = await storage.commit(workspace, writes)
  if (written === false) throw new Error('The storage refused a commit whose conditions hold.')
  return written
}

async function valueOf(storage: RegistryStorage, workspace: string, key: string): Promise<JsonValue | undefined> {
  const { records } = await storage.read(workspace, [key])
  return records[0]?.value
}

async function increment(storage: RegistryStorage, workspace: string, key: string): Promise<void> {
  for (let attempt = 0; attempt < MANY; attempt++) {
    const [record] = (await storage.read(workspace, [key])).records
    if (record === undefined) throw new Error('The record is gone.')
    const value = Number(record.value) + 1
    if ((await storage.commit(workspace, [{ key, ifVersion: record.version, value }])) !== false) return
  }
  throw new Error('No commit went through, though each gave the version that it had read.')
}

/** Goes from page to page to the last. */
async function walk<Page extends { readonly next?: string | undefined }>(
  read: (after: { readonly after?: string | undefined }) => Promise<Page>,
): Promise<Page[]> {
  const pages = [await read({})]
  for (let after = pages[0]?.next; after !== undefined; after = pages.at(-1)?.next) {
    pages.push(await read({ after }))
    truthy(pages.at(-1)?.next !== after && pages.length < MANY, 'each page ends further on')
  }
  return pages
}

function keysOf(pages: readonly StorageListResult[]): string[] {
  return pages.flatMap(({ records }) => records.map(({ key }) => key))
}

async function refusal(attempt: Promise<unknown>): Promise<void> {
  const error = await rejected(attempt)
  truthy(isIntegrationError(error) && error.code === 'invalid_input', 'it is refused with invalid_input')
}

function jsonValues(): JsonValue[] {
  return [
    null,
    true,
    0,
    -1.5e-7,
    Number.MAX_SAFE_INTEGER,
    1.7976931348623157e308,
    '',
    'Ünïcödé 💡 \u2028 \u0000 \u007f \ud800 \udc00 "quoted" \\ \n',
    [],
    {},
    [[[null]], { a: { b: [] } }],
    JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":"x","":0,"\\u0000":1}') as JsonValue,
    { b: 1, a: 2, '10': 3, '9': 4 },
  ]
}
