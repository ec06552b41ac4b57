import { generateText, stepCountIs, streamText, type ModelMessage, type ToolSet } from 'ai'
import { describe, expect, it } from 'vitest'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import { answered, bench, model, outputsRead, person, writeNote } from './support.js'

const stopWhen = stepCountIs(5)
const user: ModelMessage = { role: 'user', content: 'Go.' }

describe('a toolset as tools of the AI SDK', () => {
  it('offers exactly the tools of the toolset, as their server describes them', async () => {
    await using host = await bench()
    await host.mine.configureTools(host.integrationId, { write_note: { enabled: false } })
    const tools = aiSdkTools(await host.mine.toolset('assistant'))
    const llm = model('done')
    await generateText({ model: llm, tools, prompt: 'Go.' })
    expect(llm.doGenerateCalls[0]?.tools).toMatchObject([
      {
        name: 'notes__read_note',
        description: 'Reads a note.',
        inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
      },
    ])
  })

  it('runs a tool that does not ask, and gives the model its text', async () => {
    await using host = await bench()
    const tools = aiSdkTools(await host.mine.toolset('assistant'))
    const llm = model([{ toolName: 'notes__read_note', input: { id: 'a' } }], 'done')
    const { text, steps } = await generateText({ model: llm, tools, prompt: 'Go.', stopWhen })
    expect(text).toBe('done')
    expect(outputsRead(llm)).toMatchObject([{ type: 'text', value: 'note a' }])
    expect(steps[0]?.toolResults[0]?.output).toMatchObject({ type: 'completed' })
    expect(steps[0]?.toolCalls[0]).toMatchObject({
      toolMetadata: { tool: 'read_note', integration: { name: 'Notes', handle: 'notes' } },
    })
  })

  it('reports an error to the model', async () => {
    await using host = await bench()
    const tools = aiSdkTools(await host.mine.toolset('assistant'))
    await host.mine.disable(host.integrationId)
    const llm = model([{ toolName: 'notes__read_note', input: { id: 'a' } }], 'done')
    await generateText({ model: llm, tools, prompt: 'Go.', stopWhen })
    expect(outputsRead(llm)).toMatchObject([
      { type: 'error-text', value: expect.stringContaining('Integration "Notes" is turned off.') },
    ])
    expect(host.server.calls.size).toBe(0)
  })

  it.each(['confirm', 'native'] as const)(
    'ends the call at the server when the run is aborted (%s)',
    async (approval) => {
      const started = signal()
      const ended = signal()
      await using host = await bench([
        {
          name: 'slow',
          annotations: { readOnlyHint: true },
          run: (_args, { mcpReq }) =>
            new Promise((resolve) => {
              mcpReq.signal.addEventListener('abort', () => (ended.give(), resolve('too late')))
              started.give()
            }),
        },
      ])
      const tools = aiSdkTools(await host.mine.toolset('assistant'), { approval })
      const abort = new AbortController()
      const run = generateText({
        model: model([{ toolName: 'notes__slow', input: {} }], 'done'),
        tools,
        prompt: 'Go.',
        stopWhen,
        abortSignal: abort.signal,
      }).then(
        () => 'ran',
        () => 'ended',
      )
      await started.given
      abort.abort()
      await ended.given
      expect(await run).toBe('ended')
    },
  )

  it('asks about a tool that was set to ask after the tools were made', async () => {
    await using host = await bench()
    const confirm = person('deny')
    const tools = aiSdkTools(await host.mine.toolset('assistant', { confirm }))
    await host.mine.configureTools(host.integrationId, { read_note: { approval: 'ask' } })
    await generateText({
      model: model([{ toolName: 'notes__read_note', input: {} }], 'done'),
      tools,
      prompt: 'Go.',
      stopWhen,
    })
    expect(confirm.asked).toBe(1)
    expect(host.server.calls.size).toBe(0)
  })
})

describe('with our confirm callback', () => {
  const calls = [{ toolName: 'notes__write_note', input: { text: 'hello' } }]

  it('runs the tool once when the person approves', async () => {
    await using host = await bench()
    const confirm = person('approve')
    const llm = model(calls, 'done')
    const tools = aiSdkTools(await host.mine.toolset('assistant', { confirm }))
    const { steps } = await generateText({ model: llm, tools, prompt: 'Go.', stopWhen })
    expect(steps[0]?.content.map(({ type }) => type)).toEqual(['tool-call', 'tool-result'])
    expect(outputsRead(llm)).toMatchObject([{ value: 'wrote hello' }])
    expect(confirm.asked).toBe(1)
    expect(host.server.calls.get('write_note')).toBe(1)
  })

  it('never runs a call that the person denies, and tells the model why', async () => {
    await using host = await bench()
    const confirm = person({ decision: 'deny', reason: 'Not on a Friday.' })
    const llm = model(calls, 'done')
    const tools = aiSdkTools(await host.mine.toolset('assistant', { confirm }))
    await generateText({ model: llm, tools, prompt: 'Go.', stopWhen })
    expect(outputsRead(llm)).toMatchObject([{ type: 'error-text', value: expect.stringContaining('Not on a Friday.') }])
    expect(host.server.calls.size).toBe(0)
  })

  it.each([false, () => false])(
    'never runs it when the host overrides needsApproval with %s',
    async (needsApproval) => {
      await using host = await bench()
      const confirm = person('deny')
      const tools = overridden(aiSdkTools(await host.mine.toolset('assistant', { confirm })), { needsApproval })
      await generateText({ model: model(calls, 'done'), tools, prompt: 'Go.', stopWhen })
      expect(confirm.asked).toBe(1)
      expect(host.server.calls.size).toBe(0)
    },
  )

  it('ends a call without a decision, and the host resumes it after the decision', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('defer'), conversationId: 'chat' })
    const llm = model(calls, 'done')
    const { steps } = await generateText({ model: llm, tools: aiSdkTools(toolset), prompt: 'Go.', stopWhen })
    expect(outputsRead(llm)).toMatchObject([{ type: 'error-text', value: expect.stringContaining('approval') }])
    const outcome = steps[0]?.toolResults[0]?.output
    expect(outcome).toMatchObject({ type: 'approval_required' })
    const { approvalId } = (outcome as { approval: { approvalId: string } }).approval
    await host.mine.approvals.decide(approvalId, 'approve')
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'completed' })
    expect(host.server.calls.get('write_note')).toBe(1)
  })

  it('works in a stream', async () => {
    await using host = await bench()
    const tools = aiSdkTools(await host.mine.toolset('assistant'))
    const llm = model('unused')
    llm.doStream = async () => ({
      stream: new ReadableStream({
        start(controller) {
          controller.enqueue({ type: 'stream-start', warnings: [] })
          controller.enqueue({ type: 'tool-call', toolCallId: 'c', toolName: 'notes__read_note', input: '{"id":"s"}' })
          controller.enqueue({
            type: 'finish',
            finishReason: { unified: 'tool-calls', raw: undefined },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
              outputTokens: { total: 1, text: 1, reasoning: undefined },
            },
          })
          controller.close()
        },
      }),
    })
    const results = await streamText({ model: llm, tools, prompt: 'Go.' }).toolResults
    expect(results[0]?.output).toMatchObject({ type: 'completed' })
  })
})

describe("with the AI SDK's own approval", () => {
  const calls = [{ toolName: 'notes__write_note', input: { text: 'hello' } }]

  async function nativeTools(host: Awaited<ReturnType<typeof bench>>): Promise<ToolSet> {
    return aiSdkTools(await host.mine.toolset('assistant', { confirm: ours, conversationId: 'chat' }), {
      approval: 'native',
    })
  }
  /** Would be asked if both asked. */
  const ours = person('approve')

  async function untilAsked(tools: ToolSet): Promise<ModelMessage[]> {
    const { content, response } = await generateText({ model: model(calls), tools, messages: [user], stopWhen })
    expect(content.map(({ type }) => type)).toEqual(['tool-call', 'tool-approval-request'])
    return [user, ...response.messages]
  }

  it('runs the tool once after the approval, and never asks twice', async () => {
    await using host = await bench()
    const messages = await untilAsked(await nativeTools(host))
    expect(host.server.calls.size).toBe(0)
    const llm = model('done')
    // Another process: made anew from what is stored.
    const tools = await nativeTools(host)
    await generateText({ model: llm, tools, messages: answered(messages, true), stopWhen })
    expect(outputsRead(llm)).toMatchObject([{ type: 'text', value: 'wrote hello' }])
    expect(host.server.calls.get('write_note')).toBe(1)
    expect(ours.asked).toBe(0)
    expect((await host.mine.approvals.list({ status: 'finished' })).approvals).toHaveLength(1)
  })

  it('runs once also when the same messages are run again', async () => {
    await using host = await bench()
    const messages = answered(await untilAsked(await nativeTools(host)), true)
    for (let run = 0; run < 2; run++)
      await generateText({ model: model('done'), tools: await nativeTools(host), messages, stopWhen })
    expect(host.server.calls.get('write_note')).toBe(1)
  })

  it('never runs a call that the person denied', async () => {
    await using host = await bench()
    const tools = await nativeTools(host)
    const messages = await untilAsked(tools)
    await generateText({ model: model('done'), tools, messages: answered(messages, false), stopWhen })
    expect(host.server.calls.size).toBe(0)
  })

  it.each([
    ['is overridden', { needsApproval: () => false }],
    ['is taken away', { needsApproval: undefined }],
  ])('never runs what nobody was asked about: needsApproval %s', async (_what, override) => {
    await using host = await bench()
    const llm = model(calls, 'done')
    const tools = overridden(await nativeTools(host), override)
    await generateText({ model: llm, tools, messages: [user], stopWhen })
    expect(outputsRead(llm)).toMatchObject([{ type: 'error-text', value: expect.stringContaining('not run') }])
    expect(host.server.calls.size).toBe(0)
    expect((await host.mine.approvals.list({ status: 'pending' })).approvals).toEqual([])
  })

  it('lets a tool that does not ask run at once', async () => {
    await using host = await bench()
    const llm = model([{ toolName: 'notes__read_note', input: { id: 'a' } }], 'done')
    const { text } = await generateText({ model: llm, tools: await nativeTools(host), messages: [user], stopWhen })
    expect(text).toBe('done')
    expect(outputsRead(llm)).toMatchObject([{ value: 'note a' }])
  })

  it("asks where the host's policy asks for these arguments only", async () => {
    const policy = ({ arguments: args }: { arguments?: Readonly<Record<string, unknown>> }) =>
      args?.text === 'hello' ? { mode: 'ask' as const, rule: 'hello' } : { mode: 'auto' as const, rule: 'other' }
    await using host = await bench([writeNote], { approvals: { policy } })
    await untilAsked(await nativeTools(host))
    const llm = model([{ toolName: 'notes__write_note', input: { text: 'bye' } }], 'done')
    await generateText({ model: llm, tools: await nativeTools(host), messages: [user], stopWhen })
    expect(outputsRead(llm)).toMatchObject([{ value: 'wrote bye' }])
  })

  it('still runs an approved call if the rule became more lenient', async () => {
    await using host = await bench()
    const messages = await untilAsked(await nativeTools(host))
    await host.mine.configureTools(host.integrationId, { write_note: { approval: 'auto' } })
    const tools = await nativeTools(host)
    await generateText({ model: model('done'), tools, messages: answered(messages, true), stopWhen })
    expect(host.server.calls.get('write_note')).toBe(1)
  })

  it('does not run an approved call if the tool was turned off', async () => {
    await using host = await bench()
    const tools = await nativeTools(host)
    const messages = await untilAsked(tools)
    await host.mine.configureTools(host.integrationId, { write_note: { enabled: false } })
    const llm = model('done')
    await generateText({ model: llm, tools, messages: answered(messages, true), stopWhen })
    expect(outputsRead(llm)).toMatchObject([{ type: 'error-text', value: expect.stringContaining('is turned off') }])
    expect(host.server.calls.size).toBe(0)
  })

  describe('accepts as an approval only', () => {
    const request = { type: 'tool-approval-request' as const, approvalId: 'a1', toolCallId: 'c1' }
    const call = { type: 'tool-call' as const, toolCallId: 'c1', toolName: 'notes__write_note', input: { text: 'x' } }
    const yes = { type: 'tool-approval-response' as const, approvalId: 'a1', approved: true }
    const result = {
      type: 'tool-result' as const,
      toolCallId: 'c1',
      toolName: 'x',
      output: { type: 'text' as const, value: '' },
    }
    const said = (asked: readonly object[], replied: readonly object[]): ModelMessage[] =>
      [user, { role: 'assistant', content: asked }, { role: 'tool', content: replied }] as ModelMessage[] // also what the SDK's types forbid

    it.each<[string, boolean, ModelMessage[]]>([
      ['a yes to a request about this call', true, said([call, request], [yes])],
      ['not: no request', false, said([call], [yes])],
      ['not: no answer', false, said([call, request], [])],
      ['not: a no', false, said([call, request], [{ ...yes, approved: false }])],
      ['not: a yes and a no', false, said([call, request], [yes, { ...yes, approved: false }])],
      ['not: anything but true', false, said([call, request], [{ ...yes, approved: 'yes' }])],
      ['not: a yes to another request', false, said([call, request], [{ ...yes, approvalId: 'a2' }])],
      ['not: a request about another call', false, said([call, { ...request, toolCallId: 'c2' }], [yes])],
      ["not: a yes of the host's policy", false, said([call, { ...request, isAutomatic: true }], [yes])],
      ['not: other arguments', false, said([{ ...call, input: { text: 'y' } }, request], [yes])],
      ['not: another tool', false, said([{ ...call, toolName: 'notes__read_note' }, request], [yes])],
      ['not: two calls of one id', false, said([call, { ...call, input: {} }, request], [yes])],
      ['not: a call that has its result', false, said([call, request], [yes, result])],
      ['not: a yes from earlier', false, [...said([call, request], [yes]), { role: 'assistant', content: 'Hm.' }]],
      ['not: nothing at all', false, []],
    ])('%s', async (_what, runs, messages) => {
      await using host = await bench()
      const { notes__write_note: tool } = await nativeTools(host)
      // Version 7 wants a context too.
      const outcome: unknown = await tool?.execute?.({ text: 'x' } as never, { toolCallId: 'c1', messages } as never)
      expect(outcome).toMatchObject(runs ? { type: 'completed' } : { type: 'not_run', because: 'denied' })
      expect(host.server.calls.get('write_note')).toBe(runs ? 1 : undefined)
    })
  })
})

/** Something that happens once. */
function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give: () => give() }
}

/** As a host does that wants its own rules. */
function overridden(tools: ToolSet, override: object): ToolSet {
  return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, { ...tool, ...override }]))
}
