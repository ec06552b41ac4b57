import type { ToolDefinition } from '../../model/tool.js'
import type { ToolsetTool } from '../../model/toolset.js'
import { notForModels } from '../../policy/model-audience.js'
import { filterTools, type FilterInput } from '../../policy/tool-filter.js'
import { inAcceptedWords } from '../../policy/schema-words.js'
import { shownDefinition } from '../../policy/shown-definition.js'
import { acceptedOf } from './accepted-definitions.js'
import { standingOf, verdictOn, type Standing, type Subject } from './assess-tool.js'
import type { ActorContext, Context } from '../state/context.js'
import { visibleIds } from '../state/access.js'
import { versioned, type IntegrationRecord, type SettingsRecord, type ToolsRecord } from '../state/records.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'
import type { NamedTool, ToolList } from '../state/tool-list-cache.js'

/** What a toolset is made of, all but the verdicts of a host's policy: it stays until something stored changes. */
export interface ToolsetParts {
  readonly integrations: readonly IntegrationPart[]
  /** Integrations whose tool list is missing or old: to be listed again behind the answer. */
  readonly stale: readonly Target[]
}

/** One integration as the agent meets it. */
export interface IntegrationPart {
  readonly integration: ToolsetTool['integration']
  readonly filter: Omit<FilterInput, 'tools'>
  readonly tools: readonly ToolPart[]
}

/** One tool of it. */
export interface ToolPart {
  readonly subject: Subject
  readonly standing: Standing
  readonly filter: Omit<FilterInput['tools'][number], 'verdict'>
  /** What models read; absent for a tool that no verdict makes usable. */
  readonly definition: ToolDefinition | undefined
}

/** A list that the server gave no time for is asked for again after so long, in ms. */
const listTtlMs = 86_400_000

/** Reads what a toolset of this agent is made of. */
export async function loadParts(context: ActorContext, agentId: string, now: number): Promise<ToolsetParts> {
  const integrations: IntegrationPart[] = []
  const stale: Target[] = []
  for (const { target, settings, list } of await loadAll(context, agentId)) {
    const { record, integrationId } = target
    if (isFor(agentId, target) && needsListing(target, now)) stale.push(target)
    const tools = (list?.tools ?? []).map((tool) => {
      const subject = {
        actor: context.actor,
        agentId,
        integrationId,
        record,
        settings,
        manifest: target.tools,
        tool,
      }
      const standing = standingOf(subject)
      return {
        tool,
        subject,
        standing,
        filter: {
          name: tool.definition.name,
          enabled: standing.settings.enabled ?? true,
          agents: standing.settings.agents,
          notForModels: notForModels(tool.definition),
        },
      }
    })
    const filter = {
      agentId,
      integration: { enabled: record.enabled, agents: record.agents, listed: list !== undefined },
      quarantined: target.tools?.quarantined ?? [],
    }
    // A policy may refuse a tool and change its mind, so its word is left out here.
    const { usable } = filterTools({
      ...filter,
      tools: tools.map((one) => ({
        ...one.filter,
        verdict: verdictOn(context, one.subject, one.standing, { policy: undefined }),
      })),
    })
    const mayUse = tools.filter((one) => usable.has(one.filter.name))
    const read = await definitionsForModels(context, { workspaceId: context.actor.workspaceId, integrationId }, mayUse)
    const definitions = new Map(mayUse.map((one, n) => [one.filter.name, read[n]]))
    integrations.push({
      integration: { id: integrationId, name: record.name, handle: record.handle, origin: record.origin },
      filter,
      tools: tools.map((one) => ({
        subject: one.subject,
        standing: one.standing,
        filter: one.filter,
        definition: definitions.get(one.filter.name),
      })),
    })
  }
  return { integrations, stale }
}

/** Only the lists of these are read. */
function isFor(agentId: string, { record }: Target): boolean {
  return record.enabled && record.agents.includes(agentId)
}

/** What models read: accepted words, in which nothing hides. Of a tool that is new there are no others than its own. */
async function definitionsForModels(
  context: Context,
  whose: { readonly workspaceId: string; readonly integrationId: string },
  usable: readonly { readonly tool: NamedTool; readonly standing: Standing }[],
): Promise<readonly ToolDefinition[]> {
  const accepted = await acceptedOf(
    context,
    whose,
    usable.map(({ tool, standing }) => ({ ...standing, tool })),
  )
  return usable.map(({ tool: { definition }, standing: { change } }, n) =>
    shownDefinition(
      change === undefined || change.kind === 'new' ? definition : inAcceptedWords(definition, accepted[n]),
    ),
  )
}

/** Everything the actor can use, with settings and the agent's tool lists: three round trips, however many there are. */
async function loadAll(
  context: ActorContext,
  agentId: string,
): Promise<readonly { target: Target; settings: SettingsRecord | undefined; list: ToolList | undefined }[]> {
  const { actor } = context
  const ids = [...(await visibleIds(context))].toSorted()
  const each = 2 + targetKeys('x', actor).length
  const { records } = await context.storage.read(
    actor.workspaceId,
    ids.flatMap((id) => [keys.integration(id), keys.settings(id), ...targetKeys(id, actor)]),
  )
  const found = ids.flatMap((id, n) => {
    const own = records.slice(n * each, (n + 1) * each)
    const record = versioned<IntegrationRecord>(own[0])?.value
    // The index may be a moment ahead of the integration, or behind it.
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
  return found
    .map((one) => ({ ...one, list: byId.get(one.target.integrationId) }))
    .toSorted(
      (a, b) =>
        a.target.record.createdAt - b.target.record.createdAt ||
        (a.target.record.handle < b.target.record.handle ? -1 : 1),
    )
}

/** Connected, and its list is missing or older than it is good for. A person's sign-in is never waited for in the background. */
function needsListing({ tools, status, record, owner, userId }: Target, now: number): boolean {
  if (!record.established || (status !== undefined && status.reason === 'awaiting_authorization')) return false
  if (owner !== sharedOwner && owner === ownerKey(userId) && status === undefined) return false
  return tools === undefined || now > (tools.freshUntil ?? tools.listedAt + listTtlMs)
}
