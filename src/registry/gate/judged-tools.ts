import { frozen } from '../../model/frozen.js'
import type { ToolDefinition } from '../../model/tool.js'
import type { ToolsetTool, UnavailableTool } from '../../model/toolset.js'
import type { ApprovalVerdict } from '../../policy/approval-rule.js'
import { filterTools, type Filtered } from '../../policy/tool-filter.js'
import type { Context } from '../state/context.js'
import { askPolicy, policyFacts, verdictOn } from './assess-tool.js'
import type { IntegrationPart, ToolPart } from './toolset-parts.js'

/** What an agent may call of one integration now, and what is missing. */
export interface JudgedTools {
  readonly tools: readonly ToolsetTool[]
  readonly unavailable: readonly UnavailableTool[]
}

/** Judges the tools of one integration: returns the same lists until a host's policy says something else of one. */
export type Judge = (conversationId: string | undefined) => JudgedTools

/** A host's policy may look at the conversation, and change its mind: it is asked each time. Everything else is kept. */
export function judgeOf(context: Context, part: IntegrationPart): Judge {
  return context.options.approvals.policy === undefined ? judgeWithoutPolicy(part) : judgeWithPolicy(context, part)
}

/** Keeps nothing but what it hands out: of a thousand toolsets, the rest would be most. */
function judgeWithoutPolicy(part: IntegrationPart): Judge {
  return always(
    judgedTools(
      part,
      part.filtered,
      part.tools.map(({ verdict }) => verdict),
    ),
  )
}

function always(judged: JudgedTools): Judge {
  return () => judged
}

function judgeWithPolicy(context: Context, part: IntegrationPart): Judge {
  const { filter, tools } = part
  const verdicts = tools.map(({ verdict }) => verdict)
  const questions = tools.map((tool) => policyQuestion(context, tool))
  let judged: JudgedTools | undefined
  return (conversationId) => {
    for (const [n, question] of questions.entries()) {
      const verdict = question(conversationId)
      if (verdict === verdicts[n]) continue
      verdicts[n] = verdict
      judged = undefined
    }
    judged ??= judgedTools(
      part,
      filterTools({ ...filter, tools: tools.map((tool, n) => ({ ...tool, verdict: verdicts[n]! })) }),
      verdicts,
    )
    return judged
  }
}

/** @returns how to ask the policy about one tool: the verdict is the same object while the answer is the same */
function policyQuestion(
  context: Context,
  { subject, standing, verdict: withoutAnswer }: ToolPart,
): (conversationId: string | undefined) => ApprovalVerdict {
  const { actor, agentId, integration, tool } = policyFacts(subject, standing.label)
  frozen([integration, tool])
  let last: { readonly mode: unknown; readonly rule: unknown } | undefined
  let verdict = withoutAnswer
  return (conversationId) => {
    const answer: unknown = askPolicy(context, {
      actor,
      agentId,
      conversationId,
      integration,
      tool,
      arguments: undefined,
    })
    if (answer === undefined) {
      last = undefined
      verdict = withoutAnswer
      return verdict
    }
    const read = readAnswer(answer)
    if (last === undefined || read === undefined || read.mode !== last.mode || read.rule !== last.rule)
      verdict = verdictOn(context, subject, standing, { policy: answer })
    last = read
    return verdict
  }
}

/** Compares two results of the host's policy. A result that can't be read equals no other. */
function readAnswer(answer: unknown): { readonly mode: unknown; readonly rule: unknown } | undefined {
  try {
    const { mode, rule } = answer as { readonly mode: unknown; readonly rule: unknown }
    return { mode, rule }
  } catch {
    return undefined
  }
}

function judgedTools(
  { integration, tools, definitions }: IntegrationPart,
  { usable, unavailable }: Filtered,
  verdicts: readonly ApprovalVerdict[],
): JudgedTools {
  Object.freeze(integration)
  return {
    unavailable: unavailable.map((missing) => Object.freeze({ integration, ...missing })),
    tools: tools.flatMap((part, n) => {
      const definition = definitions.get(part.name)
      return usable.has(part.name) && definition !== undefined
        ? toolOf(part, definition, verdicts[n]!, integration)
        : []
    }),
  }
}

/** It is handed out to everybody, so that nobody may change it; a definition is frozen already. */
function toolOf(
  { subject: { tool, record }, standing: { label, mode } }: ToolPart,
  { name, title, description, inputSchema, outputSchema }: ToolDefinition,
  { mode: effect, rule }: ApprovalVerdict,
  integration: ToolsetTool['integration'],
): ToolsetTool {
  const resolved = effect === 'auto' ? 'auto' : 'ask'
  return Object.freeze({
    modelName: tool.modelName(record.handle),
    name,
    title,
    description,
    inputSchema,
    outputSchema,
    label: label && Object.freeze(label),
    approval: Object.freeze({ mode, resolved, rule }),
    integration,
  })
}
