import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolAnnotations, ToolChange, ToolDefinition, ToolDifference } from '../model/tool.js'
import type { WorkBudget } from '../model/work-budget.js'
import { digestOf } from './digest.js'
import { notForModels } from './model-audience.js'
import { compareSchemas, worst, type SchemaChange } from './schema-change.js'
import { addsWords } from './schema-words.js'
import { partsOf } from './tool-definition.js'
import { differencesBetween } from './tool-difference.js'

/**
 * Compares a definition with the accepted one, and lists the differences to show.
 *
 * @throws IntegrationError `protocol_error` if one nests deeper than 100 levels
 */
export function classifyChange(accepted: ToolDefinition, now: ToolDefinition): ToolChange {
  return { kind: changeKind(accepted, now), differences: differencesIn(accepted, now) }
}

/**
 * The differences between a definition and the accepted one, to show.
 *
 * @throws IntegrationError `protocol_error` if one nests deeper than 100 levels
 */
export function differencesIn(accepted: ToolDefinition, now: ToolDefinition): readonly ToolDifference[] {
  return differencesBetween(partsOf(accepted), partsOf(now))
}

/**
 * Compares a definition with the accepted one. Changes that can't be classified, or only at too high a cost, count as
 * `widened`, and so does a tool that models may call from now on. A result gives no additional permission, so only the
 * texts of `outputSchema` count.
 *
 * @param work - shared by several comparisons; `@default` one of its own
 * @throws IntegrationError `protocol_error` when one nests deeper than 100 levels
 */
export function changeKind(accepted: ToolDefinition, now: ToolDefinition, work?: WorkBudget): SchemaChange {
  const [before, after] = [partsOf(accepted), partsOf(now)]
  return worst([
    before.name === after.name ? 'same' : 'widened',
    compareSchemas(before.inputSchema ?? {}, after.inputSchema ?? {}, work),
    compareAnnotations(before.annotations ?? {}, after.annotations ?? {}),
    compareOutputs(before.outputSchema ?? true, after.outputSchema ?? true, work),
    before.title === after.title && before.description === after.description ? 'same' : 'reworded',
    notForModels(accepted) !== undefined && notForModels(now) === undefined ? 'widened' : 'same',
    ...['icons', 'execution', '_meta'].map((part) => (isEqual(before[part], after[part]) ? 'same' : 'cosmetic')),
  ])
}

/** A changed structure of results is harmless, but models read its texts. */
function compareOutputs(before: JsonValue, after: JsonValue, work: WorkBudget | undefined): SchemaChange {
  const change = compareSchemas(before, after, work)
  if (change === 'same' || change === 'reworded') return change
  return addsWords(before, after) ? 'reworded' : 'cosmetic'
}

/** More risk (writing, destroying, the open world) is widened, less is narrowed. Absent hints have cautious defaults. */
function compareAnnotations(before: JsonValue, after: JsonValue): SchemaChange {
  const [was, is] = [risksOf(before as ToolAnnotations), risksOf(after as ToolAnnotations)]
  if (is.some((risk, n) => risk && !was[n])) return 'widened'
  if (unknownIn(before) !== unknownIn(after)) return 'widened'
  if ((before as ToolAnnotations).title !== (after as ToolAnnotations).title) return 'reworded'
  if (is.some((risk, n) => risk !== was[n])) return 'narrowed'
  return isEqual(before, after) ? 'same' : 'cosmetic'
}

/** Annotations of later MCP revisions. Their changes can't be classified. */
function unknownIn(annotations: JsonValue): string {
  return digestOf(Object.fromEntries(Object.entries(annotations as JsonObject).filter(([key]) => !known.has(key))))
}

const known = new Set(['title', 'readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'])

/** @see https://modelcontextprotocol.io/specification/2025-11-25/schema ToolAnnotations */
function risksOf({
  readOnlyHint,
  destructiveHint,
  idempotentHint,
  openWorldHint,
}: ToolAnnotations): readonly boolean[] {
  return [
    readOnlyHint !== true,
    destructiveHint === true || (destructiveHint !== false && readOnlyHint !== true),
    idempotentHint !== true && readOnlyHint !== true,
    openWorldHint !== false,
  ]
}

function isEqual(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return digestOf(left ?? null) === digestOf(right ?? null)
}
