import { recordLimits } from '../../model/record-limits.js'
import type { ServerInfo } from '../../model/integration.js'
import type { ToolChange, ToolChangeKind, ToolDefinition } from '../../model/tool.js'
import type { ToolListing } from '../../mcp/connection.js'
import { classifyChange, definitionHash, findRenames } from '../../policy/tool-definition.js'
import type { StorageWrite } from '../../ports/storage.js'
import { settingsOf, type Assessment } from './assess-tool.js'
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

/** Whose list of which integration. */
interface ListOwner {
  readonly workspaceId: string
  readonly integrationId: string
  readonly owner: string
  readonly userId: string
  readonly perUser: boolean
}

/** What is stored about the tools of an integration before a listing is filed. */
export interface KnownTools {
  readonly settings: Versioned<SettingsRecord> | undefined
  readonly manifest: ToolsRecord | undefined
}

/** A listing ready to be committed. */
export interface FiledListing {
  readonly writes: readonly StorageWrite[]
  readonly events: readonly NewEvent[]
  /** To be deleted after the commit: chunks of the list before. */
  readonly stale: readonly StorageWrite[]
  readonly manifest: ToolsRecord
}

/**
 * Holds what a server listed against what was accepted. The first listing is accepted as it is; later, each tool that is
 * new or differs keeps its settings and is marked with how it changed, until somebody accepts it.
 */
export async function fileListing(
  context: Context,
  whose: ListOwner,
  listing: ToolListing & { readonly server?: ServerInfo | undefined },
  known: KnownTools,
  options: { readonly now: number; readonly initial?: Readonly<Record<string, ToolSettingsRecord>> | undefined },
): Promise<FiledListing> {
  const { workspaceId, integrationId, owner } = whose
  const tools = hashed(listing.tools)
  const before =
    known.manifest === undefined
      ? undefined
      : (await context.lists.load(workspaceId, [{ integrationId, owner, manifest: known.manifest }]))[0]
  const settings = known.settings?.value.tools ?? options.initial ?? {}
  // A list that was empty once was the first all the same: what comes later is new.
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
  const events = newsOf(whose, before, tools)

  if (acceptsAll) {
    const accepted = { ...settings }
    for (const { definition, hash } of unaccepted)
      accepted[definition.name] = { ...settingsOf({ tools: settings }, definition.name), accepted: hash }
    const write: StorageWrite[] =
      unaccepted.length === 0 && known.settings !== undefined
        ? []
        : [
            {
              key: keys.settings(integrationId),
              ifVersion: known.settings?.version ?? null,
              value: toJson({ tools: accepted }),
            },
          ]
    return { ...listed, writes: [...listed.writes, ...write], events }
  }
  const missing = Object.keys(settings).filter(
    (name) => settings[name]!.accepted !== undefined && !tools.some((tool) => tool.definition.name === name),
  )
  const accepted = await acceptedDefinitions(
    context,
    workspaceId,
    integrationId,
    [...unaccepted.map(({ definition }) => definition.name), ...missing],
    settings,
    before,
  )
  const changes = classify(unaccepted, missing, settings, accepted)
  const manifest: ToolsRecord = { ...listed.manifest, ...(Object.keys(changes).length === 0 ? {} : { changes }) }
  return {
    ...listed,
    manifest,
    events,
    writes: listed.writes.map((write) =>
      'key' in write && write.key === keys.tools(integrationId, owner) ? { ...write, value: toJson(manifest) } : write,
    ),
  }
}

/** How tools differ from what was accepted, with what a host can show; in the order given, in one round trip at most. */
export async function changesOf(
  context: Context,
  whose: { readonly workspaceId: string; readonly integrationId: string },
  assessed: readonly (Pick<Assessment, 'change' | 'settings'> & { readonly tool: ListedTool })[],
): Promise<readonly (ToolChange | undefined)[]> {
  const changed = assessed.filter(({ change }) => change !== undefined)
  if (changed.length === 0) return assessed.map(() => undefined)
  const { records } = await context.storage.read(
    whose.workspaceId,
    changed.map(({ change, tool }) => keys.accepted(whose.integrationId, change?.from ?? tool.definition.name)),
  )
  return assessed.map((one) => {
    const { change, settings, tool } = one
    if (change === undefined) return undefined
    const accepted = versioned<ToolDefinition>(records[changed.indexOf(one)])?.value
    const known =
      accepted !== undefined && (change.from !== undefined || definitionHash(accepted) === settings.accepted)
    return { ...change, differences: known ? classifyChange(accepted, tool.definition).differences : [] }
  })
}

/** The definitions that were accepted, kept from the moment they are no longer listed. */
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
  const toKeep: StorageWrite[] = []
  for (const [n, name] of names.entries()) {
    const accepted = settingsOf({ tools: settings }, name).accepted
    const kept = versioned<ToolDefinition>(records[n])
    const listed = before?.get(name)
    // What was kept before the last time somebody accepted is of no use any more.
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

function classify(
  unaccepted: readonly ListedTool[],
  missing: readonly string[],
  settings: Readonly<Record<string, ToolSettingsRecord>>,
  accepted: ReadonlyMap<string, ToolDefinition>,
): Record<string, { kind: ToolChangeKind; from?: string | undefined }> {
  const fresh = unaccepted.filter(
    ({ definition }) => settingsOf({ tools: settings }, definition.name).accepted === undefined,
  )
  const gone = missing.flatMap((name) => accepted.get(name) ?? [])
  const renames = findRenames(
    gone,
    fresh.map(({ definition }) => definition),
  )
  const changes: Record<string, { kind: ToolChangeKind; from?: string | undefined }> = Object.create(null) as Record<
    string,
    never
  >
  for (const { definition } of unaccepted) {
    const { name } = definition
    const from = renames.get(name)
    const was = accepted.get(name)
    if (from !== undefined) changes[name] = { kind: 'renamed', from }
    else if (settingsOf({ tools: settings }, name).accepted === undefined) changes[name] = { kind: 'new' }
    else changes[name] = { kind: was === undefined ? 'widened' : classifyChange(was, definition).kind }
  }
  return { ...changes }
}

function newsOf(whose: ListOwner, before: ToolList | undefined, tools: readonly ListedTool[]): readonly NewEvent[] {
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
      integrationId: whose.integrationId,
      added,
      changed,
      removed,
      userId: whose.perUser ? whose.userId : undefined,
    },
  ]
}
