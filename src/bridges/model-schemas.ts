import type { ToolsetTool } from '../index.js'
import { anyArguments, modelSchema, type ModelSchema } from './schema-form.js'
import { valuesIn } from './schema-size.js'

/** The limit of the rewritten schemas of one toolset, in values. No model reads as many. */
const maxValues = 100_000

/**
 * The schemas of tools in a form that model APIs accept, within a limit for all of them together. Servers with small
 * schemas come first, so that one with very large schemas takes no room from others.
 */
export function modelSchemas(tools: readonly ToolsetTool[]): ReadonlyMap<ToolsetTool, ModelSchema> {
  const sizes = new Map<ToolsetTool, number>()
  const ofServers = new Map<string, number>()
  for (const tool of tools) {
    const { id } = tool.integration
    const before = ofServers.get(id) ?? 0
    // The values of a server that has more than all may have are not counted further.
    const size = before > maxValues ? maxValues : valuesIn(tool.inputSchema)
    sizes.set(tool, size)
    ofServers.set(id, before + size)
  }
  const inTurn = tools.toSorted(
    (one, other) => ofServers.get(one.integration.id)! - ofServers.get(other.integration.id)!,
  )
  let left = maxValues
  return new Map(
    inTurn.map((tool) => {
      const size = sizes.get(tool)!
      if (size > left) return [tool, anyArguments]
      left -= size
      return [tool, modelSchema(tool.inputSchema)]
    }),
  )
}
