import { WorkPace } from '../../mcp/work-pace.js'
import { invalid } from '../../model/invalid.js'
import type { ToolsetTool } from '../../model/toolset.js'
import type { ToolIndex } from '../../policy/tool-ranking.js'

/** Options of tool search: most tools are left out of the first request, and the model finds them by search. */
export interface ToolSearchOptions {
  /** Model names of tools that stay in `tools`. Missing tools are ignored. `@default none` */
  readonly pinned?: readonly string[] | undefined
  /** The maximum number of tools in one search result, 1-50. `@default 5` */
  readonly limit?: number | undefined
}

/** Options of one search. */
export interface FindOptions {
  /** The maximum number of tools to find, 1-50. `@default search.limit` */
  readonly limit?: number | undefined
}

/** A toolset's tools, divided into those shown at once and those found by search. */
export interface DividedTools {
  readonly tools: readonly ToolsetTool[]
  readonly deferred: readonly ToolsetTool[]
}

const defaultLimit = 5
const maxLimit = 50

/** Without search, everything is shown at once. */
export function divideTools(tools: readonly ToolsetTool[], search: ToolSearchOptions | undefined): DividedTools {
  if (search === undefined) return { tools, deferred: [] }
  const pinned = new Set(search.pinned)
  return {
    tools: tools.filter(({ modelName }) => pinned.has(modelName)),
    deferred: tools.filter(({ modelName }) => !pinned.has(modelName)),
  }
}

/** Finds tools among those that may be used now. */
export async function findTools(
  tools: readonly ToolsetTool[],
  query: unknown,
  limit: number = defaultLimit,
): Promise<readonly ToolsetTool[]> {
  if (typeof query !== 'string' || query.trim() === '')
    throw invalid('search()', [{ path: 'query', message: 'must be words that describe the tool' }])
  checkLimit('search()', 'limit', limit)
  return (await indexOf(tools)).find(query, limit)
}

function checkLimit(operation: string, path: string, limit: unknown): void {
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > maxLimit)
    throw invalid(operation, [{ path, message: `must be a whole number from 1 to ${maxLimit}` }])
}

/** One index for each list of tools, cached as long as the list. */
const indexes = new WeakMap<readonly ToolsetTool[], Promise<ToolIndex>>()

function indexOf(tools: readonly ToolsetTool[]): Promise<ToolIndex> {
  const index = indexes.get(tools) ?? createIndex(tools)
  indexes.set(tools, index)
  return index
}

async function createIndex(tools: readonly ToolsetTool[]): Promise<ToolIndex> {
  const { indexing } = await import('../../policy/tool-ranking.js')
  const pace = new WorkPace()
  const steps = indexing(tools)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await pace.after(step.value)
  }
}
