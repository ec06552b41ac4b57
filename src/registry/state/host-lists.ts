import type { Agent } from '../../model/agent.js'
import type { Connector } from '../../model/connector.js'
import { frozen } from '../../model/frozen.js'
import { invalid } from '../../model/invalid.js'
import { plainCopy } from '../../model/plain-copy.js'
import type { FieldProblem } from '../../model/errors.js'
import type { Shape } from '../../model/shape.js'
import { oauthSettings } from './oauth-shape.js'
import { agentList, connectorList } from './option-shapes.js'
import type { AgentSource, Context } from './context.js'
import type { IntegrationRegistryOptions } from './options.js'

/** The agents of a workspace, from the host's list or function. */
export function agentSource(agents: IntegrationRegistryOptions['agents']): AgentSource {
  const named = (list: readonly (string | Agent)[]): readonly Agent[] =>
    frozen(list.map((agent) => (typeof agent === 'string' ? { id: agent } : { ...agent })))
  if (typeof agents === 'function')
    return {
      listed: undefined,
      of: async (workspaceId) => named(checked('agents', agentList, await agents(workspaceId))),
    }
  const all = named(agents)
  return { listed: all, of: async () => all }
}

/** The catalogue of a workspace; a function's result is checked on every read. */
export function connectorSource(
  connectors: NonNullable<IntegrationRegistryOptions['connectors']>,
): (workspaceId: string) => Promise<readonly Connector[]> {
  if (typeof connectors === 'function') return async (workspaceId) => checkedConnectors(await connectors(workspaceId))
  // A local connector is the host's object, not data.
  const known = checkedConnectors(connectors).map((connector) =>
    'local' in connector
      ? { ...plainCopy({ ...connector, local: undefined }), local: connector.local }
      : plainCopy(connector),
  )
  return async () => known
}

/**
 * Checks that the agents are known.
 * @throws IntegrationError `invalid_input`
 */
export async function checkAgents(
  context: Context,
  workspaceId: string,
  agents: readonly string[],
  what: string,
): Promise<void> {
  checkAmong(await context.agents.of(workspaceId), agents, what)
}

/**
 * Checks that the agents are in a list.
 * @throws IntegrationError `invalid_input`
 */
export function checkAmong(known: readonly Agent[], agents: readonly string[], what: string): void {
  const unknown = agents.flatMap((id, n) =>
    known.some((agent) => agent.id === id)
      ? []
      : [
          {
            path: `agents[${n}]`,
            message: `${typeof id === 'string' ? `"${id.slice(0, 100)}"` : typeof id} is not an agent of this registry; known agents: ${listed(known)}`,
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

/** @throws IntegrationError `invalid_input` */
function checked<T>(what: string, shape: Shape, list: T): T {
  const problems = shape(list, what)
  if (problems.length > 0) throw invalid(`The host's ${what}`, problems)
  return list
}

function checkedConnectors(connectors: readonly Connector[]): readonly Connector[] {
  checked('connectors', connectorList, connectors)
  return checked(
    'connectors',
    (_list, path) => connectors.flatMap(({ auth }, n) => problemsOfOAuth(auth, `${path}[${n}].auth`)),
    connectors,
  )
}

function problemsOfOAuth(auth: Connector['auth'], path: string): readonly FieldProblem[] {
  if (typeof auth !== 'object' || auth?.type !== 'oauth') return []
  const { type: _type, ...settings } = auth
  return oauthSettings(settings, path)
}
