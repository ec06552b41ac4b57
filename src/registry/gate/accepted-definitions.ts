import type { ToolDefinition } from '../../model/tool.js'
import { definitionHash } from '../../policy/tool-definition.js'
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
  const found = new Map(changed.map((one, n) => [one, ifReadable<ToolDefinition>(records[n])]))
  return assessed.map((one) => {
    const accepted = found.get(one)
    const isKnown =
      accepted !== undefined && (one.change?.from !== undefined || definitionHash(accepted) === one.settings.accepted)
    return isKnown ? accepted : undefined
  })
}
