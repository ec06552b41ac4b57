// Proves the storage of own-storage.mjs with the contract suite: node examples/own-storage/check.mjs
import { setImmediate } from 'node:timers/promises'
import { describeStorageContract } from 'mcp-integrations/testing'
import { ownStorage } from './own-storage.mjs'

/** A plain key-value store: the only thing it can do at once is to put a value if nobody else has put one. */
function plainStore() {
  const values = new Map()
  let version = 0
  return {
    async get(name) {
      await setImmediate()
      return values.get(name)
    },
    async putIfVersion(name, value, ifVersion) {
      await setImmediate()
      if (values.get(name)?.version !== ifVersion) return false
      values.set(name, { value, version: ++version })
      return true
    },
  }
}

const tests = []
describeStorageContract(
  { describe: (_name, body) => body(), it: (name, body) => tests.push({ name, body }) },
  ({ now }) => ownStorage({ store: plainStore(), now }),
)

const failed = []
for (const { name, body } of tests) {
  try {
    await body()
    console.log(`  ok    ${name}`)
  } catch (error) {
    failed.push(name)
    console.log(`  FAIL  ${name}: ${error.message}`)
  }
}
console.log(`\n${tests.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = tests.length > 0 && failed.length === 0 ? 0 : 1
