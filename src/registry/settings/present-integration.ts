import type { Integration, ServerInfo, ToolCounts } from '../../model/integration.js'
import { allowedOperations, scopeOf } from '../../policy/access.js'
import { visible, visibleLines } from '../../model/visible-text.js'
import type { StorageRecord, StorageWrite } from '../../ports/storage.js'
import { assess, settingsOf } from '../gate/assess-tool.js'
import { currentStatus, describeStatus } from '../servers/status.js'
import { ownerFor } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import type { IntegrationRecord, SettingsRecord, StatusRecord, ToolsRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import type { ToolList } from '../state/tool-list-cache.js'

/** An integration with the records to present it to one actor. */
export interface StoredIntegration {
  readonly id: string
  readonly record: IntegrationRecord
  readonly status: StatusRecord | undefined
  readonly manifest: ToolsRecord | undefined
  readonly settings: SettingsRecord | undefined
}

/** The keys of the records that {@link storedIntegration} needs, without the integration's own key. */
export function presentationKeys(id: string, actor: CheckedActor): readonly string[] {
  const mine = ownerKey(actor.userId)
  return [
    keys.status(id, sharedOwner),
    keys.status(id, mine),
    keys.tools(id, sharedOwner),
    keys.tools(id, mine),
    keys.settings(id),
  ]
}

/** The number of {@link presentationKeys}. */
export const presentationKeyCount = 5

/** Picks the records that concern the actor: with `per_user` credentials, their own status and tools. */
export function storedIntegration(
  actor: CheckedActor,
  id: string,
  record: IntegrationRecord,
  standing: readonly (StorageRecord | undefined)[],
): StoredIntegration {
  const own = ownerFor(record, actor) === sharedOwner ? 0 : 1
  return {
    id,
    record,
    status: versioned<StatusRecord>(standing[own])?.value,
    manifest: versioned<ToolsRecord>(standing[2 + own])?.value,
    settings: versioned<SettingsRecord>(standing[4])?.value,
  }
}

/** Integrations as this actor may see them, in the order given. */
export async function presentIntegrations(
  context: ActorContext,
  stored: readonly StoredIntegration[],
  now: number,
): Promise<readonly Integration[]> {
  const { actor } = context
  const counted = stored.filter(({ record, manifest }) => manifest !== undefined && !isMetadata(actor, record))
  const lists = await context.lists.load(
    actor.workspaceId,
    counted.map(({ manifest }) => manifest!),
  )
  return stored.map((one) => {
    const list = lists[counted.indexOf(one)]
    return isMetadata(actor, one.record)
      ? metadataOf(context, one, now)
      : { ...presentOne(context, one, now), tools: countTools(context, one, list) }
  })
}

/** A new integration as its owner sees it: from the writes that stored it, which are not read again. */
export async function presentNew(
  context: ActorContext,
  id: string,
  stored: { readonly record: IntegrationRecord; readonly writes: readonly StorageWrite[]; readonly now: number },
): Promise<Integration> {
  const { record, writes, now } = stored
  const owner = ownerFor(record, context.actor)
  const written = (key: string): unknown => writes.find((write) => 'key' in write && write.key === key)?.value
  const one: StoredIntegration = {
    id,
    record,
    status: written(keys.status(id, owner)) as StatusRecord | undefined,
    manifest: written(keys.tools(id, owner)) as ToolsRecord | undefined,
    settings: written(keys.settings(id)) as SettingsRecord | undefined,
  }
  const [integration] = await presentIntegrations(context, [one], now)
  return integration!
}

function presentOne(
  context: ActorContext,
  { id, record, status, manifest }: StoredIntegration,
  now: number,
): Omit<Integration, 'tools'> {
  const { actor } = context
  const allowed = operationsOf(context, record)
  const edits = allowed.includes('set_endpoint')
  const known = knownStatus(record, status, now)
  return {
    ...identityOf(actor, id, record),
    connectorId: record.connectorId,
    url: edits ? record.url : undefined,
    headers: edits ? record.headers : undefined,
    agents: record.agents,
    allowed,
    ...describeStatus(record.name, record.auth, edits ? known : { ...known, serverMessage: undefined }),
    server: manifest?.server === undefined ? undefined : shownServer(manifest.server),
    protocolVersion: known.protocolVersion,
    account: known.account,
  }
}

/** An admin sees only name, origin, owner and status of another person's private integration. */
function isMetadata(actor: CheckedActor, { visibility, ownerId }: IntegrationRecord): boolean {
  return visibility === 'private' && ownerId !== actor.userId
}

function metadataOf(context: ActorContext, { id, record, status }: StoredIntegration, now: number): Integration {
  return {
    ...identityOf(context.actor, id, record),
    agents: [],
    allowed: operationsOf(context, record),
    ...describeStatus(record.name, record.auth, { ...knownStatus(record, status, now), serverMessage: undefined }),
    tools: noTools,
  }
}

/** What everybody sees who sees an integration at all. */
function identityOf({ workspaceId }: CheckedActor, id: string, record: IntegrationRecord) {
  const { handle, ownerId, name, origin, auth, visibility, credentials, enabled, trusted } = record
  const { approval = 'default', revision, createdAt, updatedAt } = record
  return {
    id,
    handle,
    workspaceId,
    ownerId,
    name,
    origin,
    auth,
    visibility,
    credentials,
    enabled,
    trusted,
    approval,
    revision,
    createdAt,
    updatedAt,
  }
}

function operationsOf(context: ActorContext, record: IntegrationRecord): Integration['allowed'] {
  const { actor } = context
  return allowedOperations(actor, scopeOf(actor, record), context.options.access)
}

function knownStatus(record: IntegrationRecord, status: StatusRecord | undefined, now: number): StatusRecord {
  const { auth } = record
  const unchecked = auth === 'header' ? 'credential_missing' : auth === 'oauth' ? 'first_sign_in' : 'ok'
  return currentStatus(status ?? { reason: unchecked }, now)
}

const noTools = { total: 0, enabled: 0, ask: 0, changed: 0, held: 0 } satisfies ToolCounts

function countTools(
  context: ActorContext,
  { id, record, manifest, settings }: StoredIntegration,
  list: ToolList | undefined,
): ToolCounts {
  const { actor } = context
  // The list is being replaced at the moment. The event that follows causes another read.
  if (list === undefined) return { ...noTools, total: manifest?.count ?? 0 }
  const counts = { ...noTools, total: list.tools.length }
  for (const tool of list.tools) {
    const { change, verdict } = assess(context, { actor, integrationId: id, record, settings, manifest, tool })
    if (change !== undefined && change.kind !== 'same') counts.changed++
    if (verdict.rule === 'tool_held') counts.held++
    if (settingsOf(settings, tool.name).enabled === false) continue
    counts.enabled++
    if (verdict.mode === 'ask') counts.ask++
  }
  return counts
}

/** A server's description of itself, with invisible characters escaped. */
export function shownServer({ name, title, version, websiteUrl, icon, instructions }: ServerInfo): ServerInfo {
  return {
    name: visible(name),
    title: title === undefined ? undefined : visible(title),
    version: version === undefined ? undefined : visible(version),
    websiteUrl,
    icon,
    instructions: instructions === undefined ? undefined : visibleLines(instructions, 16_384).shown,
  }
}
