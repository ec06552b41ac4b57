import type { ToolLabel } from '../../model/tool.js'
import { isIntegrationError, type ErrorCode } from '../../model/errors.js'
import { invalid } from '../../model/invalid.js'
import { copyArguments } from '../../policy/arguments.js'
import { assess } from './assess-tool.js'
import { checkAgents } from '../state/host-lists.js'
import type { ActorContext } from '../state/context.js'
import { findGrant } from './grants.js'
import { bindingOf, subjectOf } from './resolved-call.js'
import { resolveCall } from './resolve-tool.js'

/** The decision about a call that is not made, with the rule that decides. */
export type CallExplanation =
  | {
      readonly type: 'auto' | 'ask' | 'deny'
      /** The rule that decides. */
      readonly rule: string
      /** The rule as a sentence. */
      readonly why: string
      readonly label?: ToolLabel | undefined
    }
  | {
      /** The call would fail before any rule is applied. */
      readonly type: 'unavailable'
      readonly code: ErrorCode
      readonly why: string
    }

/**
 * `toolset.explain()`: runs nothing and uses up nothing. Pass `args` if a grant or the host's policy depends on them.
 */
export async function explain(
  context: ActorContext,
  agentId: string,
  modelName: string,
  options: {
    readonly args?: unknown
    readonly conversationId?: string | undefined
    readonly integrations?: ReadonlySet<string> | undefined
  } = {},
): Promise<CallExplanation> {
  const { actor } = context
  await checkAgents(context, actor.workspaceId, [agentId], 'explain()')
  if (typeof modelName !== 'string')
    throw invalid('explain()', [{ path: 'toolName', message: 'must be the name of a tool in a toolset' }])
  const scope = {
    actor,
    agentId,
    conversationId: options.conversationId,
    integrations: options.integrations,
  }
  try {
    const call = await resolveCall(
      context,
      scope,
      modelName,
      copyArguments(options.args ?? {}, { maxBytes: context.options.limits.maxArgumentBytes }),
    )
    const args = { arguments: call.args.value }
    const plain = assess(context, subjectOf(call), args)
    const granted = plain.verdict.mode === 'ask' ? assess(context, subjectOf(call), { ...args, granted: true }) : plain
    const settled =
      granted.verdict.mode === 'auto' &&
      plain.verdict.mode === 'ask' &&
      (await findGrant(context, actor.workspaceId, bindingOf(call))) !== undefined
    const { verdict, label } = settled ? granted : plain
    return { type: verdict.mode, rule: verdict.rule, why: verdict.why, label }
  } catch (error) {
    if (isIntegrationError(error) && unavailable.has(error.code))
      return { type: 'unavailable', code: error.code, why: error.message }
    throw error
  }
}

const unavailable: ReadonlySet<ErrorCode> = new Set([
  'tool_not_found',
  'tool_disabled',
  'integration_disabled',
  'agent_not_allowed',
])
