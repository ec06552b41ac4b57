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
   * LangGraph's own `interrupt`. With this option, the graph asks instead of the toolset's confirm callback. The run ends
   * with an interrupt for each call that asks. Resume it with the person's decision, in any process with the same
   * checkpointer. Each call must be a separate task of the graph, as in `createAgent`: calls that share a task can't be
   * distinguished, so they end with `approval_required`.
   */
  readonly interrupt?: ((request: LangChainRequest) => unknown) | undefined
  /**
   * The media that the model accepts in tool results; others are described in text. `@default` images (JPEG, PNG,
   * GIF, WebP)
   */
  readonly takes?: ((mediaType: string) => boolean) | undefined
}

/** The request of an interrupt, in the form of LangChain's human-in-the-loop middleware, so that its pages can show it. */
export interface LangChainRequest {
  /** The calls that wait. */
  readonly actionRequests: readonly [
    {
      readonly name: string
      readonly args: JsonObject
      readonly description: string
      /** The whole request to show to a person. */
      readonly request: ConfirmRequest
    },
  ]
  /** The allowed decisions for each call. */
  readonly reviewConfigs: readonly [
    { readonly actionName: string; readonly allowedDecisions: readonly ('approve' | 'edit' | 'reject')[] },
  ]
}

/**
 * A toolset as tools for LangChain and LangGraph. Every call goes through the toolset's gate. The model reads the tool's
 * content, or the reason why the tool has not run; the message's `artifact` is the outcome. Two small tools find and use
 * deferred tools.
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
  return new GatedTool({
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

/** A tool whose arguments only the gate checks: LangChain would run the regular expressions of its server on them. */
class GatedTool extends DynamicStructuredTool {
  override call(...given: Parameters<DynamicStructuredTool['call']>): Promise<unknown> {
    const unchecked = Object.create(this, { schema: { value: {} } }) as this
    return super.call.apply(unchecked, given)
  }
}

/** LangChain's run configuration of a tool call. */
interface RunConfig {
  readonly toolCall?: { readonly id?: string | undefined } | undefined
  /** The call's id in graphs. */
  readonly toolCallId?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly configurable?: { readonly checkpoint_ns?: string | undefined; readonly thread_id?: unknown } | undefined
}

/** The conversation id. LangGraph also accepts a number as the id of a thread. */
function chatOf({ thread_id: thread }: RunConfig['configurable'] & object = {}): string | undefined {
  return typeof thread === 'string' || typeof thread === 'number' ? String(thread) : undefined
}

/** The interrupt of one call. Ends the task with LangGraph's own error, and returns the decision once it exists. */
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

/** The decision in the middleware's form, or the first one of a list. Anything else doesn't approve the call. */
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

/** A failure needs a message object, because only a message has a status. */
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
