import type { Actor } from '../../model/actor.js'
import type { Agent } from '../../model/agent.js'
import type { Connector } from '../../model/connector.js'
import { IntegrationError } from '../../model/errors.js'
import type { JsonObject } from '../../model/json.js'
import type { ConfirmRequest } from '../../model/approval.js'
import type { ToolAnnotations, ToolLabel } from '../../model/tool.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import type { CredentialVault } from '../../ports/credential-vault.js'
import type { ElicitCallback } from '../../ports/elicit.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import type { RegistryStorage } from '../../ports/storage.js'
import type { EgressOptions } from '../../egress/guarded-fetch.js'

/** What a host makes a registry of. There is no hidden default for storage and credentials: nobody loses data by omission. */
export interface IntegrationRegistryOptions<AgentId extends string = string> {
  readonly storage: RegistryStorage
  readonly credentials: CredentialVault
  /** The agents that integrations may name, or a function where they live in a database. */
  readonly agents:
    readonly (AgentId | Agent<AgentId>)[] | ((workspaceId: string) => Promise<readonly (AgentId | Agent<AgentId>)[]>)
  /** The catalogue. `@default []` */
  readonly connectors?: readonly Connector[] | ((workspaceId: string) => Promise<readonly Connector[]>) | undefined
  /** Asks a person; a toolset may bring its own. */
  readonly confirm?: ConfirmCallback | undefined
  /** Answers questions that servers ask during a call; a toolset may bring its own. */
  readonly elicit?: ElicitCallback | undefined
  readonly oauth?: OAuthHostOptions | undefined
  readonly approvals?: ApprovalOptions | undefined
  readonly access?: AccessOptions | undefined
  readonly egress?: EgressOptions | undefined
  readonly limits?: LimitOptions | undefined
  readonly retention?: RetentionOptions | undefined
  readonly runtime?: Partial<RegistryRuntime> | undefined
}

/** Who the host is to authorization servers. */
export interface OAuthHostOptions {
  /**
   * Where authorization servers send people back; the whole URL then goes to `finishConnect`. `{issuer}` in it becomes a
   * short name of the authorization server, so that each has a redirect URI of its own.
   */
  readonly redirectUrl: string
  readonly clientName: string
  /** An `https:` URL with a path that serves our Client ID Metadata Document. */
  readonly clientMetadataUrl?: string | undefined
}

/** What a host's policy is told of a call. `arguments` are absent where no call is made yet (toolsets, settings). */
export interface PolicyInput {
  readonly actor: Actor
  readonly agentId: string
  readonly conversationId?: string | undefined
  readonly integration: {
    readonly id: string
    readonly handle: string
    readonly name: string
    readonly origin: string
    readonly connectorId?: string | undefined
    readonly trusted: boolean
  }
  readonly tool: {
    readonly name: string
    readonly modelName: string
    readonly label?: ToolLabel | undefined
    readonly annotations?: ToolAnnotations | undefined
  }
  readonly arguments?: JsonObject | undefined
}

/** A host's decision and its name for the rule. */
export interface PolicyVerdict {
  readonly mode: 'auto' | 'ask' | 'deny'
  readonly rule: string
}

/** How approvals are asked for and kept. */
export interface ApprovalOptions {
  /**
   * Replaces the platform rule (`undefined`: keep it for this one). It may tighten a tool's own setting, never loosen
   * *ask*. Must be synchronous and quick; a throw or an unknown answer denies.
   */
  readonly policy?: (input: PolicyInput) => PolicyVerdict | undefined
  /** How long a call waits for the confirm callback, in ms. `@default 300_000` */
  readonly waitMs?: number | undefined
  /** How long an approval stays open, in ms. `@default 86_400_000` (a day) */
  readonly expiresAfterMs?: number | undefined
  /** What happens to a tool that is new or may do more than what was accepted. `@default 'ask'` */
  readonly onToolChange?: 'ask' | 'hold' | 'accept' | undefined
  /** A line about the risk of a call, for the prompt. */
  readonly risk?: (request: Omit<ConfirmRequest, 'risk'>) => string | undefined
  /** Pending approvals of one conversation. `@default 10` */
  readonly maxPendingPerConversation?: number | undefined
  /** Pending approvals of one person. `@default 100` */
  readonly maxPendingPerUser?: number | undefined
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
  /** One operation of the storage. `@default 5_000` */
  readonly storageTimeoutMs?: number | undefined
}

/** How long what is no longer needed is kept, in ms. */
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

const day = 86_400_000

/** Options with every default filled in. */
export type Settled = ReturnType<typeof settle>

/**
 * Fills in the defaults.
 * @throws IntegrationError `invalid_input`, naming the option
 */
export function settle(options: IntegrationRegistryOptions) {
  const problems: { path: string; message: string }[] = []
  const positive = (
    path: string,
    value: number | undefined,
    fallback: number,
    most = Number.MAX_SAFE_INTEGER,
  ): number => {
    if (value === undefined) return fallback
    if (!Number.isInteger(value) || value < 1 || value > most)
      problems.push({ path, message: `must be a whole number from 1 to ${most}` })
    return value
  }
  const { limits = {}, approvals = {}, retention = {}, access = {} } = options
  for (const method of ['read', 'list', 'commit', 'scan'] as const)
    if (typeof options.storage?.[method] !== 'function')
      problems.push({
        path: 'storage',
        message: `must have ${method}(): give memoryStorage(), sqliteStorage(), postgresStorage() or your own`,
      })
  for (const method of ['seal', 'open'] as const)
    if (typeof options.credentials?.[method] !== 'function')
      problems.push({
        path: 'credentials',
        message: `must have ${method}(): give encryptedCredentials({ keys }) or your own vault`,
      })
  if (!Array.isArray(options.agents) && typeof options.agents !== 'function')
    problems.push({ path: 'agents', message: 'must be a list of agents or a function that answers one' })
  if (approvals.onToolChange !== undefined && !['ask', 'hold', 'accept'].includes(approvals.onToolChange))
    problems.push({ path: 'approvals.onToolChange', message: "must be 'ask', 'hold' or 'accept'" })
  if (access.sharing !== undefined && !['members', 'admins'].includes(access.sharing))
    problems.push({ path: 'access.sharing', message: "must be 'members' or 'admins'" })
  const settled = {
    limits: {
      callTimeoutMs: positive('limits.callTimeoutMs', limits.callTimeoutMs, 60_000, day),
      connectTimeoutMs: positive('limits.connectTimeoutMs', limits.connectTimeoutMs, 15_000, day),
      concurrencyPerIntegration: positive(
        'limits.concurrencyPerIntegration',
        limits.concurrencyPerIntegration,
        8,
        1000,
      ),
      idleConnectionMs: positive('limits.idleConnectionMs', limits.idleConnectionMs, 300_000, day),
      maxConnections: positive('limits.maxConnections', limits.maxConnections, 500),
      maxTools: positive('limits.maxTools', limits.maxTools, 1000, 1000),
      maxResponseBytes: positive('limits.maxResponseBytes', limits.maxResponseBytes, 4 * 1024 * 1024),
      maxArgumentBytes: positive('limits.maxArgumentBytes', limits.maxArgumentBytes, 64 * 1024, 192 * 1024),
      storageTimeoutMs: positive('limits.storageTimeoutMs', limits.storageTimeoutMs, 5_000, day),
    },
    approvals: {
      ...approvals,
      waitMs: positive('approvals.waitMs', approvals.waitMs, 300_000, day),
      expiresAfterMs: positive('approvals.expiresAfterMs', approvals.expiresAfterMs, day, 30 * day),
      onToolChange: approvals.onToolChange ?? ('ask' as const),
      maxPendingPerConversation: positive(
        'approvals.maxPendingPerConversation',
        approvals.maxPendingPerConversation,
        10,
        1000,
      ),
      maxPendingPerUser: positive('approvals.maxPendingPerUser', approvals.maxPendingPerUser, 100, 1000),
    },
    retention: {
      eventsMs: positive('retention.eventsMs', retention.eventsMs, 7 * day),
      auditMs: positive('retention.auditMs', retention.auditMs, 90 * day),
      approvalsMs: positive('retention.approvalsMs', retention.approvalsMs, 7 * day),
      auditArguments: retention.auditArguments ?? false,
    },
    access: {
      sharing: access.sharing ?? ('members' as const),
      adminsDecideForOthers: access.adminsDecideForOthers ?? false,
    },
    egress: options.egress ?? {},
    oauth: options.oauth,
    confirm: options.confirm,
    elicit: options.elicit,
  }
  if (problems.length > 0)
    throw new IntegrationError(
      'invalid_input',
      `IntegrationRegistry options: ${problems.map((p) => `${p.path} ${p.message}`).join('; ')}.`,
      { fields: problems },
    )
  return settled
}
