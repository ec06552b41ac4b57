import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import { race } from '../../model/race.js'
import type { Agent } from '../../model/agent.js'
import type { Context } from '../state/context.js'

/**
 * Checks that the host still has the agent: where its list is a function, an agent may be gone since its toolset was
 * made.
 *
 * @throws IntegrationError `agent_not_allowed`; `storage_unavailable` if the list can't be read
 */
export async function mustBeKnown(context: Context, workspaceId: string, agentId: string): Promise<void> {
  const agents = await agentsNow(context, workspaceId)
  if (agents.some(({ id }) => id === agentId)) return
  throw new IntegrationError(
    'agent_not_allowed',
    `The host's function \`agents\` no longer returns agent "${agentId}" for this workspace.`,
  )
}

async function agentsNow(
  { agents, options, runtime, report }: Context,
  workspaceId: string,
): Promise<readonly Agent[]> {
  try {
    return await race(agents.of(workspaceId), {
      timeoutMs: options.limits.storageTimeoutMs,
      runtime,
      toError: () => unavailable('did not return in time'),
    })
  } catch (error) {
    if (isIntegrationError(error)) throw error
    const failed = unavailable('failed')
    report({ area: 'agents', message: failed.message, error, workspaceId })
    throw failed
  }
}

function unavailable(how: string): IntegrationError {
  return new IntegrationError(
    'storage_unavailable',
    `The host's function \`agents\` ${how}. Check the option \`agents\` of IntegrationRegistry.`,
  )
}
