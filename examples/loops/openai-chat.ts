// A loop on Chat Completions, and on the many APIs that speak like it: node scripts/run.mjs examples/loops/openai-chat.ts
import OpenAI from 'openai'
import { openaiChatTools, type OpenAiChatOutput, type OpenAiChatTools, type ToolTurn } from 'mcp-integrations/openai'
import { openaiChatCompletion } from '../../test/bridges/answers.js'
import { recordingFetch } from '../../test/bridges/bare-loop.js'
import type { Step } from '../../test/bridges/bench.js'
import { tell } from './story.js'

type Messages = OpenAI.ChatCompletionMessageParam[]

/** Until the model has no more calls (`undefined`), or a person has to decide: then the turn, to be stored. */
async function loop(
  openai: OpenAI,
  tools: OpenAiChatTools,
  messages: Messages,
): Promise<ToolTurn<OpenAiChatOutput> | undefined> {
  for (;;) {
    const { choices } = await openai.chat.completions.create({ model: 'gpt-5', messages, tools: tools.definitions })
    const { message } = choices[0]!
    messages.push(message)
    if (message.tool_calls === undefined) return undefined
    const turn = await tools.run(message.tool_calls)
    if (turn.waiting.length > 0) return turn
    messages.push(...turn.outputs)
  }
}

await tell('openai-chat', {
  asks: 'ours',
  async begin(toolset, model) {
    const messages: Messages = [{ role: 'user', content: 'Tidy my notes.' }]
    const turn = await loop(client(model), openaiChatTools(toolset), messages)
    return { messages, turn }
  },
  async goOn(toolset, { messages, turn }: { messages: Messages; turn: ToolTurn<OpenAiChatOutput> }, model) {
    const openai = client(model)
    const tools = openaiChatTools(toolset)
    const { outputs, waiting } = await tools.resume(turn)
    if (waiting.length === 0) messages.push(...outputs)
    await loop(openai, tools, messages)
    messages.push({ role: 'user', content: 'And the other?' })
    await loop(openai, tools, messages)
    return messages.flatMap((message) => (message.role === 'tool' ? [String(message.content)] : []))
  },
})

function client(model: readonly Step[]): OpenAI {
  return new OpenAI({ apiKey: 'x', fetch: recordingFetch(model.map(openaiChatCompletion)).fetch })
}
