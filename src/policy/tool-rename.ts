import type { ToolDefinition } from '../model/tool.js'
import { WorkBudget, withinBudget } from '../model/work-budget.js'
import { digestOf } from './digest.js'
import { partsOf } from './tool-definition.js'

/** With more tools of equal schemas, similar descriptions say little. */
const maxCandidates = 50
/** The limit of compared words of a description. */
const maxWords = 200
/** The work budget of the whole search. */
const maxWork = 400_000

/**
 * Finds new tools that are likely renamed missing tools: schemas and annotations are equal, descriptions are similar, and
 * no other tool matches either of them. Finds none if the search would cost too much.
 *
 * @returns the missing tool's name by the new tool's
 */
export function findRenames(
  missing: readonly ToolDefinition[],
  added: readonly ToolDefinition[],
  work: WorkBudget = new WorkBudget(maxWork),
): ReadonlyMap<string, string> {
  if (missing.length === 0 || added.length === 0) return new Map()
  return withinBudget(() => {
    const groups = new Map<string, Group>()
    const put = (tool: ToolDefinition, side: keyof Group): void => {
      const shape = shapeOf(tool, work)
      const group = groups.get(shape) ?? { gone: [], fresh: [] }
      groups.set(shape, group)
      group[side].push(tool)
    }
    for (const tool of missing) put(tool, 'gone')
    for (const tool of added) put(tool, 'fresh')
    return new Map([...groups.values()].flatMap((group) => pairs(group, work)))
  }, new Map())
}

/**
 * The tools that are described as another tool was: where a server exchanges names, what one tool did, another one does.
 *
 * @param accepted - the accepted definitions by name
 * @returns the names of such tools
 */
export function findSwaps(
  now: readonly ToolDefinition[],
  accepted: ReadonlyMap<string, ToolDefinition>,
): ReadonlySet<string> {
  const known = new Set([...accepted.values()].map(wordsOf))
  const swapped = now.filter((tool) => {
    const [words, before] = [wordsOf(tool), accepted.get(tool.name)]
    return words !== '' && before !== undefined && wordsOf(before) !== words && known.has(words)
  })
  return new Set(swapped.map(({ name }) => name))
}

function wordsOf({ description = '' }: ToolDefinition): string {
  return description.trim()
}

/** A digest of schemas and annotations. */
function shapeOf(tool: ToolDefinition, work: WorkBudget): string {
  const { inputSchema = {}, outputSchema = null, annotations = {} } = partsOf(tool)
  const parts = [inputSchema, outputSchema, annotations]
  work.spend(JSON.stringify(parts).length >> 1)
  return digestOf(parts)
}

interface Group {
  readonly gone: ToolDefinition[]
  readonly fresh: ToolDefinition[]
}

interface Described {
  readonly name: string
  readonly words: ReadonlySet<string>
}

function pairs({ gone, fresh }: Group, work: WorkBudget): readonly [string, string][] {
  if (gone.length > maxCandidates || fresh.length > maxCandidates) return []
  const [before, after] = [gone.map(described), fresh.map(described)]
  return after.flatMap((tool): [string, string][] => {
    const fits = before.filter((candidate) => areAlike(candidate, tool, work))
    const [was] = fits
    const isOnly = was !== undefined && fits.length === 1
    return isOnly && after.filter((other) => areAlike(was, other, work)).length === 1 ? [[tool.name, was.name]] : []
  })
}

function described({ name, description = '' }: ToolDefinition): Described {
  const words = description
    .slice(0, 4000)
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
  return { name, words: new Set(words?.slice(0, maxWords)) }
}

/** Whether three fifths of all words are in both descriptions. Without a description a tool matches no other. */
function areAlike(left: Described, right: Described, work: WorkBudget): boolean {
  work.spend(left.words.size)
  const common = [...left.words].filter((word) => right.words.has(word)).length
  return common > 0 && common * 5 >= (left.words.size + right.words.size - common) * 3
}
