import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { ToolCallOutcome } from '../../model/outcome.js'
import { compareBinding } from '../../policy/binding.js'
import { visible } from '../../model/visible-text.js'
import type { Context } from '../state/context.js'
import { approve } from './approve.js'
import { transition, type StoredApproval } from './approvals.js'
import { assess } from './assess-tool.js'
import { redeemNow, type Permitted } from './redeem-approval.js'
import { resolveWireTool } from './resolve-tool.js'
import { bindingOf, subjectOf, type ResolvedCall } from './resolved-call.js'

/** A call on its way to the server. */
export interface Admission {
  /** The permission that the call is sent with; replaced when the records are read again. */
  permitted: Permitted
  /** The approval that was used up; absent: none was needed, or not yet. */
  claimed?: StoredApproval | undefined
  /** How long a response may take, in ms. */
  readonly maxMs: number
}

/**
 * The last step before each request of a call. A call that waited is decided again. An approval is used up by a commit
 * that fails if any record that the approval relies on has changed.
 *
 * @param waited - whether the call waited for a slot, a connection, a token, or a first response
 * @throws Unsent with the outcome or error that the call ends with
 */
export async function admit(context: Context, admission: Admission, waited: boolean): Promise<void> {
  try {
    if (admission.permitted.approval !== undefined && admission.claimed === undefined)
      await claim(context, admission, waited)
    else if (waited) await recheckClaimed(context, admission)
  } catch (error) {
    throw isIntegrationError(error) ? new Unsent(error) : error
  }
}

/** Thrown if the call is not sent, with the error or the outcome that ends it. */
export class Unsent extends Error {
  constructor(readonly end: IntegrationError | { readonly outcome: ToolCallOutcome }) {
    super('The call was not sent.')
    // The layers between the gate and the network rethrow it unchanged.
    Object.defineProperty(this, Symbol.for('mcp-integrations.passthrough'), { value: true })
  }
}

/** Uses the approval up. After this commit, no other call can use it. */
async function claim(context: Context, admission: Admission, waited: boolean): Promise<void> {
  // The deadline and the host's policy depend on time, which changes no record.
  if (waited) await redeemAgain(context, admission)
  for (let tries = 0; tries < 5; tries++) {
    const { call, approval } = admission.permitted
    const change = transition(context, approval!, 'dispatched', { dispatchedUntil: call.now + admission.maxMs })
    const writes = [...change.writes!, ...call.relied()]
    const written = await context.feed.commit(call.target.workspaceId, { ...change, writes })
    if (written !== false) {
      const { approvalId } = change.record.request
      context.decisions.notice(approvalId, 'dispatched')
      admission.claimed = { key: approval!.key, version: written[0]!.version!, value: change.record }
      return
    }
    await redeemAgain(context, admission)
  }
  throw changed(admission.permitted.call)
}

async function redeemAgain(context: Context, admission: Admission): Promise<void> {
  const { call, approval } = admission.permitted
  const again = await redeemNow(context, call.scope, approval!)
  if (again.type === 'ended') throw new Unsent(again)
  if (!usesSameConnection(call, again.call)) throw changed(call)
  admission.permitted = again
}

/** Decides again. A call that used its approval up is sent again only if nothing has changed. */
async function recheckClaimed(context: Context, { permitted, claimed }: Admission): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const again = await decideAgain(context, permitted)
    if (claimed === undefined) return
    const checks = [{ key: claimed.key, ifVersion: claimed.version, check: true as const }, ...again.relied()]
    if ((await context.storage.commit(permitted.call.target.workspaceId, checks)) !== false) return
  }
  throw changed(permitted.call)
}

/** Reads everything that permitted the call again, and decides again. */
async function decideAgain(context: Context, permitted: Permitted): Promise<ResolvedCall> {
  const { call, grant, approval } = permitted
  const again = await resolveWireTool(context, call.scope, {
    integrationId: call.target.integrationId,
    name: call.tool.name,
    args: call.args,
    extraKey: grant?.key,
  })
  if (!usesSameConnection(call, again)) throw changed(call)
  if (approval !== undefined && compareBinding(bindingOf(call), bindingOf(again)).length > 0) throw changed(call)
  // The last use of a grant deletes it: here that is this call.
  const granted =
    grant !== undefined &&
    again.now < grant.value.expiresAt &&
    (again.extra !== undefined || grant.value.usesLeft === 1)
  const assessment = assess(context, subjectOf(again), { arguments: again.args.value, granted })
  const { verdict } = assessment
  if (verdict.mode === 'deny')
    throw new IntegrationError(
      'forbidden',
      `Policy refuses tool "${visible(call.tool.name)}" of integration "${call.target.record.name}": ${verdict.why}`,
      { integrationId: call.target.integrationId, rule: verdict.rule },
    )
  if (verdict.mode === 'auto' || approval !== undefined) return again
  // The tool asks now. A connection must not wait for a person, so the call ends with `approval_required`.
  const scope = { ...call.scope, confirm: undefined }
  const ended = await approve(context, { ...again, scope }, assessment, {})
  throw ended.type === 'ended' ? new Unsent(ended) : changed(call)
}

/** Whether both calls use the same server and credential, so that the opened connection serves both. */
function usesSameConnection({ target }: ResolvedCall, { target: now }: ResolvedCall): boolean {
  return (
    target.bindingRevision === now.bindingRevision && target.credential === now.credential && target.owner === now.owner
  )
}

function changed({ target, modelName }: ResolvedCall): IntegrationError {
  return new IntegrationError(
    'conflict',
    `Integration "${target.record.name}" was changed while the call of "${modelName}" waited. Nothing was sent. Call again.`,
    { integrationId: target.integrationId },
  )
}
