// A loop on Anthropic's Messages API: node scripts/run.mjs examples/loops/anthropic.ts
// #region imports
import Anthropic from '@anthropic-ai/sdk'
import { anthropicTools, type AnthropicResult, type AnthropicTools, type ToolTurn } from 'mcp-integrations/anthropic'
// #endregion
import { anthropicMessage } from '../../test/bridges/answers.js'
import { recordingFetch } from '../../test/bridges/bare-loop.js'
import type { Step } from '../../test/bridges/bench.js'
import { tell } from './story.js'

type Messages = Anthropic.MessageParam[]

// #region loop
/** Until the model has no more calls (`undefined`), or a person has to decide: then the turn, to be stored. */
async function loop(
  anthropic: Anthropic,
  tools: AnthropicTools,
  messages: Messages,
): Promise<ToolTurn<AnthropicResult> | undefined> {
  for (;;) {
    const { content, stop_reason: reason } = await anthropic.messages.create({
      model: 'claude-sonnet-5',
      max_tokens: 4096,
      messages,
      tools: tools.definitions,
    })
    messages.push({ role: 'assistant', content })
    if (reason !== 'tool_use') return undefined
    const turn = await tools.run(content)
    if (turn.waiting.length > 0) return turn
    messages.push({ role: 'user', content: [...turn.outputs] })
  }
}
// #endregion

await tell('anthropic', {
  asks: 'ours',
  async begin(toolset, model) {
    const messages: Messages = [{ role: 'user', content: 'Tidy my notes.' }]
    const turn = await loop(client(model), anthropicTools(toolset), messages)
    return { messages, turn }
  },
  async goOn(toolset, { messages, turn }: { messages: Messages; turn: ToolTurn<AnthropicResult> }, model) {
    const anthropic = client(model)
    // #region resume
    const tools = anthropicTools(toolset)
    const { outputs, waiting } = await tools.resume(turn)
    if (waiting.length === 0) messages.push({ role: 'user', content: [...outputs] })
    // #endregion
    await loop(anthropic, tools, messages)
    messages.push({ role: 'user', content: 'And the other?' })
    await loop(anthropic, tools, messages)
    return messages.map(({ content }) => JSON.stringify(content))
  },
})

function client(model: readonly Step[]): Anthropic {
  return new Anthropic({ apiKey: 'x', fetch: recordingFetch(model.map(anthropicMessage)).fetch })
}
