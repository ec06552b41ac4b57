import type { Toolset } from '../index.js'
import { contentText, headedParts, type ModelPart } from '../policy/model-content.js'
import { readingOf, wouldAsk, type BridgedTool, type BridgeOptions, type Reading } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { defined } from './defined.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'

/** Options of {@link mastraTools}. */
export interface MastraToolsOptions extends BridgeOptions {
  /**
   * Selects who asks the person about a tool that asks.
   *
   * `confirm`: the toolset's confirm callback, while the call waits.
   *
   * `native`: Mastra, with its own storage. The stream ends with a `tool-call-approval`; continue with `approveToolCall` or
   * `declineToolCall`, here or in another process. Version 0.24 asks about every call of a tool that asks, and about no
   * other. Calls that only a policy would ask about are then refused.
   *
   * `@default 'confirm'`
   */
  readonly approval?: 'confirm' | 'native' | undefined
  /**
   * The media that the model accepts in tool results (version 1); others are described in text. `@default` images
   * (JPEG, PNG, GIF, WebP)
   */
  readonly takes?: ((mediaType: string) => boolean) | undefined
}

/** A tool for Mastra: in the form of the AI SDK, with Mastra's own approval fields. */
export interface MastraTool {
  id: string
  description: string
  /** Schema of the arguments. */
  inputSchema: MastraSchema
  /** Whether calls need approval (version 0.24). */
  requireApproval?: true
  /** Whether a call needs approval (version 1). */
  needsApproval?: (input: unknown) => Promise<boolean>
  /** Runs a call. */
  execute(input: never, context: never): Promise<unknown>
  /** Converts a result to the content for the model. */
  toModelOutput(output: unknown): { type: 'content'; value: MastraPart[] }
}

/** A JSON Schema in the AI SDK's form, which Mastra recognises by its symbol. The gate checks arguments. */
export interface MastraSchema {
  /** The JSON Schema itself. */
  jsonSchema: { [key: string]: unknown }
  /** Accepts every value, because the gate checks arguments. */
  validate(value: unknown): { success: true; value: unknown }
}

/** A part of the content for a model. */
export type MastraPart = { type: 'text'; text: string } | { type: 'media'; mediaType: string; data: string }

/**
 * A toolset as tools for Mastra, versions 0.24 and 1: for an agent's `tools`, or for `toolsets` of one request. Every
 * call goes through the toolset's gate. The model reads the tool's content, or the reason why the tool has not run; in
 * version 0.24 as text. Two small tools find and use deferred tools.
 *
 * @see https://mastra.ai/docs/agents/using-tools
 *
 * @example
 * ```ts
 * // examples/loops/frameworks/mastra.ts#agent
 * const assistant = new Agent({ id: 'assistant', name: 'assistant', instructions: 'Help.', model })
 * const agent = new Mastra({ agents: { assistant }, storage, logger: false }).getAgent('assistant')
 * ```
 */
export function mastraTools(toolset: Toolset, options: MastraToolsOptions = {}): Record<string, MastraTool> {
  const { tools } = bridgedTools(toolset, options)
  return Object.fromEntries(tools.map((tool) => [tool.name, mastraTool(tool, options)]))
}

function mastraTool(tool: BridgedTool, { approval, takes = isImage }: MastraToolsOptions): MastraTool {
  const { name, description = '', inputSchema, source } = tool
  const isNative = approval === 'native'
  const asked = new AskedCalls()
  return defined({
    id: name,
    description,
    inputSchema: sdkSchema(inputSchema),
    requireApproval: isNative && source?.approval.resolved === 'ask' ? true : undefined,
    needsApproval: isNative ? async (input: unknown) => asked.note(input, await wouldAsk(tool, input)) : undefined,
    async execute(given: unknown, context: MastraContext = {}) {
      const older = olderInput(given)
      const input = older === undefined ? given : older.context
      // Version 0.24 passes the decision on. Version 1 calls `needsApproval` again, and runs only approved calls; the decision
      // that it passes on can't be trusted, because a model may have written it into the arguments.
      const wasApproved = older === undefined ? asked.has(input) : context.resumeData?.approved === true
      const confirm = isNative ? () => (wasApproved ? ('approve' as const) : notAsked) : undefined
      const { toolCallId: callId, abortSignal: signal } = context
      const conversationId = threadOf(older, context)
      const reading = await readingOf(tool.run(input, { callId, signal, confirm, conversationId }))
      return older === undefined ? reading : contentText(reading)
    },
    toModelOutput: (output: unknown) => ({
      type: 'content' as const,
      value: headedParts(output as Reading).map((part) => mastraPart(part, takes)),
    }),
  })
}

/** Mastra's context of a tool call. */
interface MastraContext {
  readonly toolCallId?: string | undefined
  readonly abortSignal?: AbortSignal | undefined
  readonly resumeData?: { readonly approved?: unknown } | undefined
  readonly requestContext?: { get(key: string): unknown } | undefined
}

/** The input of a tool in version 0.24, which contains the arguments. */
interface OlderInput {
  readonly context: unknown
  readonly threadId?: unknown
}

/** Recognises the input of version 0.24 by its `runtimeContext` with a method, which no model can write. */
function olderInput(given: unknown): OlderInput | undefined {
  const { runtimeContext } = (given ?? {}) as { readonly runtimeContext?: { readonly get?: unknown } }
  return typeof runtimeContext?.get === 'function' ? (given as OlderInput) : undefined
}

/** The id of the thread. In version 1, a tool gets it only if the host set it for the request. */
function threadOf(older: OlderInput | undefined, { requestContext }: MastraContext): string | undefined {
  const thread = older === undefined ? requestContext?.get('mastra__threadId') : older.threadId
  return typeof thread === 'string' ? thread : undefined
}

/**
 * Calls that Mastra asks about. Mastra runs them only after an approval. Calls are identified by their argument object,
 * not by equality, so that an equal call that nobody approved is not confused with them.
 */
class AskedCalls {
  readonly #asked = new WeakSet<object>()

  note(input: unknown, asks: boolean): boolean {
    if (asks && typeof input === 'object' && input !== null) this.#asked.add(input)
    return asks
  }

  has(input: unknown): boolean {
    return typeof input === 'object' && input !== null && this.#asked.has(input)
  }
}

const notAsked = { decision: 'deny', reason: 'Mastra ran this call without having asked a person.' } as const

function mastraPart(part: ModelPart, takes: (mediaType: string) => boolean): MastraPart {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, data, words } = part
  return takes(mediaType) ? { type: 'media', mediaType, data } : { type: 'text', text: words }
}

function isImage(mediaType: string): boolean {
  return /^image\/(jpeg|png|gif|webp)$/.test(mediaType)
}

function sdkSchema(jsonSchema: { [key: string]: unknown }): MastraSchema {
  const symbol = { [Symbol.for('vercel.ai.schema')]: true, [Symbol.for('vercel.ai.validator')]: true }
  return { ...symbol, jsonSchema, validate: (value) => ({ success: true, value }) }
}
