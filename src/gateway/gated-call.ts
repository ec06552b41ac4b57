import type { CallToolResult } from '@modelcontextprotocol/server'
import { isIntegrationError } from '../index.js'
import { validResult } from '../policy/valid-result.js'
import type {
  ActorIntegrations,
  ConfirmRequest,
  JsonObject,
  ToolCallOptions,
  ToolCallOutcome,
  Toolset,
} from '../index.js'

/** One call of a client. */
export interface ClientCall extends Pick<ToolCallOptions, 'signal' | 'onProgress'> {
  readonly modelName: string
  readonly args: unknown
  readonly agentId: string
  readonly conversationId: string
  readonly approvalUrl?: ((approval: ConfirmRequest) => string) | undefined
}

/** Makes a call, or resumes an equal earlier call that has been approved. */
export async function callThroughGate(
  mine: Pick<ActorIntegrations, 'approvals'>,
  toolset: Toolset,
  call: ClientCall,
): Promise<CallToolResult> {
  const { modelName, args, approvalUrl, signal, onProgress } = call
  try {
    const tool = toolset.tools.find((one) => one.modelName === modelName)
    const approved = tool?.approval.resolved === 'ask' ? await approvedCall(mine, call) : undefined
    const outcome =
      approved === undefined
        ? await toolset.call(modelName, args, { signal, onProgress })
        : await toolset.resume(approved.approvalId, { signal, onProgress })
    return resultOf(outcome, { approvalUrl, needsContent: tool?.outputSchema !== undefined })
  } catch (error) {
    if (!isIntegrationError(error) || error.code === 'aborted') throw error
    return textResult(error.message, true)
  }
}

/** The approval of an equal call that is approved and has not run yet. */
async function approvedCall(
  mine: Pick<ActorIntegrations, 'approvals'>,
  { modelName, args, agentId, conversationId }: ClientCall,
): Promise<ConfirmRequest | undefined> {
  const wanted = canonical(args)
  for (let after: string | undefined; ;) {
    const page = await mine.approvals.list({ status: 'approved', agentId, conversationId, after })
    const found = page.approvals.find(
      (approval) => approval.tool.modelName === modelName && canonical(approval.arguments) === wanted,
    )
    if (found !== undefined || page.next === undefined) return found
    after = page.next
  }
}

function resultOf(
  outcome: ToolCallOutcome,
  options: { readonly approvalUrl: ClientCall['approvalUrl']; readonly needsContent: boolean },
): CallToolResult {
  switch (outcome.type) {
    case 'completed':
      return validResult(outcome.result) as CallToolResult
    case 'approval_required': {
      const link = options.approvalUrl?.(outcome.approval)
      return textResult(
        [
          `This call waits for a person to approve it${link === undefined ? '' : `: ${link}`}.`,
          'It has not run. Make the same call again, with the same arguments, once it is approved.',
        ].join('\n'),
        // A client that checks results against the output schema would reject this one.
        options.needsContent,
      )
    }
    case 'authorization_required':
    case 'not_run':
      return textResult(outcome.modelText, true)
  }
}

function textResult(text: string, isError: boolean): CallToolResult {
  return { content: [{ type: 'text', text }], isError: isError ? true : undefined }
}

/** JSON with sorted members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item as JsonObject).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
