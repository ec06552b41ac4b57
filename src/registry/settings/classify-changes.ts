import { bytesOf, recordLimits } from '../../model/record-limits.js'
import { WorkBudget } from '../../model/work-budget.js'
import type { ToolDefinition } from '../../model/tool.js'
import { WorkPace } from '../../mcp/work-pace.js'
import { changeKind } from '../../policy/tool-change.js'
import { definitionHash } from '../../policy/tool-definition.js'
import { findRenames, findSwaps } from '../../policy/tool-rename.js'
import type { StorageRecordWrite } from '../../ports/storage.js'
import { settingsOf } from '../gate/assess-tool.js'
import type { Context } from '../state/context.js'
import { toJson, type ListedChange, type ToolSettingsRecord } from '../state/records.js'
import { ifReadable } from '../state/read-record.js'
import { keys } from '../state/keys.js'
import type { ListedTool } from '../state/listed-tool.js'
import type { ToolList } from '../state/tool-list-cache.js'

/** Classifies the changes. All comparisons of a list share one budget; once it is exhausted, tools count as widened. */
export async function classifyChanges(
  tools: readonly ListedTool[],
  missing: readonly string[],
  settings: Readonly<Record<string, ToolSettingsRecord>>,
  accepted: ReadonlyMap<string, ToolDefinition>,
): Promise<Readonly<Record<string, ListedChange>>> {
  const acceptedHash = ({ name }: ListedTool) => settingsOf({ tools: settings }, name).accepted
  const isNew = (tool: ListedTool): boolean => acceptedHash(tool) === undefined
  const unaccepted = tools.filter((tool) => acceptedHash(tool) !== tool.hash)
  const same = tools.filter((tool) => acceptedHash(tool) === tool.hash)
  const gone = missing.flatMap((name) => accepted.get(name) ?? [])
  const fresh = unaccepted.filter(isNew).map(({ definition }) => definition)
  const renames = findRenames(gone, fresh)
  const swaps = findSwaps(
    unaccepted.map(({ definition }) => definition),
    new Map([...accepted, ...same.map(({ name, definition }) => [name, definition] as const)]),
  )
  const work = new WorkBudget(comparingWork)
  const pace = new WorkPace()
  const changes: [string, ListedChange][] = []
  for (const tool of unaccepted) {
    const { definition } = tool
    const { name } = definition
    const from = renames.get(name)
    const was = accepted.get(name)
    const { left } = work
    const hash = acceptedHash(tool)
    if (from !== undefined) changes.push([name, { kind: 'renamed', from }])
    else if (isNew(tool)) changes.push([name, { kind: 'new' }])
    else if (was === undefined || left <= 0 || swaps.has(name))
      changes.push([name, { kind: 'widened', accepted: hash }])
    else changes.push([name, { kind: changeKind(was, definition, work), accepted: hash }])
    await pace.after(left - work.left + (JSON.stringify(definition).length >> 4))
  }
  return Object.fromEntries(changes)
}

/** Work budget for comparing all tools of a list. */
const comparingWork = 2_000_000

/** The accepted definitions. They are stored separately once the server no longer lists them. */
export async function acceptedDefinitions(
  context: Context,
  { workspaceId, integrationId }: { readonly workspaceId: string; readonly integrationId: string },
  names: readonly string[],
  {
    settings,
    before,
  }: { readonly settings: Readonly<Record<string, ToolSettingsRecord>>; readonly before: ToolList | undefined },
): Promise<ReadonlyMap<string, ToolDefinition>> {
  const found = new Map<string, ToolDefinition>()
  if (names.length === 0) return found
  const { records } = await context.storage.read(
    workspaceId,
    names.map((name) => keys.accepted(integrationId, name)),
  )
  const toKeep: StorageRecordWrite[] = []
  const pace = new WorkPace()
  for (const [n, name] of names.entries()) {
    const accepted = settingsOf({ tools: settings }, name).accepted
    const kept = ifReadable<ToolDefinition>(records[n])
    const listed = before?.get(name)
    // A definition that was stored before the latest acceptance is obsolete.
    if (kept !== undefined && definitionHash(kept) === accepted) found.set(name, kept)
    else if (listed !== undefined && listed.hash === accepted) {
      found.set(name, listed.definition)
      toKeep.push({
        key: keys.accepted(integrationId, name),
        ifVersion: records[n]?.version ?? null,
        value: toJson(listed.definition),
      })
    }
    if (kept !== undefined) await pace.after(JSON.stringify(kept).length >> 4)
  }
  const fits = toKeep.filter(({ value }) => bytesOf(value) <= recordLimits.valueBytes)
  for (let n = 0; n < fits.length; n += 20) await context.storage.commit(workspaceId, fits.slice(n, n + 20))
  return found
}
