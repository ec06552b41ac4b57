import { frozen } from '../../model/frozen.js'
import type { ToolDefinition } from '../../model/tool.js'
import type { ToolsetTool, UnavailableTool } from '../../model/toolset.js'
import { notForModels } from '../../policy/model-audience.js'
import { filterTools } from '../../policy/tool-filter.js'
import { inAcceptedWords } from '../../policy/schema-words.js'
import { shownDefinition } from '../../policy/shown-definition.js'
import { assess, type Assessment } from './assess-tool.js'
import { acceptedOf } from './accepted-definitions.js'
import { actingAs, type ActorContext, type Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import { visibleIds } from '../state/access.js'
import { versioned, type IntegrationRecord, type SettingsRecord, type ToolsRecord } from '../state/records.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'
import type { NamedTool, ToolList } from '../state/tool-list-cache.js'

/** What one agent may call now for one actor, and what is missing from it and why. */
export interface ToolsetContents {
  readonly tools: readonly ToolsetTool[]
  readonly unavailable: readonly UnavailableTool[]
  /** Integrations whose tool list is missing or old: to be listed again behind the answer. */
  readonly stale: readonly Target[]
}

/** Builds toolsets from what is stored, and remembers them until something they are made of changes. */
export interface ToolsetBuilder {
  build(actor: CheckedActor, agentId: string, conversationId: string | undefined): Promise<ToolsetContents>
}

const rememberedToolsets = 1000
/** A list that the server gave no time for is asked for again after so long, in ms. */
const listIsGoodForMs = 86_400_000

export function toolsetBuilder(context: Context): ToolsetBuilder {
  const remembered = new Map<
    string,
    { readonly version: string | undefined; readonly until: number; readonly contents: ToolsetContents }
  >()
  return {
    async build(actor, agentId, conversationId) {
      const name = JSON.stringify([actor.workspaceId, actor.userId, actor.role, agentId])
      const { records, now } = await context.storage.read(actor.workspaceId, [keys.catalogue])
      const version = records[0]?.version
      const before = remembered.get(name)
      // A host's policy may look at the conversation, and may change its mind at any time.
      const steady = context.options.approvals.policy === undefined
      if (steady && before !== undefined && before.version === version && now < before.until) return before.contents
      const contents = await collect(actingAs(context, actor), agentId, conversationId, now)
      if (steady) {
        if (remembered.size >= rememberedToolsets) remembered.delete(remembered.keys().next().value!)
        remembered.delete(name)
        remembered.set(name, { version, until: nextLook(contents, now), contents })
      }
      return contents
    },
  }
}

async function collect(
  context: ActorContext,
  agentId: string,
  conversationId: string | undefined,
  now: number,
): Promise<ToolsetContents> {
  const { actor } = context
  const found = await loadAll(context)
  const tools: ToolsetTool[] = []
  const unavailable: UnavailableTool[] = []
  const stale: Target[] = []
  for (const { target, settings, list } of found) {
    const { record, integrationId } = target
    const integration = { id: integrationId, name: record.name, handle: record.handle, origin: record.origin }
    if (record.enabled && record.agents.includes(agentId) && needsListing(target, now)) stale.push(target)
    const assessed = (list?.tools ?? []).map((tool) => ({
      tool,
      assessment: assess(context, {
        actor,
        agentId,
        conversationId,
        integrationId,
        record,
        settings,
        manifest: target.tools,
        tool,
      }),
    }))
    const filtered = filterTools({
      agentId,
      integration: { enabled: record.enabled, agents: record.agents, listed: list !== undefined },
      tools: assessed.map(({ tool, assessment }) => ({
        name: tool.definition.name,
        enabled: assessment.settings.enabled ?? true,
        agents: assessment.settings.agents,
        verdict: assessment.verdict,
        notForModels: notForModels(tool.definition),
      })),
      quarantined: target.tools?.quarantined ?? [],
    })
    unavailable.push(...filtered.unavailable.map((missing) => ({ integration, ...missing })))
    const usable = assessed.filter(({ tool }) => filtered.usable.has(tool.definition.name))
    const read = await definitionsForModels(context, { workspaceId: actor.workspaceId, integrationId }, usable)
    for (const [n, { tool, assessment }] of usable.entries()) {
      const definition = read[n]!
      const { label, mode, verdict } = assessment
      tools.push({
        modelName: tool.modelName(record.handle),
        name: definition.name,
        title: definition.title,
        description: definition.description,
        inputSchema: definition.inputSchema,
        outputSchema: definition.outputSchema,
        label,
        approval: { mode, resolved: verdict.mode === 'auto' ? 'auto' : 'ask', rule: verdict.rule },
        integration,
      })
    }
  }
  return { tools: frozen(tools), unavailable: frozen(unavailable), stale }
}

/** What models read: accepted words, in which nothing hides. Of a tool that is new there are no others than its own. */
async function definitionsForModels(
  context: Context,
  whose: { readonly workspaceId: string; readonly integrationId: string },
  usable: readonly { readonly tool: NamedTool; readonly assessment: Assessment }[],
): Promise<readonly ToolDefinition[]> {
  const accepted = await acceptedOf(
    context,
    whose,
    usable.map(({ tool, assessment }) => ({ ...assessment, tool })),
  )
  return usable.map(({ tool: { definition }, assessment: { change } }, n) =>
    shownDefinition(
      change === undefined || change.kind === 'new' ? definition : inAcceptedWords(definition, accepted[n]),
    ),
  )
}

/** Everything the actor can use, with settings and tool lists: three round trips, however many there are. */
async function loadAll(
  context: ActorContext,
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
  const listed = found.filter(({ target }) => target.tools !== undefined)
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
  return tools === undefined || now > (tools.freshUntil ?? tools.listedAt + listIsGoodForMs)
}

function nextLook({ tools, stale }: ToolsetContents, now: number): number {
  return now + (stale.length > 0 || tools.length === 0 ? 1000 : 60_000)
}
