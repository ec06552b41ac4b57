import type { Toolset, ToolsetTool } from '../index.js'
import type { BridgedTool, BridgeOptions } from './bridged-tool.js'
import { modelSchemas } from './model-schemas.js'
import { modelSchema, type ModelSchema } from './schema-form.js'
import { searchingTools } from './searching-tools.js'
import { shortName } from './short-names.js'

/** The common part of every bridge. */
export interface BridgedToolset {
  readonly tools: readonly BridgedTool[]
  /** The tool with the name that a model called. Works for unknown names too, which the gate refuses. */
  get(name: string): BridgedTool
}

/**
 * A toolset as tools for a framework. With search, a framework that can defer tools gets all of them, with deferred ones
 * marked. Any other framework gets the pinned tools and two small ones: one finds tools, one uses them.
 */
export function bridgedTools(
  toolset: Toolset,
  options: BridgeOptions,
  deferral: 'native' | 'none' = 'none',
): BridgedToolset {
  const { deferred } = toolset
  const listed = deferral === 'native' ? [...toolset.tools, ...deferred] : toolset.tools
  const forms = modelSchemas(listed)
  const shown = listed.map((source, n) =>
    bridged(toolset, options, { source, form: forms.get(source)!, deferred: n >= toolset.tools.length }),
  )
  const searching = deferred.length > 0 && deferral === 'none' ? searchingTools(toolset, get) : []
  const tools = [...shown, ...searching]
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  return { tools, get }

  function get(name: string): BridgedTool {
    const known = byName.get(name)
    if (known !== undefined) return known
    const source = deferred.find(({ modelName }) => modelName === name)
    return source === undefined
      ? unlisted(toolset, options, name)
      : bridged(toolset, options, { source, form: modelSchema(source.inputSchema), deferred: true })
  }
}

/** A tool of the toolset, with its input schema as model APIs accept it. */
interface ListedTool {
  readonly source: ToolsetTool
  readonly form: ModelSchema
  readonly deferred: boolean
}

function bridged(toolset: Toolset, options: BridgeOptions, { source, form, deferred }: ListedTool): BridgedTool {
  const { modelName, title, description } = source
  return {
    ...gated(toolset, options, modelName, form.restore),
    title,
    description,
    // A copy, because frameworks may change the object, and a toolset's own is frozen.
    inputSchema: structuredClone(form.schema),
    deferred,
    source,
  }
}

/** A tool that is not in the toolset. */
function unlisted(toolset: Toolset, options: BridgeOptions, name: string): BridgedTool {
  return { ...gated(toolset, options, name), inputSchema: { type: 'object', properties: {} }, deferred: false }
}

function gated(
  toolset: Toolset,
  { onProgress, timeoutMs }: BridgeOptions,
  name: string,
  restore = (args: unknown) => args,
): Pick<BridgedTool, 'name' | 'explain' | 'run'> {
  const chat = (id: string | undefined) => toolset.conversationId ?? gateId(id)
  return {
    name,
    explain: (args, { conversationId } = {}) =>
      toolset.explain(name, restore(args), { conversationId: chat(conversationId) }),
    run: (args, { callId, signal, confirm, conversationId } = {}) =>
      toolset.call(name, restore(args), {
        signal,
        timeoutMs,
        confirm,
        conversationId: chat(conversationId),
        idempotencyKey: gateId(callId),
        onProgress: onProgress === undefined ? undefined : (progress) => onProgress(progress, { name, callId }),
      }),
  }
}

/** A framework's id, if the gate accepts it: 1-200 characters. */
function gateId(id: string | undefined): string | undefined {
  return id === undefined || id === '' ? undefined : shortName(id, 200)
}
