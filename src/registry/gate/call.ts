import type { ToolCallOutcome } from '../../model/outcome.js'
import { copyArguments } from '../../policy/arguments.js'
import type { Context } from '../state/context.js'
import { approve } from './approve.js'
import type { CallScope, ToolCallOptions } from './call-scope.js'
import { decideCall } from './decide-call.js'
import { redeemApproval } from './redeem-approval.js'
import { resolveCall } from './resolve-tool.js'
import { sendCall } from './send-call.js'

/**
 * One tool call of a model, from the name and arguments that it wrote to the outcome. There is no other way to a server's
 * tool: {@link sendCall} takes only what {@link approve} permitted.
 *
 * @throws IntegrationError `invalid_input`, `tool_not_found`, `integration_disabled`, `agent_not_allowed`,
 * `tool_disabled`, `forbidden` (by policy, with the rule), `limit_reached`, `aborted`, and every error of a server
 */
export async function startCall(
  context: Context,
  scope: CallScope,
  modelName: string,
  args: unknown,
  options: ToolCallOptions = {},
): Promise<ToolCallOutcome> {
  // A frozen copy: what a person is shown, what is hashed and what is sent can't differ.
  const taken = copyArguments(args, { maxBytes: context.options.limits.maxArgumentBytes })
  // The model's name leads to an integration and a tool as stored now; what this person and agent can't use is not found.
  const call = await resolveCall(context, scope, modelName, taken)
  // The tool's approval mode, its label, remembered decisions and the host's policy: run, ask or refuse.
  const decision = await decideCall(context, call)
  // To ask is to store an approval: a person decides it now or later, here or in another process.
  const permitted = await approve(context, call, decision, options)
  if (permitted.type === 'ended') return permitted.outcome
  // Connects with the right credential, and checks once more in the commit before the request leaves.
  return sendCall(context, permitted, options)
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
  // What the approval binds is read again. Sending uses it up: of all who resume it, one sends.
  const permitted = await redeemApproval(context, scope, approvalId, options.args)
  if (permitted.type === 'ended') return permitted.outcome
  return sendCall(context, permitted, options)
}
