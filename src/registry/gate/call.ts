import type { ToolCallOutcome } from '../../model/outcome.js'
import { takeArguments } from '../../policy/arguments.js'
import { approve } from './approve.js'
import type { Context } from '../state/context.js'
import { decideCall } from './decide-call.js'
import { resolveCall } from './resolve-tool.js'
import { redeemApproval } from './redeem-approval.js'
import { sendCall } from './send-call.js'
import type { ToolCallOptions, CallScope } from './call-scope.js'

/**
 * One call, from the model's name and arguments to its outcome: resolve, decide, approve, connect, send.
 *
 * @throws IntegrationError `invalid_input`, `tool_not_found`, `integration_disabled`, `agent_not_allowed`,
 * `tool_disabled`, `forbidden` (by policy, with the rule), `limit_reached`, `aborted`, and every error of a server
 */
export async function startCall(
  context: Context,
  scope: CallScope,
  name: string,
  args: unknown,
  options: ToolCallOptions = {},
): Promise<ToolCallOutcome> {
  const taken = takeArguments(args, { maxBytes: context.options.limits.maxArgumentBytes })
  const call = await resolveCall(context, scope, name, taken)
  const decision = await decideCall(context, call)
  const approved = await approve(context, call, decision, options)
  return approved.type === 'ended' ? approved.outcome : sendCall(context, approved, options)
}

/**
 * Runs a call from its approval, decided here or elsewhere: sends the stored arguments, and checks everything again.
 *
 * @throws IntegrationError as {@link startCall}; `not_found` for an approval of another person, agent or conversation
 */
export async function resumeCall(
  context: Context,
  scope: CallScope,
  approvalId: string,
  options: ToolCallOptions & { readonly args?: unknown } = {},
): Promise<ToolCallOutcome> {
  const approved = await redeemApproval(context, scope, approvalId, options.args)
  return approved.type === 'ended' ? approved.outcome : sendCall(context, approved, options)
}
