import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import { visible } from '../../model/visible-text.js'
import type { Context } from '../state/context.js'
import { refuseInvalidArguments } from './check-arguments.js'
import type { Ended } from './ended-outcome.js'
import { openApproval } from './open-approval.js'
import { recordCall } from './record-call.js'
import type { ResolvedCall } from './resolved-call.js'
import type { CallDecision } from './decide-call.js'
import { redeemNow, type Permitted } from './redeem-approval.js'
import type { ToolCallOptions } from './call-scope.js'
import { waitForDecision } from './wait-for-decision.js'

/**
 * Obtains permission for a call, or returns the outcome that ends it. For a tool that asks, an approval is stored. The
 * confirm callback may decide it during the call; otherwise a person decides later, in any process. Then everything is
 * read and checked again, because it may have changed during the wait.
 *
 * @throws IntegrationError `forbidden` (with the rule), `limit_reached`, `aborted`
 */
export async function approve(
  context: Context,
  call: ResolvedCall,
  { verdict, grant, ...decision }: CallDecision,
  options: ToolCallOptions,
): Promise<Permitted | Ended> {
  switch (verdict.mode) {
    case 'auto':
      return { type: 'permitted', call, rule: grant === undefined ? verdict.rule : `grant:${grant.value.id}`, grant }
    case 'deny':
      await recordCall(context, call, { rule: verdict.rule, outcome: 'denied_by_policy' })
      throw new IntegrationError(
        'forbidden',
        `Policy refuses tool "${visible(call.tool.name)}" of integration "${call.target.record.name}": ${verdict.why}`,
        { integrationId: call.target.integrationId, rule: verdict.rule },
      )
    case 'ask': {
      const refused = await refuseInvalidArguments(context, call, verdict.rule)
      if (refused !== undefined) return refused
      const opened = await openApproval(context, call, { verdict, ...decision }, options)
      const { request, status } = opened.approval.value
      const { approvalId } = request
      try {
        if (status === 'pending') await waitForDecision(context, call, opened, options)
      } catch (error) {
        if (isIntegrationError(error) && error.code === 'aborted')
          await recordCall(context, call, { rule: verdict.rule, outcome: 'not_run', approvalId, errorCode: error.code })
        throw error
      }
      return redeemNow(context, call.scope, opened.approval)
    }
  }
}
