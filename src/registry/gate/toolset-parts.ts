import { frozen } from '../../model/frozen.js'
import type { ToolDefinition } from '../../model/tool.js'
import type { ToolsetTool } from '../../model/toolset.js'
import type { ApprovalVerdict } from '../../policy/approval-rule.js'
import { notForModels } from '../../policy/model-audience.js'
import { filterTools, type Filtered, type FilterInput } from '../../policy/tool-filter.js'
import { inAcceptedWords } from '../../policy/schema-words.js'
import { WorkPace } from '../../mcp/work-pace.js'
import { shownDefinition, workOfShowing } from '../../policy/shown-definition.js'
import { acceptedOf } from './accepted-definitions.js'
import { toolStateOf, verdictOn, type ToolState, type Subject } from './assess-tool.js'
import type { ActorContext, Context } from '../state/context.js'
import { versioned, type IntegrationRecord, type SettingsRecord, type ToolsRecord } from '../state/records.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'
import type { ToolList } from '../state/tool-list-cache.js'

/** One integration for the agent, without the verdicts of a host's policy: valid until a stored record changes. */
export interface IntegrationPart {
  readonly integration: ToolsetTool['integration']
  readonly createdAt: number
  readonly filter: Omit<FilterInput, 'tools'>
  readonly tools: readonly ToolPart[]
  /** What models read of each tool that may be used, by its name on the server. */
  readonly definitions: ReadonlyMap<string, ToolDefinition>
  /** Which of them may be used, whatever a policy says: it may refuse more. */
  readonly filtered: Filtered
  /** Its tool list is missing or old: to be listed again behind the answer. */
  readonly stale: Target | undefined
}

/** One tool of an integration. */
export interface ToolPart extends Omit<FilterInput['tools'][number], 'verdict'> {
  readonly subject: Subject
  readonly state: ToolState
  /** Without the word of a policy. */
  readonly verdict: ApprovalVerdict
}

/** How long a list without a `ttlMs` of the server is fresh, in ms. */
const listTtlMs = 86_400_000

/** Reads the parts of the agent's toolset: those of these integrations that the actor can use. */
export async function loadParts(
  context: ActorContext,
  agentId: string,
  now: number,
  ids: readonly string[],
): Promise<readonly IntegrationPart[]> {
  const parts: IntegrationPart[] = []
  for (const loaded of await loadAll(context, agentId, ids)) parts.push(await partOf(context, agentId, now, loaded))
  return parts
}

async function partOf(
  context: ActorContext,
  agentId: string,
  now: number,
  { target, settings, list }: LoadedTools,
): Promise<IntegrationPart> {
  const { record, integrationId } = target
  const { workspaceId } = context.actor
  const about = { actor: context.actor, agentId, integrationId, record, settings, manifest: target.tools }
  const tools = (list?.tools ?? []).map((tool) => {
    const subject: Subject = { ...about, tool }
    const state = toolStateOf(subject)
    return {
      subject,
      state,
      verdict: verdictOn(context, subject, state, { policy: undefined }),
      name: tool.definition.name,
      enabled: state.settings.enabled ?? true,
      agents: state.settings.agents,
      notForModels: notForModels(tool.definition),
    }
  })
  const filter = {
    agentId,
    integration: { enabled: record.enabled, agents: record.agents, listed: list !== undefined },
    quarantined: target.tools?.quarantined ?? [],
  }
  const filtered = filterTools({ ...filter, tools })
  const definitions = await definitionsForModels(
    context,
    { workspaceId, integrationId },
    tools.filter(({ name }) => filtered.usable.has(name)),
  )
  return {
    integration: { id: integrationId, name: record.name, handle: record.handle, origin: record.origin },
    createdAt: record.createdAt,
    filter,
    filtered,
    tools,
    definitions,
    stale: isFor(agentId, target) && needsListing(target, now) ? target : undefined,
  }
}

/** Whether the agent may use the integration: only such lists are read. */
function isFor(agentId: string, { record }: Target): boolean {
  return record.enabled && record.agents.includes(agentId)
}

/** Definitions for models: accepted texts with invisible characters escaped. A new tool has only its own texts. */
async function definitionsForModels(
  context: Context,
  ref: { readonly workspaceId: string; readonly integrationId: string },
  usable: readonly Pick<ToolPart, 'subject' | 'state'>[],
): Promise<ReadonlyMap<string, ToolDefinition>> {
  const accepted = usable.some(({ state }) => state.change !== undefined)
    ? await acceptedOf(
        context,
        ref,
        usable.map(({ subject: { tool }, state }) => ({ ...state, tool })),
      )
    : []
  const pace = new WorkPace()
  const definitions = new Map<string, ToolDefinition>()
  for (const [n, { subject, state }] of usable.entries()) {
    const { definition } = subject.tool
    const { change } = state
    const worded = change === undefined || change.kind === 'new' ? definition : inAcceptedWords(definition, accepted[n])
    const units = workOfShowing(worded)
    definitions.set(definition.name, frozen(shownDefinition(worded)))
    await pace.after(units)
  }
  return definitions
}

/** An integration with its settings and the agent's tool list. */
interface LoadedTools {
  readonly target: Target
  readonly settings: SettingsRecord | undefined
  readonly list: ToolList | undefined
}

/** Those of these integrations that the actor can use: two round trips, however many there are. */
async function loadAll(
  context: ActorContext,
  agentId: string,
  ids: readonly string[],
): Promise<readonly LoadedTools[]> {
  const { actor } = context
  const each = 2 + targetKeys('x', actor).length
  const { records } = await context.storage.read(
    actor.workspaceId,
    ids.flatMap((id) => [keys.integration(id), keys.settings(id), ...targetKeys(id, actor)]),
  )
  const found = ids.flatMap((id, n) => {
    const own = records.slice(n * each, (n + 1) * each)
    const record = versioned<IntegrationRecord>(own[0])?.value
    // The index may be slightly ahead of the integration, or behind it.
    if (record === undefined || (record.visibility === 'private' && record.ownerId !== actor.userId)) return []
    return [{ target: targetFrom(actor, id, record, own.slice(2)), settings: versioned<SettingsRecord>(own[1])?.value }]
  })
  const listed = found.filter(({ target }) => target.tools !== undefined && isFor(agentId, target))
  const lists = await context.lists.load(
    actor.workspaceId,
    listed.map(({ target }) => ({
      integrationId: target.integrationId,
      owner: target.owner,
      manifest: target.tools as ToolsRecord,
    })),
  )
  const byId = new Map(listed.map(({ target }, n) => [target.integrationId, lists[n]]))
  return found.map((one) => ({ ...one, list: byId.get(one.target.integrationId) }))
}

/** Whether an integration is connected and its list is missing or old. Background work never waits for a sign-in. */
function needsListing({ tools, status, record, owner, userId }: Target, now: number): boolean {
  if (!record.established || (status !== undefined && status.reason === 'awaiting_authorization')) return false
  if (owner !== sharedOwner && owner === ownerKey(userId) && status === undefined) return false
  return tools === undefined || now > (tools.freshUntil ?? tools.listedAt + listTtlMs)
}
