import type { RegistryStorage } from '../ports/storage.js'
import type { TestRunner } from './assertions.js'
import { appendingContract } from './storage/appending.js'
import { commitsContract } from './storage/commits.js'
import { expiryContract } from './storage/expiry.js'
import { limitsContract } from './storage/limits.js'
import { listingContract } from './storage/listing.js'
import { recordsContract } from './storage/records.js'
import { watchingContract } from './storage/watching.js'
import type { StorageTest } from './storage/support.js'

/** Creates a storage with the given clock. The storage may share its database with others, and need not be empty. */
export type MakeStorage = (options: { readonly now: () => number }) => RegistryStorage | Promise<RegistryStorage>

/**
 * Declares tests for every promise of {@link RegistryStorage}. A storage that passes them works for a registry.
 *
 * @param runner - `describe` and `it` of your test runner (vitest, jest, mocha, `node:test`, `bun:test`)
 * @param makeStorage - called once for each test; the storage is closed afterwards
 *
 * @example
 * ```ts
 * // examples/guides/storage.ts#contract
 * const myStorage = ({ now }: { readonly now: () => number }): RegistryStorage => memoryStorage({ now }) // yours
 * // In your tests, with vitest, jest, mocha, node:test or bun:test:
 * describeStorageContract({ describe, it }, ({ now }) => myStorage({ now }))
 * ```
 */
export function describeStorageContract(runner: TestRunner, makeStorage: MakeStorage): void {
  const test: StorageTest = (name, body) => {
    runner.it(name, async () => {
      const clock = { time: 1_800_000_000_000 }
      const storage = await makeStorage({ now: () => clock.time })
      try {
        await body({ storage, clock, workspace: `workspace ${crypto.randomUUID()}` })
      } finally {
        await storage.close?.()
      }
    })
  }
  runner.describe('a registry storage: records', () => recordsContract(test))
  runner.describe('a registry storage: commits', () => commitsContract(test))
  runner.describe('a registry storage: appending', () => appendingContract(test))
  runner.describe('a registry storage: listing', () => listingContract(test))
  runner.describe('a registry storage: expiry', () => expiryContract(test))
  runner.describe('a registry storage: limits', () => limitsContract(test))
  runner.describe('a registry storage: watching', () => watchingContract(test))
}
