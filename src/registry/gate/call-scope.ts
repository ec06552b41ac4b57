import type { ToolProgress } from '../../model/tool.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import type { ElicitCallback } from '../../ports/elicit.js'
import type { CheckedActor } from '../../model/actor.js'

/** For whom, by which agent and in which conversation tools are called. */
export interface CallScope {
  readonly actor: CheckedActor
  readonly agentId: string
  readonly conversationId?: string | undefined
  /** Ids of the only integrations that may be used. `@default` all */
  readonly integrations?: ReadonlySet<string> | undefined
  readonly confirm?: ConfirmCallback | undefined
  readonly elicit?: ElicitCallback | undefined
}

/** What one call may be given. */
export interface ToolCallOptions {
  /** Ends the call; at the server too. */
  readonly signal?: AbortSignal | undefined
  /** ms; waiting for a person doesn't count. `@default limits.callTimeoutMs` */
  readonly timeoutMs?: number | undefined
  /** Told of the server's progress. A throw breaks nothing. */
  readonly onProgress?: ((progress: ToolProgress) => void) | undefined
  /**
   * Names a call that may ask, 1-200 characters: made again with the same key, it is the same call, and its approval
   * still counts once. For frameworks that run a call anew from what they have stored.
   */
  readonly idempotencyKey?: string | undefined
  /** Asks the person about this call only. `@default` the toolset's */
  readonly confirm?: ConfirmCallback | undefined
  /** The chat that the call belongs to, at most 200 characters. `@default` the toolset's */
  readonly conversationId?: string | undefined
}
