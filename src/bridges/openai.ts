import type { Toolset } from '../index.js'
import { contentText, headedParts, type ModelPart } from '../policy/model-content.js'
import type { BridgeOptions, CallName, Reading } from './bridged-tool.js'
import { bridgedTools, type BridgedToolset } from './bridged-tools.js'
import { defined } from './defined.js'
import { parsedArguments, resumeTurn, runTurn, type ToolTurn, type TurnOptions } from './tool-turn.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'
export type { ToolTurn, TurnOptions, WaitingCall } from './tool-turn.js'

/** A function tool of the Responses API, or the API's search tool for deferred tools. */
export type OpenAiTool =
  | {
      type: 'function'
      name: string
      description?: string
      parameters: { [key: string]: unknown }
      /** Always `false`, because schemas of servers are not in the strict form. */
      strict: false
      defer_loading?: true
    }
  | { type: 'tool_search' }

/** The result of a call for the Responses API. */
export interface OpenAiOutput {
  type: 'function_call_output'
  /** The id of the call that it answers. */
  call_id: string
  /** What the model reads. */
  output: string | OpenAiOutputPart[]
}

/** A part of an output. */
export type OpenAiOutputPart =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url: string; detail: 'auto' }
  | { type: 'input_file'; filename: string; file_data: string }

/** An item of `response.output`. Items other than function calls are ignored. */
export interface OpenAiItem {
  readonly type: string
  readonly name?: string | undefined
  /** The id of the call. */
  readonly call_id?: string | null | undefined
  /** The arguments, as JSON text. */
  readonly arguments?: unknown
}

/** A toolset for the Responses API. */
export interface OpenAiTools {
  /** For `tools` of a request. */
  readonly definitions: OpenAiTool[]
  /** Whether a call is for this toolset, where your loop has functions of its own. */
  has(name: string): boolean
  /**
   * Runs the function calls among the items, all at once.
   *
   * @throws IntegrationError `aborted`
   */
  run(items: readonly OpenAiItem[], options?: TurnOptions): Promise<ToolTurn<OpenAiOutput>>
  /**
   * Runs what was approved since, here or in another process, each call at most once.
   *
   * @throws IntegrationError `aborted`
   */
  resume(turn: ToolTurn<OpenAiOutput>, options?: TurnOptions): Promise<ToolTurn<OpenAiOutput>>
}

/**
 * A toolset for a loop on OpenAI's Responses API: tool definitions, and outputs of calls in the API's form. The turn lists
 * the calls that wait for a person. A turn is JSON that another process can resume. Deferred tools use the API's tool
 * search.
 *
 * @see https://platform.openai.com/docs/guides/function-calling
 *
 * @example
 * ```ts
 * // examples/loops/openai.ts#resume
 * const tools = openaiTools(toolset)
 * const { outputs, waiting } = await tools.resume(turn)
 * if (waiting.length === 0) input.push(...outputs)
 * ```
 */
export function openaiTools(toolset: Toolset, options: BridgeOptions = {}): OpenAiTools {
  const tools = bridgedTools(toolset, options, 'native')
  const definitions: OpenAiTool[] = tools.tools.map(({ name, description, inputSchema, deferred }) =>
    defined({
      type: 'function',
      name,
      description,
      parameters: inputSchema,
      strict: false,
      defer_loading: deferred ? true : undefined,
    }),
  )
  return {
    definitions: toolset.deferred.length === 0 ? definitions : [...definitions, { type: 'tool_search' }],
    has: nameChecker(tools),
    run: (items, turnOptions) => runTurn(tools, items.flatMap(responseCall), responseOutput, turnOptions),
    resume: (turn, turnOptions) => resumeTurn(toolset, turn, responseOutput, turnOptions),
  }
}

/** A function tool of Chat Completions. */
export interface OpenAiChatTool {
  type: 'function'
  /** The tool, as a function. */
  function: { name: string; description?: string; parameters: { [key: string]: unknown } }
}

/** The result of a call for Chat Completions: text only. */
export interface OpenAiChatOutput {
  /** The role of a message with the result of a call. */
  role: 'tool'
  /** The id of the call that it answers. */
  tool_call_id: string
  /** What the model reads. */
  content: string
}

/** A call of `message.tool_calls`. */
export interface OpenAiChatCall {
  readonly id: string
  readonly type: string
  /** The tool's name and the arguments, as JSON text. */
  readonly function?: { readonly name: string; readonly arguments: string } | undefined
}

/** A toolset for Chat Completions. */
export interface OpenAiChatTools {
  /** For `tools` of a request. */
  readonly definitions: OpenAiChatTool[]
  /** Whether a call is for this toolset, where your loop has functions of its own. */
  has(name: string): boolean
  /** As {@link OpenAiTools.run}; takes `message.tool_calls`. */
  run(calls: readonly OpenAiChatCall[], options?: TurnOptions): Promise<ToolTurn<OpenAiChatOutput>>
  /** As {@link OpenAiTools.resume}. */
  resume(turn: ToolTurn<OpenAiChatOutput>, options?: TurnOptions): Promise<ToolTurn<OpenAiChatOutput>>
}

/**
 * A toolset for a loop on Chat Completions, and on the many APIs with the same protocol. Two small tools find and use
 * deferred tools.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export function openaiChatTools(toolset: Toolset, options: BridgeOptions = {}): OpenAiChatTools {
  const tools = bridgedTools(toolset, options)
  return {
    definitions: tools.tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: defined({ name, description, parameters: inputSchema }),
    })),
    has: nameChecker(tools),
    run: (calls, turnOptions) => runTurn(tools, calls.flatMap(chatCall), chatOutput, turnOptions),
    resume: (turn, turnOptions) => resumeTurn(toolset, turn, chatOutput, turnOptions),
  }
}

function nameChecker({ tools }: BridgedToolset): (name: string) => boolean {
  const names = new Set(tools.map(({ name }) => name))
  return (name) => names.has(name)
}

function responseCall({ type, name, call_id: callId, arguments: text }: OpenAiItem) {
  return type === 'function_call' && typeof name === 'string' && typeof text === 'string'
    ? [{ name, callId: callId ?? undefined, args: parsedArguments(text) }]
    : []
}

function chatCall({ id, function: called }: OpenAiChatCall) {
  return called === undefined ? [] : [{ name: called.name, callId: id, args: parsedArguments(called.arguments) }]
}

function responseOutput({ callId = '' }: CallName, reading: Reading): OpenAiOutput {
  return { type: 'function_call_output', call_id: callId, output: outputOf(reading) }
}

function chatOutput({ callId = '' }: CallName, reading: Reading): OpenAiChatOutput {
  return { role: 'tool', tool_call_id: callId, content: contentText(reading) }
}

/** Text, or parts if there is media. The API has no flag for a failure, so the text names it. */
function outputOf(reading: Reading): OpenAiOutput['output'] {
  const parts = headedParts(reading).map(outputPart)
  return parts.every(({ type }) => type === 'input_text') ? contentText(reading) : parts
}

function outputPart(part: ModelPart): OpenAiOutputPart {
  if (part.type === 'text') return { type: 'input_text', text: part.text }
  const url = `data:${part.mediaType};base64,${part.data}`
  if (images.has(part.mediaType)) return { type: 'input_image', image_url: url, detail: 'auto' }
  if (part.mediaType === 'application/pdf') return { type: 'input_file', filename: 'document.pdf', file_data: url }
  return { type: 'input_text', text: part.words }
}

const images = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])
