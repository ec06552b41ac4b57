import { sha256Hex } from '../../model/digest.js'
import { IntegrationError } from '../../model/errors.js'
import { acceptToolsInput, parse, toolSettingsInput } from '../../model/input.js'
import { invalid } from '../../model/invalid.js'
import type { QuarantinedTool, Tool, ToolSettings } from '../../model/tool.js'
import { shownDefinition } from '../../policy/shown-definition.js'
import type { StorageWrite } from '../../ports/storage.js'
import { assess, isOnlyWords, settingsOf, type Assessment } from '../gate/assess-tool.js'
import type { ActorContext } from '../state/context.js'
import { conflict } from '../state/errors.js'
import { retrying } from '../state/retrying.js'
import { load, ownerFor, type LoadedIntegration } from '../state/access.js'
import {
  versioned,
  toJson,
  type SettingsRecord,
  type ToolSettingsRecord,
  type ToolsRecord,
  type Versioned,
} from '../state/records.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { refreshTools } from './refresh-tools.js'
import { targetFrom, targetKeys } from '../state/target.js'
import { changesOf } from '../gate/tool-changes.js'
import type { ListedTool, ToolList } from '../state/tool-list-cache.js'

/** What `tools()` answers. */
export interface ToolOverview {
  /** Every tool that can be used. */
  readonly tools: readonly Tool[]
  /** Tools that were there, by wire name, and are not listed any more: their settings are kept for when they come back. */
  readonly missing: readonly string[]
  /** Tools that the server listed and that can't be used, with the reason. */
  readonly quarantined: readonly QuarantinedTool[]
  /** When the server was asked, ms since the epoch; absent: never yet. */
  readonly listedAt?: number | undefined
  /** Changes with the tools and with their settings; give it as `ifRevision`. */
  readonly revision: string
}

/** An integration with its stored tools. */
interface WithTools {
  readonly loaded: LoadedIntegration
  readonly settings: Versioned<SettingsRecord> | undefined
  readonly manifest: ToolsRecord | undefined
  readonly list: ToolList | undefined
}

/** `tools()`: every tool with label, enabled, mode, and what the mode comes to and why. */
export async function toolsOverview(context: ActorContext, id: string): Promise<ToolOverview> {
  const { actor } = context
  const known = await loadTools(context, id, 'list_tools')
  const { loaded, settings, manifest, list } = known
  const { record } = loaded
  const assessed = (list?.tools ?? []).map((tool) => ({
    tool,
    ...assess(context, { actor, integrationId: id, record, settings: settings?.value, manifest, tool }),
  }))
  const changes = await changesOf(context, { workspaceId: actor.workspaceId, integrationId: id }, assessed)
  const tools = assessed.map(({ tool, label, mode, verdict, settings: own }, n): Tool => {
    const change = changes[n]
    const definition = shownDefinition(tool.definition)
    return {
      name: definition.name,
      modelName: tool.modelName(record.handle),
      title: definition.title,
      description: definition.description,
      inputSchema: definition.inputSchema,
      outputSchema: definition.outputSchema,
      annotations: definition.annotations,
      label,
      definitionHash: tool.hash,
      enabled: own.enabled ?? true,
      approval: { mode, resolved: verdict.mode, rule: verdict.rule },
      agents: own.agents,
      change,
    }
  })
  return {
    tools,
    missing: Object.entries(settings?.value.tools ?? {}).flatMap(([name, { accepted }]) =>
      accepted === undefined || list === undefined || list.get(name) !== undefined ? [] : [name],
    ),
    quarantined: manifest?.quarantined ?? [],
    listedAt: manifest?.listedAt,
    revision: revisionOf(known),
  }
}

/** What a person has looked at: the tools and their settings. */
function revisionOf({ settings, manifest }: WithTools): string {
  return sha256Hex(`${settings?.version ?? ''}/${manifest?.hash ?? ''}`).slice(0, 32)
}

/**
 * `configureTools()`: settings of many tools in one commit. What is left out stays as it is.
 *
 * @param options - `ifRevision`: what the actor has looked at; another one now is a `conflict`
 * @throws IntegrationError `invalid_input`, `tool_not_found`, `not_found`, `forbidden`, `conflict`
 */
export async function configureTools(
  context: ActorContext,
  id: string,
  input: Readonly<Record<string, ToolSettings>>,
  { ifRevision }: { readonly ifRevision?: string | undefined } = {},
): Promise<void> {
  if (typeof input !== 'object' || input === null)
    throw invalid('configureTools()', [{ path: '', message: 'must be an object of settings by tool name' }])
  const wanted = Object.entries(input).map(
    ([name, settings]) => [name, parse(`configureTools("${name.slice(0, 64)}")`, toolSettingsInput, settings)] as const,
  )
  await retrying('The tool settings', async () => {
    const known = await loadTools(context, id, 'configure_tools')
    const { loaded, settings, list } = known
    if (ifRevision !== undefined && ifRevision !== revisionOf(known)) throw conflict('The tools')
    const tools: Record<string, ToolSettingsRecord> = { ...settings?.value.tools }
    for (const [name, change] of wanted) {
      const tool = list?.get(name)
      if (tool === undefined) throw noSuchTool(name, loaded)
      if (change.agents != null) {
        const foreign = change.agents.filter((agent) => !loaded.record.agents.includes(agent))
        if (foreign.length > 0)
          throw invalid(`configureTools("${name}")`, [
            {
              path: 'agents',
              message: `may only name agents of the integration: ${loaded.record.agents.map((agent) => `"${agent}"`).join(', ')}`,
            },
          ])
      }
      define(tools, name, configured(settingsOf(settings?.value, name), change, tool))
    }
    return commitSettings(context, known, tools, {
      action: 'configure_tools',
      tools: wanted.map(([name]) => name),
    })
  })
}

/**
 * `acceptTools()`: what they are now is what was agreed to. A likely rename keeps whether the tool is on, for whom, and
 * that it asks; a label and running without asking are set for the new name by `configureTools()`, by whoever wants them.
 *
 * @param seen - the hash of each definition that the actor has looked at, by wire name: nobody accepts what nobody saw
 * @throws IntegrationError `conflict`, `tool_not_found`, `not_found`, `forbidden`, `invalid_input`
 */
export async function acceptTools(
  context: ActorContext,
  id: string,
  seen: Readonly<Record<string, string>>,
): Promise<void> {
  const { actor } = context
  const wanted = Object.entries(parse('acceptTools()', acceptToolsInput, seen))
  let forget: readonly string[] = []
  await retrying('The tool settings', async () => {
    const known = await loadTools(context, id, 'accept_tools')
    const { loaded, settings, manifest, list } = known
    const tools: Record<string, ToolSettingsRecord> = { ...settings?.value.tools }
    const accepted: string[] = []
    for (const [name, hash] of wanted) {
      const tool = list?.get(name)
      if (tool === undefined) throw noSuchTool(name, loaded)
      if (tool.hash !== hash) throw conflict(`Tool "${name.slice(0, 64)}"`)
      const { change } = assess(context, {
        actor,
        integrationId: id,
        record: loaded.record,
        settings: settings?.value,
        manifest,
        tool,
      })
      const from = change?.from
      if (from === undefined) define(tools, name, reaccepted(settingsOf({ tools }, name), tool, change))
      else {
        define(tools, name, renamed(settingsOf({ tools }, from), tool))
        delete tools[from]
        accepted.push(from)
      }
      accepted.push(name)
    }
    forget = accepted
    return commitSettings(context, known, tools, {
      action: 'accept_tools',
      tools: wanted.map(([name]) => name),
    })
  })
  context.runInBackground(() =>
    context.storage.commit(
      actor.workspaceId,
      forget.slice(0, 100).map((name): StorageWrite => ({ key: keys.accepted(id, name), value: undefined })),
    ),
  )
}

/** A person's label goes on where the tool does what it did. */
function reaccepted(
  settings: ToolSettingsRecord,
  { hash }: ListedTool,
  change: Assessment['change'],
): ToolSettingsRecord {
  const { label, ...rest } = settings
  const isSame = isOnlyWords(change?.kind) && label?.definitionHash === settings.accepted
  const kept = label?.definitionHash === hash ? label : isSame ? { ...label!, definitionHash: hash } : undefined
  return { ...rest, accepted: hash, label: kept }
}

/** Another name may be another deed: nothing that loosens moves along. */
function renamed({ enabled, agents, approval }: ToolSettingsRecord, { hash }: ListedTool): ToolSettingsRecord {
  return { enabled, agents, approval: approval === 'ask' ? approval : undefined, accepted: hash }
}

/** `refreshTools()`: asks the server now. */
export async function refreshToolsNow(
  context: ActorContext,
  id: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ToolOverview> {
  const { actor } = context
  const { record, others } = await load(context, id, 'validate', targetKeys(id, actor))
  await refreshTools(context, targetFrom(actor, id, record, others), { bypassBreaker: true, ...options })
  return toolsOverview(context, id)
}

async function loadTools(
  context: ActorContext,
  id: string,
  operation: 'list_tools' | 'configure_tools' | 'accept_tools',
): Promise<WithTools> {
  const { actor } = context
  for (let tries = 0; tries < 3; tries++) {
    const loaded = await load(context, id, operation, [
      keys.settings(id),
      keys.tools(id, sharedOwner),
      keys.tools(id, ownerKey(actor.userId)),
    ])
    const owner = ownerFor(loaded.record, actor)
    const manifest = versioned<ToolsRecord>(loaded.others[owner === sharedOwner ? 1 : 2])?.value
    const settings = versioned<SettingsRecord>(loaded.others[0])
    if (manifest === undefined) return { loaded, settings, manifest, list: undefined }
    const [list] = await context.lists.load(actor.workspaceId, [{ integrationId: id, owner, manifest }])
    if (list !== undefined) return { loaded, settings, manifest, list }
  }
  throw new IntegrationError('conflict', 'The tool list is being replaced at this moment. Try again.', {
    integrationId: id,
  })
}

function configured(
  before: ToolSettingsRecord,
  change: {
    enabled?: boolean | undefined
    approval?: 'default' | 'ask' | 'auto' | undefined
    label?: 'read' | 'write' | null | undefined
    agents?: string[] | null | undefined
  },
  tool: ListedTool,
): ToolSettingsRecord {
  const { label: oldLabel, agents: oldAgents, ...rest } = before
  const label =
    change.label === undefined
      ? oldLabel
      : change.label === null
        ? undefined
        : { value: change.label, definitionHash: tool.hash }
  const agents =
    change.agents === undefined ? oldAgents : change.agents === null ? undefined : [...new Set(change.agents)]
  return {
    ...rest,
    enabled: change.enabled ?? rest.enabled,
    approval: change.approval ?? rest.approval,
    label,
    agents,
  }
}

/** The one commit that changes settings, if nobody else has changed them since. */
async function commitSettings(
  context: ActorContext,
  { loaded, settings }: WithTools,
  tools: Record<string, ToolSettingsRecord>,
  what: { readonly action: 'configure_tools' | 'accept_tools'; readonly tools: readonly string[] },
) {
  const { workspaceId, userId } = context.actor
  const type = what.action === 'accept_tools' ? 'tools_accepted' : 'tools_configured'
  return context.feed.commit(workspaceId, {
    writes: [{ key: keys.settings(loaded.id), ifVersion: settings?.version ?? null, value: toJson({ tools }) }],
    events: [{ type, integrationId: loaded.id, tools: what.tools, by: userId }],
    audit: [{ action: what.action, userId, integrationId: loaded.id, changed: what.tools }],
  })
}

/** A tool may be called `__proto__`: defined, never assigned. */
function define(tools: Record<string, ToolSettingsRecord>, name: string, value: ToolSettingsRecord): void {
  Object.defineProperty(tools, name, { value, enumerable: true, configurable: true, writable: true })
}

function noSuchTool(name: string, { record, id }: LoadedIntegration): IntegrationError {
  return new IntegrationError(
    'tool_not_found',
    `Integration "${record.name}" has no tool "${String(name).slice(0, 64)}". Take names from tools().`,
    { integrationId: id },
  )
}
