import { hasMembers, isCount, isListOf, isOneOf, isText, maybe } from '../../model/fits.js'
import { parsedJson } from '../../model/json.js'
import type { ToolFacts } from './listed-tool.js'
import { isAnnotations } from './shape-words.js'

/**
 * A tool list as it is stored: one line of JSON with the facts of all tools, then their definitions as JSON, one after the
 * other. A list is opened by parsing that line only.
 */

/** A tool that was just listed, with its definition as JSON. */
export interface WrittenTool extends ToolFacts {
  readonly text: string
}

export function listText(tools: readonly WrittenTool[]): string {
  const facts = tools.map(({ name, hash, size, annotations, notForModels }): ToolFacts => ({
    name,
    hash,
    size,
    annotations,
    notForModels,
  }))
  return `${JSON.stringify(facts)}\n${tools.map(({ text }) => text).join('')}`
}

/** The tools of a stored list, each with its definition as JSON; `undefined` if the text is no such list. */
export function openListText(
  text: string,
): readonly { readonly facts: ToolFacts; readonly source: string }[] | undefined {
  const end = text.indexOf('\n')
  const facts = parsedJson(text.slice(0, Math.max(end, 0)))
  if (!areFacts(facts)) return undefined
  let at = end + 1
  const tools = (facts as unknown as readonly ToolFacts[]).map((one) => ({
    facts: one,
    source: text.slice(at, (at += one.size)),
  }))
  return at === text.length ? tools : undefined
}

const areFacts = isListOf(
  hasMembers<ToolFacts>({
    name: isText,
    hash: isText,
    size: isCount,
    annotations: maybe(isAnnotations),
    notForModels: maybe(isOneOf(['app_only', 'task_only'])),
  }),
)
