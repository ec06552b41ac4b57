import type { ModelMessage } from 'ai'
import type { ApprovalDecision } from '../index.js'

/** One call as the SDK passes it to `execute`. */
export interface SdkCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/** Whether the SDK asked a person about this call. */
export function wasAsked(messages: readonly ModelMessage[], toolCallId: string): boolean {
  return requests(messages, toolCallId).length > 0
}

/** The person's decision about this call, according to the SDK's messages. */
export function decisionIn(messages: readonly ModelMessage[], call: SdkCall): ApprovalDecision {
  return isApproved(messages, call)
    ? 'approve'
    : { decision: 'deny', reason: 'The AI SDK ran this call without having asked a person.' }
}

/**
 * Whether the SDK asked, the last message approves exactly this call, and the call has no result yet. Ambiguous calls are
 * not approved.
 */
function isApproved(messages: readonly ModelMessage[], { toolCallId, toolName, input }: SdkCall): boolean {
  const [call, ...others] = assistantParts(messages).filter(
    (part) => part.type === 'tool-call' && part.toolCallId === toolCallId,
  )
  if (call?.type !== 'tool-call' || others.length > 0) return false
  const asked = requests(messages, toolCallId)
  const answers = toolParts(messages.slice(-1)).filter(
    (part) => part.type === 'tool-approval-response' && asked.includes(part.approvalId),
  )
  return (
    call.toolName === toolName &&
    JSON.stringify(call.input) === JSON.stringify(input) &&
    answers.length > 0 &&
    answers.every((part) => part.type === 'tool-approval-response' && part.approved === true) &&
    !toolParts(messages).some((part) => part.type === 'tool-result' && part.toolCallId === toolCallId)
  )
}

/** The ids of the requests to a person about one call, without automatic ones, which a host's policy decided. */
function requests(messages: readonly ModelMessage[], toolCallId: string): readonly string[] {
  return assistantParts(messages).flatMap((part) =>
    part.type === 'tool-approval-request' &&
    part.toolCallId === toolCallId &&
    // Only version 7 has this field.
    (part as { readonly isAutomatic?: boolean | undefined }).isAutomatic !== true
      ? [part.approvalId]
      : [],
  )
}

function assistantParts(messages: readonly ModelMessage[]) {
  return messages.flatMap(({ role, content }) => (role === 'assistant' && typeof content !== 'string' ? content : []))
}

function toolParts(messages: readonly ModelMessage[]) {
  return messages.flatMap(({ role, content }) => (role === 'tool' ? content : []))
}
