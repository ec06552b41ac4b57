import { describe, it } from 'vitest'
import Database from 'libsql'
import { sqliteStorage } from '../../src/storage/sqlite.js'
import { describeStorageContract } from '../../src/testing/storage-contract.js'

describeStorageContract({ describe, it }, (options) =>
  sqliteStorage({ ...options, database: new Database(':memory:') }),
)
