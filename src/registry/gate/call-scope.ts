import type { ToolProgress } from '../../model/tool.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import type { ElicitCallback } from '../../ports/elicit.js'
import type { CheckedActor } from '../../model/actor.js'

/** The person, the agent and the conversation that tools are called for. */
export interface CallScope {
  readonly actor: CheckedActor
  readonly agentId: string
  readonly conversationId?: string | undefined
  /** Ids of the only integrations that may be used. `@default` all */
  readonly integrations?: ReadonlySet<string> | undefined
  readonly confirm?: ConfirmCallback | undefined
  readonly elicit?: ElicitCallback | undefined
}

/** Options of one call. */
export interface ToolCallOptions {
  /** Aborts the call, including at the server. */
  readonly signal?: AbortSignal | undefined
  /** The time limit in ms, without the time that a person takes. `@default limits.callTimeoutMs` */
  readonly timeoutMs?: number | undefined
  /** Called with the server's progress. An error thrown here is only reported. */
  readonly onProgress?: ((progress: ToolProgress) => void) | undefined
  /**
   * Identifies the call across retries, 1-200 characters, so that its approval is used at most once. For frameworks
   * that repeat a call from their stored state.
   */
  readonly idempotencyKey?: string | undefined
  /** Asks the person about this call only. `@default` the toolset's */
  readonly confirm?: ConfirmCallback | undefined
  /** The chat that the call belongs to, at most 200 characters. `@default` the toolset's */
  readonly conversationId?: string | undefined
}
