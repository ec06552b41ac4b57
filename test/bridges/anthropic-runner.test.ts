import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import type { ToolCallOutcome, Toolset } from 'mcp-integrations'
import { anthropicTools, type AnthropicResult, type ToolTurn } from 'mcp-integrations/anthropic'
import { anthropicMessage } from './answers.js'
import { recordingFetch } from './bare-loop.js'
import { bench, person, readNote, type Step } from './bench.js'
import { decideAll, signal } from './matrix.js'

const read = { toolName: 'notes__read_note', input: { id: 'a' }, id: 'call_read' }
const write = (text: string, id: string) => ({ toolName: 'notes__write_note', input: { text }, id })
const user = (content: string) => ({ role: 'user' as const, content })

type Messages = Anthropic.Beta.BetaMessageParam[]

function scripted(script: readonly Step[]) {
  const { fetch, requests } = recordingFetch(script.map(anthropicMessage))
  const client = new Anthropic({ apiKey: 'x', fetch, maxRetries: 0 })
  const results = () => {
    const { messages } = JSON.parse(requests.at(-1)!) as { messages: Messages }
    return messages.flatMap(({ content }) =>
      Array.isArray(content) ? content.flatMap((block) => (block.type === 'tool_result' ? [block] : [])) : [],
    )
  }
  return { client, requests, results }
}

/** The SDK's runner loops by itself. */
async function loop(toolset: Toolset, script: readonly Step[], ended?: AbortSignal) {
  const { client, results, requests } = scripted(script)
  const outcomes: ToolCallOutcome[] = []
  const tools = anthropicTools(toolset).runnable({ signal: ended, onOutcome: (outcome) => void outcomes.push(outcome) })
  const last = await client.beta.messages.toolRunner({ model: 'm', max_tokens: 9, messages: [user('Go.')], tools })
  return { last, results: results(), outcomes, first: requests[0]! }
}

describe("tools for Anthropic's own runner", () => {
  it('run, and the model reads their results', async () => {
    await using host = await bench()
    const { last, results } = await loop(await host.mine.toolset('assistant'), [[read], 'done'])
    expect(last.content).toMatchObject([{ text: 'done' }])
    expect(results).toEqual([
      { type: 'tool_result', tool_use_id: 'call_read', content: [{ type: 'text', text: 'note a' }] },
    ])
  })

  it('keep a failure failed, with the picture that shows it', async () => {
    const png = { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' }
    const run = () => ({ content: [{ type: 'text', text: 'no such note' }, png], isError: true })
    await using host = await bench([{ ...readNote, run }])
    const { results } = await loop(await host.mine.toolset('assistant'), [[read], 'done'])
    expect(results).toMatchObject([
      { is_error: true, content: [{ type: 'text', text: 'no such note' }, { type: 'image' }] },
    ])
  })

  it('run approved calls, and never denied ones, in one step', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', {
      confirm: ({ arguments: args }) => (args.text === 'no' ? { decision: 'deny', reason: 'Not today.' } : 'approve'),
    })
    const { results } = await loop(toolset, [[write('yes', 'c1'), write('no', 'c2'), write('yes', 'c3')], 'done'])
    expect(results.map(({ is_error: failed = false }) => failed)).toEqual([false, true, false])
    expect(JSON.stringify(results[1])).toContain('Not today.')
    expect(host.server.calls.get('write_note')).toBe(2)
  })

  it('say that a call waits, and give its outcome to the host', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('defer'), conversationId: 'chat' })
    const { results, outcomes } = await loop(toolset, [[write('a', 'c1')], 'It waits.'])
    expect(results).toMatchObject([{ is_error: true }])
    expect(outcomes).toMatchObject([{ type: 'approval_required' }])
    expect(host.server.calls.size).toBe(0)
  })

  it('are found by the API, with search', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { search: { pinned: ['notes__read_note'] } })
    const { first } = await loop(toolset, ['done'])
    expect((JSON.parse(first) as { tools: object[] }).tools).toMatchObject([
      { name: 'notes__read_note' },
      { name: 'notes__write_note', defer_loading: true },
      { type: 'tool_search_tool_bm25_20251119' },
    ])
  })

  it('end at the server when the host aborts', async () => {
    const abort = new AbortController()
    const ended = signal()
    await using host = await bench([
      {
        ...readNote,
        run: (_args, { mcpReq }) =>
          new Promise((keep) => {
            mcpReq.signal.addEventListener('abort', () => (ended.give(), keep('too late')))
            abort.abort()
          }),
      },
    ])
    const { results } = await loop(await host.mine.toolset('assistant'), [[read], 'done'], abort.signal)
    await ended.given
    expect(results).toMatchObject([{ is_error: true }])
  })
})

it('the runner pauses when a call waits, and another process continues from the turn', async () => {
  await using host = await bench()
  const options = { confirm: person('defer'), conversationId: 'chat' }
  const messages: Messages = [user('Go.')]

  /** Until the model has no more calls, or a person has to decide. */
  async function talk(toolset: Toolset, script: readonly Step[]): Promise<ToolTurn<AnthropicResult> | undefined> {
    const tools = anthropicTools(toolset)
    const params = { model: 'm', max_tokens: 9, messages: [...messages], tools: tools.definitions }
    const runner = scripted(script).client.beta.messages.toolRunner(params)
    for await (const { content } of runner) {
      messages.push({ role: 'assistant', content })
      const turn = await tools.run(content)
      if (turn.waiting.length > 0) return turn
      if (turn.outputs.length === 0) continue
      messages.push({ role: 'user', content: [...turn.outputs] })
      runner.pushMessages(messages.at(-1)!)
    }
    return undefined
  }

  const stored = JSON.stringify(
    await talk(await host.mine.toolset('assistant', options), [[read], [write('a', 'c1'), write('b', 'c2')]]),
  )
  expect(host.server.calls.has('write_note')).toBe(false)
  const elsewhere = host.elsewhere()
  await decideAll(elsewhere, 'approve')
  const toolset = await elsewhere.toolset('assistant', options)
  const { outputs, waiting } = await anthropicTools(toolset).resume(JSON.parse(stored) as ToolTurn<AnthropicResult>)
  expect(waiting).toEqual([])
  messages.push({ role: 'user', content: [...outputs] })
  await talk(toolset, ['Both are written.'])
  messages.push(user('Go on.'))
  await talk(toolset, [[{ ...read, id: 'call_again' }], 'Done.'])
  expect(host.server.calls).toEqual(
    new Map([
      ['read_note', 2],
      ['write_note', 2],
    ]),
  )
  expect(messages.at(-1)).toMatchObject({ content: [{ text: 'Done.' }] })
})
