import { frozen } from '../../model/frozen.js'
import { inAcceptedWords } from '../../policy/accepted-words.js'
import { shownDefinition } from '../../policy/shown-definition.js'
import { WorkPace } from '../../mcp/work-pace.js'
import type { Context } from '../state/context.js'
import type { NamedTool } from '../state/listed-tool.js'
import { acceptedOf } from './accepted-definitions.js'
import type { ToolState } from './assess-tool.js'
import type { ForModels } from './described-tool.js'

/**
 * The definitions for models of changed tools, by the server's name: as the server lists them now, in the texts that a
 * person accepted. Pauses between many.
 */
export async function readAcceptedWords(
  context: Context,
  ref: { readonly workspaceId: string; readonly integrationId: string },
  changed: readonly { readonly subject: { readonly tool: NamedTool }; readonly state: ToolState }[],
): Promise<ReadonlyMap<string, ForModels>> {
  const definitions = new Map<string, ForModels>()
  const assessed = changed.map(({ subject: { tool }, state }) => ({ ...state, tool }))
  const accepted = await acceptedOf(context, ref, assessed)
  const pace = new WorkPace()
  for (const [n, { tool }] of assessed.entries()) {
    definitions.set(tool.name, { shown: frozen(shownDefinition(inAcceptedWords(tool.definition, accepted[n]))) })
    await pace.after(tool.size >> 2)
  }
  return definitions
}
