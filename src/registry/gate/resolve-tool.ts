import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { TakenArguments } from '../../policy/arguments.js'
import type { ApprovalBinding } from '../../policy/binding.js'
import { decideAccess } from '../../policy/access.js'
import type { StoredGrant } from '../../policy/grant-rule.js'
import { notForModels, type NotForModels } from '../../policy/model-audience.js'
import { visible } from '../../model/visible-text.js'
import { assess, bindingHashOf, type Assessment } from './assess-tool.js'
import { actingAs, type Context } from '../state/context.js'
import { findGrant, useGrant } from './grants.js'
import { allow } from '../state/access.js'
import { versioned, type IntegrationRecord, type SettingsRecord, type ToolsRecord } from '../state/records.js'
import { keys } from '../state/keys.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'
import type { CallScope } from './call-scope.js'
import type { NamedTool } from '../state/tool-list-cache.js'

/** A call whose names have become things: read just now, allowed as far as anybody could tell without asking. */
export interface ResolvedCall {
  readonly session: CallScope
  readonly target: Target
  readonly settings: SettingsRecord | undefined
  readonly manifest: ToolsRecord
  readonly tool: NamedTool
  readonly modelName: string
  readonly args: TakenArguments
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  /** When it was read, for what ends calls meanwhile. */
  readonly since: number
}

/** What would happen to a call, and the grant that already let it, if one did. */
export interface CallDecision extends Assessment {
  readonly grant?: StoredGrant | undefined
}

/**
 * Finds what a model's name stands for, as it is now: "the list shows, the call decides".
 *
 * @throws IntegrationError `tool_not_found`, `integration_disabled`, `agent_not_allowed`, `tool_disabled`
 */
export async function resolveCall(
  context: Context,
  session: CallScope,
  modelName: string,
  args: TakenArguments,
): Promise<ResolvedCall> {
  const [handle] = typeof modelName === 'string' ? modelName.split('__', 1) : []
  if (handle === undefined || !/^[a-z0-9_]{1,24}$/.test(handle)) throw unknownTool(modelName)
  const { workspaceId } = session.actor
  const integrationId = await context.handles.find(workspaceId, handle)
  if (integrationId === undefined) throw unknownTool(modelName)
  const resolve = (id: string): Promise<ResolvedCall> =>
    resolveTool(context, session, id, args, modelName, (list) => list.byModelName(handle, modelName))
  try {
    return await resolve(integrationId)
  } catch (error) {
    if (!isIntegrationError(error) || error.code !== 'tool_not_found') throw error
    // It may have been removed, and its handle be another's now.
    const now = await context.handles.look(workspaceId, handle)
    if (now === undefined || now === integrationId) throw error
    return resolve(now)
  }
}

/** The same for a tool that is known by its integration and wire name. */
export async function resolveWireTool(
  context: Context,
  session: CallScope,
  integrationId: string,
  wireName: string,
  args: TakenArguments,
): Promise<ResolvedCall> {
  return resolveTool(context, session, integrationId, args, wireName, (list) => list.get(wireName))
}

/** What the rules say of a call now; a grant is used up by it where one decides. */
export async function decideCall(context: Context, call: ResolvedCall): Promise<CallDecision> {
  const subject = subjectOf(call)
  const args = { arguments: call.args.value }
  for (let tries = 0; tries < 3; tries++) {
    const asked = assess(context, subject, args)
    if (asked.verdict.mode !== 'ask') return asked
    const granted = assess(context, subject, { ...args, granted: true })
    if (granted.verdict.mode !== 'auto') return asked
    const grant = await findGrant(context, call.target.workspaceId, bindingOf(call))
    if (grant === undefined) return asked
    if (await useGrant(context, call.target.workspaceId, grant)) return { ...granted, grant: grant.value }
  }
  return assess(context, subject, args)
}

/** What an approval of this call binds. */
export function bindingOf(call: ResolvedCall): ApprovalBinding {
  const { actor, agentId, conversationId } = call.session
  return {
    workspaceId: actor.workspaceId,
    userId: actor.userId,
    agentId,
    conversationId,
    integrationId: call.target.integrationId,
    bindingRevision: call.target.binding,
    tool: call.tool.definition.name,
    definitionHash: bindingHashOf(call.manifest, call.settings, call.tool),
    argumentsDigest: call.args.digest,
  }
}

export function subjectOf(call: ResolvedCall) {
  return {
    ...call.session,
    integrationId: call.target.integrationId,
    record: call.target.record,
    settings: call.settings,
    manifest: call.manifest,
    tool: call.tool,
  }
}

async function resolveTool(
  context: Context,
  session: CallScope,
  integrationId: string,
  args: TakenArguments,
  asked: string,
  find: (list: {
    byModelName(handle: string, name: string): NamedTool | undefined
    get(name: string): NamedTool | undefined
  }) => NamedTool | undefined,
): Promise<ResolvedCall> {
  const { actor, agentId } = session
  if (session.integrations?.has(integrationId) === false) throw unknownTool(asked)
  for (let tries = 0; tries < 3; tries++) {
    const since = context.calls.moment()
    const { records, now } = await context.storage.read(actor.workspaceId, [
      keys.integration(integrationId),
      keys.settings(integrationId),
      ...targetKeys(integrationId, actor),
    ])
    const record = versioned<IntegrationRecord>(records[0])?.value
    const scope =
      record === undefined
        ? undefined
        : { workspaceId: actor.workspaceId, ownerId: record.ownerId, visibility: record.visibility }
    if (record === undefined || decideAccess('call', actor, scope, context.options.access) === 'hidden')
      throw unknownTool(asked)
    allow(actingAs(context, actor), integrationId, record, 'call')
    const settings = versioned<SettingsRecord>(records[1])?.value
    const target = targetFrom(actor, integrationId, record, records.slice(2))
    if (!record.enabled)
      throw new IntegrationError(
        'integration_disabled',
        `Integration "${record.name}" is off. Turn it on with enable().`,
        { integrationId },
      )
    if (!record.agents.includes(agentId))
      throw new IntegrationError(
        'agent_not_allowed',
        `Agent "${agentId}" may not use integration "${record.name}". Name it in update({ agents }).`,
        { integrationId },
      )
    if (target.tools === undefined) throw unknownTool(asked, integrationId)
    const [list] = await context.lists.load(actor.workspaceId, [
      { integrationId, owner: target.owner, manifest: target.tools },
    ])
    if (list === undefined) continue
    const tool = find(list)
    if (tool === undefined) throw unknownTool(asked, integrationId)
    const kept = notForModels(tool.definition)
    if (kept !== undefined)
      throw new IntegrationError(
        'tool_disabled',
        `Tool "${visible(tool.definition.name)}" of integration "${record.name}" can't be called by agents: ${keptFor[kept]}`,
        { integrationId },
      )
    const own =
      settings !== undefined && Object.hasOwn(settings.tools, tool.definition.name)
        ? settings.tools[tool.definition.name]
        : undefined
    if (own?.enabled === false)
      throw new IntegrationError(
        'tool_disabled',
        `Tool "${tool.definition.name}" of integration "${record.name}" is off. Turn it on with configureTools().`,
        { integrationId },
      )
    if (own?.agents !== undefined && !own.agents.includes(agentId))
      throw new IntegrationError(
        'agent_not_allowed',
        `Agent "${agentId}" may not use tool "${tool.definition.name}" of integration "${record.name}". Change its agents with configureTools().`,
        { integrationId },
      )
    return {
      session,
      target,
      settings,
      manifest: target.tools,
      tool,
      modelName: tool.modelName(record.handle),
      args,
      now,
      since,
    }
  }
  throw new IntegrationError('conflict', 'The tool list is being replaced at this moment. Call again.', {
    integrationId,
  })
}

const keptFor: Readonly<Record<NotForModels, string>> = {
  app_only: 'its server keeps it for its own app.',
  task_only: 'it only runs as a task.',
}

function unknownTool(name: unknown, integrationId?: string): IntegrationError {
  return new IntegrationError(
    'tool_not_found',
    `There is no tool "${typeof name === 'string' ? visible(name.slice(0, 64)) : typeof name}" that you can use. Take names from a fresh toolset().`,
    { integrationId },
  )
}
