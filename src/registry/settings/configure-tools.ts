import { toolSettingsInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import type { ToolSettings } from '../../model/tool.js'
import { settingsOf } from '../gate/assess-tool.js'
import { endForAgents } from '../gate/end-for-agents.js'
import type { ActorContext } from '../state/context.js'
import { conflict } from '../state/errors.js'
import type { ToolSettingsRecord } from '../state/records.js'
import { retrying } from '../state/retrying.js'
import type { ListedTool } from '../state/listed-tool.js'
import { commitSettings, define } from './commit-tool-settings.js'
import { fittingSettings } from './fitting-settings.js'
import { loadTools, noSuchTool, revisionOf } from './load-tools.js'

/**
 * `configureTools()`: changes the settings of tools in one commit. Fields left out keep their values.
 *
 * @param options - `ifRevision`: the reviewed revision; a different one now is a `conflict`
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
    return commitSettings(context, known, fittingSettings(tools, list?.tools ?? []), {
      action: 'configure_tools',
      tools: wanted.map(([name]) => name),
    })
  })
  const limited = new Map(wanted.flatMap(([name, { agents }]) => (agents == null ? [] : [[name, agents]])))
  if (limited.size > 0)
    await endForAgents(
      context,
      context.actor.workspaceId,
      id,
      (agentId, tool) => limited.get(tool)?.includes(agentId) === false,
    )
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
