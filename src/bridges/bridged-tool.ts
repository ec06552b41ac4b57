import type {
  CallExplanation,
  ToolCallOptions,
  IntegrationError,
  JsonObject,
  ToolCallOutcome,
  ToolProgress,
  ToolsetTool,
} from '../index.js'
import { modelContent, type ModelContent } from '../policy/model-content.js'

/** A tool as a bridge hands it to its framework. */
export interface BridgedTool {
  /** The name that models get. */
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** In the form that model APIs take. */
  readonly inputSchema: JsonObject
  /** Kept out of the first request by the framework's own tool search. */
  readonly deferred: boolean
  /** The tool of the toolset; absent on the two tools that search. */
  readonly source?: ToolsetTool | undefined
  /** What the gate would say of this call. */
  explain(args: unknown, call?: Pick<FrameworkCall, 'conversationId'>): Promise<CallExplanation>
  /** @throws IntegrationError as `Toolset.call` */
  run(args: unknown, call?: FrameworkCall): Promise<ToolCallOutcome>
}

/** What a framework knows of one call. */
export interface FrameworkCall {
  /** Its id: made again with the same one, it is the same call. */
  readonly callId?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** The framework's id of the chat; one that the toolset was given counts before it. */
  readonly conversationId?: string | undefined
  /** Asks in place of the toolset's callback. */
  readonly confirm?: ToolCallOptions['confirm']
}

/** Which call is meant. */
export interface CallName {
  /** The name that the model called. */
  readonly name: string
  /** The framework's id of the call, where it has one. */
  readonly callId?: string | undefined
}

/** Options of every bridge. */
export interface BridgeOptions {
  /** Receives the server's progress during a call. A throw breaks nothing. */
  readonly onProgress?: ((progress: ToolProgress, call: CallName) => void) | undefined
  /** ms; waiting for a person doesn't count. `@default limits.callTimeoutMs` */
  readonly timeoutMs?: number | undefined
}

/** A call's outcome, and its content for the model. */
export interface Reading extends ModelContent {
  /** Absent after a fault. */
  readonly outcome?: ToolCallOutcome | undefined
}

/**
 * What a model reads of a call, or of the fault that it ended with.
 *
 * @throws IntegrationError `aborted`
 */
export async function readingOf(run: Promise<ToolCallOutcome>): Promise<Reading> {
  try {
    const outcome = await run
    return { ...modelContent(outcome), outcome }
  } catch (error) {
    if (!isFault(error) || error.code === 'aborted') throw error
    return failedReading(error.modelText ?? error.message)
  }
}

/** Whether the gate would ask a person. What can't be explained goes to the gate, which says what is wrong. */
export function wouldAsk(
  tool: BridgedTool,
  args: unknown,
  call?: Pick<FrameworkCall, 'conversationId'>,
): Promise<boolean> {
  return tool.explain(args, call).then(
    ({ type }) => type === 'ask',
    () => false,
  )
}

/** Words of ours, where there was no call to make. */
export function failedReading(text: string): Reading {
  return { parts: [{ type: 'text', text }], failed: true }
}

/** The one error class of the library, without a dependency on its code. */
function isFault(error: unknown): error is IntegrationError {
  return error instanceof Error && error.name === 'IntegrationError' && 'code' in error
}
