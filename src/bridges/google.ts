import type { Toolset } from '../index.js'
import { partsText } from '../policy/model-content.js'
import { isJsonObject } from '../policy/same-json.js'
import type { BridgeOptions, CallName, Reading } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { defined } from './defined.js'
import { resumeTurn, runTurn, type ToolTurn, type TurnOptions } from './tool-turn.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'
export type { ToolTurn, TurnOptions, WaitingCall } from './tool-turn.js'

/** Function declarations for `config.tools`. */
export interface GoogleTool {
  /** The tools, as functions. */
  functionDeclarations: GoogleDeclaration[]
}

/** One function. */
export interface GoogleDeclaration {
  name: string
  description?: string
  /** JSON Schema of the arguments. The older field `parameters` supports less. */
  parametersJsonSchema: { [key: string]: unknown }
}

/** A call of `response.functionCalls`. */
export interface GoogleCall {
  id?: string | undefined
  name?: string | undefined
  /** The arguments of the call. */
  args?: Record<string, unknown> | undefined
}

/** The result of a call for the API: a part of the next `user` content. */
export interface GooglePart {
  /** The response for the model. */
  functionResponse: {
    id?: string
    name: string
    response: Record<string, unknown>
    parts?: { inlineData: { mimeType: string; data: string } }[]
  }
}

/** The result of {@link GoogleTools.callable}. */
export interface GoogleCallable {
  /** Returns the tools for the model. */
  tool(): Promise<GoogleTool>
  /** Runs the calls of a response. */
  callTool(calls: GoogleCall[]): Promise<GooglePart[]>
}

/** A toolset for Google's GenAI SDK. */
export interface GoogleTools {
  /** For `config.tools` of a request. */
  readonly definitions: GoogleTool[]
  /** Whether a call is for this toolset, for loops with further functions. */
  has(name: string): boolean
  /**
   * Runs the calls of `response.functionCalls`, all at once.
   *
   * @throws IntegrationError `aborted`
   */
  run(calls: readonly GoogleCall[], options?: TurnOptions): Promise<ToolTurn<GooglePart>>
  /**
   * Runs the calls that were approved in the meantime, here or in another process. Each runs at most once.
   *
   * @throws IntegrationError `aborted`
   */
  resume(turn: ToolTurn<GooglePart>, options?: TurnOptions): Promise<ToolTurn<GooglePart>>
  /**
   * For `config.tools`, instead of the definitions: the SDK then runs the loop itself. It can't pause, so the result of a
   * waiting call tells the model to continue without it. It has no signal, so pass one here.
   */
  callable(options?: TurnOptions): GoogleCallable
}

/**
 * A toolset for a loop on Google's GenAI SDK: function declarations, and results of calls in the API's form. The turn
 * lists the calls that wait for a person. A turn is JSON that another process can resume. Two small tools find and use
 * deferred tools.
 *
 * @see https://ai.google.dev/gemini-api/docs/function-calling
 *
 * @example
 * ```ts
 * // examples/loops/google.ts#resume
 * const tools = googleTools(toolset)
 * const { outputs, waiting } = await tools.resume(turn)
 * if (waiting.length === 0) contents.push({ role: 'user', parts: [...outputs] })
 * ```
 */
export function googleTools(toolset: Toolset, options: BridgeOptions = {}): GoogleTools {
  const tools = bridgedTools(toolset, options)
  const names = new Set(tools.tools.map(({ name }) => name))
  const tool: GoogleTool = {
    functionDeclarations: tools.tools.map(({ name, description, inputSchema }) =>
      defined({ name, description, parametersJsonSchema: inputSchema }),
    ),
  }
  const run: GoogleTools['run'] = (calls, turnOptions) =>
    runTurn(tools, calls.map(modelCall), functionResponse, turnOptions)
  return {
    definitions: [tool],
    has: (name) => names.has(name),
    run,
    resume: (turn, turnOptions) => resumeTurn(toolset, turn, functionResponse, turnOptions),
    callable: (turnOptions) => ({
      tool: async () => tool,
      callTool: async (calls) => [...(await run(calls, turnOptions)).outputs],
    }),
  }
}

function modelCall({ id, name = '', args = {} }: GoogleCall) {
  return { name, callId: id, args }
}

function functionResponse({ name, callId }: CallName, reading: Reading): GooglePart {
  const shown = reading.parts.flatMap((part) =>
    part.type === 'media' && isShown(part.mediaType)
      ? [{ inlineData: { mimeType: part.mediaType, data: part.data } }]
      : [],
  )
  return {
    functionResponse: defined({
      id: callId,
      name,
      response: responseOf(reading),
      parts: shown.length === 0 ? undefined : shown,
    }),
  }
}

/** The response: structured content if it is complete, otherwise text. */
function responseOf({ parts, failed, outcome }: Reading): Record<string, unknown> {
  const texts = parts.filter((part) => part.type === 'text' || !isShown(part.mediaType))
  const text = texts.length === 0 ? 'The content is attached.' : partsText(texts)
  if (failed) return { error: text }
  const structured = outcome?.type === 'completed' ? outcome.result.structuredContent : undefined
  return isJsonObject(structured) && texts.length <= 1 ? { ...structured } : { output: text }
}

function isShown(mediaType: string): boolean {
  return /^(image|audio|video)\/[\w.+-]+$|^application\/pdf$/.test(mediaType)
}
