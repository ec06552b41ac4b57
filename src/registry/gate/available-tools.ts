import { frozen } from '../../model/frozen.js'
import type { ToolsetTool, UnavailableTool } from '../../model/toolset.js'
import type { ApprovalVerdict } from '../../policy/approval-rule.js'
import { filterTools, type Filtered } from '../../policy/tool-filter.js'
import type { Context } from '../state/context.js'
import { askPolicy, policyFacts, verdictOn } from './assess-tool.js'
import { describedBy, haveSameMembers, isDescribedBy, type ForModels } from './described-tool.js'
import type { IntegrationPart, ToolPart } from './toolset-parts.js'

/** The tools of one integration that an agent may call now, and the missing ones. */
export interface AvailableTools {
  readonly tools: readonly ToolsetTool[]
  readonly unavailable: readonly UnavailableTool[]
}

/** Finds the available tools of one integration. Returns the same lists until the result of the host's policy changes. */
export type FindAvailable = (conversationId: string | undefined) => AvailableTools

/**
 * Prepares the search for available tools. A host's policy may depend on the conversation or change, so it is called each time.
 *
 * @param before - the previous search in the same integration: unchanged tools stay the same objects
 */
export function findAvailableIn(context: Context, part: IntegrationPart, before?: FindAvailable): FindAvailable {
  return context.options.approvals.policy === undefined
    ? withoutPolicy(part, before?.(undefined).tools)
    : withPolicy(context, part)
}

/** Keeps only the result in memory, because the input would be most of the memory of a thousand toolsets. */
function withoutPolicy(part: IntegrationPart, before?: readonly ToolsetTool[]): FindAvailable {
  const verdicts = part.tools.map(({ verdict }) => verdict)
  return always(availableTools(part, part.filtered, verdicts, before))
}

function always(available: AvailableTools): FindAvailable {
  return () => available
}

function withPolicy(context: Context, part: IntegrationPart): FindAvailable {
  const { filter, tools } = part
  const verdicts = tools.map(({ verdict }) => verdict)
  const verdictsOf = tools.map((tool) => policyFor(context, tool))
  let available: AvailableTools | undefined
  let before: readonly ToolsetTool[] | undefined
  return (conversationId) => {
    for (const [n, verdictOf] of verdictsOf.entries()) {
      const verdict = verdictOf(conversationId)
      if (verdict === verdicts[n]) continue
      verdicts[n] = verdict
      available = undefined
    }
    available ??= availableTools(
      part,
      filterTools({ ...filter, tools: tools.map((tool, n) => ({ ...tool, verdict: verdicts[n]! })) }),
      verdicts,
      before,
    )
    before = available.tools
    return available
  }
}

/** @returns a function that calls the policy for one tool. The verdict is the same object while the result is the same. */
function policyFor(
  context: Context,
  { subject, state, verdict: noResult }: ToolPart,
): (conversationId: string | undefined) => ApprovalVerdict {
  const { actor, agentId, integration, tool } = policyFacts(subject, state.label)
  frozen([integration, tool])
  let last: { readonly mode: unknown; readonly rule: unknown } | undefined
  let verdict = noResult
  return (conversationId) => {
    const result: unknown = askPolicy(context, {
      actor,
      agentId,
      conversationId,
      integration,
      tool,
      arguments: undefined,
    })
    if (result === undefined) {
      last = undefined
      verdict = noResult
      return verdict
    }
    const read = readResult(result)
    if (last === undefined || read === undefined || read.mode !== last.mode || read.rule !== last.rule)
      verdict = verdictOn(context, subject, state, { policy: result })
    last = read
    return verdict
  }
}

/** Compares two results of the host's policy. A result that can't be read equals no other. */
function readResult(result: unknown): { readonly mode: unknown; readonly rule: unknown } | undefined {
  try {
    const { mode, rule } = result as { readonly mode: unknown; readonly rule: unknown }
    return { mode, rule }
  } catch {
    return undefined
  }
}

function availableTools(
  { integration: now, tools, acceptedWords }: IntegrationPart,
  { usable, unavailable }: Filtered,
  verdicts: readonly ApprovalVerdict[],
  before: readonly ToolsetTool[] = [],
): AvailableTools {
  const earlier = before[0]?.integration
  const integration = haveSameMembers(earlier, now) ? earlier! : Object.freeze(now)
  const known = new Map<string, ToolsetTool>()
  for (const tool of before) known.set(tool.name, tool)
  const available: ToolsetTool[] = []
  tools.forEach((part, n) => {
    const { name, subject } = part
    if (!usable.has(name)) return
    const definition = acceptedWords.get(name) ?? subject.tool
    available.push(toolOf(part, definition, verdicts[n]!, { integration, before: known.get(name) }))
  })
  return {
    tools: available,
    unavailable: unavailable.map((missing) => Object.freeze({ integration, ...missing })),
  }
}

/** The tool is shared by all callers, so it is frozen, and so is its definition. */
function toolOf(
  { subject: { tool, record }, state: { label, mode } }: ToolPart,
  definition: ForModels,
  { mode: effect, rule }: ApprovalVerdict,
  { integration, before }: Pick<ToolsetTool, 'integration'> & { readonly before: ToolsetTool | undefined },
): ToolsetTool {
  const resolved = effect === 'auto' ? 'auto' : 'ask'
  const now = {
    modelName: tool.modelName(record.handle),
    name: tool.name,
    label,
    approval: { mode, resolved, rule },
    integration,
  } as const
  return before !== undefined && isDescribedBy(before, definition, now) ? before : describedBy(definition, now)
}
