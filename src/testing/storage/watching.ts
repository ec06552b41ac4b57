import type { StorageChange } from '../../ports/storage.js'
import { equal } from '../assertions.js'
import { commit, type StorageTest } from './support.js'

/** Watchers are called after each commit. */
export function watchingContract(test: StorageTest): void {
  test('reports commits, with what they wrote if it can, until the watcher stops', async ({ storage, workspace }) => {
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
    if (change?.recordOf !== undefined) {
      const written = keys.map((key) => change.recordOf?.(key))
      equal(written, (await storage.read(workspace, keys)).records)
      await commit(storage, workspace, [{ key: 'a', value: undefined }])
      equal(changes.at(-1)?.recordOf?.('a'), undefined)
    }
    stop()
    stop()
    stopBroken()
    const before = changes.length
    await commit(storage, workspace, [{ key: 'a', value: 2 }])
    equal(changes.length, before)
  })
}
