import type { JsonValue } from '../model/json.js'
import type { ToolAnnotations, ToolChange, ToolChangeKind, ToolDefinition, ToolDifference } from '../model/tool.js'
import { digestOf } from './digest.js'
import { compareSchemas } from './schema-change.js'

/** SHA-256 over everything a person may have looked at: name, title, description, schemas, annotations, icons. */
export function definitionHash({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
  icons,
}: ToolDefinition): string {
  const parts = { name, title, description, inputSchema, outputSchema, annotations, icons }
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
  return digestOf(['mcp-integrations/tool/v1', given as JsonValue])
}

const mostDifferences = 100

/** How a definition stands to the one that was accepted. What can't be told counts as `widened`. */
export function classifyChange(accepted: ToolDefinition, now: ToolDefinition): ToolChange {
  const differences = differencesOf(accepted, now)
  if (differences.length === 0) return { kind: 'same', differences }
  const kinds = [
    compareSchemas(accepted.inputSchema, now.inputSchema),
    // What a tool may answer is no right of the caller's: any change of it is only to be shown.
    'same' as const,
    compareAnnotations(accepted.annotations, now.annotations),
  ]
  const kind: ToolChangeKind = kinds.includes('widened')
    ? 'widened'
    : kinds.includes('narrowed')
      ? 'narrowed'
      : 'cosmetic'
  return { kind, differences }
}

/**
 * Tools that are likely the ones that went missing, under another name: everything a call depends on is equal, and
 * nothing else fits.
 * @returns the missing tool's name by the new tool's
 */
export function findRenames(
  missing: readonly ToolDefinition[],
  added: readonly ToolDefinition[],
): ReadonlyMap<string, string> {
  const likeness = ({ inputSchema, outputSchema, annotations, description }: ToolDefinition): string =>
    digestOf([inputSchema, outputSchema ?? null, (annotations as JsonValue | undefined) ?? null, description ?? ''])
  const group = (tools: readonly ToolDefinition[]): Map<string, ToolDefinition[]> => {
    const groups = new Map<string, ToolDefinition[]>()
    for (const tool of tools) groups.set(likeness(tool), [...(groups.get(likeness(tool)) ?? []), tool])
    return groups
  }
  const gone = group(missing)
  const renames = new Map<string, string>()
  for (const [like, [fresh, ...others]] of group(added)) {
    const [was, ...rivals] = gone.get(like) ?? []
    if (fresh !== undefined && was !== undefined && others.length === 0 && rivals.length === 0)
      renames.set(fresh.name, was.name)
  }
  return renames
}

/** Towards writing, destroying or the open world is widened; away from it narrowed. What is absent has its cautious default. */
function compareAnnotations(
  before: ToolAnnotations | undefined,
  after: ToolAnnotations | undefined,
): 'same' | 'narrowed' | 'widened' {
  const risks = (annotations: ToolAnnotations | undefined): readonly boolean[] => [
    annotations?.readOnlyHint !== true,
    annotations?.destructiveHint !== false && annotations?.readOnlyHint !== true,
    annotations?.idempotentHint !== true,
    annotations?.openWorldHint !== false,
  ]
  const [was, is] = [risks(before), risks(after)]
  if (is.some((risk, n) => risk && was[n] === false)) return 'widened'
  return is.some((risk, n) => risk !== was[n]) ? 'narrowed' : 'same'
}

function differencesOf(accepted: ToolDefinition, now: ToolDefinition): readonly ToolDifference[] {
  const found: ToolDifference[] = []
  const fields = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons'] as const
  for (const field of fields)
    compare(`/${field}`, accepted[field] as JsonValue | undefined, now[field] as JsonValue | undefined, found)
  return found
}

function compare(
  path: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  found: ToolDifference[],
): void {
  if (found.length >= mostDifferences || Object.is(before, after)) return
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(`${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, own(before, key), own(after, key), found)
    return
  }
  if (Array.isArray(before) && Array.isArray(after) && JSON.stringify(before) === JSON.stringify(after)) return
  found.push({
    path,
    ...(before === undefined ? {} : { before: short(before) }),
    ...(after === undefined ? {} : { after: short(after) }),
  })
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(value: { readonly [key: string]: JsonValue }, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** A difference is for a screen: long values are cut. */
function short(value: JsonValue): JsonValue {
  const text = JSON.stringify(value)
  return text.length <= 2000 ? value : `${text.slice(0, 2000)}…`
}
