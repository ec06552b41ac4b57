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
  /** JSON Schema; the older `parameters` takes less. */
  parametersJsonSchema: { [key: string]: unknown }
}

/** A call of `response.functionCalls`. */
export interface GoogleCall {
  id?: string | undefined
  name?: string | undefined
  /** The arguments of the call. */
  args?: Record<string, unknown> | undefined
}

/** What the API is given of a call: a part of the next `user` content. */
export interface GooglePart {
  /** What the model reads. */
  functionResponse: {
    id?: string
    name: string
    response: Record<string, unknown>
    parts?: { inlineData: { mimeType: string; data: string } }[]
  }
}

/** Makes {@link GoogleTools.callable}. */
export interface GoogleCallable {
  /** The tools that the model is shown. */
  tool(): Promise<GoogleTool>
  /** Runs the calls of a response. */
  callTool(calls: GoogleCall[]): Promise<GooglePart[]>
}

/** A toolset for Google's GenAI SDK. */
export interface GoogleTools {
  /** For `config.tools` of a request. */
  readonly definitions: GoogleTool[]
  /** Whether a call is for this toolset, where your loop has functions of its own. */
  has(name: string): boolean
  /**
   * Runs the calls of `response.functionCalls`, all at once.
   *
   * @throws IntegrationError `aborted`
   */
  run(calls: readonly GoogleCall[], options?: TurnOptions): Promise<ToolTurn<GooglePart>>
  /**
   * Runs what was approved since, here or in another process, each call at most once.
   *
   * @throws IntegrationError `aborted`
   */
  resume(turn: ToolTurn<GooglePart>, options?: TurnOptions): Promise<ToolTurn<GooglePart>>
  /**
   * For `config.tools` in place of the definitions: the SDK then loops by itself. It knows no pause, so a call that
   * waits for a person says so to the model; and no signal, so give one here.
   */
  callable(options?: TurnOptions): GoogleCallable
}

/**
 * A toolset for a loop on Google's GenAI SDK: declarations in, calls out, parts as the API wants them. A call that waits
 * for a person is named in the turn, which is JSON that another process can resume. Deferred tools are found and used by
 * two small tools.
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

/** Structured content is the natural response where it says everything. */
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
