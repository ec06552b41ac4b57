// The AI SDK's own approval, decided in another process: node scripts/run.mjs examples/loops/ai-sdk.ts
import { generateText, stepCountIs, type ModelMessage, type ToolModelMessage } from 'ai'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import { model as scripted } from '../../test/bridges/support.js'
import { decide, tell } from './story.js'

await tell('ai-sdk', {
  asks: 'framework',
  async begin(toolset, model) {
    const messages: ModelMessage[] = [{ role: 'user', content: 'Tidy my notes.' }]
    const tools = aiSdkTools(toolset, { approval: 'native' })
    const result = await generateText({ model: scripted(...model), tools, messages, stopWhen: stepCountIs(9) })
    return [...messages, ...responseMessages(result)]
  },
  async goOn(toolset, messages: ModelMessage[], model) {
    const tools = aiSdkTools(toolset, { approval: 'native' })
    messages.push(personsAnswer(messages))
    const resumed = await generateText({ model: scripted(model[0]!), tools, messages, stopWhen: stepCountIs(9) })
    messages.push(...responseMessages(resumed), { role: 'user', content: 'And the other?' })
    const last = await generateText({ model: scripted(...model.slice(1)), tools, messages, stopWhen: stepCountIs(9) })
    messages.push(...responseMessages(last))
    return messages.map(({ content }) => JSON.stringify(content))
  },
})

// #region response-messages
/** In version 7, `response.messages` lacks the results of what was approved: the next turn would fail without them. */
function responseMessages(result: { response: { messages: ModelMessage[] }; responseMessages?: ModelMessage[] }) {
  return result.responseMessages ?? result.response.messages
}
// #endregion

function personsAnswer(messages: readonly ModelMessage[]): ToolModelMessage {
  const parts = messages.flatMap(({ role, content }) =>
    role === 'assistant' && typeof content !== 'string' ? content : [],
  )
  return {
    role: 'tool',
    content: parts.flatMap((part) => {
      if (part.type !== 'tool-approval-request') return []
      const call = parts.find((one) => one.type === 'tool-call' && one.toolCallId === part.toolCallId)
      return [{ type: 'tool-approval-response', approvalId: part.approvalId, ...decide(call) }]
    }),
  }
}
