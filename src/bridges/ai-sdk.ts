import { dynamicTool, jsonSchema, type JSONSchema7, type ModelMessage, type ToolSet } from 'ai'
import type { ToolCallOutcome, Toolset, ToolsetTool } from '../index.js'
import { decisionIn, requestId, wasAsked } from './ai-sdk-messages.js'
import { modelOutput } from './ai-sdk-output.js'

/** How {@link aiSdkTools} asks. */
export interface AiSdkToolsOptions {
  /**
   * Who asks the person about a tool that asks; never both.
   *
   * `confirm`: the toolset's confirm callback, while the call waits.
   *
   * `native`: the AI SDK. The run ends with a `tool-approval-request`; the next run, given the messages with the
   * person's `tool-approval-response`, calls the tool. It runs only when the messages show that the SDK asked about this
   * very call and the person said yes. They are the proof: keep them on your server, or let the SDK sign its requests
   * (`experimental_toolApprovalSecret`).
   *
   * `@default 'confirm'`
   */
  readonly approval?: 'confirm' | 'native' | undefined
}

/**
 * A toolset as tools of the AI SDK, versions 6 and 7. Every call goes through the toolset's gate, whatever the SDK was
 * told: a tool that was turned off since, or set to ask, is.
 *
 * What a tool returns to the host is the {@link ToolCallOutcome}; the model reads the tool's content, or why it has not
 * run. A fault becomes a `tool-error`. The run's abort signal ends the call at the server too.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-core/tools-and-tool-calling
 */
export function aiSdkTools(toolset: Toolset, options: AiSdkToolsOptions = {}): ToolSet {
  const make = options.approval === 'native' ? nativeTool : confirmedTool
  return Object.fromEntries(toolset.tools.map((tool) => [tool.modelName, make(toolset, tool)]))
}

/** What version 7 tells its `toolApproval` of a call: the part of it that is read here. */
export interface AiSdkApprovalCall {
  readonly toolCall: { readonly toolName: string; readonly input: unknown }
}

/** The kinds of answers of `toolApproval`, from lenient to strict. */
export type AiSdkApprovalType = 'not-applicable' | 'approved' | 'user-approval' | 'denied'

/** What `toolApproval` answers; `undefined` is `not-applicable`: the call runs. */
export type AiSdkApprovalStatus =
  | AiSdkApprovalType
  | { type: 'not-applicable'; reason?: never | undefined }
  | { type: 'approved'; reason?: string | undefined }
  | { type: 'user-approval'; reason?: string | undefined }
  | { type: 'denied'; reason?: string | undefined }
  | undefined

/**
 * Joins this toolset's rules with a `toolApproval` function of the host's own, which in version 7 replaces what tools
 * ask for themselves. The stricter answer counts. For `approval: 'native'`.
 *
 * @param next - the host's function; tools that are not of this toolset are left to it
 */
export function aiSdkToolApproval<Call extends AiSdkApprovalCall>(
  toolset: Toolset,
  next: (call: Call) => AiSdkApprovalStatus | PromiseLike<AiSdkApprovalStatus>,
): (call: Call) => Promise<AiSdkApprovalStatus> {
  const own = new Set(toolset.tools.map(({ modelName }) => modelName))
  return async (call) => {
    const theirs = await next(call)
    const { toolName, input } = call.toolCall
    if (!own.has(toolName)) return theirs
    const { type, why } = await toolset.explain(toolName, input).catch(inexplicable)
    const ours = { type: approvalTypes[type], reason: why }
    return strictness.indexOf(typeOf(theirs)) > strictness.indexOf(ours.type) ? theirs : ours
  }
}

/** Arguments that are none, a registry that is closed: refused with the reason, so that the run goes on. */
function inexplicable(error: unknown): { readonly type: 'deny'; readonly why: string } {
  return { type: 'deny', why: error instanceof Error ? error.message : 'It can not be told whether this may run.' }
}

const approvalTypes = { auto: 'approved', ask: 'user-approval', deny: 'denied', unavailable: 'denied' } as const
const strictness: readonly AiSdkApprovalType[] = ['not-applicable', 'approved', 'user-approval', 'denied']

function typeOf(status: AiSdkApprovalStatus): AiSdkApprovalType {
  return typeof status === 'object' ? status.type : (status ?? 'not-applicable')
}

/** The gate asks, by the toolset's callback. */
function confirmedTool(toolset: Toolset, tool: ToolsetTool): ToolSet[string] {
  return dynamicTool({
    ...described(tool),
    execute: (input, { abortSignal }) => toolset.call(tool.modelName, input, optional('signal', abortSignal)),
  })
}

/** The SDK asks, and the gate takes a yes for one only when the messages prove it. */
function nativeTool(toolset: Toolset, tool: ToolsetTool): ToolSet[string] {
  const { modelName: name } = tool
  return dynamicTool({
    ...described(tool),
    needsApproval: async (input: unknown, { toolCallId, messages }: SdkContext) =>
      // Version 6 looks again when the answer is there, and refuses what would no longer ask.
      wasAsked(messages, toolCallId) || (await wouldAsk(toolset, name, input)),
    execute: (input, { toolCallId, messages, abortSignal }) =>
      toolset.call(name, input, {
        ...optional('signal', abortSignal),
        ...optional('idempotencyKey', requestId(messages, toolCallId)),
        confirm: () => decisionIn(messages, { toolCallId, toolName: name, input }),
      }),
  })
}

interface SdkContext {
  readonly toolCallId: string
  readonly messages: ModelMessage[]
}

/** What can't be explained doesn't ask: it goes to the gate, which then says what is wrong. */
function wouldAsk(toolset: Toolset, name: string, input: unknown): Promise<boolean> {
  return toolset.explain(name, input).then(
    ({ type }) => type === 'ask',
    () => false,
  )
}

function described({ title, description, inputSchema, integration, name, label }: ToolsetTool) {
  return {
    ...optional('title', title),
    ...optional('description', description),
    // A JSON Schema as its server sent it, of whatever draft.
    inputSchema: jsonSchema(inputSchema as JSONSchema7),
    metadata: {
      integration: { ...integration },
      tool: name,
      label: label === undefined ? undefined : { ...label },
    },
    // What `execute` returned.
    toModelOutput: ({ output }: { output: unknown }) => modelOutput(output as ToolCallOutcome),
  }
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { [Key in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: T }) // a computed name widens to string
}
