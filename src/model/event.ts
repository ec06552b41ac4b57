import type { ApprovalStatus } from './approval.js'
import type { IntegrationStatus, StatusReason, IntegrationVisibility } from './integration.js'

/** Members of every event. */
export interface RegistryEventBase {
  /** Unique, and the cursor for `registry.events({ after })`. */
  readonly id: string
  readonly workspaceId: string
  /** ms since the epoch. */
  readonly at: number
  /** The person who did it; absent when the library acted on its own. */
  readonly by?: string | undefined
}

/** Members of every event of an integration. */
export interface IntegrationEventBase extends RegistryEventBase {
  readonly integrationId: string
}

/** A change in the registry. Stored in the same commit as the change. */
export type RegistryEvent =
  | (IntegrationEventBase & { readonly type: 'integration_connected'; readonly name: string })
  | (IntegrationEventBase & {
      readonly type: 'integration_updated'
      /** Names of the fields that changed. */
      readonly changed: readonly string[]
    })
  | (IntegrationEventBase & { readonly type: 'integration_enabled' })
  | (IntegrationEventBase & { readonly type: 'integration_disabled' })
  | (IntegrationEventBase & {
      readonly type: 'integration_removed'
      /** The last owner. */
      readonly ownerId: string
      /** The last visibility. */
      readonly visibility: IntegrationVisibility
    })
  | (IntegrationEventBase & {
      readonly type: 'integration_status_changed'
      readonly status: IntegrationStatus
      readonly reason: StatusReason
      /** With `credentials: 'per_user'`: the person whose status changed. */
      readonly userId?: string | undefined
    })
  | (IntegrationEventBase & {
      readonly type: 'tools_changed'
      readonly added: readonly string[]
      readonly changed: readonly string[]
      readonly removed: readonly string[]
      readonly userId?: string | undefined
    })
  | (IntegrationEventBase & { readonly type: 'tools_configured'; readonly tools: readonly string[] })
  | (IntegrationEventBase & { readonly type: 'tools_accepted'; readonly tools: readonly string[] })
  | (IntegrationEventBase & {
      readonly type: 'credential_changed'
      readonly change: 'set' | 'refreshed' | 'removed'
      readonly userId?: string | undefined
      /** The new sign-in used a different account. */
      readonly accountChanged?: boolean | undefined
    })
  | (IntegrationEventBase & {
      readonly type: 'approval_changed'
      readonly approvalId: string
      readonly status: ApprovalStatus
      readonly userId: string
    })
  | (IntegrationEventBase & { readonly type: 'grant_created'; readonly grantId: string; readonly userId: string })
  | (IntegrationEventBase & { readonly type: 'grant_revoked'; readonly grantId: string; readonly userId: string })

/** The name of a {@link RegistryEvent}. */
export type RegistryEventName = RegistryEvent['type']

/** Whether an event of this name may change the tools of a toolset. */
export function changesToolsets(name: string): boolean {
  return toolsetEvents.has(name)
}

const toolsetEvents: ReadonlySet<string> = new Set<RegistryEventName>([
  'integration_connected',
  'integration_updated',
  'integration_enabled',
  'integration_disabled',
  'integration_removed',
  'tools_changed',
  'tools_configured',
  'tools_accepted',
])

/** How a call ended. */
export type CallOutcomeName =
  | 'completed'
  | 'tool_error'
  | 'approval_required'
  | 'authorization_required'
  | 'denied_by_policy'
  | 'not_run'
  | 'failed'

/**
 * A call began or ended in this process. Call events are delivered in-process only; the audit log is their durable
 * record.
 */
export type CallEvent =
  | {
      readonly type: 'call_started'
      readonly workspaceId: string
      readonly at: number
      readonly userId: string
      readonly agentId: string
      readonly integrationId: string
      readonly tool: string
      readonly rule: string
    }
  | ({ readonly type: 'call_finished'; readonly workspaceId: string; readonly at: number } & Omit<
      AuditEntry,
      'id' | 'workspaceId' | 'at' | 'arguments'
    >)

/** One entry of the audit log: who did what, and when. Times are ms since the epoch. */
export interface AuditEntry {
  readonly id: string
  readonly workspaceId: string
  /** When it happened. */
  readonly at: number
  /** The person who acted, or whom a call was for; absent when the library acted on its own. */
  readonly userId?: string | undefined
  readonly agentId?: string | undefined
  readonly integrationId?: string | undefined
  /** The action. */
  readonly action:
    | 'connect'
    | 'update'
    | 'enable'
    | 'disable'
    | 'remove'
    | 'trust'
    | 'transfer_owner'
    | 'configure_tools'
    | 'accept_tools'
    | 'sign_in'
    | 'sign_out'
    | 'decide'
    | 'cancel_approval'
    | 'revoke_grant'
    | 'call'
  /** The server's name of the tool. */
  readonly tool?: string | undefined
  readonly approvalId?: string | undefined
  /** The rule that decided. */
  readonly rule?: string | undefined
  /** How a call ended, or how an approval was decided. */
  readonly outcome?: CallOutcomeName | 'approve' | 'deny' | undefined
  /** The {@link ErrorCode} of a call that failed. */
  readonly errorCode?: string | undefined
  /** Whether the tool may have run, where the call failed. */
  readonly mayHaveRun?: boolean | undefined
  /** How long the call took, in ms. */
  readonly durationMs?: number | undefined
  /** SHA-256 of the canonical arguments (RFC 8785), base64url. */
  readonly argumentsDigest?: string | undefined
  /** The arguments of a call. Present only if the host opted in. */
  readonly arguments?: unknown
  /** Names of what changed. */
  readonly changed?: readonly string[] | undefined
}
