import type { ApprovalMode } from './tool.js'
/** Who may use an integration: its owner, or everybody in the workspace. */
export type IntegrationVisibility = 'private' | 'workspace'

/** Whether everybody calls with one credential or each person with their own. */
export type CredentialMode = 'shared' | 'per_user'

/** How calls identify themselves to the server. */
export type IntegrationAuth = 'none' | 'header' | 'oauth'

/** What is to be said of an integration at a glance. `connecting`: a person is at the authorization server. */
export type IntegrationStatus = 'connected' | 'error' | 'reconnect_required' | 'connecting'

/** Why a status is what it is. */
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

/** Why a status is what it is: a closed union, each belonging to exactly one {@link IntegrationStatus}. */
export type StatusReason = keyof typeof statusReasons

/** The one thing to do about a status. */
export type StatusAction = 'validate' | 'reconnect' | 'edit' | 'wait'

/** The detail behind a status. Times are ms since the epoch. */
export interface StatusDetail {
  /** The reason, for code. */
  readonly reason: StatusReason
  /** One sentence for a person: what happened and what to do. */
  readonly message: string
  /** The one thing to do about it; absent: nothing. */
  readonly action?: StatusAction | undefined
  /**
   * What the server said about it, in its own words: untrusted, bounded, nothing hidden. Only for those who may edit.
   */
  readonly serverMessage?: string | undefined
  /** When it was last checked. */
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

/** What somebody may be allowed to do with an integration. */
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

/** How many tools an integration has, and how they stand for this actor. */
export interface ToolCounts {
  /** Usable tools that the server listed last. */
  readonly total: number
  /** Switched on. */
  readonly enabled: number
  /** Of these, the ones whose calls ask a person. */
  readonly ask: number
  /** New, or different from what was accepted: to be reviewed. */
  readonly changed: number
  /** Of these, the ones that are kept from agents until somebody accepts them. */
  readonly held: number
}

/**
 * What a server says of itself, with control, bidi and invisible characters made visible.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/schema#implementation
 */
export interface ServerInfo {
  readonly name: string
  readonly title?: string | undefined
  /** Its own word, e.g. `2.4.0`. */
  readonly version?: string | undefined
  /** `https:` only. */
  readonly websiteUrl?: string | undefined
  /** A `data:` URL of a PNG, JPEG or WebP of up to 32 KiB, otherwise an `https:` URL that nobody has loaded. */
  readonly icon?: string | undefined
  /** How the server wants to be used, at most 16,384 characters. Server text: a model should see it as such. */
  readonly instructions?: string | undefined
}

/** A connected (or connectable) MCP server. Times are ms since the epoch. */
export interface Integration {
  readonly id: string
  /** Made at connect, never changes, prefixes the names that models see. `[a-z0-9_]`, at most 24 characters. */
  readonly handle: string
  readonly workspaceId: string
  /** The person who connected it, or to whom it was handed. */
  readonly ownerId: string
  readonly name: string
  /** The catalogue entry it came from. */
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
  /** The approval mode of its tools that have none of their own. */
  readonly approval: ApprovalMode
  /** Who may use it: ids of agents, never empty. */
  readonly agents: readonly string[]
  /** What the actor may do with it now, so that a page offers nothing that would be refused. */
  readonly allowed: readonly IntegrationOperation[]
  /** With `credentials: 'per_user'` the actor's own. */
  readonly status: IntegrationStatus
  /** Why the status is what it is, in words for a person. */
  readonly statusDetail: StatusDetail
  /** How many of its tools are on, ask and wait for review. */
  readonly tools: ToolCounts
  /** What the server says of itself; shown, never believed. */
  readonly server?: ServerInfo | undefined
  /** The MCP revision last spoken, e.g. `2026-07-28`. */
  readonly protocolVersion?: string | undefined
  /** The account the credential belongs to, where the authorization server tells. */
  readonly account?: string | undefined
  /** Grows by one with each edit; give it as `ifRevision`. */
  readonly revision: number
  /** When it was connected first. */
  readonly createdAt: number
  /** When it was edited last. */
  readonly updatedAt: number
}
