import { generateText, stepCountIs, type ModelMessage } from 'ai'
import type { Actor, ConfirmCallback, IntegrationRegistry, ToolCallOutcome } from 'mcp-integrations'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import { scriptedModel } from './model.js'
import type { Chat, StoredChats } from './stored-chats.js'

/** Runs the turns of chats, in the three ways that a call can ask. */
export function chatEngine(registry: IntegrationRegistry, chats: StoredChats) {
  const model = scriptedModel()

  /** One turn: the model answers, calling tools on the way. */
  async function turn(chat: Chat): Promise<Chat> {
    const actor: Actor = { workspaceId: 'acme', userId: chat.userId }
    const toolset = await registry.actingAs(actor).toolset(chat.agentId, {
      conversationId: chat.id,
      confirm: chat.mode === 'hold' ? holdFor(chat) : () => 'defer',
    })
    const tools = aiSdkTools(toolset, { approval: chat.mode === 'framework' ? 'native' : 'confirm' })
    const messages = [...chat.messages]
    const { response, steps } = await generateText({ model, tools, messages, stopWhen: stepCountIs(5) })
    messages.push(...response.messages)
    const deferred = steps.flatMap(({ toolResults }) => toolResults).find(({ output }) => waits(output))
    const waiting = deferred && {
      approvalId: (deferred.output as Extract<ToolCallOutcome, { type: 'approval_required' }>).approval.approvalId,
      toolCallId: deferred.toolCallId,
    }
    return save({ ...chat, messages, waiting })
  }

  // #region hold
  /** The call stays open, and whichever request or process decides the approval answers it: this callback never does. */
  function holdFor(chat: Chat): ConfirmCallback {
    return ({ approvalId }, { signal }) => {
      save({ ...chat, waiting: { approvalId } }) // so that the page can show it
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    }
  }
  // #endregion

  // #region later
  /** Called when an approval was decided, by whoever and wherever: the stored chat goes on with what the tool returned. */
  async function goOn(approvalId: string): Promise<void> {
    const chat = chats.waitingFor(approvalId)
    if (chat?.waiting?.toolCallId === undefined) return
    const mine = registry.actingAs({ workspaceId: 'acme', userId: chat.userId })
    const toolset = await mine.toolset(chat.agentId, { conversationId: chat.id })
    const outcome = await toolset.resume(approvalId) // sends the stored arguments, once
    const { toolCallId } = chat.waiting
    const text = outcome.modelText ?? ''
    await turn({ ...chat, messages: withResult(chat.messages, toolCallId, text), waiting: undefined })
  }
  // #endregion

  function save(chat: Chat): Chat {
    chats.save(chat)
    return chat
  }

  return { turn, goOn }
}

function waits(output: unknown): boolean {
  return (output as { readonly type?: string } | undefined)?.type === 'approval_required'
}

/** The messages up to the call that waited, with its result now: what the model said meanwhile is said again. */
function withResult(messages: readonly ModelMessage[], toolCallId: string, text: string): readonly ModelMessage[] {
  const at = messages.findIndex(
    ({ role, content }) =>
      role === 'tool' && content.some((part) => part.type === 'tool-result' && part.toolCallId === toolCallId),
  )
  return messages.slice(0, at + 1).map((message, n) =>
    n !== at || message.role !== 'tool'
      ? message
      : {
          ...message,
          content: message.content.map((part) =>
            part.type === 'tool-result' && part.toolCallId === toolCallId
              ? { ...part, output: { type: 'text' as const, value: text } }
              : part,
          ),
        },
  )
}
