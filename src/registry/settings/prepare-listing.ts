import { IntegrationError } from '../../model/errors.js'
import { bytesOf } from '../../model/record-limits.js'
import type { ServerInfo } from '../../model/integration.js'
import type { ToolListing } from '../../mcp/connection.js'
import type { StorageRecordWrite } from '../../ports/storage.js'
import { bindingHashOf, settingsOf } from '../gate/assess-tool.js'
import type { Context } from '../state/context.js'
import type { NewEvent } from '../state/event-feed.js'
import { toJson, type SettingsRecord, type ToolSettingsRecord, type ToolsRecord } from '../state/records.js'
import type { Versioned } from '../state/read-record.js'
import { keys, sharedOwner } from '../state/keys.js'
import type { ListOwner } from '../state/target.js'
import type { ListedTool } from '../state/listed-tool.js'
import type { ToolList } from '../state/tool-list-cache.js'
import { listWrites } from '../state/tool-list-records.js'
import { acceptedDefinitions, classifyChanges } from './classify-changes.js'
import { fittingSettings, safeRecordBytes } from './fitting-settings.js'
import { define } from './commit-tool-settings.js'
import { hashTools } from './hash-tools.js'

/** The stored records of an integration's tools before a new listing. */
export interface KnownTools {
  readonly settings: Versioned<SettingsRecord> | undefined
  readonly manifest: ToolsRecord | undefined
}

/** A listing ready to be committed. */
export interface PreparedListing {
  readonly writes: readonly StorageRecordWrite[]
  readonly events: readonly NewEvent[]
  /** The hash of the previous list, if it was another: call `deleteUnusedChunks` with it after the commit. */
  readonly replaced: string | undefined
  readonly manifest: ToolsRecord
  /** The definition hash that approvals of each tool must have, by the server's name. */
  readonly bindingHashes: ReadonlyMap<string, string>
}

/**
 * Compares a server's list with the accepted definitions. The first list is accepted as it is. Later, each new or
 * different tool keeps its settings and is marked with its change until a person accepts it. A first list that is too
 * large is cut to the limit; a later one that is too large changes nothing.
 *
 * @throws IntegrationError `response_too_large`
 */
export async function prepareListing(
  context: Context,
  listOwner: ListOwner,
  listing: ToolListing & { readonly server?: ServerInfo | undefined },
  known: KnownTools,
  options: { readonly now: number; readonly initial?: Readonly<Record<string, ToolSettingsRecord>> | undefined },
): Promise<PreparedListing> {
  const { workspaceId, integrationId, owner } = listOwner
  const { manifest } = known
  if (listing.isCut && manifest !== undefined) throw largerThanAccepted()
  const tools = await hashTools(listing)
  const [before] = manifest === undefined ? [] : await context.lists.load(workspaceId, [manifest])
  const { limits, approvals } = context.options
  const written = listWrites(
    integrationId,
    owner,
    { ...listing, tools },
    { now: options.now, maxBytes: limits.maxResponseBytes, previous: manifest, isReadable: before !== undefined },
  )
  context.lists.keep(written.manifest.hash, tools)
  const listed = { ...written, events: eventsOf(listOwner, before, tools) }
  const settings = known.settings?.value.tools ?? options.initial ?? {}
  // An empty first list counts as the first one, so later tools are new.
  const isFirst = manifest === undefined && Object.values(settings).every(({ accepted }) => accepted === undefined)
  return isFirst || approvals.onToolChange === 'accept'
    ? acceptingAll(listOwner, listed, { tools, settings, known })
    : markingChanges(context, listOwner, listed, { tools, settings, before })
}

type Listed = Omit<PreparedListing, 'bindingHashes'>
type Settings = Readonly<Record<string, ToolSettingsRecord>>

/** Every tool is accepted as it is listed. */
function acceptingAll(
  { integrationId }: ListOwner,
  listed: Listed,
  given: { readonly tools: readonly ListedTool[]; readonly settings: Settings; readonly known: KnownTools },
): PreparedListing {
  const { tools, settings, known } = given
  const bindingHashes = new Map(tools.map(({ name, hash }) => [name, hash]))
  const unaccepted = tools.filter((tool) => acceptedHash(settings, tool) !== tool.hash)
  if (unaccepted.length === 0 && known.settings !== undefined) return { ...listed, bindingHashes }
  const accepted = { ...settings }
  for (const { name, hash } of unaccepted)
    define(accepted, name, { ...settingsOf({ tools: settings }, name), accepted: hash })
  const write = {
    key: keys.settings(integrationId),
    ifVersion: known.settings?.version ?? null,
    value: toJson({ tools: fittingSettings(accepted, tools) }),
  }
  return { ...listed, writes: [...listed.writes, write], bindingHashes }
}

/** Every tool that is not as it was accepted is marked with its change. */
async function markingChanges(
  context: Context,
  { workspaceId, integrationId, owner }: ListOwner,
  listed: Listed,
  given: { readonly tools: readonly ListedTool[]; readonly settings: Settings; readonly before: ToolList | undefined },
): Promise<PreparedListing> {
  const { tools, settings, before } = given
  const names = new Set(tools.map(({ name }) => name))
  const missing = Object.keys(settings).filter((name) => settings[name]!.accepted !== undefined && !names.has(name))
  const unaccepted = tools.filter((tool) => acceptedHash(settings, tool) !== tool.hash)
  const accepted = await acceptedDefinitions(
    context,
    { workspaceId, integrationId },
    [...unaccepted.map(({ name }) => name), ...missing],
    { settings, before },
  )
  const changes = await classifyChanges(tools, missing, settings, accepted)
  const manifest = withinRecord({
    ...listed.manifest,
    changes: Object.keys(changes).length === 0 ? undefined : changes,
  })
  const manifestKey = keys.tools(integrationId, owner)
  return {
    ...listed,
    manifest,
    writes: listed.writes.map((write) => (write.key === manifestKey ? { ...write, value: toJson(manifest) } : write)),
    bindingHashes: new Map(tools.map((tool) => [tool.name, bindingHashOf(manifest, { tools: settings }, tool)])),
  }
}

function acceptedHash(settings: Settings, { name }: ListedTool): string | undefined {
  return settingsOf({ tools: settings }, name).accepted
}

/** Drops the server's description of itself if the record would be too large. */
function withinRecord(manifest: ToolsRecord): ToolsRecord {
  return bytesOf(manifest) <= safeRecordBytes ? manifest : { ...manifest, server: undefined }
}

function largerThanAccepted(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    "The server's tool list is too large; the previous one is kept. Ask the server's author for a smaller list.",
  )
}

function eventsOf(
  listOwner: ListOwner,
  before: ToolList | undefined,
  tools: readonly ListedTool[],
): readonly NewEvent[] {
  const added: string[] = []
  const changed: string[] = []
  for (const { name, hash } of tools) {
    const was = before?.get(name)
    if (was === undefined) added.push(name)
    else if (was.hash !== hash) changed.push(name)
  }
  const names = new Set(tools.map(({ name }) => name))
  const removed = (before?.tools ?? []).flatMap(({ name }) => (names.has(name) ? [] : [name]))
  if (added.length + changed.length + removed.length === 0) return []
  return [
    {
      type: 'tools_changed',
      integrationId: listOwner.integrationId,
      added,
      changed,
      removed,
      userId: listOwner.owner === sharedOwner ? undefined : listOwner.userId,
    },
  ]
}
