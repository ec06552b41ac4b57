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
 * Runs a tool call of a model, from its name and arguments to the outcome. There is no other way to call a server's tool:
 * {@link sendCall} only accepts calls that {@link approve} permitted.
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
  // A frozen copy, so that the shown, hashed and sent arguments can't differ.
  const taken = copyArguments(args, { maxBytes: context.options.limits.maxArgumentBytes })
  // Finds the integration and the tool as stored now. Tools that this person and agent can't use are not found.
  const call = await resolveCall(context, scope, modelName, taken)
  // Decides by the approval mode, label, remembered decisions and the host's policy: run, ask or refuse.
  const decision = await decideCall(context, call)
  // Asking stores an approval. A person decides it now or later, here or in another process.
  const permitted = await approve(context, call, decision, options)
  if (permitted.type === 'ended') return permitted.outcome
  // Connects with the right credential, and checks again right before the request is sent.
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
  // Everything that the approval is bound to is read again. Of simultaneous resumes, only one sends the call.
  const permitted = await redeemApproval(context, scope, approvalId, options.args)
  if (permitted.type === 'ended') return permitted.outcome
  return sendCall(context, permitted, options)
}
