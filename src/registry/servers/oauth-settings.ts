import type { Connector } from '../../model/connector.js'
import { invalid } from '../../model/invalid.js'
import type { OAuthSettings } from '../../model/oauth.js'
import { openBound, sealBound } from './bound-secrets.js'
import type { IntegrationRef } from '../state/refs.js'
import type { Context } from '../state/context.js'
import { keys, sharedOwner } from '../state/keys.js'
import { originOf, type IntegrationRecord, type OAuthSettingsRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'

/**
 * The current OAuth settings of an integration: a person's own settings override those of the connector. Read at each use,
 * so that a new secret of the host has an effect at once.
 *
 * @returns `undefined` if the connector is no longer in the host's catalogue
 */
export async function oauthSettingsOf(
  context: Context,
  { workspaceId, integrationId }: IntegrationRef,
  record: IntegrationRecord,
): Promise<OAuthSettings | undefined> {
  const { records } = await context.storage.read(workspaceId, [keys.oauthSettings(integrationId)])
  const stored = versioned<OAuthSettingsRecord>(records[0])?.value
  const ref = { workspaceId, integrationId, owner: sharedOwner }
  const origin = originOf(record)
  const own =
    stored === undefined ? {} : await openBound<OAuthSettings>(context, ref, 'oauth', { origin, sealed: stored.sealed })
  if (record.connectorId === undefined) return own
  const connector = (await context.connectorsOf(workspaceId)).find(({ id }) => id === record.connectorId)
  return connector === undefined ? undefined : withConnectorSettings(connector, own, origin)
}

/**
 * Whether the client is the one of the host's connector: it was configured there or, where no client was configured, the
 * server is the connector's own.
 */
export async function isHostsClient(
  context: Context,
  workspaceId: string,
  record: IntegrationRecord,
  settings: OAuthSettings | undefined,
): Promise<boolean> {
  if (record.connectorId === undefined) return false
  const connector = (await context.connectorsOf(workspaceId)).find(({ id }) => id === record.connectorId)
  if (connector === undefined) return false
  if (settings?.clientId === undefined) return 'url' in connector && new URL(connector.url).origin === originOf(record)
  const { auth } = connector
  return typeof auth === 'object' && auth.type === 'oauth' && auth.clientId === settings.clientId
}

/** Seals a person's OAuth settings, bound to the origin that they are given for. */
export function sealOAuthSettings(
  context: Context,
  ref: IntegrationRef,
  origin: string,
  settings: OAuthSettings,
): Promise<string> {
  return sealBound(context, { ...ref, owner: sharedOwner }, 'oauth', { origin, value: settings })
}

/** A person's settings, completed by those of the connector, which apply only to the connector's own server. */
export function withConnectorSettings(connector: Connector, own: OAuthSettings, origin: string): OAuthSettings {
  const { auth } = connector
  const isConnectorServer = 'url' in connector && new URL(connector.url).origin === origin
  if (own.clientId !== undefined || typeof auth !== 'object' || auth.type !== 'oauth' || !isConnectorServer) return own
  const { type: _type, ...fromConnector } = auth
  const scopes = own.scopes === undefined ? fromConnector.scopes : [...(fromConnector.scopes ?? []), ...own.scopes]
  return { ...fromConnector, scopes }
}

/**
 * Checks a person's OAuth settings for a connector: only further scopes, or the person's own client. The host sets
 * everything else; otherwise a person could have the host's client secret sent anywhere.
 *
 * @throws IntegrationError `invalid_input`
 */
export function checkConnectorOverrides(what: string, connectorId: string, own: OAuthSettings): void {
  const hasClient = own.clientId !== undefined && own.clientSecret !== undefined
  const allowed = new Set(hasClient ? ['scopes', 'clientId', 'clientSecret'] : ['scopes'])
  const given = Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const problems = given
    .filter((name) => !allowed.has(name))
    .map((name) => ({
      path: `oauth.${name}`,
      message: `is set by connector "${connectorId}" and can't be changed here; only scopes, or clientId together with clientSecret, can`,
    }))
  if (problems.length > 0) throw invalid(what, problems)
}
