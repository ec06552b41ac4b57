import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages'
import {
  Command,
  END,
  INTERRUPT,
  interrupt,
  isInterrupted,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { createAgent, fakeModel, humanInTheLoopMiddleware } from 'langchain'
import { langchainTools } from 'mcp-integrations/langchain'
import { describe, expect, it } from 'vitest'
import { bench, person, type Bench, type Step } from '../bench.js'
import { describeFramework, type Answer, type Conversation, type Read } from '../matrix.js'

const thread = { configurable: { thread_id: 'chat' } }
let ids = 0

describeFramework({
  name: 'langchain',
  search: 'two tools',
  image: 'shown',
  audio: 'named',
  editsItself: true,
  begin: (toolset, script, { asks, signal, hostLetsAll = false, ...options } = {}) =>
    goOn(
      langchainTools(toolset, asks === 'its own' ? { ...options, interrupt } : options),
      new MemorySaver(),
      { messages: [new HumanMessage('Go.')] },
      script,
      signal,
      // The framework's own policy.
      hostLetsAll ? [humanInTheLoopMiddleware({ interruptOn: { notes__write_note: false } })] : [],
    ),
  async resume(toolset, stored, script, answers = []) {
    const { stores, asked } = parsed(stored) as { stores: Stores; asked: string[] }
    const saver = Object.assign(new MemorySaver(), stores)
    const decisions = Object.fromEntries(asked.map((id, n) => [id, { decisions: [decisionOf(answers[n]!)] }]))
    return goOn(langchainTools(toolset, { interrupt }), saver, new Command({ resume: decisions }), script)
  },
})

type Stores = Pick<MemorySaver, 'storage' | 'writes'>

async function goOn(
  tools: ReturnType<typeof langchainTools>,
  checkpointer: MemorySaver,
  input: { messages: BaseMessage[] } | Command,
  script: readonly Step[],
  signal?: AbortSignal,
  middleware: readonly ReturnType<typeof humanInTheLoopMiddleware>[] = [],
): Promise<Conversation> {
  const first = script.findIndex((step) => typeof step === 'string') + 1 || script.length
  const model = fakeModel()
  for (const step of script.slice(0, first))
    model.respond(
      typeof step === 'string'
        ? new AIMessage(step)
        : new AIMessage({
            content: '',
            tool_calls: step.map(({ toolName, input: args, id }) => ({
              name: toolName,
              args: args as Record<string, unknown>,
              id: id ?? `call_${++ids}`,
            })),
          }),
    )
  const agent = createAgent({ model, tools, checkpointer, middleware: [...middleware] })
  const result = (await agent.invoke(input as never, { ...thread, ...(signal === undefined ? {} : { signal }) })) as {
    messages: BaseMessage[]
  }
  if (first < script.length)
    return goOn(tools, checkpointer, { messages: [new HumanMessage('Go on.')] }, script.slice(first))
  const asked = isInterrupted(result) ? result[INTERRUPT] : undefined
  const last = result.messages.at(-1)
  return {
    text: asked === undefined ? String(last?.content) : undefined,
    read: result.messages.flatMap(readIn),
    shown: tools.map(({ name }) => name),
    firstRequest: JSON.stringify(tools.map(({ name, description, schema }) => ({ name, description, schema }))),
    stored: textOf({
      stores: { storage: checkpointer.storage, writes: checkpointer.writes },
      asked: asked?.map(({ id }) => id),
    }),
  }
}

function decisionOf(answer: Answer): object {
  if (typeof answer === 'string') return { type: answer === 'approve' ? 'approve' : 'reject' }
  if (answer.decision === 'deny') return { type: 'reject', message: answer.reason }
  return { type: 'edit', editedAction: { name: 'notes__write_note', args: answer.args } }
}

function readIn(message: BaseMessage): readonly Read[] {
  if (!ToolMessage.isInstance(message)) return []
  const blocks = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
  return [
    {
      text: blocks.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n'),
      media: blocks.flatMap((block) => ('mime_type' in block ? [String(block.mime_type)] : [])),
    },
  ]
}

/** The stores hold bytes. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Uint8Array ? { bytes: Buffer.from(inner).toString('base64') } : inner,
  )
}

function parsed(text: string): unknown {
  return JSON.parse(text, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && 'bytes' in inner
      ? new Uint8Array(Buffer.from(String(inner.bytes), 'base64'))
      : inner,
  )
}

it('the thread of a graph is the conversation of its calls', async () => {
  await using host = await bench()
  const toolset = await host.mine.toolset('assistant', { confirm: person('defer') })
  const script = [[{ toolName: 'notes__write_note', input: { text: 'a' } }], 'It waits.']
  await goOn(langchainTools(toolset), new MemorySaver(), { messages: [new HumanMessage('Go.')] }, script)
  const { approvals } = await host.mine.approvals.list()
  expect(approvals.map(({ conversationId }) => conversationId)).toEqual([thread.configurable.thread_id])
})

describe('calls that share a task of a graph', () => {
  async function runTogether(host: Bench, ...texts: readonly string[]) {
    const toolset = await host.mine.toolset('assistant', { conversationId: 'chat' })
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('tools', new ToolNode(langchainTools(toolset, { interrupt })))
      .addEdge(START, 'tools')
      .addEdge('tools', END)
      .compile({ checkpointer: new MemorySaver() })
    const calls = texts.map((text) => ({ name: 'notes__write_note', args: { text }, id: `call_${++ids}` }))
    return graph.invoke({ messages: [new AIMessage({ content: '', tool_calls: calls })] }, thread)
  }

  it("can't be distinguished by an interrupt, so they end and wait for our approvals", async () => {
    await using host = await bench()
    const result = await runTogether(host, 'a', 'b')
    expect(isInterrupted(result)).toBe(false)
    expect(result.messages.slice(1)).toMatchObject([{ status: 'error' }, { status: 'error' }])
    expect((await host.mine.approvals.list({ status: 'pending' })).approvals).toHaveLength(2)
    expect(host.server.calls.size).toBe(0)
  })

  it('interrupts for one alone', async () => {
    await using host = await bench()
    const result = await runTogether(host, 'a')
    expect(isInterrupted(result) && result[INTERRUPT]).toMatchObject([
      { value: { actionRequests: [{ name: 'notes__write_note' }] } },
    ])
    expect(host.server.calls.size).toBe(0)
  })
})
