import type { ElicitAnswer, ElicitQuestion } from '../../ports/elicit.js'
import type { Context } from '../state/context.js'
import type { ResolvedCall } from './resolved-call.js'

/** Passes a server's questions during this call to the host; `undefined` without an `elicit` callback. */
export function elicitFor(
  context: Context,
  call: ResolvedCall,
): {
  elicit?: ((question: ElicitQuestion, options: { readonly signal: AbortSignal }) => Promise<ElicitAnswer>) | undefined
} {
  const { scope, target, tool } = call
  const { elicit } = scope
  if (elicit === undefined) return {}
  return {
    elicit: async (question, options) => {
      try {
        return await elicit(
          {
            workspaceId: target.workspaceId,
            userId: scope.actor.userId,
            agentId: scope.agentId,
            conversationId: scope.conversationId,
            integration: { id: target.integrationId, name: target.record.name, origin: target.record.origin },
            tool: tool.name,
            ...question,
          },
          options,
        )
      } catch (error) {
        const message = 'The elicit callback failed. The question was cancelled.'
        const { workspaceId, integrationId } = target
        if (!options.signal.aborted) context.report({ area: 'elicit', message, error, workspaceId, integrationId })
        throw error
      }
    },
  }
}
