import { ToolMessage } from '@langchain/core/messages'
import { DynamicStructuredTool } from '@langchain/core/tools'
import type { ApprovalDecision, ConfirmRequest, JsonObject, ToolCallOutcome, Toolset } from '../index.js'
import { partsText, type ModelPart } from '../policy/model-content.js'
import { isJsonObject } from '../policy/same-json.js'
import { readingOf, type BridgedTool, type BridgeOptions, type Reading } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'

/** Options of {@link langchainTools}. */
export interface LangChainToolsOptions extends BridgeOptions {
  /**
   * LangGraph's own `interrupt`: given it, the graph asks in place of the toolset's confirm callback. The run ends with an
   * interrupt for each call that would ask; resume it with the person's decision, in any process with the same
   * checkpointer. Needs a graph in which each call is a task of its own, as in `createAgent`: calls that share a task
   * can't be told apart, so they end with `approval_required`.
   */
  readonly interrupt?: ((request: LangChainRequest) => unknown) | undefined
  /**
   * The media that the model accepts in tool results; others are described in text. `@default` images (JPEG, PNG,
   * GIF, WebP)
   */
  readonly takes?: ((mediaType: string) => boolean) | undefined
}

/** What an interrupt asks: in the form of LangChain's human-in-the-loop middleware, so that its screens can show it. */
export interface LangChainRequest {
  /** The calls that wait. */
  readonly actionRequests: readonly [
    {
      readonly name: string
      readonly args: JsonObject
      readonly description: string
      /** Everything that a person should see. */
      readonly request: ConfirmRequest
    },
  ]
  /** The decisions that each of them takes. */
  readonly reviewConfigs: readonly [
    { readonly actionName: string; readonly allowedDecisions: readonly ('approve' | 'edit' | 'reject')[] },
  ]
}

/**
 * A toolset as tools for LangChain and LangGraph. Every call goes through the toolset's gate. The model reads the tool's
 * content, or why it has not run; the message's `artifact` is the outcome. Deferred tools are found and used by two small
 * tools.
 *
 * @see https://docs.langchain.com/oss/javascript/langchain/tools
 *
 * @example
 * ```ts
 * // examples/loops/frameworks/langchain.ts#ask
 * const agent = createAgent({ model, tools: langchainTools(toolset, { interrupt }), checkpointer })
 * const result = await agent.invoke({ messages: [new HumanMessage('Tidy my notes.')] }, thread)
 * const questions = (isInterrupted(result) ? result[INTERRUPT] : []) as { id: string; value: LangChainRequest }[]
 * ```
 */
export function langchainTools(toolset: Toolset, options: LangChainToolsOptions = {}): DynamicStructuredTool[] {
  const tasks = new Map<string, number>()
  return bridgedTools(toolset, options).tools.map((tool) => langchainTool(tool, options, tasks))
}

function langchainTool(
  tool: BridgedTool,
  { interrupt, takes = isImage }: LangChainToolsOptions,
  tasks: Map<string, number>,
): DynamicStructuredTool {
  const { name, description = '', inputSchema, source } = tool
  return new DynamicStructuredTool({
    name,
    description,
    schema: inputSchema as never, // ours is the same type, but readonly
    responseFormat: 'content_and_artifact',
    metadata: source === undefined ? {} : { integration: { ...source.integration }, tool: source.name },
    func: async (
      args: unknown,
      _runManager,
      config,
    ): Promise<[LangChainContent | ToolMessage, ToolCallOutcome | undefined]> => {
      const { toolCall, toolCallId, signal, configurable } = (config ?? {}) as RunConfig
      const callId = toolCall?.id ?? toolCallId
      const question = new Question(interrupt, configurable?.checkpoint_ns, tasks)
      try {
        const confirm = interrupt && ((request: ConfirmRequest) => question.ask(name, request))
        const conversationId = chatOf(configurable)
        const reading = await readingOf(tool.run(args, { callId, signal, confirm, conversationId }))
        question.throwIfInterrupted()
        return [messageOf(reading, takes, { name, callId }), reading.outcome]
      } finally {
        question.end()
      }
    },
  })
}

/** LangChain's run configuration of a tool call. */
interface RunConfig {
  readonly toolCall?: { readonly id?: string | undefined } | undefined
  /** What graphs add. */
  readonly toolCallId?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly configurable?: { readonly checkpoint_ns?: string | undefined; readonly thread_id?: unknown } | undefined
}

/** LangGraph takes a number for a thread as well. */
function chatOf({ thread_id: thread }: RunConfig['configurable'] & object = {}): string | undefined {
  return typeof thread === 'string' || typeof thread === 'number' ? String(thread) : undefined
}

/** One call's interrupt. It ends the task by a throw of LangGraph's own, and returns the decision when that is there. */
class Question {
  #interrupted: unknown

  constructor(
    readonly interrupt: LangChainToolsOptions['interrupt'],
    readonly task: string | undefined,
    readonly tasks: Map<string, number>,
  ) {
    if (task !== undefined) tasks.set(task, (tasks.get(task) ?? 0) + 1)
  }

  ask(name: string, request: ConfirmRequest): ApprovalDecision | 'defer' {
    if (this.interrupt === undefined || (this.tasks.get(this.task ?? '') ?? 1) > 1) return 'defer'
    try {
      return decisionIn(this.interrupt(requestOf(name, request)))
    } catch (error) {
      this.#interrupted = error
      return 'defer'
    }
  }

  throwIfInterrupted(): void {
    if (this.#interrupted !== undefined) throw this.#interrupted as Error
  }

  end(): void {
    if (this.task === undefined) return
    const left = this.tasks.get(this.task)! - 1
    if (left > 0) this.tasks.set(this.task, left)
    else this.tasks.delete(this.task)
  }
}

function requestOf(name: string, request: ConfirmRequest): LangChainRequest {
  return {
    actionRequests: [{ name, args: request.arguments, description: request.why, request }],
    reviewConfigs: [{ actionName: name, allowedDecisions: ['approve', 'edit', 'reject'] }],
  }
}

/** A decision of the middleware's form, or the first of a list; anything else is not a yes. */
function decisionIn(answer: unknown): ApprovalDecision | 'defer' {
  const decision = isJsonObject(answer) && Array.isArray(answer.decisions) ? (answer.decisions[0] as unknown) : answer
  if (!isJsonObject(decision)) return 'defer'
  const { type, editedAction, message } = decision
  if (type === 'approve') return 'approve'
  if (type === 'edit' && isJsonObject(editedAction) && isJsonObject(editedAction.args))
    return { decision: 'approve', args: editedAction.args }
  if (type === 'reject') return { decision: 'deny', reason: typeof message === 'string' ? message : undefined }
  return 'defer'
}

type LangChainContent = string | { [key: string]: unknown }[]

/** A failure is a message of its own, because only that has a status. */
function messageOf(
  reading: Reading,
  takes: (mediaType: string) => boolean,
  { name, callId }: { readonly name: string; readonly callId: string | undefined },
): LangChainContent | ToolMessage {
  const content = contentOf(reading, takes)
  return reading.failed && callId !== undefined
    ? new ToolMessage({
        content: content as string,
        artifact: reading.outcome,
        tool_call_id: callId,
        name,
        status: 'error',
      })
    : content
}

function contentOf({ parts }: Reading, takes: (mediaType: string) => boolean): LangChainContent {
  if (parts.every((part) => part.type === 'text' || !takes(part.mediaType))) return partsText(parts)
  return parts.map((part) => block(part, takes))
}

function block(part: ModelPart, takes: (mediaType: string) => boolean): { [key: string]: unknown } {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, data, words } = part
  if (!takes(mediaType)) return { type: 'text', text: words }
  const kind = /^(image|audio)\//.exec(mediaType)?.[1] ?? 'file'
  return { type: kind, source_type: 'base64', mime_type: mediaType, data }
}

function isImage(mediaType: string): boolean {
  return /^image\/(jpeg|png|gif|webp)$/.test(mediaType)
}
