// Mastra asks, and its run goes on in another process: node scripts/run.mjs --lane node-20 examples/loops/frameworks/mastra.ts
// #region imports
import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { mastraTools } from 'mcp-integrations/mastra'
// #endregion
import { LibSQLStore } from '@mastra/libsql'
import { join } from 'node:path'
import { ScriptedModel } from '../../../test/bridges/frameworks/mastra-model.js'
import { decide, tell } from '../story.js'

interface Stored {
  readonly runId: string
  readonly questions: Question[]
  readonly before: string
}

interface Question {
  readonly toolCallId: string
  readonly args: object
}

await tell('mastra', {
  asks: 'framework',
  // Version 0.24 doesn't say why.
  denied: 'not approved by the user',
  async begin(toolset, model, folder) {
    const scripted = new ScriptedModel(model)
    const agent = makeAgent(scripted, folder)
    // #region ask
    const notes = mastraTools(toolset, { approval: 'native' })
    const stream = await agent.stream('Tidy my notes.', { toolsets: { notes }, maxSteps: 9 })
    // #endregion
    const questions = await questionsIn(stream)
    // Without its own memory, Mastra forgets what came before the pause.
    const before = JSON.stringify(scripted.requests.at(-1)!.prompt)
    return { runId: (stream as { runId: string }).runId, questions, before }
  },
  async goOn(toolset, { runId, questions, before }: Stored, steps, folder) {
    const model = new ScriptedModel(steps)
    const agent = makeAgent(model, folder)
    const notes = mastraTools(toolset, { approval: 'native' })
    const open = [...questions]
    // #region answer
    for (let question = open.shift(); question !== undefined; question = open.shift()) {
      const { approved, reason } = decide(question.args)
      const about = { runId, toolCallId: question.toolCallId, toolsets: { notes }, reason }
      const stream = approved ? await agent.approveToolCall(about) : await agent.declineToolCall(about)
      // Mastra asks about the next call when one is decided.
      open.push(
        ...(await questionsIn(stream)).filter(({ toolCallId }) => !open.some((one) => one.toolCallId === toolCallId)),
      )
    }
    // #endregion
    const history = model.requests[0]!.prompt.filter(({ role }) => role !== 'system')
    const said = [
      ...history,
      { role: 'assistant', content: 'One is written.' },
      { role: 'user', content: 'And the other?' },
    ]
    await questionsIn(await agent.stream(said as never, { toolsets: { notes }, maxSteps: 9 }))
    return [before, JSON.stringify(model.requests.at(-1)!.prompt)]
  },
})

function makeAgent(scripted: ScriptedModel, folder: string): Agent {
  const model = scripted as never // of a version that both lines take
  const storage = new LibSQLStore({ id: 'runs', url: `file:${join(folder, 'runs.db')}` } as never)
  // #region agent
  const assistant = new Agent({ id: 'assistant', name: 'assistant', instructions: 'Help.', model })
  const agent = new Mastra({ agents: { assistant }, storage, logger: false }).getAgent('assistant')
  // #endregion
  return agent
}

async function questionsIn(stream: { fullStream: AsyncIterable<unknown> | ReadableStream }): Promise<Question[]> {
  const questions: Question[] = []
  for await (const chunk of stream.fullStream as AsyncIterable<{ type: string; payload: Question }>)
    if (chunk.type === 'tool-call-approval') questions.push(chunk.payload)
  return questions
}
