import { acceptToolsInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { recordLimits } from '../../model/record-limits.js'
import type { StorageWrite } from '../../ports/storage.js'
import { assess, isOnlyWords, settingsOf, type Assessment } from '../gate/assess-tool.js'
import type { ActorContext } from '../state/context.js'
import { conflict } from '../state/errors.js'
import { keys } from '../state/keys.js'
import type { ToolSettingsRecord } from '../state/records.js'
import { retrying } from '../state/retrying.js'
import type { ListedTool } from '../state/listed-tool.js'
import { commitSettings, define } from './commit-tool-settings.js'
import { fittingSettings } from './fitting-settings.js'
import { loadTools, noSuchTool } from './load-tools.js'

/**
 * `acceptTools()`: the current definitions become the accepted ones. A likely rename keeps whether the tool is enabled,
 * its agents and *ask*; a label and *auto* must be set again for the new name.
 *
 * @param seen - the hash of each reviewed definition, by the server's name, so that no unseen definition is accepted
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
    const superseded: string[] = []
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
        define(tools, name, renamed(settingsOf({ tools }, name), settingsOf({ tools }, from), tool))
        delete tools[from]
        superseded.push(from)
      }
      superseded.push(name)
    }
    const fitting = fittingSettings(tools, list?.tools ?? [])
    forget = [...superseded, ...Object.keys(tools).filter((name) => !Object.hasOwn(fitting, name))]
    return commitSettings(context, known, fitting, {
      action: 'accept_tools',
      tools: wanted.map(([name]) => name),
    })
  })
  const { workspaceId } = actor
  context.runInBackground(() => forgetDefinitions(context, workspaceId, id, forget), { workspaceId, integrationId: id })
}

/** Deletes stored definitions that no change is compared with now: of tools just accepted, and of those that are gone. */
async function forgetDefinitions(
  { storage }: ActorContext,
  workspaceId: string,
  id: string,
  names: readonly string[],
): Promise<void> {
  const writes = names.map((name): StorageWrite => ({ key: keys.accepted(id, name), value: undefined }))
  for (let n = 0; n < writes.length; n += recordLimits.writes)
    await storage.commit(workspaceId, writes.slice(n, n + recordLimits.writes))
}

/** Keeps a person's label if only texts of the tool changed. */
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

/**
 * A new name may be a new behaviour: settings of the old name that loosen anything aren't kept. What somebody has set for
 * the new name counts more.
 */
function renamed(
  own: ToolSettingsRecord,
  { enabled, agents, approval }: ToolSettingsRecord,
  { hash }: ListedTool,
): ToolSettingsRecord {
  return {
    enabled: own.enabled ?? enabled,
    agents: own.agents ?? agents,
    approval: own.approval ?? (approval === 'ask' ? approval : undefined),
    label: own.label?.definitionHash === hash ? own.label : undefined,
    connectorLabel: own.connectorLabel,
    accepted: hash,
  }
}
