import type { AvailableConnector, Connector } from '../../model/connector.js'
import type { ActorContext } from '../state/context.js'
import { listIntegrations } from './integrations.js'

/** `available()`: the catalogue. */
export async function availableConnectors(context: ActorContext): Promise<readonly AvailableConnector[]> {
  const { actor } = context
  const [connectors, integrations] = await Promise.all([
    context.connectorsOf(actor.workspaceId),
    listIntegrations(context),
  ])
  return connectors.map((connector) => ({
    id: connector.id,
    name: connector.name,
    url: 'url' in connector ? connector.url : undefined,
    auth: shownAuth(connector),
    description: connector.description,
    icon: connector.icon,
    category: connector.category,
    documentationUrl: connector.documentationUrl,
    trusted: connector.trusted ?? false,
    connected: integrations.filter(
      (integration) => integration.connectorId === connector.id && integration.status === 'connected',
    ).length,
  }))
}

function shownAuth(connector: Connector): AvailableConnector['auth'] {
  const { auth } = connector
  if (auth === 'none' || auth === 'oauth') return { type: auth }
  if (auth.type === 'oauth') return { type: 'oauth', scopes: auth.scopes === undefined ? undefined : [...auth.scopes] }
  return {
    type: 'header',
    name: auth.name,
    title: auth.title,
    description: auth.description,
  }
}
