import type { ApprovalMode } from './tool.js'
/** Who may use an integration: its owner, or everybody in the workspace. */
export type IntegrationVisibility = 'private' | 'workspace'

/** Whether everybody calls with one credential or each person with their own. */
export type CredentialMode = 'shared' | 'per_user'

/** How calls identify themselves to the server. */
export type IntegrationAuth = 'none' | 'header' | 'oauth'

/** An integration's state at a glance. `connecting`: a person is signing in at the authorization server. */
export type IntegrationStatus = 'connected' | 'error' | 'reconnect_required' | 'connecting'

/** Every status reason, with the status that it belongs to. */
export const statusReasons = {
  ok: 'connected',
  unreachable: 'error',
  tls: 'error',
  timeout: 'error',
  server_error: 'error',
  rate_limited: 'error',
  not_mcp: 'error',
  protocol_error: 'error',
  response_too_large: 'error',
  url_refused: 'error',
  local_server_failed: 'error',
  first_sign_in: 'reconnect_required',
  credential_missing: 'reconnect_required',
  credential_needed: 'reconnect_required',
  credential_rejected: 'reconnect_required',
  client_rejected: 'reconnect_required',
  refresh_rejected: 'reconnect_required',
  refresh_outcome_unknown: 'reconnect_required',
  issuer_changed: 'reconnect_required',
  scope_required: 'reconnect_required',
  credential_unreadable: 'reconnect_required',
  awaiting_authorization: 'connecting',
} as const satisfies Record<string, IntegrationStatus>

/** The reason for a status. Each reason belongs to exactly one {@link IntegrationStatus}. */
export type StatusReason = keyof typeof statusReasons

/** The next step for a status. */
export type StatusAction = 'validate' | 'reconnect' | 'edit' | 'wait'

/** The detail behind a status. Times are ms since the epoch. */
export interface StatusDetail {
  /** The reason, for code. */
  readonly reason: StatusReason
  /** One sentence for a person: what happened and what to do. */
  readonly message: string
  /** The next step; absent if there is nothing to do. */
  readonly action?: StatusAction | undefined
  /**
   * The server's own error text: untrusted, at most 2,000 characters, with invisible characters escaped. Only for people who
   * may edit the integration.
   */
  readonly serverMessage?: string | undefined
  /** When the connection was last checked. */
  readonly checkedAt?: number | undefined
  /** When a request last succeeded. */
  readonly lastWorkedAt?: number | undefined
}

/** A header of an integration, without its value: values are write-only. */
export interface IntegrationHeader {
  readonly name: string
  /** When its value was set, in ms since the epoch. */
  readonly setAt: number
}

/** An operation that a person may be allowed on an integration. */
export type IntegrationOperation =
  | 'update'
  | 'share'
  | 'set_endpoint'
  | 'enable'
  | 'disable'
  | 'validate'
  | 'reconnect'
  | 'own_credential'
  | 'list_tools'
  | 'configure_tools'
  | 'accept_tools'
  | 'trust'
  | 'transfer_owner'
  | 'remove'

/** The number of tools, and how many of them ask this actor or need review. */
export interface ToolCounts {
  /** Usable tools that the server listed last. */
  readonly total: number
  /** Switched on. */
  readonly enabled: number
  /** Enabled tools whose calls ask a person. */
  readonly ask: number
  /** Tools to review: new, or different from the accepted definition. */
  readonly changed: number
  /** Tools to review that agents can't call until a person accepts them. */
  readonly held: number
}

/**
 * A server's description of itself, with control, bidi and invisible characters made visible.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/schema#implementation
 */
export interface ServerInfo {
  readonly name: string
  readonly title?: string | undefined
  /** The version that the server reports, e.g. `2.4.0`. */
  readonly version?: string | undefined
  /** `https:` only. */
  readonly websiteUrl?: string | undefined
  /** A `data:` URL of a PNG, JPEG or WebP of up to 32 KiB, otherwise an `https:` URL that was not loaded. */
  readonly icon?: string | undefined
  /**
   * The server's instructions for its use, at most 16,384 characters. Untrusted text: mark it as the server's for a
   * model.
   */
  readonly instructions?: string | undefined
}

/** An MCP server that a person connected. Times are ms since the epoch. */
export interface Integration {
  readonly id: string
  /** Assigned at connect, never changes, prefixes the names that models see. `[a-z0-9_]`, at most 24 characters. */
  readonly handle: string
  readonly workspaceId: string
  /** The person who connected the server, or to whom it was transferred. */
  readonly ownerId: string
  readonly name: string
  /** The catalogue entry that it was connected from. */
  readonly connectorId?: string | undefined
  /** Scheme, host and port, in ASCII. */
  readonly origin: string
  /** Only for those who may edit. */
  readonly url?: string | undefined
  /** Only for those who may edit. */
  readonly headers?: readonly IntegrationHeader[] | undefined
  /** How calls identify themselves to the server. */
  readonly auth: IntegrationAuth
  /** Who may use it. */
  readonly visibility: IntegrationVisibility
  /** Whether everybody calls with one credential or each person with their own. */
  readonly credentials: CredentialMode
  /** The master switch. */
  readonly enabled: boolean
  /** Whether the server's annotations are believed. */
  readonly trusted: boolean
  /** The approval mode of tools without their own mode. */
  readonly approval: ApprovalMode
  /** The ids of the agents that may call its tools; never empty. */
  readonly agents: readonly string[]
  /** The operations that the actor may use now, so that a page offers nothing that would be refused. */
  readonly allowed: readonly IntegrationOperation[]
  /** The status; with `credentials: 'per_user'`, that of the actor's own credential. */
  readonly status: IntegrationStatus
  /** The reason for the status, with a message for a person. */
  readonly statusDetail: StatusDetail
  /** The number of tools: enabled, asking, and waiting for review. */
  readonly tools: ToolCounts
  /** The server's description of itself; shown, never trusted. */
  readonly server?: ServerInfo | undefined
  /** The MCP revision last spoken, e.g. `2026-07-28`. */
  readonly protocolVersion?: string | undefined
  /** The account that the credential belongs to, where the authorization server reports it. */
  readonly account?: string | undefined
  /** Increases by one with each edit; pass it as `ifRevision`. */
  readonly revision: number
  /** When the server was first connected. */
  readonly createdAt: number
  /** When the integration was last edited. */
  readonly updatedAt: number
}
