import type { ToolDefinition } from '../../model/tool.js'
import { definitionHash } from '../../policy/tool-definition.js'
import { WorkPace } from '../../mcp/work-pace.js'
import type { Assessment } from './assess-tool.js'
import type { Context } from '../state/context.js'
import { keys } from '../state/keys.js'
import { ifReadable } from '../state/read-record.js'
import type { ListedTool } from '../state/listed-tool.js'

/** A listed tool with its settings and its change since it was accepted. */
export type Assessed = Pick<Assessment, 'change' | 'settings'> & { readonly tool: ListedTool }

/**
 * The accepted definitions of changed tools, in the given order, read in at most one round trip; `undefined` for an
 * unchanged tool or one without an accepted definition.
 */
export async function acceptedOf(
  context: Context,
  ref: { readonly workspaceId: string; readonly integrationId: string },
  assessed: readonly Assessed[],
): Promise<readonly (ToolDefinition | undefined)[]> {
  const changed = assessed.filter(({ change }) => change !== undefined)
  if (changed.length === 0) return assessed.map(() => undefined)
  const { records } = await context.storage.read(
    ref.workspaceId,
    changed.map(({ change, tool }) => keys.accepted(ref.integrationId, change?.from ?? tool.name)),
  )
  const pace = new WorkPace()
  const found = new Map<Assessed, ToolDefinition>()
  for (const [n, one] of changed.entries()) {
    const accepted = ifReadable<ToolDefinition>(records[n])
    if (accepted === undefined) continue
    if (one.change?.from !== undefined || definitionHash(accepted) === one.settings.accepted) found.set(one, accepted)
    await pace.after(JSON.stringify(accepted).length >> 4)
  }
  return assessed.map((one) => found.get(one))
}
