// The registry
export { IntegrationRegistry } from './registry/integration-registry.js'
export type {
  AccessOptions,
  ApprovalOptions,
  IntegrationRegistryOptions,
  LimitOptions,
  OAuthHostOptions,
  PolicyInput,
  PolicyVerdict,
  RetentionOptions,
} from './registry/state/options.js'
export type {
  ActorApprovals,
  ActorGrants,
  ActorIntegrations,
  OperationOptions as VerbOptions,
} from './registry/actor-integrations.js'
export type { ConnectInput, ConnectOptions } from './registry/settings/plan-connect.js'
export type { ConnectResult } from './registry/settings/connect-result.js'
export type { ListOptions } from './registry/settings/integrations.js'
export type { UpdateInput } from './registry/settings/plan-edit.js'
export type { Toolset, ToolsetOptions } from './registry/gate/toolset.js'
export type { CallOptions } from './registry/gate/call-scope.js'
export type { ToolOverview } from './registry/settings/tool-settings.js'
export type { ApprovalPage } from './registry/gate/approvals.js'
export type { AuditPage, EventOf, EventPage } from './registry/state/event-feed.js'
export type { Explanation } from './registry/gate/explain.js'
export type { ResealReport, SweepReport } from './registry/operations/maintenance.js'

// Storage and credentials
export { memoryStorage, type MemoryStorageOptions } from './storage/memory.js'
export {
  encryptedCredentials,
  type EncryptedCredentialsOptions,
  type EncryptionKey,
  type KeyProvider,
} from './vaults/encrypted.js'

// For a storage of one's own
export {
  appendedKey,
  checkList,
  checkRead,
  checkScan,
  checkWrites,
  recordLimits,
  scanCursor,
  type AnyWrite,
  type PageQuery,
} from './model/record.js'

// What a host plugs in
export type * from './ports/storage.js'
export type * from './ports/credential-vault.js'
export type * from './ports/confirm.js'
export type * from './ports/elicit.js'
export type * from './ports/runtime.js'
export type { EgressOptions } from './egress/guarded-fetch.js'

// The words
export type * from './model/actor.js'
export type * from './model/agent.js'
export type * from './model/approval.js'
export type * from './model/connector.js'
export {
  errorCodes,
  IntegrationError,
  isIntegrationError,
  type ErrorCode,
  type FieldProblem,
  type IntegrationErrorDetails,
} from './model/errors.js'
export type * from './model/event.js'
export type * from './model/integration.js'
export type * from './model/json.js'
export type * from './model/local-server.js'
export type * from './model/oauth.js'
export type * from './model/outcome.js'
export type {
  ApprovalMode,
  QuarantinedTool,
  ResolvedApproval,
  Tool,
  ToolAnnotations,
  ToolChange,
  ToolChangeKind,
  ToolContent,
  ToolDifference,
  ToolLabel,
  ToolLabelValue,
  ToolProgress,
  ToolResult,
  ToolSettings,
} from './model/tool.js'
export type * from './model/toolset.js'
