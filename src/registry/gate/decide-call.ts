import type { Context } from '../state/context.js'
import { assess, type Assessment } from './assess-tool.js'
import { findGrant, useGrant, type FoundGrant } from './grants.js'
import { bindingOf, subjectOf, type ResolvedCall } from './resolved-call.js'

/** The decision about a call, and the grant that allows it, if any. */
export interface CallDecision extends Assessment {
  readonly grant?: FoundGrant | undefined
}

/** Decides about a call. If a grant allows the call, one use of the grant is taken. */
export async function decideCall(context: Context, call: ResolvedCall): Promise<CallDecision> {
  const subject = subjectOf(call)
  const args = { arguments: call.args.value }
  for (let tries = 0; tries < 3; tries++) {
    const asked = assess(context, subject, args)
    if (asked.verdict.mode !== 'ask') return asked
    const granted = assess(context, subject, { ...args, granted: true })
    if (granted.verdict.mode !== 'auto') return asked
    const grant = await findGrant(context, call.target.workspaceId, bindingOf(call))
    if (grant === undefined) return asked
    if (await useGrant(context, call.target.workspaceId, grant)) return { ...granted, grant }
  }
  return assess(context, subject, args)
}
