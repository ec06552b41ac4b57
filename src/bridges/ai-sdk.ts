import * as ai from 'ai'
import { dynamicTool, jsonSchema, type JSONSchema7, type ModelMessage, type ToolSet } from 'ai'
import type { ToolCallOutcome, Toolset } from '../index.js'
import { decisionIn, wasAsked } from './ai-sdk-messages.js'
import { isTaken, modelOutput } from './ai-sdk-output.js'
import { wouldAsk, type BridgedTool, type BridgeOptions } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { defined } from './defined.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'

/** Options of {@link aiSdkTools}. */
export interface AiSdkToolsOptions extends BridgeOptions {
  /**
   * Selects who asks the person about a tool that asks.
   *
   * `confirm`: the toolset's confirm callback, while the call waits.
   *
   * `native`: the AI SDK. The run ends with a `tool-approval-request`; the next run, given the messages with the
   * person's `tool-approval-response`, calls the tool. The tool runs only if the messages show that the SDK asked about
   * exactly this call and the person approved it. Because the messages are the proof, keep them on your server, or let the
   * SDK sign its requests (`experimental_toolApprovalSecret`).
   *
   * `@default 'confirm'`
   */
  readonly approval?: 'confirm' | 'native' | undefined
  /**
   * The media that the model's provider accepts in tool results; others are described in text, because providers drop
   * them or refuse the request. `@default` images (JPEG, PNG, GIF, WebP) and PDF
   */
  readonly takes?: ((mediaType: string) => boolean) | undefined
}

/**
 * A toolset as tools of the AI SDK, versions 6 and 7. Every call goes through the toolset's gate, independently of the
 * SDK's own settings, so changed tool settings apply at once.
 *
 * A tool returns the {@link ToolCallOutcome} to the host; the model reads the tool's content, or the reason why the tool
 * has not run. An error becomes a `tool-error`. The run's abort signal also ends the call at the server.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-core/tools-and-tool-calling
 *
 * @example
 * ```ts
 * // examples/guides/ai-sdk.ts#confirm
 * const toolset = await mine.toolset('assistant', { confirm: askThePerson, conversationId: 'chat-1' })
 * const { text } = await generateText({
 *   model,
 *   tools: aiSdkTools(toolset),
 *   prompt: 'Say hello to Bo.',
 *   stopWhen: stepCountIs(5),
 * })
 * ```
 */
export function aiSdkTools(toolset: Toolset, options: AiSdkToolsOptions = {}): ToolSet {
  const { tools } = bridgedTools(toolset, options, hasToolSearch ? 'native' : 'none')
  const made = Object.fromEntries(tools.map((tool) => [tool.name, sdkTool(tool, options)]))
  return hasToolSearch && toolset.deferred.length > 0 ? { ...made, [searchName]: searchTool(toolset) } : made
}

/** The used part of the input of `toolApproval` (version 7). */
export interface AiSdkApprovalCall {
  /** The call that is about to run. */
  readonly toolCall: { readonly toolName: string; readonly input: unknown }
}

/** The result types of `toolApproval`, from lenient to strict. */
export type AiSdkApprovalType = 'not-applicable' | 'approved' | 'user-approval' | 'denied'

/** Result of `toolApproval`; `undefined` means `not-applicable`: the call runs. */
export type AiSdkApprovalStatus =
  | AiSdkApprovalType
  | { type: 'not-applicable'; reason?: never | undefined }
  | { type: 'approved'; reason?: string | undefined }
  | { type: 'user-approval'; reason?: string | undefined }
  | { type: 'denied'; reason?: string | undefined }
  | undefined

/**
 * Combines this toolset's rules with the host's own `toolApproval` function, which in version 7 replaces the approval
 * settings of tools. The stricter result counts. For `approval: 'native'`.
 *
 * @param next - the host's function, which also decides about tools outside this toolset
 *
 * @example
 * ```ts
 * // examples/guides/ai-sdk.ts#tool-approval
 * const toolApproval = aiSdkToolApproval(toolset, hostPolicy) // for generateText({ toolApproval, … }) of version 7
 * ```
 */
export function aiSdkToolApproval<Call extends AiSdkApprovalCall>(
  toolset: Toolset,
  next: (call: Call) => AiSdkApprovalStatus | PromiseLike<AiSdkApprovalStatus>,
): (call: Call) => Promise<AiSdkApprovalStatus> {
  const { tools } = bridgedTools(toolset, {}, hasToolSearch ? 'native' : 'none')
  const own = new Map(tools.map((tool) => [tool.name, tool]))
  return async (call) => {
    const theirs = await next(call)
    const { toolName, input } = call.toolCall
    const tool = own.get(toolName)
    if (tool === undefined) return theirs
    const { type, why } = await tool.explain(input).catch(inexplicable)
    const ours = { type: approvalTypes[type], reason: why }
    return strictness.indexOf(typeOf(theirs)) > strictness.indexOf(ours.type) ? theirs : ours
  }
}

/** The denial for a call that can't be explained (invalid arguments, a closed registry), so that the run continues. */
function inexplicable(error: unknown): { readonly type: 'deny'; readonly why: string } {
  return {
    type: 'deny',
    why: error instanceof Error ? error.message : 'The decision about this call failed.',
  }
}

const approvalTypes = { auto: 'approved', ask: 'user-approval', deny: 'denied', unavailable: 'denied' } as const
const strictness: readonly AiSdkApprovalType[] = ['not-applicable', 'approved', 'user-approval', 'denied']

function typeOf(status: AiSdkApprovalStatus): AiSdkApprovalType {
  return typeof status === 'object' ? status.type : (status ?? 'not-applicable')
}

function sdkTool(tool: BridgedTool, { approval, takes = isTaken }: AiSdkToolsOptions): ToolSet[string] {
  return dynamicTool({
    ...described(tool),
    ...(approval === 'native' ? asking(tool) : waiting(tool)),
    // The output is the outcome that `execute` returned.
    toModelOutput: ({ output }: { output: unknown }) => modelOutput(output as ToolCallOutcome, takes),
  })
}

/** The gate asks, with the toolset's confirm callback. */
function waiting(tool: BridgedTool) {
  return {
    execute: (input: unknown, { toolCallId, abortSignal }: SdkContext) =>
      tool.run(input, { callId: toolCallId, signal: abortSignal }),
  }
}

/** The SDK asks, and the gate accepts an approval only if the messages contain it. */
function asking(tool: BridgedTool) {
  return {
    needsApproval: async (input: unknown, { toolCallId, messages }: SdkContext) =>
      // Version 6 calls this again after the decision, and refuses a call that no longer asks.
      wasAsked(messages, toolCallId) || (await wouldAsk(tool, input)),
    execute: (input: unknown, { toolCallId, messages, abortSignal }: SdkContext) =>
      tool.run(input, {
        callId: toolCallId,
        signal: abortSignal,
        confirm: () => decisionIn(messages, { toolCallId, toolName: tool.name, input }),
      }),
  }
}

interface SdkContext {
  readonly toolCallId: string
  readonly messages: ModelMessage[]
  readonly abortSignal?: AbortSignal | undefined
}

function described({ title, description, inputSchema, deferred, source }: BridgedTool) {
  return defined({
    title,
    description,
    // A JSON Schema of any draft.
    inputSchema: jsonSchema(inputSchema as JSONSchema7),
    deferLoading: deferred ? true : undefined,
    metadata: source && {
      integration: { ...source.integration },
      tool: source.name,
      label: source.label && { ...source.label },
    },
  })
}

/** Version 7 keeps deferred tools out of the prompt until they are found. */
const hasToolSearch = 'toolSearch' in ai
const searchName = 'tool_search'

/** The SDK's own search tool, with our ranking, over the tools that may be used at this moment. */
function searchTool(toolset: Toolset): ToolSet[string] {
  const { toolSearch } = ai as unknown as {
    toolSearch(options: { search(options: { query: string }): Promise<string[]> }): ToolSet[string]
  }
  return toolSearch({
    search: async ({ query }) => (await toolset.search(query)).map(({ modelName }) => modelName),
  })
}
