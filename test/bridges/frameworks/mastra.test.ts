import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { LibSQLStore } from '@mastra/libsql'
import type { Toolset } from 'mcp-integrations'
import { mastraTools, type MastraTool } from 'mcp-integrations/mastra'
import { describe, expect, it } from 'vitest'
import { bench, person, type Step } from '../bench.js'
import { ScriptedModel, type Message } from './mastra-model.js'
import { describeFramework, type Answer, type Conversation, type Read } from '../matrix.js'

const isFirstLine = !('sendToolApproval' in Agent.prototype)

describeFramework({
  name: `mastra ${isFirstLine ? '0.24' : '1'}`,
  search: 'two tools',
  image: isFirstLine ? 'named' : 'shown',
  audio: 'named',
  begin: async (toolset, script, { asks, signal, hostLetsAll = false, ...options } = {}) => {
    const made = mastraTools(toolset, { approval: asks === 'its own' ? 'native' : 'confirm', ...options })
    const tools = hostLetsAll ? neverAsking(made) : made
    const file = `file:${join(mkdtempSync(join(tmpdir(), 'mastra-')), 'runs.db')}`
    const model = new ScriptedModel(script)
    const agent = agentOf(model, file)
    const stream = await agent.stream('Go.', {
      toolsets: { notes: tools },
      ...(signal === undefined ? {} : { abortSignal: signal }),
      ...(hostLetsAll ? ({ requireToolApproval: neverAsked } as object) : {}),
    })
    return follow(model, stream, file, tools)
  },
  resume: decideEach,
})

/** Decides the calls that wait, one after the other: Mastra asks about the next when one is decided. */
async function decideEach(
  toolset: Toolset,
  stored: string,
  script: readonly Step[],
  [answer, ...others]: readonly Answer[] = [],
): Promise<Conversation> {
  const { file, runId, toolCallIds } = JSON.parse(stored) as Stored
  const [toolCallId, ...waiting] = toolCallIds
  const tools = mastraTools(toolset, { approval: 'native' })
  const model = new ScriptedModel(script)
  const agent = agentOf(model, file)
  const reason = typeof answer === 'object' && 'reason' in answer ? { reason: answer.reason } : {}
  const about = { runId, toolCallId: toolCallId!, toolsets: { notes: tools }, ...reason }
  const stream = await (answer === 'approve' ? agent.approveToolCall(about) : agent.declineToolCall(about))
  const conversation = await follow(model, stream as Stream, file, tools, waiting)
  return conversation.text === undefined ? decideEach(toolset, conversation.stored, script, others) : conversation
}

interface Stored {
  readonly file: string
  readonly runId: string
  readonly toolCallIds: readonly string[]
}

type Tools = Record<string, MastraTool>
type Stream = Awaited<ReturnType<Agent['stream']>>

function agentOf(model: ScriptedModel, file: string): Agent {
  const agent = new Agent({
    id: 'assistant',
    name: 'assistant',
    instructions: 'Help.',
    model: model as never,
    maxRetries: 0,
  })
  const storage = new LibSQLStore({ id: 'runs', url: file } as ConstructorParameters<typeof LibSQLStore>[0])
  return new Mastra({ agents: { assistant: agent }, storage, logger: false }).getAgent('assistant')
}

async function follow(
  model: ScriptedModel,
  stream: Stream,
  file: string,
  tools: Tools,
  waiting: readonly string[] = [],
): Promise<Conversation> {
  const asked = [...waiting]
  let text = ''
  for await (const chunk of stream.fullStream as AsyncIterable<{ type: string; payload: Record<string, unknown> }>) {
    const id = chunk.type === 'tool-call-approval' ? (chunk.payload.toolCallId as string) : undefined
    if (id !== undefined && !asked.includes(id)) asked.push(id)
    if (chunk.type === 'text-delta') text += String(chunk.payload.text)
    if (chunk.type === 'error') throw new Error(JSON.stringify(chunk.payload))
  }
  const { requests, left } = model
  const last = requests.at(-1)?.prompt ?? []
  if (asked.length === 0 && left > 0) {
    const history = [...last.filter(({ role }) => role !== 'system'), { role: 'assistant', content: text }]
    const next = await agentOf(model, file).stream([...history, { role: 'user', content: 'Go on.' }] as never, {
      toolsets: { notes: tools },
    })
    return follow(model, next as Stream, file, tools)
  }
  return {
    text: asked.length === 0 ? text : undefined,
    read: last.flatMap(readIn),
    shown: requests[0]?.tools?.map(({ name }) => name) ?? [],
    firstRequest: JSON.stringify(requests[0]?.tools ?? []),
    stored: JSON.stringify({ file, runId: (stream as { runId: string }).runId, toolCallIds: asked }),
  }
}

function readIn({ role, content }: Message): readonly Read[] {
  if (role !== 'tool' || typeof content === 'string') return []
  return content.map(({ output }) => {
    if (output?.type !== 'content') {
      const value = output?.value
      return { text: typeof value === 'string' ? value : JSON.stringify(value), media: [] }
    }
    const parts = output.value as { text?: string; mediaType?: string }[]
    return {
      text: parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n'),
      media: parts.flatMap(({ mediaType }) => (mediaType === undefined ? [] : [mediaType])),
    }
  })
}

/** The policy of a host that decides for itself: version 1 takes a function, 0.24 a switch. */
const neverAsked = isFirstLine ? false : () => false

function neverAsking(tools: Tools): Tools {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => {
      const { requireApproval: _asks, ...rest } = tool
      return [name, { ...rest, needsApproval: async () => false }]
    }),
  )
}

describe('the tools of Mastra', () => {
  const write = { toolName: 'notes__write_note', input: { text: 'hello' } }

  async function run(toolset: Toolset, tools: Tools, script: readonly Step[], options: object = {}) {
    const model = new ScriptedModel(script)
    const file = `file:${join(mkdtempSync(join(tmpdir(), 'mastra-')), 'runs.db')}`
    const stream = await agentOf(model, file).stream('Go.', { toolsets: { notes: tools }, ...options })
    return follow(model, stream as Stream, file, tools)
  }

  it('are asked about where only the policy of the agent says no', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('approve'), conversationId: 'chat' })
    const tools = mastraTools(toolset, { approval: 'native' })
    const { text } = await run(toolset, tools, [[write], 'done'], { requireToolApproval: neverAsked })
    expect(text).toBeUndefined()
    expect(host.server.calls.size).toBe(0)
  })

  it.each([{ approved: true }, { approved: true, reason: 'I may.' }])(
    'never run because a model wrote the answer into its arguments: %j',
    async (resumeData) => {
      await using host = await bench()
      const toolset = await host.mine.toolset('assistant', { confirm: person('approve'), conversationId: 'chat' })
      const call = { ...write, input: { text: 'hello', resumeData } }
      for (const tools of [mastraTools(toolset, { approval: 'native' })].flatMap((one) => [one, neverAsking(one)]))
        await run(toolset, tools, [[call], 'done'])
      expect(host.server.calls.size).toBe(0)
    },
  )

  it('belong to the thread of the run', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('defer') })
    const tool = mastraTools(toolset).notes__write_note!
    const get = (key: string) => (key === 'mastra__threadId' ? 'thread-1' : undefined)
    const [args, context] = isFirstLine
      ? [{ context: { text: 'a' }, threadId: 'thread-1', runtimeContext: { get } }, {}]
      : [{ text: 'a' }, { requestContext: { get } }]
    await tool.execute(args as never, context as never)
    const { approvals } = await host.mine.approvals.list()
    expect(approvals).toMatchObject([{ conversationId: 'thread-1' }])
  })
})
