import { WorkPace } from '../../mcp/work-pace.js'
import { atFirstUse } from '../../model/at-first-use.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { ToolsetTool } from '../../model/toolset.js'
import type { ApprovalVerdict } from '../../policy/approval-rule.js'
import { filterTools, type Filtered, type FilterInput } from '../../policy/tool-filter.js'
import type { ForModels } from './described-tool.js'
import { toolStateOf, verdictOn, type ToolState, type Subject } from './assess-tool.js'
import { ownerFor } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import type { IntegrationRecord, SettingsRecord, StatusRecord, ToolsRecord } from '../state/records.js'
import { reportUnreadable, unlessUnreadable, versioned } from '../state/read-record.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
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
export type ReadRecords = (
  workspaceId: string,
  keys: readonly string[],
) => Promise<readonly (StorageRecord | undefined)[]>

/** Reads the parts of the agent's toolset: the given integrations that the actor can use. */
export async function loadParts(
  context: ActorContext,
  agentId: string,
  { now, ids, read }: { readonly now: number; readonly ids: readonly string[]; readonly read: ReadRecords },
): Promise<readonly IntegrationPart[]> {
  const parts: IntegrationPart[] = []
  const loaded = await loadAll(context, agentId, ids, read)
  for (const one of loaded)
    try {
      parts.push(await partOf(context, agentId, now, one))
    } catch (error) {
      // A definition is parsed when it is needed.
      reportUnreadable(context.report, context.actor.workspaceId, error)
    }
  if (loaded.reduce((sum, { list }) => sum + (list?.size ?? 0), 0) > maxReadLater) await readAhead(context, parts)
  return parts
}

/** Longer lists than this are read ahead, with pauses: a host reads all definitions at once. */
const maxReadLater = 1_500_000

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

async function partOf(
  context: ActorContext,
  agentId: string,
  now: number,
  loaded: LoadedTools,
): Promise<IntegrationPart> {
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
  const filtered = filterTools({ ...filter, tools })
  const changed = tools.filter(({ name, state: { change } }) => hasAcceptedWords(change) && filtered.usable.has(name))
  return {
    integration: { id: integrationId, name: record.name, handle: record.handle, origin: record.origin },
    createdAt: record.createdAt,
    filter,
    filtered,
    tools,
    acceptedWords:
      changed.length === 0
        ? new Map()
        : await (await loadAcceptedWords()).readAcceptedWords(context, { workspaceId, integrationId }, changed),
    stale:
      isFor(agentId, record) && needsListing(loaded, now) ? { workspaceId, integrationId, owner, userId } : undefined,
  }
}

/** Whether the agent may use the integration. Other tool lists are not read. */
function isFor(agentId: string, record: IntegrationRecord): boolean {
  return record.enabled && record.agents.includes(agentId)
}

/** Whether models read accepted texts instead of the tool's own. An unchanged tool has accepted ones, and a new one none. */
function hasAcceptedWords(change: ToolState['change']): boolean {
  return change !== undefined && change.kind !== 'new'
}

/** Loaded with the first changed tool. */
const loadAcceptedWords = atFirstUse(() => import('./accepted-words.js'))

/** An integration with what its tools are judged by, and the agent's tool list. */
interface LoadedTools {
  readonly integrationId: string
  readonly record: IntegrationRecord
  readonly owner: string
  readonly settings: SettingsRecord | undefined
  readonly status: StatusRecord | undefined
  readonly manifest: ToolsRecord | undefined
  readonly list: ToolList | undefined
}

/** Reads the given integrations that the actor can use, in two round trips for any number of them. */
async function loadAll(
  context: ActorContext,
  agentId: string,
  ids: readonly string[],
  read: ReadRecords,
): Promise<readonly LoadedTools[]> {
  const { actor } = context
  const { workspaceId } = actor
  const owners = [sharedOwner, ownerKey(actor.userId)]
  const records = await read(
    workspaceId,
    ids.flatMap((id) => [
      keys.integration(id),
      keys.settings(id),
      ...owners.flatMap((owner) => [keys.status(id, owner), keys.tools(id, owner)]),
    ]),
  )
  const readOne = (integrationId: string, n: number) => {
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
  const found = ids.flatMap((id, n) => unlessUnreadable(context, workspaceId, () => readOne(id, n)) ?? [])
  const listed = found.filter(({ manifest, record }) => manifest !== undefined && isFor(agentId, record))
  const lists = await context.lists.load(
    workspaceId,
    listed.map(({ manifest }) => manifest!),
  )
  const byId = new Map(listed.map(({ integrationId }, n) => [integrationId, lists[n]]))
  return found.map((one) => ({ ...one, list: byId.get(one.integrationId) }))
}

/** Whether an integration is connected and its list is missing, unreadable or old. Background work never waits for a sign-in. */
function needsListing({ manifest, list, status, record, owner }: LoadedTools, now: number): boolean {
  if (!record.established || (status !== undefined && status.reason === 'awaiting_authorization')) return false
  if (owner !== sharedOwner && status === undefined) return false
  return manifest === undefined || list === undefined || now > (manifest.freshUntil ?? manifest.listedAt + listTtlMs)
}
