import { IntegrationError } from '../../model/errors.js'
import type { QuarantinedTool, Tool } from '../../model/tool.js'
import { WorkPace } from '../../mcp/work-pace.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { assess } from '../gate/assess-tool.js'
import { changesOf } from '../gate/tool-changes.js'
import { load } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { targetFrom, targetKeys } from '../state/target.js'
import { loadTools, revisionOf } from './load-tools.js'
import { recordStatus, refreshTools } from './refresh-tools.js'

/** Result of `tools()`. */
export interface ToolOverview {
  /** Every usable tool. */
  readonly tools: readonly Tool[]
  /** Names of tools that are no longer listed. Their settings are kept in case the tools return. */
  readonly missing: readonly string[]
  /** Listed tools that can't be used, with the reason. */
  readonly quarantined: readonly QuarantinedTool[]
  /** When the tools were last listed, in ms since the epoch; absent: never. */
  readonly listedAt?: number | undefined
  /** Changes whenever the tools or their settings change; pass it as `ifRevision`. */
  readonly revision: string
}

/** `tools()`: every tool with its label, whether it is enabled, its approval mode and the mode's effect. */
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
  const pace = new WorkPace()
  for (const { tool } of assessed) {
    if (tool.isReady) continue
    void tool.shown // Parses the definition.
    await pace.after(tool.size >> 2)
  }
  const tools = assessed.map(({ tool, label, mode, verdict, settings: own }, n): Tool => {
    const change = changes[n]
    const definition = tool.shown
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

/**
 * `refreshTools()`: lists the server's tools now.
 *
 * @throws IntegrationError `authorization_failed` if a person must sign in or correct a credential, which the status then
 * says; `not_found`, `forbidden`, and every error of a server
 */
export async function refreshToolsNow(
  context: ActorContext,
  id: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ToolOverview> {
  const { actor } = context
  const { record, others } = await load(context, id, 'validate', targetKeys(id, actor))
  const target = targetFrom(actor, id, record, others)
  try {
    await refreshTools(context, target, { bypassBreaker: true, ...options })
  } catch (error) {
    if (!(error instanceof AuthorizationRequired)) throw error
    const { reason, scopes } = error
    await recordStatus(context, target, { reason, scopes })
    // What the server says in its challenge may hold what it was sent.
    throw new IntegrationError(
      'authorization_failed',
      `The tools of integration "${record.name}" can't be listed: the server did not accept the credential. Call reconnect(), or correct its header values with update() (shared) or authorize() (your own).`,
      { reason, integrationId: id },
    )
  }
  return toolsOverview(context, id)
}
