import type { JsonObject } from './json.js'
import type { ToolAnnotations, ToolChange, ToolLabel } from './tool.js'

/** Where an approval stands. */
export type ApprovalStatus =
  'pending' | 'approved' | 'denied' | 'cancelled' | 'expired' | 'superseded' | 'dispatched' | 'finished' | 'unknown'

/**
 * The legal transitions. `dispatched` goes back to `approved` only when the request provably did not leave, or the
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

/** The question to a person: structured, so that no part can pose as another. Times are ms since the epoch. */
export interface ConfirmRequest {
  readonly approvalId: string
  /** Equal for equal calls of one person, agent and conversation: show the pending ones as one card with a count. */
  readonly requestHash: string
  readonly workspaceId: string
  /** The person the call is done for. */
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
    /** The server's words: shown, never believed. Control, bidi and invisible characters are made visible. */
    readonly untrusted: {
      readonly title?: string | undefined
      readonly description?: string | undefined
      readonly annotations?: ToolAnnotations | undefined
    }
  }
  /** Exactly the arguments that will be sent. */
  readonly arguments: JsonObject
  /** The arguments for a screen. */
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
  /** Until when it can be decided and used. */
  readonly expiresAt: number
}

/** Arguments for a screen: pretty-printed JSON in which nothing can hide. */
export interface ArgumentsDisplay {
  /** Control, bidi and invisible characters appear as `\u{…}`. */
  readonly text: string
  /** How many characters of the whole are not in `text`; 0: everything is shown. */
  readonly hiddenCharacters: number
}

/** One request to run one call, and its state. */
export interface Approval extends ConfirmRequest {
  /** Where it stands now. */
  readonly status: ApprovalStatus
  /** When it was decided. */
  readonly decidedAt?: number | undefined
  /** The person who decided; `confirm` when the host's callback did for the actor; `grant:<id>` for a remembered one. */
  readonly decidedBy?: string | undefined
  /** Why it was denied, cancelled or superseded. */
  readonly reason?: string | undefined
  /** Whether the person changed the arguments; `arguments` are then the changed ones. */
  readonly edited?: boolean | undefined
}

/** How long, and for which calls, to remember a decision. Bounded in every direction; see {@link Grant}. */
export interface RememberOptions {
  /** For the conversation, until the tool changes, or neither (then give `uses` or `minutes`). */
  readonly for: 'conversation' | 'tool' | 'limited'
  /** At most so many more calls, 1-1000. */
  readonly uses?: number | undefined
  /** At most so many minutes, 1-43200 (30 days). */
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
  /** The person whose calls it approves. */
  readonly userId: string
  readonly integrationId: string
  /** The server's name of the tool. */
  readonly tool: string
  /** Absent: all agents of the person. */
  readonly agentId?: string | undefined
  /** Absent: any conversation. */
  readonly conversationId?: string | undefined
  /** `equal`: only the arguments that were approved. */
  readonly arguments: 'equal' | 'any'
  /** Absent: not bounded by uses. */
  readonly usesLeft?: number | undefined
  /** When it was given. */
  readonly grantedAt: number
  /** Until when it counts. */
  readonly expiresAt: number
  /** When it last approved a call. */
  readonly lastUsedAt?: number | undefined
}
