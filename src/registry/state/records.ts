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
import type { StorageRecord } from '../../ports/storage.js'
import type { ServerProfile } from '../../mcp/connection.js'
import type { ApprovalBinding } from '../../policy/binding.js'

/**
 * What is stored, each under its key of `keys.ts`. Records are cold or small, so that a call never bumps the version of what a
 * person edits: configuration, status, settings, tools and credentials are records of their own.
 */

/** `integration/{id}`: what a person configured. */
export interface IntegrationRecord {
  readonly handle: string
  readonly name: string
  readonly ownerId: string
  readonly connectorId?: string | undefined
  /** Absent for a server on this machine: its connector brings it. */
  readonly url?: string | undefined
  readonly origin: string
  readonly headers: readonly IntegrationHeader[]
  readonly auth: IntegrationAuth
  readonly visibility: IntegrationVisibility
  readonly credentials: CredentialMode
  readonly enabled: boolean
  readonly trusted: boolean
  /** Of tools that have no mode of their own. `@default 'default'` */
  readonly approval?: ApprovalMode | undefined
  readonly agents: readonly string[]
  /** Grows when what an approval was given for changes: URL, header names, issuer, account, trust. */
  readonly bindingRevision: number
  readonly revision: number
  /** `false` until the first connect succeeded: it goes with its flow. */
  readonly established: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** `status/{id}/{owner}`. The sentence for a person is made from the reason when it is read. */
export interface StatusRecord {
  readonly reason: StatusReason
  readonly checkedAt?: number | undefined
  readonly lastWorkedAt?: number | undefined
  /** `rate_limited`: when to come back. `awaiting_authorization`: until when. */
  readonly until?: number | undefined
  /** `scope_required`: what to ask for. */
  readonly scopes?: readonly string[] | undefined
  readonly account?: string | undefined
  /** Another one with each sign-in, never with a refresh: what is remembered of the server belongs to it. */
  readonly signIn?: string | undefined
  /** What the server said about the fault, in its own words; shown to those who may edit. */
  readonly serverMessage?: string | undefined
  /** `per_user`: how often this person's account or issuer has changed; counted into what an approval binds. */
  readonly accountRevision?: number | undefined
  readonly protocolVersion?: string | undefined
  /** `awaiting_authorization`: what it was before, for when the person never comes back. */
  readonly before?: StatusReason | undefined
  /** A call found out that a person is needed, with this credential: a check of the list alone doesn't overrule it. */
  readonly foundByCall?: string | undefined
}

/** `settings/{id}`: all tools of one integration, by wire name. */
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
  /** The hash of the definition that was last accepted; absent: never seen by anybody. */
  readonly accepted?: string | undefined
}

/** `tools/{id}/{owner}`: what the server listed last; the definitions are in chunks under their common hash. */
export interface ToolsRecord {
  readonly hash: string
  readonly chunks: number
  readonly count: number
  readonly quarantined: readonly QuarantinedTool[]
  /** By wire name: how a tool's definition stood to the accepted one when it was listed. */
  readonly changes?:
    Readonly<Record<string, { readonly kind: ToolChangeKind; readonly from?: string | undefined }>> | undefined
  readonly listedAt: number
  /** What the server said of itself, as it said it. */
  readonly server?: ServerInfo | undefined
  /** The server's own word for how long it is good. */
  readonly freshUntil?: number | undefined
}

/** `server/{id}/{owner}`: the era and session of the server, for the next process. */
export interface ServerRecord {
  readonly bindingRevision: number
  /** The credential it was learnt with, as `Target.credential` has it: of no use with another one. */
  readonly credential?: string | undefined
  readonly profile: ServerProfile
}

/** `headers/{id}/{owner}`: header values, sealed as one JSON object. */
export interface HeadersRecord {
  readonly sealed: string
  /** Another one as soon as a value is. */
  readonly tag: string
  /** Where the values may be sent, as inside `sealed`: what was given for one server is never shown to another. */
  readonly origin: string
  readonly headers: readonly IntegrationHeader[]
}

/** `oauth-settings/{id}`: what a person gave for this integration's OAuth, sealed: it holds secrets. */
export interface OAuthSettingsRecord {
  readonly sealed: string
}

/** `client/{id}/_`: who we are to the authorization server, sealed: it may hold a secret. */
export interface ClientRecord {
  readonly sealed: string
  /** Of the server that it was registered for, or that somebody has signed in to with it. Inside the seal as well. */
  readonly origin: string
  /** It registered itself, and others of the workspace may use it: at which authorization server and redirect URI, and when. */
  readonly registration?: { readonly name: string; readonly at: number } | undefined
  /** Somebody was sent away with it and hasn't come back: their next sign-in doesn't rely on it. */
  readonly pending?: string | undefined
  /** The authorization server refused it: nobody's next sign-in relies on it. */
  readonly refused?: boolean | undefined
  /** Where its redirect URI may be another authorization server's as well. */
  readonly sharedRedirect?: SharedRedirect | undefined
}

/** Who we are to an authorization server, opened. */
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

/** `flow/{sha256(state)}`: a sign-in under way, 10 minutes, used once. */
export interface FlowRecord extends WayBack {
  readonly integrationId: string
  readonly owner: string
  /** Only this person may finish it. */
  readonly userId: string
  /** The server it is for: of no use once the integration points elsewhere. */
  readonly serverUrl: string
  /** Verifier, client and authorization server, sealed. */
  readonly sealed: string
}

/** `approval/{id}`. */
export interface ApprovalRecord {
  readonly request: Omit<ConfirmRequest, 'arguments' | 'display'>
  /** The very text that is sent. */
  readonly argumentsJson: string
  readonly binding: ApprovalBinding
  readonly bindingHash: string
  /** Equal calls join this approval while it is pending: its pointer is `same/{hash}`. */
  readonly sameHash?: string | undefined
  readonly status: ApprovalStatus
  /** How often it was used without having run, because a person was needed or nothing left. */
  readonly returns?: number | undefined
  /** `dispatched`: past it nobody waits for the answer any more, and what became of the call is unknown. */
  readonly dispatchedUntil?: number | undefined
  readonly decidedAt?: number | undefined
  readonly decidedBy?: string | undefined
  readonly reason?: string | undefined
  readonly edited?: boolean | undefined
}

/**
 * What is needed of an approval to choose it: `open/{id}` while it may be used, and of its person `pending/{user}/{id}` or
 * `approved/{user}/{id}` meanwhile, `asked/{user}/{id}` (without a status) as long as it is kept.
 */
export interface ApprovalIndexRecord {
  readonly userId: string
  readonly integrationId: string
  readonly agentId: string
  readonly conversationId?: string | undefined
  readonly requestHash: string
  readonly status?: ApprovalStatus | undefined
}

/** `same/{hash}`: the pending approval of a request; `named/{hash}`: the approval of a call that its caller named. */
export interface ApprovalPointerRecord {
  readonly approvalId: string
}

/** `removed/{id}`: what is still to be revoked and erased. */
export interface RemovedRecord {
  readonly handle: string
  readonly removedAt: number
}

/** Where an integration's secrets go: by its URL, whatever stands beside it. */
export function originOf({ url, origin }: Pick<IntegrationRecord, 'url' | 'origin'>): string {
  return url === undefined ? origin : new URL(url).origin
}

/** A record with its version, its value taken for what we wrote there. */
export interface Versioned<T> {
  readonly key: string
  readonly version: string
  readonly value: T
}

/** Reads a stored record as what was written under its key: only this floor writes there. */
export function versioned<T>(record: StorageRecord | undefined): Versioned<T> | undefined {
  return record as Versioned<T> | undefined
}

/** The same in the other direction: our record types hold nothing but JSON. */
export function toJson(value: object): JsonValue {
  return value as JsonValue
}
