import type { WayBack } from '../../model/outcome.js'
import type { ApprovalStatus, ConfirmRequest } from '../../model/approval.js'
import type {
  CredentialMode,
  IntegrationAuth,
  IntegrationHeader,
  ServerInfo,
  StatusReason,
  IntegrationVisibility,
} from '../../model/integration.js'
import type { JsonValue } from '../../model/json.js'
import type { ApprovalMode, QuarantinedTool, ToolChangeKind, ToolLabelValue } from '../../model/tool.js'
import type { ClientRegistration } from '../../oauth/client-registration.js'
import type { ServerProfile } from '../../mcp/connection.js'
import type { ApprovalBinding } from '../../policy/binding.js'

/**
 * The stored records, each under its key of `keys.ts`. Configuration, status, settings, tools and credentials are
 * separate records, so that a call never changes the version of a record that a person edits.
 */

/** `integration/{id}`: a person's configuration. */
export interface IntegrationRecord {
  readonly handle: string
  readonly name: string
  readonly ownerId: string
  readonly connectorId?: string | undefined
  /** Absent for a server on this machine: its connector provides it. */
  readonly url?: string | undefined
  readonly origin: string
  readonly headers: readonly IntegrationHeader[]
  readonly auth: IntegrationAuth
  readonly visibility: IntegrationVisibility
  readonly credentials: CredentialMode
  readonly enabled: boolean
  readonly trusted: boolean
  /** The mode of tools without their own. `@default 'default'` */
  readonly approval?: ApprovalMode | undefined
  readonly agents: readonly string[]
  /** Increases when URL, header names, issuer, account or trust change, because approvals rely on these. */
  readonly bindingRevision: number
  readonly revision: number
  /** `false` until the first connect succeeds: until then a sweep removes it once its sign-in has expired. */
  readonly established: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** `status/{id}/{owner}`. The sentence for a person is derived from the reason. */
export interface StatusRecord {
  readonly reason: StatusReason
  readonly checkedAt?: number | undefined
  readonly lastWorkedAt?: number | undefined
  /** `rate_limited`: when to retry. `awaiting_authorization`: when the sign-in expires. */
  readonly until?: number | undefined
  /** `scope_required`: the scopes to request. */
  readonly scopes?: readonly string[] | undefined
  readonly account?: string | undefined
  /** Changes with each sign-in, never with a refresh: the server's profile belongs to it. */
  readonly signIn?: string | undefined
  /** The server's own text about the error; shown to those who may edit. */
  readonly serverMessage?: string | undefined
  /** `per_user`: changes whenever this person's account or issuer may have changed; part of an approval's binding. */
  readonly accountRevision?: number | undefined
  readonly protocolVersion?: string | undefined
  /** `awaiting_authorization`: the reason before, restored when the person never comes back. */
  readonly before?: StatusReason | undefined
  /** The credential with which a call needed a person: a successful `tools/list` alone doesn't overrule that. */
  readonly foundByCall?: string | undefined
}

/** `settings/{id}`: all tools of one integration, by the server's name. */
export interface SettingsRecord {
  readonly tools: Readonly<Record<string, ToolSettingsRecord>>
}

/** The settings of one tool. */
export interface ToolSettingsRecord {
  readonly enabled?: boolean | undefined
  readonly approval?: ApprovalMode | undefined
  readonly label?: { readonly value: ToolLabelValue; readonly definitionHash: string } | undefined
  readonly connectorLabel?: ToolLabelValue | undefined
  readonly agents?: readonly string[] | undefined
  /** The hash of the definition that was last accepted; absent: none was accepted. */
  readonly accepted?: string | undefined
}

/**
 * `tools/{id}/{owner}`: the server's last list. The list itself is in chunks under its hash, which equal lists of a
 * workspace share: `chunk/{hash}/{n}`, and `chunk-use/{hash}/{id}/{owner}` for each manifest.
 */
export interface ToolsRecord {
  readonly hash: string
  readonly chunks: number
  readonly count: number
  readonly quarantined: readonly QuarantinedTool[]
  /** By the server's name: how a tool's definition differed from the accepted one when it was listed. */
  readonly changes?: Readonly<Record<string, ListedChange>> | undefined
  readonly listedAt: number
  /** The server's description of itself, unchanged. */
  readonly server?: ServerInfo | undefined
  /** Until when the server calls its list fresh. */
  readonly freshUntil?: number | undefined
}

/** How a tool's definition differed from the one that was accepted when it was listed. */
export interface ListedChange {
  readonly kind: ToolChangeKind
  /** The likely former name. */
  readonly from?: string | undefined
  /** The hash of the definition that was accepted then: says nothing about one that was accepted since. */
  readonly accepted?: string | undefined
}

/** `server/{id}/{owner}`: the era and session of the server, for the next process. */
export interface ServerRecord {
  readonly bindingRevision: number
  /** `Target.credential` that it was found with: not valid for another one. */
  readonly credential?: string | undefined
  readonly profile: ServerProfile
}

/** `headers/{id}/{owner}`: header values, sealed as one JSON object. */
export interface HeadersRecord {
  readonly sealed: string
  /** Changes with every value. */
  readonly tag: string
  /** The origin that the values may be sent to, also part of `sealed`: values for one server are never sent to another. */
  readonly origin: string
  readonly headers: readonly IntegrationHeader[]
}

/** `oauth-settings/{id}`: a person's OAuth settings of this integration, sealed because they contain secrets. */
export interface OAuthSettingsRecord {
  readonly sealed: string
}

/** `client/{id}/_`: our client at the authorization server, sealed because it may contain a secret. */
export interface ClientRecord {
  readonly sealed: string
  /** The server that the client was registered for, or that a person signed in to with it. Also part of `sealed`. */
  readonly origin: string
  /**
   * A dynamic registration, which other integrations of the workspace may use. `name`: its authorization server and redirect
   * URI. `at`: the time of the registration.
   */
  readonly registration?: { readonly name: string; readonly at: number } | undefined
  /** The owner of a sign-in with this client that hasn't returned. That owner's next sign-in registers a new client. */
  readonly pending?: string | undefined
  /** Whether the authorization server refused this client. The next sign-in then registers a new one. */
  readonly refused?: boolean | undefined
  /** Present when another authorization server may use the same redirect URI. */
  readonly sharedRedirect?: SharedRedirect | undefined
}

/** Our client at an authorization server, opened. */
export interface KnownClient extends Pick<ClientRecord, 'origin'> {
  readonly client: ClientRegistration
  /** ms since the epoch. */
  readonly registeredAt?: number | undefined
}

/** The authorization server of a client at the host's one redirect URI. */
export interface SharedRedirect {
  readonly issuer: string
  readonly byHost: boolean
}

/** `flow/{sha256(state)}`: a running sign-in. It expires after 10 minutes and is used once. */
export interface FlowRecord extends WayBack {
  readonly integrationId: string
  readonly owner: string
  /** Only this person may finish it. */
  readonly userId: string
  /** The server of the sign-in. A flow is invalid once the integration has another URL. */
  readonly serverUrl: string
  /** Verifier, client and authorization server, sealed. */
  readonly sealed: string
}

/** `approval/{id}`. */
export interface ApprovalRecord {
  readonly request: Omit<ConfirmRequest, 'arguments' | 'display'>
  /** The exact JSON text that is sent. */
  readonly argumentsJson: string
  readonly binding: ApprovalBinding
  readonly bindingHash: string
  /** Equal calls join this approval while it is pending: its pointer is `same/{hash}`. */
  readonly joinHash?: string | undefined
  readonly status: ApprovalStatus
  /** How often the approval was used without running the call, because a person was needed or nothing was sent. */
  readonly returns?: number | undefined
  /** `dispatched`: after this nobody waits for the response, and the call's outcome is unknown. */
  readonly dispatchedUntil?: number | undefined
  readonly decidedAt?: number | undefined
  readonly decidedBy?: string | undefined
  readonly reason?: string | undefined
  readonly edited?: boolean | undefined
}

/**
 * The indexed fields of an approval: under `open/{id}` while it may be used; for the person under `pending/{user}/{id}` or
 * `approved/{user}/{id}` during that time, and under `asked/{user}/{id}` (without a status) as long as it is stored.
 */
export interface ApprovalIndexRecord {
  readonly userId: string
  readonly integrationId: string
  readonly agentId: string
  readonly conversationId?: string | undefined
  readonly requestHash: string
  readonly status?: ApprovalStatus | undefined
}

/** `same/{hash}`: the pending approval of a request; `named/{hash}`: the approval of a call with an idempotency key. */
export interface ApprovalPointerRecord {
  readonly approvalId: string
}

/** `catalogue/{n}`: the integrations that a change concerned. */
export interface CatalogueChangeRecord {
  readonly integrations: readonly string[]
}

/** `due/forgetting/{id}`: integrations of a forgotten workspace: a running call may still write. */
export interface DueForgettingRecord {
  readonly forgottenAt: number
  readonly integrations: readonly string[]
}

/** `due/removal/{id}`: a removed integration. Its records are erased, and erased again if a running call wrote later. */
export type DueRemovalRecord = { readonly removedAt: number } & (
  { readonly handle: string; readonly erased?: undefined } | { readonly erased: true }
)

/** The origin of the integration's URL, the only one that its secrets may be sent to. */
export function originOf({ url, origin }: Pick<IntegrationRecord, 'url' | 'origin'>): string {
  return url === undefined ? origin : new URL(url).origin
}

/** A record as JSON. The record types contain only JSON values. */
export function toJson(value: object): JsonValue {
  return value as JsonValue
}
