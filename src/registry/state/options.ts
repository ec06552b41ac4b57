import type { Actor } from '../../model/actor.js'
import type { Agent } from '../../model/agent.js'
import type { Diagnostic } from '../../model/diagnostic.js'
import type { Connector } from '../../model/connector.js'
import type { JsonObject } from '../../model/json.js'
import type { ConfirmRequest } from '../../model/approval.js'
import type { ToolAnnotations, ToolLabel } from '../../model/tool.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import type { CredentialVault } from '../../ports/credential-vault.js'
import type { CallObserver } from '../../ports/call-observer.js'
import type { ElicitCallback } from '../../ports/elicit.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import type { RegistryStorage } from '../../ports/storage.js'
import type { EgressOptions } from '../../egress/guarded-fetch.js'

/**
 * Options of {@link IntegrationRegistry}. Storage and credentials have no default, so that nobody loses data by
 * accident.
 */
export interface IntegrationRegistryOptions<AgentId extends string = string> {
  /** Stores everything that must survive a restart or that other processes need. */
  readonly storage: RegistryStorage
  /** Seals header values, tokens and client secrets before they are stored. */
  readonly credentials: CredentialVault
  /** Your agents, or a function that reads them, e.g. from a database. */
  readonly agents:
    readonly (AgentId | Agent<AgentId>)[] | ((workspaceId: string) => Promise<readonly (AgentId | Agent<AgentId>)[]>)
  /** The catalogue. `@default []` */
  readonly connectors?: readonly Connector[] | ((workspaceId: string) => Promise<readonly Connector[]>) | undefined
  /** Asks a person about a call; a toolset may have its own. */
  readonly confirm?: ConfirmCallback | undefined
  /** Answers questions that servers ask during a call; a toolset may have its own. */
  readonly elicit?: ElicitCallback | undefined
  /** Observes calls, e.g. `openTelemetry()` of `mcp-integrations/otel`. */
  readonly observer?: CallObserver | undefined
  /** Your OAuth client. Without it, servers that need OAuth can't be connected. */
  readonly oauth?: OAuthHostOptions | undefined
  /** Rules and limits of approvals. */
  readonly approvals?: ApprovalOptions | undefined
  /** Who may share, and who may decide for others. */
  readonly access?: AccessOptions | undefined
  /** The allowed destinations of requests. */
  readonly egress?: EgressOptions | undefined
  /** Limits of time, size and number. */
  readonly limits?: LimitOptions | undefined
  /** How long events, audit entries and approvals are stored. */
  readonly retention?: RetentionOptions | undefined
  /** Runs `sweep()` regularly in this process. `@default` none: call `sweep()` yourself */
  readonly maintenance?: MaintenanceOptions | undefined
  /**
   * Receives diagnostics for the host's log: at most 20 a second, without secrets. Errors of the listener are
   * ignored.
   */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined
  /** Replaces clock, timers, ids or network, for tests and special hosts. `@default` the platform's */
  readonly runtime?: Partial<RegistryRuntime> | undefined
}

/** Your OAuth client, as authorization servers see it. */
export interface OAuthHostOptions {
  /**
   * Where authorization servers redirect people to. Pass the whole received URL to `finishConnect`. `{issuer}` is replaced
   * by a short hash of the authorization server, so that each has its own redirect URI.
   */
  readonly redirectUrl: string
  /** The name that authorization servers show to people. */
  readonly clientName: string
  /** An `https:` URL with a path that serves your Client ID Metadata Document. */
  readonly clientMetadataUrl?: string | undefined
}

/** Input of a host's policy. Without `arguments` for toolsets and settings, where no call is made yet. */
export interface PolicyInput {
  /** The person whom the call is for. */
  readonly actor: Actor
  readonly agentId: string
  readonly conversationId?: string | undefined
  /** The integration of the tool. */
  readonly integration: {
    readonly id: string
    readonly handle: string
    readonly name: string
    readonly origin: string
    readonly connectorId?: string | undefined
    readonly trusted: boolean
  }
  /** The tool. */
  readonly tool: {
    readonly name: string
    readonly modelName: string
    readonly label?: ToolLabel | undefined
    readonly annotations?: ToolAnnotations | undefined
  }
  /** The arguments of the call; absent if no call is made yet. */
  readonly arguments?: JsonObject | undefined
}

/** The decision of a host's policy. */
export interface PolicyVerdict {
  /** `auto` runs the call, `ask` asks a person, `deny` refuses the call. */
  readonly mode: 'auto' | 'ask' | 'deny'
  /** The host's name for the rule, for the prompt, the audit and errors. */
  readonly rule: string
}

/** How approvals are asked for and kept. */
export interface ApprovalOptions {
  /**
   * Replaces the platform rule; return `undefined` to keep that for this tool. It may tighten a tool's own setting but
   * never loosen *ask*. Must be synchronous and quick. An error or an invalid result denies.
   */
  readonly policy?: ((input: PolicyInput) => PolicyVerdict | undefined) | undefined
  /** How long a call waits for the confirm callback, in ms. `@default 300_000` */
  readonly waitMs?: number | undefined
  /** How long an approval stays open, in ms. `@default 86_400_000` (a day) */
  readonly expiresAfterMs?: number | undefined
  /** What to do with a tool that is new or may do more than its accepted definition. `@default 'ask'` */
  readonly onToolChange?: 'ask' | 'hold' | 'accept' | undefined
  /** Returns a sentence about the risk of a call, to show with the request. */
  readonly risk?: ((request: Omit<ConfirmRequest, 'risk'>) => string | undefined) | undefined
  /** Maximum number of pending approvals of one conversation. `@default 10` */
  readonly maxPendingPerConversation?: number | undefined
  /** Maximum number of pending approvals of one agent of a person. `@default half of maxPendingPerUser, at least 10` */
  readonly maxPendingPerAgent?: number | undefined
  /** Maximum number of pending approvals of one person. An agent without any can always ask once. `@default 100` */
  readonly maxPendingPerUser?: number | undefined
  /** Maximum number of pending approvals of equal calls. Further equal calls share the last one. `@default 3` */
  readonly maxPendingEqual?: number | undefined
}

/** Rules for people's permissions. */
export interface AccessOptions {
  /** Who may share an integration with the workspace. `@default 'members'` */
  readonly sharing?: 'members' | 'admins' | undefined
  /** Whether admins may decide approvals of other people. `@default false` */
  readonly adminsDecideForOthers?: boolean | undefined
}

/** Limits. All times in ms, sizes in bytes. */
export interface LimitOptions {
  /** `@default 60_000` */
  readonly callTimeoutMs?: number | undefined
  /** Connecting and listing tools. `@default 15_000` */
  readonly connectTimeoutMs?: number | undefined
  /** Simultaneous requests to one integration with one credential. `@default 8` */
  readonly concurrencyPerIntegration?: number | undefined
  /** How long an idle connection stays open. `@default 300_000` */
  readonly idleConnectionMs?: number | undefined
  /** Open connections. Beyond this number, the least recently used are closed. `@default 500` */
  readonly maxConnections?: number | undefined
  /** Tools of one integration. `@default 1000` */
  readonly maxTools?: number | undefined
  /** One response of a server, decoded. `@default 4 MiB` */
  readonly maxResponseBytes?: number | undefined
  /** The arguments of one call. `@default 64 KiB`, at most 192 KiB; heavily escaped text may exceed a record earlier */
  readonly maxArgumentBytes?: number | undefined
  /** Maximum age of a tool list when an approval is used; an older list is refreshed first. `@default 300_000` */
  readonly relistBeforeApprovalMs?: number | undefined
  /** One operation of the storage or of the credential vault; sealing a secret may take six times as long. `@default 5_000` */
  readonly storageTimeoutMs?: number | undefined
}

/** Regular sweeps in this process. */
export interface MaintenanceOptions {
  /** The longest pause between two sweeps, in ms. Each pause is between half of it and all of it. */
  readonly everyMs: number
}

/** How long records are stored, in ms. */
export interface RetentionOptions {
  /** The durable feed. `@default 7 days` */
  readonly eventsMs?: number | undefined
  /** `@default 90 days` */
  readonly auditMs?: number | undefined
  /** Decided approvals. `@default 7 days` */
  readonly approvalsMs?: number | undefined
  /** Whether the audit log contains arguments, not only their digest. `@default false` */
  readonly auditArguments?: boolean | undefined
}
