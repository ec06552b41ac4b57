import type { Agent } from '../../model/agent.js'
import type { Connector } from '../../model/connector.js'
import { frozen } from '../../model/frozen.js'
import { invalid, oauthInput, parse } from '../../model/input.js'
import { isIntegrationError } from '../../model/errors.js'
import type { Context } from './context.js'
import type { IntegrationRegistryOptions } from './options.js'

/** The agents of a workspace, from a list or from where the host keeps them. */
export function agentSource(
  agents: IntegrationRegistryOptions['agents'],
): (workspaceId: string) => Promise<readonly Agent[]> {
  const named = (list: readonly (string | Agent)[]): readonly Agent[] =>
    frozen(list.map((agent) => (typeof agent === 'string' ? { id: agent } : { ...agent })))
  if (typeof agents === 'function') return async (workspaceId) => named(await agents(workspaceId))
  const known = named(agents)
  return async () => known
}

/** The catalogue of a workspace, checked whenever it is read. */
export function connectorSource(
  connectors: NonNullable<IntegrationRegistryOptions['connectors']>,
): (workspaceId: string) => Promise<readonly Connector[]> {
  if (typeof connectors === 'function') return async (workspaceId) => checkConnectors(await connectors(workspaceId))
  const known = checkConnectors(connectors)
  return async () => known
}

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

/**
 * Checks a host's catalogue, so that a mistake in it shows at start and not when a person connects.
 * @throws IntegrationError `invalid_input`
 */
export function checkConnectors(connectors: readonly Connector[]): readonly Connector[] {
  const problems = connectors.flatMap((connector, n) => {
    const path = `connectors[${n}]`
    const wrong: { path: string; message: string }[] = []
    if (typeof connector?.id !== 'string' || !/^[a-z0-9_-]{1,64}$/.test(connector.id))
      wrong.push({ path: `${path}.id`, message: 'must be 1-64 characters of [a-z0-9_-]' })
    else if (connectors.findIndex(({ id }) => id === connector.id) !== n)
      wrong.push({ path: `${path}.id`, message: 'is there twice' })
    if (typeof connector?.name !== 'string' || connector.name === '')
      wrong.push({ path: `${path}.name`, message: 'must not be empty' })
    if (!('local' in connector) && !URL.canParse(connector?.url))
      wrong.push({ path: `${path}.url`, message: 'must be a URL' })
    const { auth } = connector
    if (!(
      auth === 'none' ||
      auth === 'oauth' ||
      (typeof auth === 'object' && (auth.type === 'oauth' || (auth.type === 'header' && typeof auth.name === 'string')))
    ))
      wrong.push({
        path: `${path}.auth`,
        message: "must be 'none', 'oauth', { type: 'header', name } or { type: 'oauth', … }",
      })
    return [...wrong, ...problemsOfOAuth(auth, `${path}.auth`)]
  })
  if (problems.length > 0) throw invalid('connectors', problems)
  return connectors
}

function problemsOfOAuth(auth: Connector['auth'], path: string): { path: string; message: string }[] {
  if (typeof auth !== 'object' || auth?.type !== 'oauth') return []
  const { type: _type, ...settings } = auth
  try {
    parse(path, oauthInput, settings)
    return []
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    return (error.fields ?? []).map((field) => ({ path: `${path}.${field.path}`, message: field.message }))
  }
}
