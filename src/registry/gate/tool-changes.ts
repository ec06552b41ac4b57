import { IntegrationError } from '../../model/errors.js'
import { recordLimits } from '../../model/record-limits.js'
import type { ServerInfo } from '../../model/integration.js'
import type { ToolChange, ToolChangeKind, ToolDefinition } from '../../model/tool.js'
import type { ToolListing } from '../../mcp/connection.js'
import { WorkPace } from '../../mcp/work-pace.js'
import { WorkBudget } from '../../model/work-budget.js'
import { changeKind, classifyChange } from '../../policy/tool-change.js'
import { definitionHash } from '../../policy/tool-definition.js'
import { findRenames, findSwaps } from '../../policy/tool-rename.js'
import type { StorageRecordWrite } from '../../ports/storage.js'
import { acceptedOf, type Assessed } from './accepted-definitions.js'
import { bindingHashOf, settingsOf } from './assess-tool.js'
import type { Context } from '../state/context.js'
import type { NewEvent } from '../state/event-feed.js'
import {
  versioned,
  toJson,
  type SettingsRecord,
  type ToolSettingsRecord,
  type ToolsRecord,
  type Versioned,
} from '../state/records.js'
import { keys } from '../state/keys.js'
import { hashed, listWrites, type ListedTool, type ToolList } from '../state/tool-list-cache.js'

/** The integration and owner of a tool list. */
interface ListOwner {
  readonly workspaceId: string
  readonly integrationId: string
  readonly owner: string
  readonly userId: string
  readonly perUser: boolean
}

/** The stored records of an integration's tools before a new listing. */
export interface KnownTools {
  readonly settings: Versioned<SettingsRecord> | undefined
  readonly manifest: ToolsRecord | undefined
}

/** A listing ready to be committed. */
export interface PreparedListing {
  readonly writes: readonly StorageRecordWrite[]
  readonly events: readonly NewEvent[]
  /** Chunks of the previous list, to delete after the commit. */
  readonly stale: readonly StorageRecordWrite[]
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
  if (listing.isCut && known.manifest !== undefined) throw largerThanAccepted()
  const tools = await hashed(listing.tools)
  const before =
    known.manifest === undefined
      ? undefined
      : (await context.lists.load(workspaceId, [{ integrationId, owner, manifest: known.manifest }]))[0]
  const settings = known.settings?.value.tools ?? options.initial ?? {}
  // An empty first list counts as the first one, so later tools are new.
  const first = known.manifest === undefined && Object.values(settings).every(({ accepted }) => accepted === undefined)
  const acceptsAll = first || context.options.approvals.onToolChange === 'accept'
  const unaccepted = tools.filter(
    (tool) => settingsOf({ tools: settings }, tool.definition.name).accepted !== tool.hash,
  )
  const listed = listWrites(
    integrationId,
    owner,
    { ...listing, tools },
    {
      now: options.now,
      maxBytes: context.options.limits.maxResponseBytes,
      previous: known.manifest,
    },
  )
  const events = eventsOf(listOwner, before, tools)

  if (acceptsAll) {
    const accepted = { ...settings }
    for (const { definition, hash } of unaccepted)
      accepted[definition.name] = { ...settingsOf({ tools: settings }, definition.name), accepted: hash }
    const write: StorageRecordWrite[] =
      unaccepted.length === 0 && known.settings !== undefined
        ? []
        : [
            {
              key: keys.settings(integrationId),
              ifVersion: known.settings?.version ?? null,
              value: toJson({ tools: fitting(accepted, tools) }),
            },
          ]
    const bindingHashes = new Map(tools.map(({ definition, hash }) => [definition.name, hash]))
    return { ...listed, writes: [...listed.writes, ...write], events, bindingHashes }
  }
  const names = new Set(tools.map(({ definition }) => definition.name))
  const missing = Object.keys(settings).filter((name) => settings[name]!.accepted !== undefined && !names.has(name))
  const accepted = await acceptedDefinitions(
    context,
    workspaceId,
    integrationId,
    [...unaccepted.map(({ definition }) => definition.name), ...missing],
    settings,
    before,
  )
  const changes = await classify(tools, missing, settings, accepted)
  const manifest = withinRecord({
    ...listed.manifest,
    changes: Object.keys(changes).length === 0 ? undefined : changes,
  })
  return {
    ...listed,
    manifest,
    events,
    bindingHashes: new Map(
      tools.map((tool) => [tool.definition.name, bindingHashOf(manifest, { tools: settings }, tool)]),
    ),
    writes: listed.writes.map((write) =>
      'key' in write && write.key === keys.tools(integrationId, owner) ? { ...write, value: toJson(manifest) } : write,
    ),
  }
}

/**
 * Keeps the settings of all tools within one record. A server that renames its tools each time must not fill it, so
 * tools that are no longer listed and that no person has configured are removed first.
 */
function fitting(
  settings: Readonly<Record<string, ToolSettingsRecord>>,
  tools: readonly ListedTool[],
): Readonly<Record<string, ToolSettingsRecord>> {
  if (bytesOf(settings) <= safeRecordBytes) return settings
  const listed = new Set(tools.map(({ definition }) => definition.name))
  const isKept = ([name, { accepted: _hash, ...set }]: [string, ToolSettingsRecord]): boolean =>
    listed.has(name) || Object.values(set).some((value) => value !== undefined)
  return Object.fromEntries(Object.entries(settings).filter(isKept))
}

/** Drops the server's description of itself if the record would be too large. */
function withinRecord(manifest: ToolsRecord): ToolsRecord {
  return bytesOf(manifest) <= safeRecordBytes ? manifest : { ...manifest, server: undefined }
}

/** The size limit of these records, in bytes, with room for later additions. */
const safeRecordBytes = recordLimits.valueBytes - 48 * 1024

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}

function largerThanAccepted(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    "The server's tool list is too large; the previous one is kept. Ask the server's author for a smaller list.",
  )
}

/**
 * The changes of tools since they were accepted, with the differences to show, in the given order. Reads in at most one
 * round trip.
 */
export async function changesOf(
  context: Context,
  listOwner: { readonly workspaceId: string; readonly integrationId: string },
  assessed: readonly Assessed[],
): Promise<readonly (ToolChange | undefined)[]> {
  const accepted = await acceptedOf(context, listOwner, assessed)
  const pace = new WorkPace()
  const changes: (ToolChange | undefined)[] = []
  for (const [n, { change, tool }] of assessed.entries()) {
    const before = accepted[n]
    if (change === undefined) changes.push(undefined)
    else {
      const differences = before === undefined ? [] : classifyChange(before, tool.definition).differences
      changes.push({ ...change, differences })
      await pace.after(JSON.stringify(tool.definition).length >> 4)
    }
  }
  return changes
}

/** The accepted definitions. They are stored separately once the server no longer lists them. */
async function acceptedDefinitions(
  context: Context,
  workspaceId: string,
  integrationId: string,
  names: readonly string[],
  settings: Readonly<Record<string, ToolSettingsRecord>>,
  before: ToolList | undefined,
): Promise<ReadonlyMap<string, ToolDefinition>> {
  const found = new Map<string, ToolDefinition>()
  if (names.length === 0) return found
  const { records } = await context.storage.read(
    workspaceId,
    names.map((name) => keys.accepted(integrationId, name)),
  )
  const toKeep: StorageRecordWrite[] = []
  for (const [n, name] of names.entries()) {
    const accepted = settingsOf({ tools: settings }, name).accepted
    const kept = versioned<ToolDefinition>(records[n])
    const listed = before?.get(name)
    // A definition that was stored before the latest acceptance is obsolete.
    if (kept !== undefined && definitionHash(kept.value) === accepted) found.set(name, kept.value)
    else if (listed !== undefined && listed.hash === accepted) {
      found.set(name, listed.definition)
      toKeep.push({
        key: keys.accepted(integrationId, name),
        ifVersion: kept?.version ?? null,
        value: toJson(listed.definition),
      })
    }
  }
  const fits = toKeep.filter(
    (write) => new TextEncoder().encode(JSON.stringify(write.value)).length <= recordLimits.valueBytes,
  )
  for (let n = 0; n < fits.length; n += 20) await context.storage.commit(workspaceId, fits.slice(n, n + 20))
  return found
}

/** Classifies the changes. All comparisons of a list share one budget; once it is exhausted, tools count as widened. */
async function classify(
  tools: readonly ListedTool[],
  missing: readonly string[],
  settings: Readonly<Record<string, ToolSettingsRecord>>,
  accepted: ReadonlyMap<string, ToolDefinition>,
): Promise<Readonly<Record<string, Changed>>> {
  const acceptedHash = ({ definition }: ListedTool) => settingsOf({ tools: settings }, definition.name).accepted
  const isNew = (tool: ListedTool): boolean => acceptedHash(tool) === undefined
  const unaccepted = tools.filter((tool) => acceptedHash(tool) !== tool.hash)
  const same = tools.filter((tool) => acceptedHash(tool) === tool.hash)
  const gone = missing.flatMap((name) => accepted.get(name) ?? [])
  const fresh = unaccepted.filter(isNew).map(({ definition }) => definition)
  const renames = findRenames(gone, fresh)
  const swaps = findSwaps(
    unaccepted.map(({ definition }) => definition),
    new Map([...accepted, ...same.map(({ definition }) => [definition.name, definition] as const)]),
  )
  const work = new WorkBudget(comparingWork)
  const pace = new WorkPace()
  const changes: [string, Changed][] = []
  for (const tool of unaccepted) {
    const { definition } = tool
    const { name } = definition
    const from = renames.get(name)
    const was = accepted.get(name)
    const { left } = work
    if (from !== undefined) changes.push([name, { kind: 'renamed', from }])
    else if (isNew(tool)) changes.push([name, { kind: 'new' }])
    else if (was === undefined || left <= 0 || swaps.has(name)) changes.push([name, { kind: 'widened' }])
    else changes.push([name, { kind: changeKind(was, definition, work) }])
    await pace.after(left - work.left + (JSON.stringify(definition).length >> 4))
  }
  return Object.fromEntries(changes)
}

interface Changed {
  readonly kind: ToolChangeKind
  readonly from?: string | undefined
}

/** Work budget for comparing all tools of a list. */
const comparingWork = 2_000_000

function eventsOf(
  listOwner: ListOwner,
  before: ToolList | undefined,
  tools: readonly ListedTool[],
): readonly NewEvent[] {
  const added: string[] = []
  const changed: string[] = []
  for (const { definition, hash } of tools) {
    const was = before?.get(definition.name)
    if (was === undefined) added.push(definition.name)
    else if (was.hash !== hash) changed.push(definition.name)
  }
  const names = new Set(tools.map(({ definition }) => definition.name))
  const removed = (before?.tools ?? []).flatMap(({ definition }) =>
    names.has(definition.name) ? [] : [definition.name],
  )
  if (added.length + changed.length + removed.length === 0) return []
  return [
    {
      type: 'tools_changed',
      integrationId: listOwner.integrationId,
      added,
      changed,
      removed,
      userId: listOwner.perUser ? listOwner.userId : undefined,
    },
  ]
}
