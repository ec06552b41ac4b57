import type { CallObservation, ObservedEnd } from '../../ports/call-observer.js'
import type { Context } from '../state/context.js'
import type { Permitted } from './redeem-approval.js'

/** Starts the host's observation of a call. A failure of the observer doesn't affect the call. */
export function observeCall(context: Context, { call, rule, approval }: Permitted): CallObservation | undefined {
  const { target, scope, tool, modelName } = call
  const { workspaceId, integrationId, record } = target
  let observation: CallObservation | undefined
  const guard = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      // A failure of the observer must not affect the call.
      const message = 'The call observer failed. The call continues without it.'
      context.report({ area: 'observer', message, error, workspaceId, integrationId })
    }
  }
  guard(() => {
    observation = context.options.observer?.start({
      workspaceId,
      userId: scope.actor.userId,
      agentId: scope.agentId,
      conversationId: scope.conversationId,
      integration: { id: integrationId, name: record.name, origin: record.origin },
      tool: tool.name,
      modelName,
      rule,
      approvalId: approval?.value.request.approvalId,
    })
  })
  const watched = observation
  return watched && { meta: watched.meta, end: (ended: ObservedEnd) => guard(() => watched.end(ended)) }
}
