// LangGraph asks, and is resumed in another process: node scripts/run.mjs --lane node-20 examples/loops/frameworks/langchain.ts
// #region imports
import { HumanMessage } from '@langchain/core/messages'
import { Command, INTERRUPT, interrupt, isInterrupted, MemorySaver } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { langchainTools, type LangChainRequest } from 'mcp-integrations/langchain'
// #endregion
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import { fakeModel } from 'langchain'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Step } from '../../../test/bridges/bench.js'
import { decide, tell } from '../story.js'

const thread = { configurable: { thread_id: 'chat-1' } }

await tell('langchain', {
  asks: 'framework',
  async begin(toolset, steps, folder) {
    const checkpointer = new MemorySaver()
    const model = scripted(steps)
    // #region ask
    const agent = createAgent({ model, tools: langchainTools(toolset, { interrupt }), checkpointer })
    const result = await agent.invoke({ messages: [new HumanMessage('Tidy my notes.')] }, thread)
    const questions = (isInterrupted(result) ? result[INTERRUPT] : []) as { id: string; value: LangChainRequest }[]
    // #endregion
    await save(checkpointer, folder)
    return questions.map(({ id, value }) => ({ id, args: value.actionRequests[0].args }))
  },
  async goOn(toolset, questions: { id: string; args: object }[], steps, folder) {
    const checkpointer = await restored(folder)
    const agent = createAgent({ model: scripted(steps), tools: langchainTools(toolset, { interrupt }), checkpointer })
    // #region answer
    const answers = questions.map(({ id, args }) => {
      const { approved, reason } = decide(args)
      return [id, { decisions: [approved ? { type: 'approve' } : { type: 'reject', message: reason }] }]
    })
    await agent.invoke(new Command({ resume: Object.fromEntries(answers) }), thread)
    // #endregion
    const { messages } = await agent.invoke({ messages: [new HumanMessage('And the other?')] }, thread)
    return (messages as BaseMessage[]).map(({ content }) => JSON.stringify(content))
  },
})

function scripted(steps: readonly Step[]) {
  const fake = fakeModel()
  for (const step of steps)
    fake.respond(
      typeof step === 'string'
        ? new AIMessage(step)
        : new AIMessage({
            content: '',
            tool_calls: step.map(({ toolName: name, input, id }) => ({ name, args: input as object, id: id! })),
          }),
    )
  return fake
}

/** A host has a checkpointer on its database; here a file is enough. */
async function save({ storage, writes }: MemorySaver, folder: string): Promise<void> {
  const text = JSON.stringify({ storage, writes }, (_key, value: unknown) =>
    value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value,
  )
  await writeFile(join(folder, 'checkpoints.json'), text)
}

async function restored(folder: string): Promise<MemorySaver> {
  const text = await readFile(join(folder, 'checkpoints.json'), 'utf8')
  const stores = JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'bytes' in value
      ? new Uint8Array(Buffer.from(String(value.bytes), 'base64'))
      : value,
  ) as object
  return Object.assign(new MemorySaver(), stores)
}
