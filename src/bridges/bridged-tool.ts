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

/** A tool as a bridge passes it to its framework. */
export interface BridgedTool {
  /** The name that models get. */
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** The input schema in a form that model APIs accept. */
  readonly inputSchema: JsonObject
  /** Whether the framework's own tool search leaves the tool out of the first request. */
  readonly deferred: boolean
  /** The tool of the toolset; absent for the two search tools. */
  readonly source?: ToolsetTool | undefined
  /** The gate's explanation of a call. */
  explain(args: unknown, call?: Pick<FrameworkCall, 'conversationId'>): Promise<CallExplanation>
  /** @throws IntegrationError as `Toolset.call` */
  run(args: unknown, call?: FrameworkCall): Promise<ToolCallOutcome>
}

/** A framework's data of one call. */
export interface FrameworkCall {
  /** The call's id. A repeated call with the same id is the same call. */
  readonly callId?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** The framework's id of the chat; the toolset's own `conversationId` takes precedence. */
  readonly conversationId?: string | undefined
  /** Replaces the toolset's confirm callback. */
  readonly confirm?: ToolCallOptions['confirm']
}

/** Identifies a call. */
export interface CallName {
  /** The name that the model called. */
  readonly name: string
  /** The framework's id of the call, if there is one. */
  readonly callId?: string | undefined
}

/** Options of every bridge. */
export interface BridgeOptions {
  /** Receives the server's progress during a call. Its errors are ignored. */
  readonly onProgress?: ((progress: ToolProgress, call: CallName) => void) | undefined
  /** The limit of a call in ms, without the time that a person takes. `@default limits.callTimeoutMs` */
  readonly timeoutMs?: number | undefined
}

/** A call's outcome, and its content for the model. */
export interface Reading extends ModelContent {
  /** Absent after an error. */
  readonly outcome?: ToolCallOutcome | undefined
}

/**
 * The content for a model of a call, or of the error that ended it.
 *
 * @throws IntegrationError `aborted`
 */
export async function readingOf(run: Promise<ToolCallOutcome>): Promise<Reading> {
  try {
    const outcome = await run
    return { ...modelContent(outcome), outcome }
  } catch (error) {
    if (!isIntegrationError(error) || error.code === 'aborted') throw error
    return failedReading(error.modelText ?? error.message)
  }
}

/** Whether the gate would ask a person. A call that can't be explained goes to the gate, which returns the error. */
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

/** The content for a model if no call was possible. */
export function failedReading(text: string): Reading {
  return { parts: [{ type: 'text', text }], failed: true }
}

/** Recognises the library's error class without importing its code. */
function isIntegrationError(error: unknown): error is IntegrationError {
  return error instanceof Error && error.name === 'IntegrationError' && 'code' in error
}
