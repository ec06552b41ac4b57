import {
  hasMembers,
  isCount,
  isFlag,
  isHttpUrl,
  isIdText,
  isListOf,
  isMapOf,
  isMs,
  isOneOf,
  isText,
  isUserId,
  maybe,
  wordsOf,
  type Fits,
} from '../../model/fits.js'
import { isObject } from '../../model/json.js'
import type { IntegrationHeader, ServerInfo } from '../../model/integration.js'
import { recordLimits } from '../../model/record-limits.js'
import type { ServerProfile } from '../../mcp/connection.js'
import type { QuarantinedTool, ToolDefinition } from '../../model/tool.js'
import { isNames, isLabelValue, isVisibility, isReason, isHandle, isChangeKind, isAnnotations } from './shape-words.js'
import type {
  ClientRecord,
  FlowRecord,
  IntegrationRecord,
  ListedChange,
  ServerRecord,
  SettingsRecord,
  SharedRedirect,
  StatusRecord,
  ToolSettingsRecord,
  ToolsRecord,
} from './records.js'

/** The shapes of the records of an integration. */

const isServerInfo = hasMembers<ServerInfo>({
  name: isText,
  title: maybe(isText),
  version: maybe(isText),
  websiteUrl: maybe(isText),
  icon: maybe(isText),
  instructions: maybe(isText),
})

export const isHeaders = isListOf(hasMembers<IntegrationHeader>({ name: isText, setAt: isMs }))

const isMode = isOneOf(['default', 'ask', 'auto'])

export const isIntegration = hasMembers<IntegrationRecord>({
  handle: isHandle,
  name: isText,
  ownerId: isUserId,
  connectorId: maybe(isText),
  url: maybe(isHttpUrl),
  origin: isText,
  headers: isHeaders,
  auth: isOneOf(['none', 'header', 'oauth']),
  visibility: isVisibility,
  credentials: isOneOf(['shared', 'per_user']),
  enabled: isFlag,
  trusted: isFlag,
  approval: maybe(isMode),
  agents: isNames,
  bindingRevision: isCount,
  revision: isCount,
  established: isFlag,
  createdAt: isMs,
  updatedAt: isMs,
})

export const isStatus = hasMembers<StatusRecord>({
  reason: isReason,
  checkedAt: maybe(isMs),
  lastWorkedAt: maybe(isMs),
  until: maybe(isMs),
  scopes: maybe(isNames),
  account: maybe(isText),
  signIn: maybe(isText),
  serverMessage: maybe(isText),
  accountRevision: maybe(isCount),
  protocolVersion: maybe(isText),
  before: maybe(isReason),
  foundByCall: maybe(isText),
})

export const isSettings = hasMembers<SettingsRecord>({
  tools: isMapOf(
    hasMembers<ToolSettingsRecord>({
      enabled: maybe(isFlag),
      approval: maybe(isMode),
      label: maybe(
        hasMembers<NonNullable<ToolSettingsRecord['label']>>({ value: isLabelValue, definitionHash: isText }),
      ),
      connectorLabel: maybe(isLabelValue),
      agents: maybe(isNames),
      accepted: maybe(isText),
    }),
  ),
})

/** The chunks of a list are written in one commit, with other records. */
const isChunkCount: Fits = (value) => isCount(value) && (value as number) < recordLimits.writes

export const isManifest = hasMembers<ToolsRecord>({
  hash: isIdText,
  chunks: isChunkCount,
  count: isCount,
  quarantined: isListOf(
    hasMembers<QuarantinedTool>({
      name: isText,
      reason: isOneOf(
        wordsOf<QuarantinedTool['reason']>({
          invalid_name: 1,
          duplicate_name: 1,
          invalid_schema: 1,
          schema_too_large: 1,
          invalid_definition: 1,
          too_many_tools: 1,
          list_too_large: 1,
        }),
      ),
      count: maybe(isCount),
    }),
  ),
  changes: maybe(
    isMapOf(hasMembers<ListedChange>({ kind: isChangeKind, from: maybe(isText), accepted: maybe(isText) })),
  ),
  listedAt: isMs,
  server: maybe(isServerInfo),
  freshUntil: maybe(isMs),
})

export const isDefinition = hasMembers<ToolDefinition>({
  name: isText,
  title: maybe(isText),
  description: maybe(isText),
  inputSchema: isObject,
  outputSchema: maybe(isObject),
  annotations: maybe(isAnnotations),
  icons: maybe(Array.isArray),
  execution: maybe(isObject),
  _meta: maybe(isObject),
})

export const isServer = hasMembers<ServerRecord>({
  bindingRevision: isCount,
  credential: maybe(isText),
  profile: hasMembers<ServerProfile>({
    era: isOneOf(['legacy', 'modern']),
    transport: isOneOf(['streamable-http', 'sse', 'local']),
    protocolVersion: isText,
    at: isMs,
    discover: maybe(isObject),
    sessionId: maybe(isText),
    serverCapabilities: maybe(isObject),
    server: maybe(isServerInfo),
  }),
})

export const isClient = hasMembers<ClientRecord>({
  sealed: isText,
  origin: isText,
  registration: maybe(hasMembers<NonNullable<ClientRecord['registration']>>({ name: isText, at: isMs })),
  pending: maybe(isText),
  refused: maybe(isFlag),
  sharedRedirect: maybe(hasMembers<SharedRedirect>({ issuer: isText, byHost: isFlag })),
})

export const isFlow = hasMembers<FlowRecord>({
  integrationId: isIdText,
  owner: isText,
  userId: isUserId,
  serverUrl: isHttpUrl,
  sealed: isText,
  returnTo: maybe(isText),
  ref: maybe(isText),
})
