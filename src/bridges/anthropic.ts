import type { Toolset } from '../index.js'
import type { ModelPart } from '../policy/model-content.js'
import type { BridgeOptions, CallName, Reading } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { defined } from './defined.js'
import { resumeTurn, runTurn, type ModelCall, type ToolTurn, type TurnOptions } from './tool-turn.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'
export type { ToolTurn, TurnOptions, WaitingCall } from './tool-turn.js'

/** A client tool of the Messages API. */
export interface AnthropicTool {
  name: string
  description?: string
  /** JSON Schema of the arguments. */
  input_schema: { type: 'object'; [key: string]: unknown }
  /** Whether the model finds the tool only by search. */
  defer_loading?: true
}

/** The API's own search tool for deferred tools. */
export interface AnthropicToolSearch {
  type: 'tool_search_tool_bm25_20251119'
  name: 'tool_search_tool_bm25'
}

/** The result of a call for the Messages API: content of the next `user` message. */
export interface AnthropicResult {
  type: 'tool_result'
  /** The id of the call. */
  tool_use_id: string
  /** The content for the model. */
  content: AnthropicBlock[]
  /** Whether the tool failed. */
  is_error?: true
}

/** A block of a result. */
export type AnthropicBlock =
  | { type: 'text'; text: string }
  | { type: 'image'; source: { type: 'base64'; media_type: AnthropicImageType; data: string } }
  | { type: 'document'; source: { type: 'base64'; media_type: 'application/pdf'; data: string } }

/** Image types that the API accepts. */
export type AnthropicImageType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'

/** A block of `message.content`. Blocks other than `tool_use` are ignored. */
export interface AnthropicContent {
  readonly type: string
  readonly id?: string | undefined
  readonly name?: string | undefined
  /** The arguments of the call. */
  readonly input?: unknown
}

/** A tool that the SDK's own runner calls. */
export interface AnthropicRunnableTool extends AnthropicTool {
  /** Runs a call. @throws ToolError if the tool failed or has not run, which the runner sends as a failure */
  run(args: unknown, context?: AnthropicRunContext): Promise<AnthropicBlock[]>
  /** Returns the arguments unchanged, because the gate checks them. */
  parse(content: unknown): unknown
}

/** The runner's context of a call. */
export interface AnthropicRunContext {
  /** The call that is about to run. */
  readonly toolUse: { readonly id: string }
  readonly signal?: AbortSignal | null | undefined
}

/** A toolset for the Messages API. */
export interface AnthropicTools {
  /** For `tools` of a request. */
  readonly definitions: (AnthropicTool | AnthropicToolSearch)[]
  /** Whether a call is for this toolset, for loops with further tools. */
  has(name: string): boolean
  /**
   * Runs the `tool_use` blocks among the content, all at once. Send all results together, in one `user` message.
   *
   * @throws IntegrationError `aborted`
   */
  run(content: readonly AnthropicContent[], options?: TurnOptions): Promise<ToolTurn<AnthropicResult>>
  /**
   * Runs the calls that were approved in the meantime, here or in another process. Each runs at most once.
   *
   * @throws IntegrationError `aborted`
   */
  resume(turn: ToolTurn<AnthropicResult>, options?: TurnOptions): Promise<ToolTurn<AnthropicResult>>
  /**
   * For `client.beta.messages.toolRunner`, instead of the definitions: the SDK then runs the loop itself. It can't pause, so
   * the result of a waiting call tells the model to continue without it.
   */
  runnable(options?: TurnOptions): (AnthropicRunnableTool | AnthropicToolSearch)[]
}

/**
 * A toolset for a loop on Anthropic's Messages API: tool definitions, and results of calls in the API's form. The turn
 * lists the calls that wait for a person. A turn is JSON that another process can resume. Deferred tools use the API's
 * tool search.
 *
 * @see https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview
 *
 * @example
 * ```ts
 * // examples/loops/anthropic.ts#resume
 * const tools = anthropicTools(toolset)
 * const { outputs, waiting } = await tools.resume(turn)
 * if (waiting.length === 0) messages.push({ role: 'user', content: [...outputs] })
 * ```
 */
export function anthropicTools(toolset: Toolset, options: BridgeOptions = {}): AnthropicTools {
  const tools = bridgedTools(toolset, options, 'native')
  const names = new Set(tools.tools.map(({ name }) => name))
  const definitions = tools.tools.map(({ name, description, inputSchema, deferred }): AnthropicTool =>
    defined({
      name,
      description,
      input_schema: { ...inputSchema, type: 'object' },
      defer_loading: deferred ? true : undefined,
    }),
  )
  const run = (calls: readonly ModelCall[], turnOptions?: TurnOptions) => runTurn(tools, calls, toolResult, turnOptions)
  const withSearch = <Tool>(all: Tool[]) => (toolset.deferred.length === 0 ? all : [...all, toolSearch])
  return {
    definitions: withSearch(definitions),
    has: (name) => names.has(name),
    run: (content, turnOptions) => run(content.flatMap(toolUse), turnOptions),
    resume: (turn, turnOptions) => resumeTurn(toolset, turn, toolResult, turnOptions),
    runnable: (turnOptions) => withSearch(definitions.map((tool) => runnableTool(tool, run, turnOptions))),
  }
}

function runnableTool(
  definition: AnthropicTool,
  run: (calls: readonly ModelCall[], options?: TurnOptions) => Promise<ToolTurn<AnthropicResult>>,
  options: TurnOptions = {},
): AnthropicRunnableTool {
  return {
    ...definition,
    parse: (content) => content,
    async run(args, { toolUse: { id }, signal } = { toolUse: { id: '' } }) {
      const call = { name: definition.name, callId: id, args: args ?? {} }
      const signals = [signal, options.signal].filter((one) => one !== undefined && one !== null)
      const { outputs } = await run([call], { ...options, signal: AbortSignal.any(signals) })
      const { content, is_error: failed } = outputs[0]!
      if (failed !== true) return content
      const { ToolError } = await import('@anthropic-ai/sdk/lib/tools/ToolError')
      throw new ToolError(content)
    },
  }
}

const toolSearch: AnthropicToolSearch = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' }

function toolUse({ type, id, name, input }: AnthropicContent) {
  return type === 'tool_use' && typeof name === 'string' ? [{ name, callId: id, args: input ?? {} }] : []
}

function toolResult({ callId = '' }: CallName, { parts, failed }: Reading): AnthropicResult {
  return defined({
    type: 'tool_result',
    tool_use_id: callId,
    content: parts.map(block),
    is_error: failed ? true : undefined,
  })
}

function block(part: ModelPart): AnthropicBlock {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, data, words } = part
  if (isImage(mediaType)) return { type: 'image', source: { type: 'base64', media_type: mediaType, data } }
  if (mediaType === 'application/pdf')
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data } }
  return { type: 'text', text: words }
}

function isImage(mediaType: string): mediaType is AnthropicImageType {
  return ['image/jpeg', 'image/png', 'image/gif', 'image/webp'].includes(mediaType)
}
