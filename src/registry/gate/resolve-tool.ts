import type { CheckedActor } from '../../model/actor.js'
import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { CopiedArguments } from '../../policy/arguments.js'
import type { NotForModels } from '../../policy/model-audience.js'
import { visible } from '../../model/visible-text.js'
import type { Context } from '../state/context.js'
import { accessTo, allow } from '../state/access.js'
import type { IntegrationRecord, SettingsRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys } from '../state/keys.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'
import type { StorageCheck, StorageRecord } from '../../ports/storage.js'
import { settingsOf } from './assess-tool.js'
import { mustBeKnown } from './known-agent.js'
import type { ResolvedCall } from './resolved-call.js'
import type { CallScope } from './call-scope.js'
import type { NamedTool } from '../state/listed-tool.js'
import type { ToolList } from '../state/tool-list-cache.js'

/**
 * Finds the integration and tool of a model's name, as stored now.
 *
 * @throws IntegrationError `tool_not_found`, `integration_disabled`, `agent_not_allowed`, `tool_disabled`
 */
export async function resolveCall(
  context: Context,
  scope: CallScope,
  modelName: string,
  args: CopiedArguments,
): Promise<ResolvedCall> {
  const [handle] = typeof modelName === 'string' ? modelName.split('__', 1) : []
  if (handle === undefined || !/^[a-z0-9_]{1,24}$/.test(handle)) throw unknownTool(modelName)
  const { workspaceId } = scope.actor
  const { handles } = context
  const integrationId = handles.recall(workspaceId, handle) ?? (await handles.findStored(workspaceId, handle))
  if (integrationId === undefined) throw unknownTool(modelName)
  const find: FindTool = (list) => list.byModelName(handle, modelName)
  const resolve = (id: string): Promise<ResolvedCall> =>
    resolveTool(context, scope, { integrationId: id, args, name: modelName, find })
  try {
    return await resolve(integrationId)
  } catch (error) {
    if (!isIntegrationError(error) || error.code !== 'tool_not_found') throw error
    // The integration may have been removed, and its handle may now belong to another.
    const now = await handles.findStored(workspaceId, handle)
    if (now === undefined || now === integrationId) throw error
    return resolve(now)
  }
}

/** Resolves a tool by its integration and the server's name. */
export async function resolveWireTool(
  context: Context,
  scope: CallScope,
  wanted: Omit<WantedTool, 'find'>,
): Promise<ResolvedCall> {
  return resolveTool(context, scope, { ...wanted, find: (list) => list.get(wanted.name) })
}

/** Finds the tool in a list. */
type FindTool = (list: ToolList) => NamedTool | undefined

/** The tool to resolve. */
export interface WantedTool {
  readonly integrationId: string
  /** The name that the caller gave. */
  readonly name: string
  readonly find: FindTool
  readonly args: CopiedArguments
  /** The key of another record to read at the same moment. */
  readonly extraKey?: string | undefined
}

async function resolveTool(
  context: Context,
  scope: CallScope,
  { integrationId, name: asked, find, args, extraKey }: WantedTool,
): Promise<ResolvedCall> {
  const { actor, agentId } = scope
  if (scope.integrations?.has(integrationId) === false) throw unknownTool(asked)
  // The records are read after the host's function, which may be slow.
  if (context.agents.listed === undefined) await mustBeKnown(context, actor.workspaceId, agentId)
  for (let tries = 0; tries < 3; tries++) {
    const since = context.calls.moment()
    const wanted = keysOf(integrationId, actor)
    const { records, now } = await context.storage.read(
      actor.workspaceId,
      extraKey === undefined ? wanted : [...wanted, extraKey],
    )
    const record = versioned<IntegrationRecord>(records[0])?.value
    const acting = { actor, options: context.options }
    if (record === undefined || accessTo(acting, 'call', record) === 'hidden') throw unknownTool(asked)
    allow(acting, integrationId, record, 'call')
    const settings = versioned<SettingsRecord>(records[1])?.value
    const target = targetFrom(actor, integrationId, record, records.slice(2, wanted.length))
    mustBeOpenTo(agentId, record, integrationId)
    const { tools } = target
    if (tools === undefined) throw unknownTool(asked, integrationId)
    const list = context.lists.recall(tools.hash) ?? (await context.lists.load(actor.workspaceId, [tools]))[0]
    if (list === undefined) continue
    const tool = find(list)
    if (tool === undefined) throw unknownTool(asked, integrationId)
    mustBeCallable(tool, agentId, { record, settings, integrationId })
    return {
      scope,
      target,
      settings,
      manifest: tools,
      tool,
      modelName: tool.modelName(record.handle),
      args,
      now,
      since,
      relied: () => checksOf([records[0], records[1], toolsRecordOf(target, records)]),
      extra: records[wanted.length],
    }
  }
  throw new IntegrationError('conflict', 'The tool list is being replaced at the moment. Call again.', {
    integrationId,
  })
}

/** @throws IntegrationError `integration_disabled`, `agent_not_allowed` */
function mustBeOpenTo(agentId: string, { enabled, agents, name }: IntegrationRecord, integrationId: string): void {
  if (!enabled)
    throw new IntegrationError(
      'integration_disabled',
      `Integration "${name}" is turned off. Turn it on with enable().`,
      { integrationId },
    )
  if (!agents.includes(agentId))
    throw new IntegrationError(
      'agent_not_allowed',
      `Agent "${agentId}" may not use integration "${name}". Add it with update({ agents }).`,
      { integrationId },
    )
}

/** @throws IntegrationError `tool_disabled`, `agent_not_allowed` */
function mustBeCallable(
  { name, notForModels }: NamedTool,
  agentId: string,
  of: {
    readonly record: IntegrationRecord
    readonly settings: SettingsRecord | undefined
    readonly integrationId: string
  },
): void {
  const { integrationId } = of
  const inIntegration = `of integration "${of.record.name}"`
  if (notForModels !== undefined)
    throw new IntegrationError(
      'tool_disabled',
      `Tool "${visible(name)}" ${inIntegration} can't be called by agents: ${keptFor[notForModels]}`,
      { integrationId },
    )
  const { enabled, agents } = settingsOf(of.settings, name)
  if (enabled === false)
    throw new IntegrationError(
      'tool_disabled',
      `Tool "${name}" ${inIntegration} is turned off. Turn it on with configureTools().`,
      { integrationId },
    )
  if (agents !== undefined && !agents.includes(agentId))
    throw new IntegrationError(
      'agent_not_allowed',
      `Agent "${agentId}" may not use tool "${name}" ${inIntegration}. Change its agents with configureTools().`,
      { integrationId },
    )
}

/** The keys of what a call reads, made once for each person's integration: every call reads them. */
function keysOf(integrationId: string, actor: CheckedActor): readonly string[] {
  const known = knownKeys.get(actor) ?? new Map<string, readonly string[]>()
  knownKeys.set(actor, known)
  // Frozen, because a host's storage gets it at each call.
  const made =
    known.get(integrationId) ??
    Object.freeze([keys.integration(integrationId), keys.settings(integrationId), ...targetKeys(integrationId, actor)])
  known.set(integrationId, made)
  return made
}

const knownKeys = new WeakMap<CheckedActor, Map<string, readonly string[]>>()

/** The record of the target's tools. */
function toolsRecordOf(
  { integrationId, owner }: Target,
  records: readonly (StorageRecord | undefined)[],
): StorageRecord | undefined {
  const key = keys.tools(integrationId, owner)
  return records.find((record) => record?.key === key)
}

function checksOf(records: readonly (StorageRecord | undefined)[]): readonly StorageCheck[] {
  return records.flatMap((record) =>
    record === undefined ? [] : [{ key: record.key, ifVersion: record.version, check: true as const }],
  )
}

const keptFor: Readonly<Record<NotForModels, string>> = {
  app_only: 'its server offers it only to its own app.',
  task_only: 'it only runs as a task.',
}

function unknownTool(name: unknown, integrationId?: string): IntegrationError {
  return new IntegrationError(
    'tool_not_found',
    `There is no tool "${typeof name === 'string' ? visible(name.slice(0, 64)) : typeof name}" that you can use. Take names from a fresh toolset().`,
    { integrationId },
  )
}
