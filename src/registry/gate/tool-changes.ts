import type { ToolChange } from '../../model/tool.js'
import { WorkPace } from '../../mcp/work-pace.js'
import { differencesIn } from '../../policy/tool-change.js'
import type { Context } from '../state/context.js'
import { acceptedOf, type Assessed } from './accepted-definitions.js'

/**
 * The changes of tools since they were accepted, with the differences to show, in the given order. Reads in at most one
 * round trip.
 */
export async function changesOf(
  context: Context,
  listOwner: { readonly workspaceId: string; readonly integrationId: string },
  assessed: readonly Assessed[],
): Promise<readonly (ToolChange | undefined)[]> {
  const accepted = await acceptedOf(context, listOwner, assessed)
  const pace = new WorkPace()
  const changes: (ToolChange | undefined)[] = []
  for (const [n, { change, tool }] of assessed.entries()) {
    const before = accepted[n]
    if (change === undefined) changes.push(undefined)
    else {
      const differences = before === undefined ? [] : differencesIn(before, tool.definition)
      changes.push({ ...change, differences })
      await pace.after(JSON.stringify(tool.definition).length >> 4)
    }
  }
  return changes
}
