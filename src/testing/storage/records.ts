import type { JsonValue } from '../../model/json.js'
import { recordLimits } from '../../model/record-limits.js'
import { equal, truthy } from '../assertions.js'
import { commit, valueOf, type StorageTest } from './support.js'

/** Records are returned as they were written, and workspaces are separate. */
export function recordsContract(test: StorageTest): void {
  test('returns records in the order of the keys, with undefined for absent ones', async ({ storage, workspace }) => {
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

  test('accepts a read without keys and a commit without writes', async ({ storage, workspace }) => {
    equal((await storage.read(workspace, [])).records, [])
    equal(await storage.commit(workspace, []), [])
  })

  test('returns every JSON value unchanged', async ({ storage, workspace }) => {
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

  test('stores the largest value, and a hundred writes in one commit', async ({ storage, workspace }) => {
    const ascii = 'x'.repeat(recordLimits.valueBytes - 2)
    const wide = '€'.repeat(Math.floor((recordLimits.valueBytes - 2) / 3))
    await commit(storage, workspace, [
      { key: 'ascii', value: ascii },
      { key: 'wide', value: wide },
    ])
    const { records } = await storage.read(workspace, ['ascii', 'wide'])
    truthy(records[0]?.value === ascii && records[1]?.value === wide, 'the values are complete')
    const writes = Array.from({ length: recordLimits.writes }, (_, index) => ({ key: `many/${index}`, value: index }))
    equal((await commit(storage, workspace, writes)).length, recordLimits.writes)
  })

  test('keeps a copy of what it was given, which no reader can change', async ({ storage, workspace }) => {
    const given = { list: ['kept'] }
    await commit(storage, workspace, [{ key: 'a', value: given }])
    given.list.push('added later')
    const first = await valueOf(storage, workspace, 'a')
    equal(first, { list: ['kept'] })
    try {
      ;(first as { list: string[] }).list.push('added to what was read')
    } catch {
      // The value is frozen.
    }
    equal(await valueOf(storage, workspace, 'a'), { list: ['kept'] })
  })

  test('replaces and deletes', async ({ storage, workspace }) => {
    await commit(storage, workspace, [{ key: 'a', value: 1, expiresAt: 1_900_000_000_000 }])
    await commit(storage, workspace, [{ key: 'a', value: 2 }])
    const [record] = (await storage.read(workspace, ['a'])).records
    truthy(record?.value === 2 && record.expiresAt === undefined, 'a write without an expiry removes the old one')
    equal(await commit(storage, workspace, [{ key: 'a', value: undefined }]), [{ key: 'a', version: undefined }])
    equal(await commit(storage, workspace, [{ key: 'a', value: undefined }]), [{ key: 'a', version: undefined }])
    equal(await valueOf(storage, workspace, 'a'), undefined)
  })

  test('separates workspaces', async ({ storage, workspace }) => {
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

  test('accepts any well-formed workspace id', async ({ storage, workspace }) => {
    const ids = ["o'brien", 'a%b_c', 'Ünïcödé', '💡'.repeat(50), '__proto__', 'a\nb', '"\\'].map((id) => workspace + id)
    for (const id of ids) await commit(storage, id, [{ key: 'id', value: id }])
    for (const id of ids) equal(await valueOf(storage, id, 'id'), id)
  })
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
