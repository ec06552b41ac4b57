// #region imports
import { generateText, stepCountIs, type ModelMessage } from 'ai'
import { aiSdkToolApproval, aiSdkTools } from 'mcp-integrations/ai-sdk'
// #endregion
import { answered, model as mockModel } from '../../test/bridges/support.js'
import { connectedNotes, expect } from './host.js'

const calls = [{ toolName: 'notes__send', input: { to: 'bo', text: 'Hello' } }]

export async function aiSdk(): Promise<void> {
  const { mine, notes, close } = await connectedNotes()
  let model = mockModel(calls, 'done')
  const askThePerson = async () => 'approve' as const
  // #region confirm
  const toolset = await mine.toolset('assistant', { confirm: askThePerson, conversationId: 'chat-1' })
  const { text } = await generateText({
    model,
    tools: aiSdkTools(toolset),
    prompt: 'Say hello to Bo.',
    stopWhen: stepCountIs(5),
  })
  // #endregion
  expect('it ran', text === 'done' && notes.calls.get('send') === 1)

  model = mockModel(calls)
  const messages: ModelMessage[] = [{ role: 'user', content: 'Say hello to Bo.' }]
  // #region native
  const tools = aiSdkTools(toolset, { approval: 'native' })
  const first = await generateText({ model, tools, messages, stopWhen: stepCountIs(5) })
  messages.push(...first.response.messages) // ends with a tool-approval-request
  // #endregion
  const personsAnswer = answered(messages, true).at(-1)!
  model = mockModel('done')
  // #region native-answer
  messages.push(personsAnswer) // { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved }] }
  const second = await generateText({ model, tools, messages, stopWhen: stepCountIs(5) })
  // #endregion
  expect('it ran after the yes', second.text === 'done' && Number(notes.calls.get('send')) === 2)

  const hostPolicy = () => undefined
  // #region tool-approval
  const toolApproval = aiSdkToolApproval(toolset, hostPolicy) // for generateText({ toolApproval, … }) of version 7
  // #endregion
  const status = await toolApproval({ toolCall: { toolName: 'notes__send', input: {} } })
  expect('it asks', typeof status === 'object' && status.type === 'user-approval')
  await close()
}
