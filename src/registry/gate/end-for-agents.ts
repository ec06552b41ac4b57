import type { Context } from '../state/context.js'
import { endOpenApprovals } from './end-approvals.js'
import { endGrants } from './grants.js'

/**
 * Ends what was decided for agents that can no longer use an integration or a tool of it: if they get it back, they ask
 * again. Grants for all agents stay.
 *
 * @param isTaken - whether the agent lost this tool, by the server's name
 */
export async function endForAgents(
  context: Context,
  workspaceId: string,
  integrationId: string,
  isTaken: (agentId: string, tool: string) => boolean,
): Promise<void> {
  await endOpenApprovals(context, workspaceId, integrationId, {
    to: 'superseded',
    reason: 'The agent can no longer use this tool.',
    only: ({ request, binding }) => isTaken(request.agentId, binding.tool),
  })
  await endGrants(
    context,
    workspaceId,
    integrationId,
    ({ agentId, tool }) => agentId !== undefined && isTaken(agentId, tool),
  )
}
