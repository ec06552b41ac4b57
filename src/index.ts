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
  MaintenanceOptions,
  RetentionOptions,
} from './registry/state/options.js'
export type {
  ActorApprovals,
  ActorGrants,
  ActorIntegrations,
  OperationOptions,
  SignInOptions,
} from './registry/actor-integrations.js'
export type { IntegrationListOptions } from './registry/settings/integrations.js'
export type { ConnectInput, ConnectInputBase } from './registry/settings/plan-connect.js'
export type { ConnectResult } from './model/outcome.js'
export type { UpdateInput } from './registry/settings/plan-edit.js'
export type { Toolset, ToolsetOptions } from './registry/gate/toolset.js'
export type { FindOptions, ToolSearchOptions } from './registry/gate/tool-search.js'
export type { ToolCallOptions } from './registry/gate/call-scope.js'
export type { CheckInput, ServerCheck } from './registry/settings/check-server.js'
export type { ToolOverview } from './registry/settings/tools-overview.js'
export type { ApprovalPage, ApprovalQuery } from './registry/gate/list-approvals.js'
export type { ActorEvent, ActorEventOf } from './registry/operations/actor-events.js'
export type { LocalEvent, RegistryEventOf, RegistryEventPage, RegistryEventQuery } from './registry/state/event-feed.js'
export type { AuditPage, AuditQuery } from './registry/operations/read-audit.js'
export type { CallExplanation } from './registry/gate/explain.js'
export type { ResealReport } from './registry/operations/reseal.js'
export type { SweepReport } from './registry/operations/sweep.js'

// Storage and credentials
export { memoryStorage, type MemoryStorageOptions } from './storage/memory.js'
export {
  encryptedCredentials,
  type EncryptedCredentialsOptions,
  type EncryptionKey,
  type EncryptionKeyProvider,
} from './vaults/encrypted.js'
export type { WebCryptoKey } from './vaults/web-crypto-key.js'

// Ports of the host
export type {
  RegistryStorage,
  StorageAppend,
  StorageChange,
  StorageCheck,
  StorageExpiredQuery,
  StorageListQuery,
  StorageListResult,
  StorageReadResult,
  StorageRecord,
  StorageRecordWrite,
  StorageScanQuery,
  StorageScanResult,
  StorageWrite,
  StorageWritten,
} from './ports/storage.js'
export type { CredentialVault, SecretContext } from './ports/credential-vault.js'
export type { ConfirmCallback } from './ports/confirm.js'
export type { CallObservation, CallObserver, ObservedCall, ObservedEnd } from './ports/call-observer.js'
export type { ElicitAnswer, ElicitCallback, ElicitQuestion, ElicitRequest } from './ports/elicit.js'
export type { RegistryRuntime } from './ports/runtime.js'
export type { EgressOptions } from './egress/guarded-fetch.js'

// Errors and statuses
export {
  errorCodes,
  IntegrationError,
  isIntegrationError,
  type ErrorCode,
  type FieldProblem,
  type IntegrationErrorDetails,
} from './model/errors.js'

// Types
export type { Actor, Me } from './model/actor.js'
export type { Diagnostic, DiagnosticArea } from './model/diagnostic.js'
export type { Agent } from './model/agent.js'
export {
  approvalTransitions,
  type Approval,
  type ApprovalDecision,
  type ApprovalStatus,
  type ArgumentsDisplay,
  type ConfirmRequest,
  type Grant,
  type RememberOptions,
} from './model/approval.js'
export type {
  AvailableConnector,
  Connector,
  ConnectorAuth,
  ConnectorDescription,
  ConnectorToolSettings,
} from './model/connector.js'
export type {
  AuditEntry,
  CallEvent,
  CallOutcomeName,
  IntegrationEventBase,
  RegistryEvent,
  RegistryEventBase,
  RegistryEventName,
} from './model/event.js'
export {
  statusReasons,
  type CredentialMode,
  type Integration,
  type IntegrationAuth,
  type IntegrationHeader,
  type IntegrationOperation,
  type IntegrationStatus,
  type IntegrationVisibility,
  type ServerInfo,
  type StatusAction,
  type StatusDetail,
  type StatusReason,
  type ToolCounts,
} from './model/integration.js'
export type { JsonObject, JsonValue } from './model/json.js'
export type { LocalServer } from './model/local-server.js'
export type {
  ClientCredentialsGrant,
  IdentityAssertionGrant,
  OAuthGrant,
  OAuthServerMetadata,
  OAuthSettings,
} from './model/oauth.js'
export type { ReconnectInput } from './registry/settings/reconnect.js'
export type { ResultWarning, ToolCallOutcome, WayBack } from './model/outcome.js'
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
export type { ToolsetTool, UnavailableReason, UnavailableTool } from './model/toolset.js'
