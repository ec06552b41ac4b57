import type { ApprovalDecision, Toolset } from '../index.js'
import { contentText, headedParts, type ModelPart } from '../policy/model-content.js'
import {
  failedReading,
  readingOf,
  wouldAsk,
  type BridgedTool,
  type BridgeOptions,
  type Reading,
} from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { parsedArguments } from './tool-turn.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'

/** Options of {@link openaiAgentsTools}. */
export interface OpenAiAgentsToolsOptions extends BridgeOptions {
  /**
   * Selects who asks the person about a tool that asks.
   *
   * `confirm`: the toolset's confirm callback, while the call waits.
   *
   * `native`: the Agents SDK. The run ends with an interruption; decide it on the run's state, here or in another
   * process, and run again. A tool runs only if the run's state says that exactly this call was approved.
   *
   * `@default 'confirm'`
   */
  readonly approval?: 'confirm' | 'native' | undefined
  /**
   * The media that the model accepts in tool results; others are described in text. `@default` images (JPEG, PNG,
   * GIF, WebP) and PDF
   */
  readonly takes?: ((mediaType: string) => boolean) | undefined
}

/** A function tool of the Agents SDK, in its own form. */
export interface OpenAiAgentsTool {
  type: 'function'
  name: string
  description: string
  /** JSON Schema of the arguments. */
  parameters: { type: 'object'; properties: Record<string, never>; required: string[]; additionalProperties: true }
  /** Always `false`, because schemas of servers are not in the strict form. */
  strict: false
  /** Whether the model finds the tool only by search. */
  deferLoading?: boolean
  /** Whether a call needs approval by a person. */
  needsApproval(context: OpenAiAgentsContext, input: unknown, callId?: string): Promise<boolean>
  /** Whether the model can use the tool now. */
  isEnabled(): Promise<boolean>
  /** Runs a call. */
  invoke(
    context: OpenAiAgentsContext,
    input: string,
    details?: OpenAiAgentsDetails,
  ): Promise<string | OpenAiAgentsPart[]>
}

/** The Responses API's own search tool for deferred tools. */
export interface OpenAiAgentsToolSearch {
  type: 'hosted_tool'
  name: 'tool_search'
  /** Data for the provider. */
  providerData: { type: 'tool_search' }
}

/** The used part of a run's context. */
export interface OpenAiAgentsContext {
  /** The decision in the run's state. */
  isToolApproved(call: { toolName: string; callId: string }): boolean | undefined
}

/** The used part of a call's details. */
export interface OpenAiAgentsDetails {
  /** The call that is about to run. */
  readonly toolCall?: { readonly callId?: string | undefined } | undefined
  readonly signal?: AbortSignal | undefined
}

/** A part of a tool's output. */
export type OpenAiAgentsPart =
  | { type: 'text'; text: string }
  | { type: 'image'; image: { data: string; mediaType: string } }
  | { type: 'file'; file: { data: string; mediaType: string; filename: string } }

/**
 * A toolset as tools of OpenAI's Agents SDK. Every call goes through the toolset's gate, independently of the SDK's own
 * settings. The model reads the tool's content, or the reason why the tool has not run. Deferred tools use the Responses
 * API's tool search.
 *
 * @see https://openai.github.io/openai-agents-js/guides/tools
 *
 * @example
 * ```ts
 * // examples/loops/frameworks/openai-agents.ts#agent
 * function makeAgent(toolset: Toolset, model: Model) {
 *   return new Agent({ name: 'Assistant', model, tools: openaiAgentsTools(toolset, { approval: 'native' }) })
 * }
 * ```
 */
export function openaiAgentsTools(
  toolset: Toolset,
  options: OpenAiAgentsToolsOptions = {},
): (OpenAiAgentsTool | OpenAiAgentsToolSearch)[] {
  const { tools } = bridgedTools(toolset, options, 'native')
  const made = tools.map((tool) => agentsTool(tool, options))
  return toolset.deferred.length === 0
    ? made
    : [...made, { type: 'hosted_tool', name: 'tool_search', providerData: { type: 'tool_search' } }]
}

function agentsTool(tool: BridgedTool, options: OpenAiAgentsToolsOptions): OpenAiAgentsTool {
  const { name, description = '', inputSchema, deferred } = tool
  const isNative = options.approval === 'native'
  return {
    type: 'function',
    name,
    description,
    parameters: { ...inputSchema } as OpenAiAgentsTool['parameters'], // looser than the SDK's type says
    strict: false,
    deferLoading: deferred ? true : undefined,
    isEnabled: async () => true,
    // The SDK asks again after the decision, and needs the same result.
    needsApproval: async (context, input, callId) =>
      isNative && (decisionOf(context, name, callId) !== undefined || (await wouldAsk(tool, input))),
    async invoke(context, input, { toolCall, signal } = {}) {
      const args = parsedArguments(input)
      if (args === undefined)
        return outputOf(failedReading('The arguments are not valid JSON. It has not run.'), options)
      const { callId } = toolCall ?? {}
      const confirm = isNative ? () => decisionOf(context, name, callId) ?? notAsked : undefined
      return outputOf(await readingOf(tool.run(args, { callId, signal, confirm })), options)
    },
  }
}

/** The person's decision about this call, from the run's state. */
function decisionOf(context: OpenAiAgentsContext, toolName: string, callId = ''): ApprovalDecision | undefined {
  const approved = context.isToolApproved({ toolName, callId })
  return approved === undefined ? undefined : approved ? 'approve' : 'deny'
}

const notAsked = { decision: 'deny', reason: 'The Agents SDK ran this call without having asked a person.' } as const

/** Text, unless there is media. The SDK has no flag for a failure, so the text names it. */
function outputOf(reading: Reading, { takes = isTaken }: OpenAiAgentsToolsOptions): string | OpenAiAgentsPart[] {
  if (reading.parts.every((part) => part.type === 'text' || !takes(part.mediaType))) return contentText(reading)
  return headedParts(reading).map((part) => agentsPart(part, takes))
}

function agentsPart(part: ModelPart, takes: (mediaType: string) => boolean): OpenAiAgentsPart {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, data, words } = part
  if (!takes(mediaType)) return { type: 'text', text: words }
  if (mediaType.startsWith('image/')) return { type: 'image', image: { data, mediaType } }
  return { type: 'file', file: { data, mediaType, filename: `file.${mediaType.split('/')[1] ?? 'bin'}` } }
}

function isTaken(mediaType: string): boolean {
  return /^image\/(jpeg|png|gif|webp)$|^application\/pdf$/.test(mediaType)
}
