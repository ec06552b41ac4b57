// A loop on OpenAI's Responses API: node scripts/run.mjs examples/loops/openai.ts
// #region imports
import OpenAI from 'openai'
import { openaiTools, type OpenAiOutput, type OpenAiTools, type ToolTurn } from 'mcp-integrations/openai'
// #endregion
import { openaiResponse } from '../../test/bridges/answers.js'
import { recordingFetch } from '../../test/bridges/bare-loop.js'
import type { Step } from '../../test/bridges/bench.js'
import { tell } from './story.js'

type Item = OpenAI.Responses.ResponseInputItem

// #region loop
/** Until the model has no more calls (`undefined`), or a person has to decide: then the turn, to be stored. */
async function loop(openai: OpenAI, tools: OpenAiTools, input: Item[]): Promise<ToolTurn<OpenAiOutput> | undefined> {
  for (;;) {
    const response = await openai.responses.create({ model: 'gpt-5', input, tools: tools.definitions })
    input.push(...(response.output as Item[]))
    if (!response.output.some(({ type }) => type === 'function_call')) return undefined
    const turn = await tools.run(response.output)
    if (turn.waiting.length > 0) return turn
    input.push(...turn.outputs)
  }
}
// #endregion

await tell('openai', {
  asks: 'ours',
  async begin(toolset, model) {
    const input: Item[] = [{ role: 'user', content: 'Tidy my notes.' }]
    const turn = await loop(client(model), openaiTools(toolset), input)
    return { input, turn }
  },
  async goOn(toolset, { input, turn }: { input: Item[]; turn: ToolTurn<OpenAiOutput> }, model) {
    const openai = client(model)
    // #region resume
    const tools = openaiTools(toolset)
    const { outputs, waiting } = await tools.resume(turn)
    if (waiting.length === 0) input.push(...outputs)
    // #endregion
    await loop(openai, tools, input)
    input.push({ role: 'user', content: 'And the other?' })
    await loop(openai, tools, input)
    return input.flatMap((item) => (item.type === 'function_call_output' ? [String(item.output)] : []))
  },
})

function client(model: readonly Step[]): OpenAI {
  return new OpenAI({ apiKey: 'x', fetch: recordingFetch(model.map(openaiResponse)).fetch })
}
