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
 * Options of {@link IntegrationRegistry}. Storage and credentials have no hidden default: nobody loses data by
 * omission.
 */
export interface IntegrationRegistryOptions<AgentId extends string = string> {
  /** Keeps everything that a restart or another process needs. */
  readonly storage: RegistryStorage
  /** Seals header values, tokens and client secrets before they are stored. */
  readonly credentials: CredentialVault
  /** The agents that integrations may name, or a function where they live in a database. */
  readonly agents:
    readonly (AgentId | Agent<AgentId>)[] | ((workspaceId: string) => Promise<readonly (AgentId | Agent<AgentId>)[]>)
  /** The catalogue. `@default []` */
  readonly connectors?: readonly Connector[] | ((workspaceId: string) => Promise<readonly Connector[]>) | undefined
  /** Asks a person about a call; a toolset may have its own. */
  readonly confirm?: ConfirmCallback | undefined
  /** Answers questions that servers ask during a call; a toolset may have its own. */
  readonly elicit?: ElicitCallback | undefined
  /** Watches calls as they are sent, e.g. `openTelemetry()` of `mcp-integrations/otel`. */
  readonly observer?: CallObserver | undefined
  /** Who the host is to authorization servers; without it, servers that need OAuth can't be connected. */
  readonly oauth?: OAuthHostOptions | undefined
  /** How approvals are asked for and kept. */
  readonly approvals?: ApprovalOptions | undefined
  /** Who may share, and who may decide for others. */
  readonly access?: AccessOptions | undefined
  /** Where requests may go. */
  readonly egress?: EgressOptions | undefined
  /** Bounds on time, size and number. */
  readonly limits?: LimitOptions | undefined
  /** How long events, audit and approvals are kept. */
  readonly retention?: RetentionOptions | undefined
  /** Sweeping in this process. `@default` none: the host calls `sweep()` */
  readonly maintenance?: MaintenanceOptions | undefined
  /**
   * Receives contained problems for the host's log: at most 20 a second, without secrets. A throw of the listener is
   * ignored.
   */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined
  /** Clock, timers, ids and network, for tests and special hosts. `@default` the platform's */
  readonly runtime?: Partial<RegistryRuntime> | undefined
}

/** Who the host is to authorization servers. */
export interface OAuthHostOptions {
  /**
   * Where authorization servers send people back; the whole URL then goes to `finishConnect`. `{issuer}` in it becomes a
   * short name of the authorization server, so that each has a redirect URI of its own.
   */
  readonly redirectUrl: string
  /** The name that authorization servers show to people: who asks for access. */
  readonly clientName: string
  /** An `https:` URL with a path that serves our Client ID Metadata Document. */
  readonly clientMetadataUrl?: string | undefined
}

/** Input of a host's policy. `arguments` are absent where no call is made yet (toolsets, settings). */
export interface PolicyInput {
  /** The person the call is made for. */
  readonly actor: Actor
  readonly agentId: string
  readonly conversationId?: string | undefined
  /** The integration that would be called. */
  readonly integration: {
    readonly id: string
    readonly handle: string
    readonly name: string
    readonly origin: string
    readonly connectorId?: string | undefined
    readonly trusted: boolean
  }
  /** The tool that would be called. */
  readonly tool: {
    readonly name: string
    readonly modelName: string
    readonly label?: ToolLabel | undefined
    readonly annotations?: ToolAnnotations | undefined
  }
  /** The arguments of the call; absent where no call is made yet. */
  readonly arguments?: JsonObject | undefined
}

/** A host's decision and its name for the rule. */
export interface PolicyVerdict {
  /** `auto` runs it, `ask` asks a person, `deny` refuses it. */
  readonly mode: 'auto' | 'ask' | 'deny'
  /** The host's name for the rule, for the prompt, the audit and errors. */
  readonly rule: string
}

/** How approvals are asked for and kept. */
export interface ApprovalOptions {
  /**
   * Replaces the platform rule (return `undefined` to keep it for this tool). It may tighten a tool's own setting,
   * never loosen *ask*. Must be synchronous and quick; a throw or an unknown answer denies.
   */
  readonly policy?: ((input: PolicyInput) => PolicyVerdict | undefined) | undefined
  /** How long a call waits for the confirm callback, in ms. `@default 300_000` */
  readonly waitMs?: number | undefined
  /** How long an approval stays open, in ms. `@default 86_400_000` (a day) */
  readonly expiresAfterMs?: number | undefined
  /** What to do with a tool that is new or may do more than its accepted definition. `@default 'ask'` */
  readonly onToolChange?: 'ask' | 'hold' | 'accept' | undefined
  /** A line about the risk of a call, for the prompt. */
  readonly risk?: ((request: Omit<ConfirmRequest, 'risk'>) => string | undefined) | undefined
  /** Pending approvals of one conversation. `@default 10` */
  readonly maxPendingPerConversation?: number | undefined
  /** Pending approvals of one agent of a person. `@default half of maxPendingPerUser, at least 10` */
  readonly maxPendingPerAgent?: number | undefined
  /** Pending approvals of one person; an agent that has none may always ask once. `@default 100` */
  readonly maxPendingPerUser?: number | undefined
  /** Pending approvals of equal calls: the next one waits with the last of them. `@default 3` */
  readonly maxPendingEqual?: number | undefined
}

/** Host rules about who may do what. */
export interface AccessOptions {
  /** Who may share an integration with the workspace. `@default 'members'` */
  readonly sharing?: 'members' | 'admins' | undefined
  /** Whether admins may decide approvals of other people. `@default false` */
  readonly adminsDecideForOthers?: boolean | undefined
}

/** Bounds. All times in ms, sizes in bytes. */
export interface LimitOptions {
  /** `@default 60_000` */
  readonly callTimeoutMs?: number | undefined
  /** Connecting and listing tools. `@default 15_000` */
  readonly connectTimeoutMs?: number | undefined
  /** Requests at once to one integration for one credential. `@default 8` */
  readonly concurrencyPerIntegration?: number | undefined
  /** An idle connection is closed after so long. `@default 300_000` */
  readonly idleConnectionMs?: number | undefined
  /** Live connections; the least recently used go first. `@default 500` */
  readonly maxConnections?: number | undefined
  /** Tools of one integration. `@default 1000` */
  readonly maxTools?: number | undefined
  /** One answer of a server, decoded. `@default 4 MiB` */
  readonly maxResponseBytes?: number | undefined
  /** The arguments of one call. `@default 64 KiB`, at most 192 KiB; heavily escaped text may not fit a record before that */
  readonly maxArgumentBytes?: number | undefined
  /** Maximum age of a tool list when an approval is used; an older list is refreshed first. `@default 300_000` */
  readonly relistBeforeApprovalMs?: number | undefined
  /** One operation of the storage. `@default 5_000` */
  readonly storageTimeoutMs?: number | undefined
}

/** Sweeping in this process, besides what other processes do. */
export interface MaintenanceOptions {
  /** `sweep()` runs so often, in ms, one at a time: the pause before each is between half and all of it. */
  readonly everyMs: number
}

/** How long records are kept after their use, in ms. */
export interface RetentionOptions {
  /** The durable feed. `@default 7 days` */
  readonly eventsMs?: number | undefined
  /** `@default 90 days` */
  readonly auditMs?: number | undefined
  /** Decided approvals. `@default 7 days` */
  readonly approvalsMs?: number | undefined
  /** Whether the audit keeps arguments, not only their digest. `@default false` */
  readonly auditArguments?: boolean | undefined
}
