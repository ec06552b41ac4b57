// A loop on Google's GenAI SDK: node scripts/run.mjs examples/loops/google.ts
// #region imports
import { GoogleGenAI, type Content } from '@google/genai'
import { googleTools, type GooglePart, type GoogleTools, type ToolTurn } from 'mcp-integrations/google'
// #endregion
import { googleResponse } from '../../test/bridges/answers.js'
import { recordingFetch } from '../../test/bridges/bare-loop.js'
import type { Step } from '../../test/bridges/bench.js'
import { tell } from './story.js'

// #region loop
/** Until the model has no more calls (`undefined`), or a person has to decide: then the turn, to be stored. */
async function loop(
  google: GoogleGenAI,
  tools: GoogleTools,
  contents: Content[],
): Promise<ToolTurn<GooglePart> | undefined> {
  for (;;) {
    const response = await google.models.generateContent({
      model: 'gemini-3-pro',
      contents,
      config: { tools: tools.definitions },
    })
    contents.push(response.candidates![0]!.content!)
    if (response.functionCalls === undefined) return undefined
    const turn = await tools.run(response.functionCalls)
    if (turn.waiting.length > 0) return turn
    contents.push({ role: 'user', parts: [...turn.outputs] })
  }
}
// #endregion

await tell('google', {
  asks: 'ours',
  async begin(toolset, model) {
    const contents: Content[] = [{ role: 'user', parts: [{ text: 'Tidy my notes.' }] }]
    const turn = await loop(client(model), googleTools(toolset), contents)
    return { contents, turn }
  },
  async goOn(toolset, { contents, turn }: { contents: Content[]; turn: ToolTurn<GooglePart> }, model) {
    const google = client(model)
    // #region resume
    const tools = googleTools(toolset)
    const { outputs, waiting } = await tools.resume(turn)
    if (waiting.length === 0) contents.push({ role: 'user', parts: [...outputs] })
    // #endregion
    await loop(google, tools, contents)
    contents.push({ role: 'user', parts: [{ text: 'And the other?' }] })
    await loop(google, tools, contents)
    return contents.map((content) => JSON.stringify(content))
  },
})

function client(model: readonly Step[]): GoogleGenAI {
  const { fetch } = recordingFetch(model.map(googleResponse))
  return new GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl: 'https://google.example', fetch } as object })
}
