import { generateText, isStepCount, type ModelMessage, type ToolApprovalStatus } from 'ai'
import { describe, expect, it } from 'vitest'
import { aiSdkToolApproval, aiSdkTools } from 'mcp-integrations/ai-sdk'
import type { Toolset } from 'mcp-integrations'
import { answered, bench, model, outputsRead } from '../../support.js'

const stopWhen = isStepCount(5)
const user: ModelMessage = { role: 'user', content: 'Go.' }
const write = [{ toolName: 'notes__write_note', input: { text: 'hello' } }]
const read = [{ toolName: 'notes__read_note', input: { id: 'a' } }]

/** Everything that a host's own function can say. */
const answers: readonly ToolApprovalStatus[] = [
  undefined,
  'not-applicable',
  'approved',
  'user-approval',
  'denied',
  { type: 'approved', reason: 'We trust it.' },
  { type: 'denied', reason: 'Not here.' },
]

describe("a host's own toolApproval, without us", () => {
  it.each(answers)('never runs a call that asks without an approval: %j', async (answer) => {
    await using host = await bench()
    const tools = aiSdkTools(await host.mine.toolset('assistant'), { approval: 'native' })
    await generateText({ model: model(write, 'done'), tools, messages: [user], stopWhen, toolApproval: () => answer })
    expect(host.server.calls.size).toBe(0)
  })

  it('runs an approved call if the host asks about everything', async () => {
    await using host = await bench()
    const tools = aiSdkTools(await host.mine.toolset('assistant'), { approval: 'native' })
    const toolApproval = (): ToolApprovalStatus => 'user-approval'
    const first = await generateText({ model: model(write), tools, messages: [user], stopWhen, toolApproval })
    const messages = answered([user, ...first.response.messages], true)
    await generateText({ model: model('done'), tools, messages, stopWhen, toolApproval })
    expect(host.server.calls.get('write_note')).toBe(1)
  })
})

describe('aiSdkToolApproval', () => {
  const native = (toolset: Toolset) => aiSdkTools(toolset, { approval: 'native' })

  it('asks, with the rule as the reason, and runs after the approval', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant')
    const tools = native(toolset)
    const toolApproval = aiSdkToolApproval(toolset, () => undefined)
    const first = await generateText({ model: model(write), tools, messages: [user], stopWhen, toolApproval })
    expect(first.content).toMatchObject([
      { type: 'tool-call' },
      { type: 'tool-approval-request', reason: 'The server is trusted, and says that this tool writes.' },
    ])
    const messages = answered([user, ...first.response.messages], true)
    const llm = model('done')
    await generateText({ model: llm, tools, messages, stopWhen, toolApproval })
    expect(outputsRead(llm)).toMatchObject([{ type: 'text', value: 'wrote hello' }])
    expect(host.server.calls.get('write_note')).toBe(1)
  })

  it.each([
    ['runs', 'what does not ask', read, undefined, 1],
    ['asks about', 'what does not ask where the host wants to be asked', read, 'user-approval', 0],
    ['refuses', 'what the host refuses', read, 'denied', 0],
    ['asks about', 'what asks where the host would let it run', write, 'approved', 0],
  ] as const)('%s %s', async (verb, _what, calls, answer, ran) => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant')
    const toolApproval = aiSdkToolApproval(toolset, () => answer)
    const { steps } = await generateText({
      model: model(calls, 'done'),
      tools: native(toolset),
      messages: [user],
      stopWhen,
      toolApproval,
    })
    expect([...host.server.calls.values()].reduce((sum, n) => sum + n, 0)).toBe(ran)
    const asked = steps[0]?.content.some((part) => part.type === 'tool-approval-request' && part.isAutomatic !== true)
    expect(asked).toBe(verb === 'asks about')
  })

  it('refuses a call that a policy denies since the toolset was created', async () => {
    let mode: 'auto' | 'deny' = 'auto'
    await using host = await bench(undefined, { approvals: { policy: () => ({ mode, rule: 'freeze' }) } })
    const toolset = await host.mine.toolset('assistant')
    mode = 'deny'
    await generateText({
      model: model(read, 'done'),
      tools: native(toolset),
      messages: [user],
      stopWhen,
      toolApproval: aiSdkToolApproval(toolset, () => 'approved'),
    })
    expect(host.server.calls.size).toBe(0)
  })

  it("denies a call that it can't explain, and the run continues", async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant')
    const { text } = await generateText({
      model: model([{ toolName: 'notes__read_note', input: { id: 'x'.repeat(100_000) } }], 'done'),
      tools: native(toolset),
      messages: [user],
      stopWhen,
      toolApproval: aiSdkToolApproval(toolset, () => 'approved'),
    })
    expect(text).toBe('done')
    expect(host.server.calls.size).toBe(0)
  })

  it('leaves tools of other sources to the host', async () => {
    await using host = await bench()
    const seen: string[] = []
    const toolApproval = aiSdkToolApproval(await host.mine.toolset('assistant'), ({ toolCall }) => {
      seen.push(toolCall.toolName)
      return 'user-approval'
    })
    expect(await toolApproval({ toolCall: { toolName: 'weather', input: {} } })).toBe('user-approval')
    expect(seen).toEqual(['weather'])
  })
})
