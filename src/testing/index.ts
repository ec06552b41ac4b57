export type { TestRunner } from './assertions.js'
export { describeStorageContract, type MakeStorage } from './storage-contract.js'
export { describeVaultContract, type MakeVault } from './vault-contract.js'
export {
  fetchAmong,
  testServer,
  type TestRequest,
  type TestServer,
  type TestServerOptions,
  type TestTool,
  type TestToolResult,
  type TestToolContext,
} from './mcp-server.js'
export { manualRuntime, type ManualRuntime } from './manual-runtime.js'
