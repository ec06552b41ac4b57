import { expectCpuBelow } from '../support/cpu.js'

// #region contract
import { describe, expect, it } from 'vitest'
import { memoryStorage } from '../../src/storage/memory.js'
import { describeStorageContract } from '../../src/testing/storage-contract.js'

describeStorageContract({ describe, it }, (options) => memoryStorage(options))
// #endregion

describe('memoryStorage', () => {
  it('uses the clock of the machine when given none', async () => {
    const before = Date.now()
    const { now } = await memoryStorage().read('w', [])
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })

  it('finds a page among many records without going through all of them', async () => {
    const storage = memoryStorage()
    for (let batch = 0; batch < 400; batch++) {
      const writes = Array.from({ length: 100 }, (_, index) => ({
        key: `k/${((batch * 100 + index) * 17) % 40_000}`,
        value: 1,
      }))
      await storage.commit(`w${batch % 2}`, writes)
    }
    await expectCpuBelow(170, async () => {
      for (let round = 0; round < 1000; round++) {
        await storage.list({ workspaceId: 'w1', prefix: `k/${round}`, limit: 5 })
      }
    })
  })
})
