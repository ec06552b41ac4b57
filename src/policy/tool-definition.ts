import { IntegrationError } from '../model/errors.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolAnnotations, ToolChange, ToolDefinition } from '../model/tool.js'
import { digestOf, isWithinDepth } from './digest.js'
import { compareSchemas, worst, type SchemaChange } from './schema-change.js'
import { differencesBetween } from './tool-difference.js'

/** JSON levels of a definition: more than any honest one has, less than hurts. */
const maxDepth = 100

/**
 * SHA-256 over everything a person may have looked at: name, title, description, schemas, annotations, icons.
 *
 * @throws IntegrationError `protocol_error` when it nests deeper than 100 levels
 */
export function definitionHash(definition: ToolDefinition): string {
  return digestOf(['mcp-integrations/tool/v1', lookedAt(definition)])
}

/**
 * How a definition stands to the one that was accepted. What can't be told counts as `widened`. What a tool answers is
 * no right of the caller's: a change of `outputSchema` alone is `cosmetic`.
 *
 * @throws IntegrationError `protocol_error` when one nests deeper than 100 levels
 */
export function classifyChange(accepted: ToolDefinition, now: ToolDefinition): ToolChange {
  const [before, after] = [lookedAt(accepted), lookedAt(now)]
  const differences = differencesBetween(before, after)
  if (differences.length === 0) return { kind: 'same', differences }
  const kind = worst([
    'cosmetic',
    accepted.name === now.name ? 'same' : 'widened',
    compareSchemas(before.inputSchema ?? {}, after.inputSchema ?? {}),
    compareAnnotations(before.annotations ?? {}, after.annotations ?? {}),
  ])
  return { kind, differences }
}

/**
 * Tools that are likely the ones that went missing, under another name: schemas and annotations are equal, descriptions
 * alike, and nothing else fits either of them.
 *
 * @returns the missing tool's name by the new tool's
 */
export function findRenames(
  missing: readonly ToolDefinition[],
  added: readonly ToolDefinition[],
): ReadonlyMap<string, string> {
  const groups = new Map<string, { readonly gone: ToolDefinition[]; readonly fresh: ToolDefinition[] }>()
  const file = (tool: ToolDefinition, side: 'gone' | 'fresh'): void => {
    const { inputSchema, outputSchema = null, annotations = {} } = lookedAt(tool)
    const shape = digestOf([inputSchema ?? {}, outputSchema, annotations])
    const group = groups.get(shape) ?? { gone: [], fresh: [] }
    groups.set(shape, group)
    group[side].push(tool)
  }
  for (const tool of missing) file(tool, 'gone')
  for (const tool of added) file(tool, 'fresh')
  return new Map([...groups.values()].flatMap(pairs))
}

/** Beyond this many of one shape, likeness says little. */
const mostAlike = 50

function pairs(group: { readonly gone: readonly ToolDefinition[]; readonly fresh: readonly ToolDefinition[] }) {
  const [gone, fresh] = [group.gone, group.fresh].map((tools) =>
    tools.map(({ name, description }) => ({ name, words: wordsOf(description) })),
  ) as [Described[], Described[]]
  if (gone.length > mostAlike || fresh.length > mostAlike) return []
  return fresh.flatMap((tool): [string, string][] => {
    const fits = gone.filter((candidate) => alike(candidate, tool))
    const [was] = fits
    const isOnly = was !== undefined && fits.length === 1
    return isOnly && fresh.filter((other) => alike(was, other)).length === 1 ? [[tool.name, was.name]] : []
  })
}

interface Described {
  readonly name: string
  readonly words: ReadonlySet<string>
}

/** Three fifths of all words are in both; a tool without a description is like no other. */
function alike(left: Described, right: Described): boolean {
  const common = [...left.words].filter((word) => right.words.has(word)).length
  return common > 0 && common * 5 >= (left.words.size + right.words.size - common) * 3
}

function wordsOf(description = ''): ReadonlySet<string> {
  return new Set(
    description
      .slice(0, 4000)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu),
  )
}

/** Towards writing, destroying, the open world is widened; away from it narrowed. What is absent has its cautious default. */
function compareAnnotations(before: JsonValue, after: JsonValue): SchemaChange {
  const [was, is] = [risksOf(before as ToolAnnotations), risksOf(after as ToolAnnotations)]
  if (is.some((risk, n) => risk && !was[n])) return 'widened'
  if (unknownIn(before) !== unknownIn(after)) return 'widened'
  return is.some((risk, n) => risk !== was[n]) ? 'narrowed' : 'same'
}

/** Annotations of a later revision: nobody here can tell what a change of them means. */
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

/** What counts of a definition, as it is once it was stored: plain JSON. */
function lookedAt({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
  icons,
}: ToolDefinition): JsonObject {
  const parts = { name, title, description, inputSchema, outputSchema, annotations, icons }
  if (!isWithinDepth(parts, maxDepth))
    throw new IntegrationError('protocol_error', `A tool's definition nests deeper than ${maxDepth} levels.`)
  return JSON.parse(JSON.stringify(parts)) as JsonObject
}
