import type { Toolset } from '../index.js'
import { contentText, headedParts, type ModelPart } from '../policy/model-content.js'
import { readingOf, wouldAsk, type BridgedTool, type BridgeOptions, type Reading } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { defined } from './defined.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'

/** Options of {@link mastraTools}. */
export interface MastraToolsOptions extends BridgeOptions {
  /**
   * Who asks the person about a tool that asks; never both.
   *
   * `confirm`: the toolset's confirm callback, while the call waits.
   *
   * `native`: Mastra, with a storage of its own. The stream ends with a `tool-call-approval`; go on with
   * `approveToolCall` or `declineToolCall`, here or in another process. In version 0.24 it asks about every call of a
   * tool that asks, and about no other: what only a policy would ask about is then refused.
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

/** A tool as Mastra takes it: in the form of the AI SDK, with its own approval beside. */
export interface MastraTool {
  id: string
  description: string
  /** Schema of the arguments. */
  inputSchema: MastraSchema
  /** Version 0.24 knows only this. */
  requireApproval?: true
  /** Version 1. */
  needsApproval?: (input: unknown) => Promise<boolean>
  /** Runs a call. */
  execute(input: never, context: never): Promise<unknown>
  /** Converts a result to the content for the model. */
  toModelOutput(output: unknown): { type: 'content'; value: MastraPart[] }
}

/** A JSON Schema in the AI SDK's form, which Mastra knows by its symbol. The gate checks arguments. */
export interface MastraSchema {
  /** The JSON Schema itself. */
  jsonSchema: { [key: string]: unknown }
  /** Checks a value against it. */
  validate(value: unknown): { success: true; value: unknown }
}

/** A part of what a model reads. */
export type MastraPart = { type: 'text'; text: string } | { type: 'media'; mediaType: string; data: string }

/**
 * A toolset as tools for Mastra, versions 0.24 and 1: for an agent's `tools`, or for `toolsets` of one request. Every
 * call goes through the toolset's gate. The model reads the tool's content, or why it has not run; in version 0.24 as
 * text. Deferred tools are found and used by two small tools.
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
      // Version 0.24 hands the answer over. Version 1 asks `needsApproval` once more, and runs only what was approved; the
      // answer that it hands over may be one that a model wrote into its arguments.
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

/** What version 0.24 gives a tool in place of the arguments. */
interface OlderInput {
  readonly context: unknown
  readonly threadId?: unknown
}

/** Version 0.24 puts the arguments beside an object of its own, which no model can write. */
function olderInput(given: unknown): OlderInput | undefined {
  const { runtimeContext } = (given ?? {}) as { readonly runtimeContext?: { readonly get?: unknown } }
  return typeof runtimeContext?.get === 'function' ? (given as OlderInput) : undefined
}

/** Version 1 tells a tool of its thread only where the host set it for the request. */
function threadOf(older: OlderInput | undefined, { requestContext }: MastraContext): string | undefined {
  const thread = older === undefined ? requestContext?.get('mastra__threadId') : older.threadId
  return typeof thread === 'string' ? thread : undefined
}

/**
 * Calls that Mastra was told to ask about: it runs one of them only after a yes. Known by the very object that its arguments
 * are, so that an equal call which nobody was asked about is none of them.
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
