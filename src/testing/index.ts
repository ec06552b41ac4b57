export type { TestRunner } from './assertions.js'
export { describeStorageContract, type MakeStorage } from './storage-contract.js'
export { describeVaultContract, type MakeVault } from './vault-contract.js'
