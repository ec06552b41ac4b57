import { recordLimits } from '../../model/record-limits.js'
import type { StorageWrite } from '../../ports/storage.js'
import { equal } from '../assertions.js'
import { commit, refusal, valueOf, type StorageTest } from './support.js'

/** The limits of a storage. */
export function limitsContract(test: StorageTest): void {
  test('accepts keys of up to 512 printable ASCII characters', async ({ storage, workspace }) => {
    const keys = ['k'.repeat(recordLimits.keyBytes), ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', '__proto__', 'constructor']
    await commit(
      storage,
      workspace,
      keys.map((key) => ({ key, value: key })),
    )
    for (const key of keys) equal(await valueOf(storage, workspace, key), key)
  })

  test('refuses input beyond the limits, and writes nothing', async ({ storage, workspace }) => {
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
      await refusal(storage.expired({ limit }))
    }
    for (const id of ['', '\ud800', 'a\0b']) await refusal(storage.read(id, ['a']))
    equal((await storage.list({ workspaceId: workspace, prefix: '', limit: 10 })).records, [])
  })
}
