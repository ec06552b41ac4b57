import type { Agent } from '../../model/agent.js'
import { invalid } from '../../model/input.js'
import type { Context } from './context.js'

/**
 * Checks that agents are known: an unknown one is an error, never "all".
 * @throws IntegrationError `invalid_input`
 */
export async function checkAgents(
  context: Context,
  workspaceId: string,
  agents: readonly string[],
  what: string,
): Promise<void> {
  const known = await context.agentsOf(workspaceId)
  const unknown = agents.flatMap((id, n) =>
    known.some((agent) => agent.id === id)
      ? []
      : [
          {
            path: `agents[${n}]`,
            message: `"${id.slice(0, 100)}" is not an agent of this registry; known are ${listed(known)}`,
          },
        ],
  )
  if (unknown.length > 0) throw invalid(what, unknown)
}

function listed(agents: readonly Agent[]): string {
  return agents.length === 0
    ? 'none'
    : agents
        .slice(0, 20)
        .map(({ id }) => `"${id}"`)
        .join(', ')
}
