import { IntegrationError } from '../../model/errors.js'
import { invalid, listInput, parse } from '../../model/input.js'
import type { AvailableConnector, Connector } from '../../model/connector.js'
import type { Integration } from '../../model/integration.js'
import type { StorageRecord } from '../../ports/storage.js'
import { allowedOperations, decideAccess } from '../../policy/access.js'
import type { Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import { notFound } from '../state/errors.js'
import { isId, load, visibleIds } from '../state/access.js'
import { idsUnder } from '../state/pages.js'
import { versioned, type IntegrationRecord, type StatusRecord, type ToolsRecord } from '../state/records.js'
import { keys, ownerKey, prefixes, sharedOwner } from '../state/keys.js'
import { currentStatus, describeStatus } from '../servers/status.js'

/** An integration as this actor may see it. */
function present(
  context: Context,
  actor: CheckedActor,
  id: string,
  record: IntegrationRecord,
  status: StatusRecord | undefined,
  tools: ToolsRecord | undefined,
  now: number,
): Integration {
  const scope = { workspaceId: actor.workspaceId, ownerId: record.ownerId, visibility: record.visibility }
  const allowed = allowedOperations(actor, scope, context.options.access)
  const edits = allowed.includes('set_endpoint')
  const known = currentStatus(
    status ?? {
      reason: record.auth === 'header' ? 'credential_missing' : record.auth === 'oauth' ? 'first_sign_in' : 'ok',
    },
    now,
  )
  return {
    id,
    handle: record.handle,
    workspaceId: actor.workspaceId,
    ownerId: record.ownerId,
    name: record.name,
    connectorId: record.connectorId,
    origin: record.origin,
    url: edits && record.url !== undefined ? record.url : undefined,
    headers: edits ? record.headers : undefined,
    auth: record.auth,
    visibility: record.visibility,
    credentials: record.credentials,
    enabled: record.enabled,
    trusted: record.trusted,
    agents: record.agents,
    allowed,
    ...describeStatus(record.name, record.auth, known),
    toolCount: tools?.count ?? 0,
    ...(known.protocolVersion === undefined ? {} : { protocolVersion: known.protocolVersion }),
    ...(known.account === undefined ? {} : { account: known.account }),
    revision: record.revision,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  }
}

/** `get()`, and what the verbs answer with. */
export async function getIntegration(context: Context, actor: CheckedActor, id: string): Promise<Integration> {
  if (!isId(id)) throw notFound('integration', String(id))
  const mine = ownerKey(actor.userId)
  const { record, others, now } = await load(context, actor, id, 'get', [
    keys.status(id, sharedOwner),
    keys.status(id, mine),
    keys.tools(id, sharedOwner),
    keys.tools(id, mine),
  ])
  return metadataOnly(actor, presentOf(context, actor, id, record, others, now))
}

/** Options of `list()`. */
export interface IntegrationListOptions {
  /** `'all'`: for admins, others' private ones too, as metadata. `@default 'mine'` */
  readonly scope?: 'mine' | 'all' | undefined
  /** Only those whose name, handle or origin has all these words, whatever their case. */
  readonly search?: string | undefined
  /** Only those that somebody has to do something about: an error, a sign-in, tools to review. `@default false` */
  readonly attention?: boolean | undefined
  /** `@default` all */
  readonly limit?: number | undefined
  /** The id of the last one of the page before. */
  readonly after?: string | undefined
}

/** `list()`: what the actor can use, oldest first; `all` adds for admins others' private ones. */
export async function listIntegrations(
  context: Context,
  actor: CheckedActor,
  options: IntegrationListOptions = {},
): Promise<readonly Integration[]> {
  const { scope, search, attention, limit, after } = options
  const wanted = parse('list()', listInput, { scope, search, attention, limit, after })
  const all = await readAll(context, actor, wanted.scope)
  const last = all.findIndex(({ id }) => id === wanted.after)
  if (wanted.after !== undefined && last === -1)
    throw invalid('list()', [{ path: 'after', message: 'must be the id of an integration of the page before' }])
  return all
    .slice(last + 1)
    .filter((integration) => isWanted(integration, wanted))
    .slice(0, wanted.limit)
}

/** What somebody has to do something about; what waits for a sign-in under way is left in peace. */
function needsAttention({ enabled, status }: Integration): boolean {
  return enabled && (status === 'error' || status === 'reconnect_required')
}

function isWanted(integration: Integration, { search, attention }: IntegrationListOptions): boolean {
  if (attention === true && !needsAttention(integration)) return false
  const text = `${integration.name} ${integration.handle} ${integration.origin}`.toLowerCase()
  return (search ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

async function readAll(
  context: Context,
  actor: CheckedActor,
  scope: IntegrationListOptions['scope'],
): Promise<readonly Integration[]> {
  const ids =
    scope === 'all' && actor.role === 'admin'
      ? await idsUnder(context, actor, prefixes.integrations)
      : await visibleIds(context, actor)
  const mine = ownerKey(actor.userId)
  const { records, now } = await context.storage.read(
    actor.workspaceId,
    ids.flatMap((id) => [
      keys.integration(id),
      keys.status(id, sharedOwner),
      keys.status(id, mine),
      keys.tools(id, sharedOwner),
      keys.tools(id, mine),
    ]),
  )
  const all = ids.flatMap((id, n) => {
    const [integration, ...others] = records.slice(n * 5, n * 5 + 5)
    const record = versioned<IntegrationRecord>(integration)?.value
    if (
      record === undefined ||
      decideAccess(
        'get',
        actor,
        { workspaceId: actor.workspaceId, ownerId: record.ownerId, visibility: record.visibility },
        context.options.access,
      ) === 'hidden'
    )
      return []
    return [metadataOnly(actor, presentOf(context, actor, id, record, others, now))]
  })
  return all.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
}

/** `available()`: the catalogue. */
export async function availableConnectors(
  context: Context,
  actor: CheckedActor,
): Promise<readonly AvailableConnector[]> {
  const [connectors, integrations] = await Promise.all([
    context.connectorsOf(actor.workspaceId),
    listIntegrations(context, actor),
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

function presentOf(
  context: Context,
  actor: CheckedActor,
  id: string,
  record: IntegrationRecord,
  others: readonly (StorageRecord | undefined)[],
  now: number,
): Integration {
  const own = record.credentials === 'per_user' ? 1 : 0
  return present(
    context,
    actor,
    id,
    record,
    versioned<StatusRecord>(others[own])?.value,
    versioned<ToolsRecord>(others[2 + own])?.value,
    now,
  )
}

/** Of another person's private integration an admin sees name, origin, owner and status, never more. */
function metadataOnly(actor: CheckedActor, integration: Integration): Integration {
  if (integration.visibility !== 'private' || integration.ownerId === actor.userId) return integration
  const { account: _account, connectorId: _connector, protocolVersion: _protocol, ...metadata } = integration
  return { ...metadata, agents: [], toolCount: 0 }
}

function shownAuth(connector: Connector): AvailableConnector['auth'] {
  const { auth } = connector
  if (auth === 'none' || auth === 'oauth') return { type: auth }
  if (auth.type === 'oauth') return { type: 'oauth', scopes: auth.scopes }
  return {
    type: 'header',
    name: auth.name,
    title: auth.title,
    description: auth.description,
  }
}

/** @throws IntegrationError `forbidden` where the host leaves sharing to admins */
export function allowSharing(context: Context, actor: CheckedActor): void {
  if (
    decideAccess(
      'share',
      actor,
      { workspaceId: actor.workspaceId, ownerId: actor.userId, visibility: 'private' },
      context.options.access,
    ) !== 'allowed'
  )
    throw new IntegrationError(
      'forbidden',
      'Only admins may share an integration with the workspace here. Connect it as private, or ask an admin.',
    )
}
