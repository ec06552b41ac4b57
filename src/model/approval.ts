import type { JsonObject } from './json.js'
import type { ToolAnnotations, ToolChange, ToolLabel } from './tool.js'

/** The state of an approval. */
export type ApprovalStatus =
  'pending' | 'approved' | 'denied' | 'cancelled' | 'expired' | 'superseded' | 'dispatched' | 'finished' | 'unknown'

/**
 * The legal transitions. `dispatched` returns to `approved` only when the request provably was not sent, or the
 * server returned 401, 403 or a lost session.
 */
export const approvalTransitions: Readonly<Record<ApprovalStatus, readonly ApprovalStatus[]>> = {
  pending: ['approved', 'denied', 'cancelled', 'expired', 'superseded'],
  approved: ['dispatched', 'cancelled', 'expired', 'superseded'],
  dispatched: ['finished', 'unknown', 'approved'],
  denied: [],
  cancelled: [],
  expired: [],
  superseded: [],
  finished: [],
  unknown: [],
}

/** A request for a person's decision. Structured, so that no part can imitate another. Times are ms since the epoch. */
export interface ConfirmRequest {
  readonly approvalId: string
  /** Equal for equal calls of one person, agent and conversation: show the pending ones as one card with a count. */
  readonly requestHash: string
  readonly workspaceId: string
  /** The person whom the call is for. */
  readonly userId: string
  readonly agentId: string
  readonly conversationId?: string | undefined
  /** The integration that the call goes to. */
  readonly integration: {
    readonly id: string
    readonly name: string
    readonly handle: string
    /** Scheme, host and port, in ASCII. */
    readonly origin: string
    readonly ownerId: string
    readonly trusted: boolean
  }
  /** The tool to call. */
  readonly tool: {
    /** The name on the wire, with control, bidi and invisible characters made visible. */
    readonly name: string
    readonly modelName: string
    readonly label?: ToolLabel | undefined
    /** The server's text: show it, don't trust it. Control, bidi and invisible characters are made visible. */
    readonly untrusted: {
      readonly title?: string | undefined
      readonly description?: string | undefined
      readonly annotations?: ToolAnnotations | undefined
    }
  }
  /** Exactly the arguments that will be sent. */
  readonly arguments: JsonObject
  /** The arguments in a form to display. */
  readonly display: ArgumentsDisplay
  /** The rule that asks, e.g. `write_asks`. */
  readonly rule: string
  /** The rule as a sentence. */
  readonly why: string
  /** Present when the tool's definition differs from the one that was accepted. */
  readonly change?: ToolChange | undefined
  /** The host's own sentence about the risk. */
  readonly risk?: string | undefined
  /** When the agent asked. */
  readonly requestedAt: number
  /** When the approval expires: it can be decided and used until then. */
  readonly expiresAt: number
}

/** Arguments to display: pretty-printed JSON without hidden characters. */
export interface ArgumentsDisplay {
  /** Control, bidi and invisible characters appear as `\u{…}`. */
  readonly text: string
  /** The number of characters that `text` leaves out; 0 if it is complete. */
  readonly hiddenCharacters: number
}

/** One request to run one call, and its state. */
export interface Approval extends ConfirmRequest {
  /** The current state. */
  readonly status: ApprovalStatus
  /** When it was decided. */
  readonly decidedAt?: number | undefined
  /** The id of the person who decided; `confirm` for the host's callback; `grant:<id>` for a remembered decision. */
  readonly decidedBy?: string | undefined
  /** Why it was denied, cancelled or superseded. */
  readonly reason?: string | undefined
  /** Whether the person changed the arguments. If so, `arguments` are the changed ones. */
  readonly edited?: boolean | undefined
}

/** For how long and for which calls to remember a decision. Every grant has limits; see {@link Grant}. */
export interface RememberOptions {
  /** `conversation`: in this conversation. `tool`: until the tool changes. `limited`: as `uses` or `minutes` say. */
  readonly for: 'conversation' | 'tool' | 'limited'
  /** The maximum number of further calls, 1-1000. */
  readonly uses?: number | undefined
  /** The maximum duration in minutes, 1-43200 (30 days). */
  readonly minutes?: number | undefined
  /** `@default 'this'` */
  readonly agents?: 'this' | 'all' | undefined
  /** `@default 'equal'` */
  readonly arguments?: 'equal' | 'any' | undefined
}

/** A decision about an approval. */
export type ApprovalDecision =
  | 'approve'
  | 'deny'
  | {
      readonly decision: 'approve'
      readonly args?: JsonObject | undefined
      readonly remember?: RememberOptions | undefined
    }
  | { readonly decision: 'deny'; readonly reason?: string | undefined }

/** A remembered decision. Times are ms since the epoch. */
export interface Grant {
  readonly id: string
  readonly workspaceId: string
  /** The person whose calls the grant approves. */
  readonly userId: string
  readonly integrationId: string
  /** The server's name of the tool. */
  readonly tool: string
  /** Absent: all agents of the person. */
  readonly agentId?: string | undefined
  /** Absent: any conversation. */
  readonly conversationId?: string | undefined
  /** `equal`: only calls with the approved arguments. */
  readonly arguments: 'equal' | 'any'
  /** How many more calls it approves. Absent: any number. */
  readonly usesLeft?: number | undefined
  /** When the grant was created. */
  readonly grantedAt: number
  /** When the grant expires. */
  readonly expiresAt: number
  /** When the grant last approved a call. */
  readonly lastUsedAt?: number | undefined
}
