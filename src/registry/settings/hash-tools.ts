import type { ToolListing } from '../../mcp/connection.js'
import { WorkPace } from '../../mcp/work-pace.js'
import type { ToolDefinition } from '../../model/tool.js'
import { notForModels } from '../../policy/model-audience.js'
import { definitionHash } from '../../policy/tool-definition.js'
import type { ListedTool, ToolFacts } from '../state/listed-tool.js'
import type { WrittenTool } from '../state/tool-list-text.js'

/** Listed definitions with their hashes. Pauses between many. */
export async function hashTools({
  tools,
  texts,
}: Pick<ToolListing, 'tools' | 'texts'>): Promise<readonly (ListedTool & WrittenTool)[]> {
  const pace = new WorkPace()
  const found: (ListedTool & WrittenTool)[] = []
  for (const [n, definition] of tools.entries()) {
    const text = texts[n]!
    found.push({ ...factsOf(definition, definitionHash(definition), text.length), definition, text })
    const pause = pace.after(text.length >> 4)
    if (pause !== undefined) await pause
  }
  return found
}

/** The facts of a definition. */
function factsOf(definition: ToolDefinition, hash: string, size: number): ToolFacts {
  const { name, annotations } = definition
  return { name, hash, size, annotations, notForModels: notForModels(definition) }
}
