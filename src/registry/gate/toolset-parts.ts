import { WorkPace } from '../../mcp/work-pace.js'
import { atFirstUse } from '../../model/at-first-use.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { ToolsetTool } from '../../model/toolset.js'
import type { ApprovalVerdict } from '../../policy/approval-rule.js'
import { filterTools, type Filtered, type FilterInput } from '../../policy/tool-filter.js'
import type { ForModels } from './described-tool.js'
import { toolStateOf, verdictOn, type ToolState, type Subject } from './assess-tool.js'
import { ownerFor } from '../state/access.js'
import type { CheckedActor } from '../../model/actor.js'
import type { ActorContext } from '../state/context.js'
import type { IntegrationRecord, SettingsRecord, StatusRecord, ToolsRecord } from '../state/records.js'
import { reportUnreadable, unlessUnreadable, versioned } from '../state/read-record.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import type { ReportedRecords } from '../state/reported-records.js'
import type { ListOwner } from '../state/target.js'
import type { ToolList } from '../state/tool-list-cache.js'

/** One integration for an agent, without the verdicts of the host's policy. Valid until a stored record changes. */
export interface IntegrationPart {
  readonly integration: ToolsetTool['integration']
  readonly createdAt: number
  readonly filter: Omit<FilterInput, 'tools'>
  readonly tools: readonly ToolPart[]
  /** Definitions for models that are not as the server sent them, by its name of the tool. */
  readonly acceptedWords: ReadonlyMap<string, ForModels>
  /** The tools that may be used. The host's policy may deny more of them. */
  readonly filtered: Filtered
  /** Present if the tool list is missing, unreadable or old, to list the tools again in the background. */
  readonly stale: ListOwner | undefined
  /** The length of the tool list as it is stored, in characters. */
  readonly listLength: number
}

/** One tool of an integration. */
export interface ToolPart extends Omit<FilterInput['tools'][number], 'verdict'> {
  readonly subject: Subject
  readonly state: ToolState
  /** The verdict without the host's policy. */
  readonly verdict: ApprovalVerdict
}

/** How long a list without a `ttlMs` of the server is fresh, in ms. */
const listTtlMs = 86_400_000

/** Reads records of a workspace by their keys. */
export type ReadRecords = ReportedRecords['read']
/** Returns them from memory, if all of them are known. */
export type RecallRecords = ReportedRecords['recall']

/** Which parts to load. `now`: the storage's time; `ids`: the integrations; those that the actor can't use are left out. */
interface WantedParts {
  readonly now: number
  readonly ids: readonly string[]
}

/** Reads the parts of the agent's toolset, in two round trips for any number of integrations. */
export async function loadParts(
  context: ActorContext,
  agentId: string,
  { now, ids, read }: WantedParts & { readonly read: ReadRecords },
): Promise<readonly IntegrationPart[]> {
  const { actor } = context
  const found = storedIn(context, ids, await read(actor.workspaceId, keysOf(actor, ids)))
  const listed = found.filter((one) => needsList(agentId, one))
  const lists = await context.lists.load(
    actor.workspaceId,
    listed.map(({ manifest }) => manifest!),
  )
  const byId = new Map(listed.map(({ integrationId }, n) => [integrationId, lists[n]]))
  const parts: IntegrationPart[] = []
  for (const one of found)
    try {
      const part = partOf(context, agentId, now, { ...one, list: byId.get(one.integrationId) })
      const changed = rewordedTools(part)
      parts.push(
        changed.length === 0 ? part : { ...part, acceptedWords: await acceptedWordsOf(context, part, changed) },
      )
    } catch (error) {
      // A definition is parsed when it is needed.
      reportUnreadable(context.report, actor.workspaceId, error)
    }
  if (mustReadAhead(parts)) await readAhead(context, parts)
  return parts
}

/** The same from memory, at once; `undefined` if something has to be read. */
export function recallParts(
  context: ActorContext,
  agentId: string,
  { now, ids, recall }: WantedParts & { readonly recall: RecallRecords },
): readonly IntegrationPart[] | undefined {
  const { actor, lists } = context
  const records = recall(actor.workspaceId, keysOf(actor, ids))
  if (records === undefined) return undefined
  const parts: IntegrationPart[] = []
  for (const one of storedIn(context, ids, records)) {
    const isNeeded = needsList(agentId, one)
    const list = isNeeded ? lists.recall(one.manifest!.hash) : undefined
    if (isNeeded && list === undefined) return undefined
    const part = partOf(context, agentId, now, { ...one, list })
    if (rewordedTools(part).length > 0) return undefined
    parts.push(part)
  }
  return mustReadAhead(parts) ? undefined : parts
}

/** Longer lists than this are read ahead, with pauses: a host reads all definitions at once. */
const maxReadLater = 1_500_000
/** The same for lists with characters that are slow to look at. */
const maxSlowReadLater = 500_000

function mustReadAhead(parts: readonly IntegrationPart[]): boolean {
  const length = parts.reduce((sum, { listLength }) => sum + listLength, 0)
  if (length <= maxSlowReadLater) return false
  return length > maxReadLater || lengthOfSlow(parts) > maxSlowReadLater
}

function lengthOfSlow(parts: readonly IntegrationPart[]): number {
  const slow = parts.flatMap(({ tools }) => tools).filter(({ subject: { tool } }) => !tool.isReady && tool.isSlowToShow)
  return slow.reduce((sum, { subject: { tool } }) => sum + tool.size, 0)
}

async function readAhead(context: ActorContext, parts: readonly IntegrationPart[]): Promise<void> {
  const unread = parts.flatMap(({ tools, filtered }) =>
    tools.flatMap(({ name, subject: { tool } }) => (filtered.usable.has(name) && !tool.isReady ? [tool] : [])),
  )
  const pace = new WorkPace()
  for (const tool of unread) {
    unlessUnreadable(context, context.actor.workspaceId, () => tool.shown)
    await pace.after(tool.size >> 2)
  }
}

function partOf(context: ActorContext, agentId: string, now: number, loaded: LoadedTools): IntegrationPart {
  const { integrationId, record, owner, settings, manifest, list } = loaded
  const { workspaceId, userId } = context.actor
  const about = { actor: context.actor, agentId, integrationId, record, settings, manifest }
  const tools = (list?.tools ?? []).map((tool) => {
    const subject: Subject = { ...about, tool }
    const state = toolStateOf(subject)
    return {
      subject,
      state,
      verdict: verdictOn(context, subject, state, { policy: undefined }),
      name: tool.name,
      enabled: state.settings.enabled ?? true,
      agents: state.settings.agents,
      notForModels: tool.notForModels,
    }
  })
  const filter = {
    agentId,
    integration: { enabled: record.enabled, agents: record.agents, listed: list !== undefined },
    quarantined: manifest?.quarantined ?? [],
  }
  return {
    integration: { id: integrationId, name: record.name, handle: record.handle, origin: record.origin },
    createdAt: record.createdAt,
    filter,
    filtered: filterTools({ ...filter, tools }),
    tools,
    acceptedWords: noWords,
    stale:
      isFor(agentId, record) && needsListing(loaded, now) ? { workspaceId, integrationId, owner, userId } : undefined,
    listLength: list?.size ?? 0,
  }
}

const noWords: ReadonlyMap<string, ForModels> = new Map()

/** Whether the agent may use the integration. Other tool lists are not read. */
function isFor(agentId: string, record: IntegrationRecord): boolean {
  return record.enabled && record.agents.includes(agentId)
}

/** The tools that may be used of which models read accepted texts. An unchanged tool has accepted ones, and a new one none. */
function rewordedTools({ tools, filtered }: IntegrationPart): readonly ToolPart[] {
  return tools.filter(
    ({ name, state: { change } }) => change !== undefined && change.kind !== 'new' && filtered.usable.has(name),
  )
}

async function acceptedWordsOf(
  context: ActorContext,
  { integration }: IntegrationPart,
  changed: readonly ToolPart[],
): Promise<IntegrationPart['acceptedWords']> {
  const { readAcceptedWords } = await loadAcceptedWords()
  const { workspaceId } = context.actor
  return readAcceptedWords(context, { workspaceId, integrationId: integration.id }, changed)
}

/** Loaded with the first changed tool. */
const loadAcceptedWords = atFirstUse(() => import('./accepted-words.js'))

/** An integration with what its tools are judged by, as it is stored. */
interface StoredPart {
  readonly integrationId: string
  readonly record: IntegrationRecord
  readonly owner: string
  readonly settings: SettingsRecord | undefined
  readonly status: StatusRecord | undefined
  readonly manifest: ToolsRecord | undefined
}

/** The same with the agent's tool list. */
interface LoadedTools extends StoredPart {
  readonly list: ToolList | undefined
}

function needsList(agentId: string, { manifest, record }: StoredPart): boolean {
  return manifest !== undefined && isFor(agentId, record)
}

/** The keys of the records of all these integrations, as {@link storedIn} reads them. */
function keysOf(actor: CheckedActor, ids: readonly string[]): readonly string[] {
  const own = ownerKey(actor.userId)
  return ids.flatMap((id) => [
    keys.integration(id),
    keys.settings(id),
    keys.status(id, sharedOwner),
    keys.tools(id, sharedOwner),
    keys.status(id, own),
    keys.tools(id, own),
  ])
}

/** The integrations that the actor can use, of the records that were read. */
function storedIn(
  context: ActorContext,
  ids: readonly string[],
  records: readonly (StorageRecord | undefined)[],
): readonly StoredPart[] {
  const { actor } = context
  const readOne = (integrationId: string, n: number): StoredPart | undefined => {
    const [integration, settings, ...ofOwners] = records.slice(n * 6, (n + 1) * 6)
    const record = versioned<IntegrationRecord>(integration)?.value
    // The index and the integration are read at different moments, so they may differ.
    if (record === undefined || (record.visibility === 'private' && record.ownerId !== actor.userId)) return undefined
    const owner = ownerFor(record, actor)
    const [status, tools] = owner === sharedOwner ? ofOwners : ofOwners.slice(2)
    return {
      integrationId,
      record,
      owner,
      settings: versioned<SettingsRecord>(settings)?.value,
      status: versioned<StatusRecord>(status)?.value,
      manifest: versioned<ToolsRecord>(tools)?.value,
    }
  }
  return ids.flatMap((id, n) => unlessUnreadable(context, actor.workspaceId, () => readOne(id, n)) ?? [])
}

/** Whether an integration is connected and its list is missing, unreadable or old. Background work never waits for a sign-in. */
function needsListing({ manifest, list, status, record, owner }: LoadedTools, now: number): boolean {
  if (!record.established || (status !== undefined && status.reason === 'awaiting_authorization')) return false
  if (owner !== sharedOwner && status === undefined) return false
  return manifest === undefined || list === undefined || now > (manifest.freshUntil ?? manifest.listedAt + listTtlMs)
}
