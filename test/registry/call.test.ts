import type { ServerContext } from '@modelcontextprotocol/server'
import { describe, expect, it, vi } from 'vitest'
import type { CallEvent, ElicitCallback, ElicitRequest, RegistryEvent } from 'mcp-integrations'
import type { TestTool } from 'mcp-integrations/testing'
import { ask, later, openGate, readNote, sent, writeNote } from '../support/gate.js'
import { ana } from '../support/registry.js'

const anything = { type: 'object' }
const tool = (name: string, run: TestTool['run'], rest: Partial<TestTool> = {}): TestTool => ({
  name,
  inputSchema: anything,
  annotations: { readOnlyHint: true },
  ...(run === undefined ? {} : { run }),
  ...rest,
})

/** A gate whose only tool runs without asking. */
async function quick(one: TestTool, options: Parameters<typeof openGate>[0] = {}) {
  const gate = await openGate({ ...options, tools: [one] })
  await gate.mine.configureTools(gate.id, { [one.name]: { approval: 'auto' } })
  return { gate, toolset: await gate.toolset(), name: `notes__${one.name}` }
}

describe('a result', () => {
  it.each<[string, { readonly [key: string]: unknown }]>([
    ['text', { content: [{ type: 'text', text: 'a\u202e\u0000b', annotations: { priority: 1 } }] }],
    ['an image', { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] }],
    ['audio', { content: [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }] }],
    ['a resource', { content: [{ type: 'resource', resource: { uri: 'note:1', text: 'x', mimeType: 'text/plain' } }] }],
    ['a binary resource', { content: [{ type: 'resource', resource: { uri: 'note:2', blob: 'AAAA' } }] }],
    ['a link', { content: [{ type: 'resource_link', uri: 'https://files.example/a', name: 'a' }] }],
    ['structured content', { content: [], structuredContent: { n: 1, list: [1, null, { a: 'b' }] } }],
    ['an error', { content: [{ type: 'text', text: 'no such note' }], isError: true }],
    ['nothing', { content: [] }],
    ['its own notes', { content: [], _meta: { 'notes.example/page': 2 } }],
  ])('comes as the server sent it: %s', async (_what, result) => {
    const { toolset, name } = await quick(tool('get', () => result))
    const outcome = await toolset.call(name, {})
    expect(outcome).toMatchObject({ type: 'completed' })
    expect((outcome as unknown as { result: object }).result).toMatchObject(result)
    expect(outcome).toMatchObject({ warnings: undefined })
  })

  it('that does not fit the output schema is kept, with a warning', async () => {
    const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    const answers: Record<string, object> = {
      good: { content: [], structuredContent: { n: 1 } },
      wrong: { content: [], structuredContent: { n: 'one' } },
      none: { content: [{ type: 'text', text: 'one' }] },
      failed: { content: [{ type: 'text', text: 'failed' }], isError: true },
    }
    const { toolset, name } = await quick(
      tool('get', ({ what }) => answers[String(what)] as { readonly [key: string]: unknown }, { outputSchema }),
    )
    const warned: string[] = []
    for (const what of Object.keys(answers)) {
      const outcome = await toolset.call(name, { what })
      expect((outcome as unknown as { result: object }).result).toMatchObject(answers[what]!)
      const warnings = outcome.type === 'completed' ? (outcome.warnings ?? []) : []
      warned.push(...warnings.map(({ code }) => `${what} ${code}`))
    }
    expect(warned).toEqual(['wrong output_schema', 'none output_schema'])
  })

  it('is not lost because it could not be filed', async () => {
    const { gate, toolset, name } = await quick(tool('get', () => 'done'))
    await toolset.call(name, {})
    vi.spyOn(gate.storage, 'commit').mockRejectedValue(new Error('disk full'))
    expect(await toolset.call(name, {})).toMatchObject({ type: 'completed' })
  })
})

describe('while a call runs', () => {
  it('progress is reported', async () => {
    const { toolset, name } = await quick(
      tool('get', async (_args, context) => {
        const { mcpReq } = context as unknown as ServerContext
        const progressToken = mcpReq._meta!.progressToken!
        for (const progress of [1, 2])
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 2 } })
        return 'done'
      }),
    )
    const told: number[] = []
    const outcome = await toolset.call(name, {}, { onProgress: ({ progress }) => told.push(progress) })
    expect(outcome).toMatchObject({ result: { content: [{ text: 'done' }] } })
    expect(told).toEqual([1, 2])
  })

  it('an abort reaches the server, and says that the tool may have run', async () => {
    const [running, aborted] = [later(), later()]
    const { toolset, name } = await quick(
      tool('get', async (_args, { mcpReq }) => {
        mcpReq.signal.addEventListener('abort', () => aborted.resolve())
        running.resolve()
        await aborted.promise
        return 'late'
      }),
    )
    const controller = new AbortController()
    const calling = toolset.call(name, {}, { signal: controller.signal })
    await running.promise
    controller.abort()
    await expect(calling).rejects.toMatchObject({ code: 'aborted', mayHaveRun: true })
    await aborted.promise
  })

  it('one that was aborted before it began is not sent', async () => {
    const { gate, toolset, name } = await quick(tool('get', () => 'done'))
    await expect(toolset.call(name, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
      mayHaveRun: false,
    })
    expect(sent(gate.server)).toEqual([])
  })

  it('its time runs out', async () => {
    const running = later()
    const { gate, toolset, name } = await quick(
      tool('get', async () => {
        running.resolve()
        return new Promise<string>(() => {})
      }),
    )
    const calling = expect(toolset.call(name, {}, { timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'timeout',
      mayHaveRun: true,
    })
    await running.promise
    await gate.runtime.advance(1000)
    await calling
    expect(await gate.mine.get(gate.id)).toMatchObject({ status: 'connected' })
  })

  it('the master switch ends it at once', async () => {
    const running = later()
    const { gate, toolset, name } = await quick(
      tool('get', async () => {
        running.resolve()
        return new Promise<string>(() => {})
      }),
    )
    const calling = expect(toolset.call(name, {})).rejects.toMatchObject({
      code: 'integration_disabled',
      mayHaveRun: true,
    })
    await running.promise
    await gate.mine.disable(gate.id)
    await calling
    await expect(toolset.call(name, {})).rejects.toMatchObject({ code: 'integration_disabled', mayHaveRun: false })
  })
})

describe('a question of the server', () => {
  const asking = tool('book', async (_args, context) => {
    const { mcpReq } = context as unknown as ServerContext
    const answer = await mcpReq.elicitInput({
      message: 'How many nights?',
      requestedSchema: {
        type: 'object',
        properties: { nights: { type: 'integer' }, breakfast: { type: 'boolean', default: true } },
        required: ['nights'],
      },
    })
    return JSON.stringify(answer)
  })
  const textOf = (outcome: unknown): unknown =>
    JSON.parse((outcome as { result: { content: { text: string }[] } }).result.content[0]!.text)

  it('reaches the person of that chat, with who asks; defaults are filled in', async () => {
    const asked: ElicitRequest[] = []
    const { gate, name } = await quick(asking, { era: 'legacy' })
    const elicit: ElicitCallback = (request) => {
      asked.push(request)
      return { action: 'accept', content: { nights: 2 } }
    }
    const toolset = await gate.toolset({ elicit, conversationId: 'c1' })
    expect(textOf(await toolset.call(name, {}))).toEqual({
      action: 'accept',
      content: { nights: 2, breakfast: true },
    })
    expect(asked).toMatchObject([
      {
        workspaceId: 'acme',
        userId: 'ana',
        agentId: 'assistant',
        conversationId: 'c1',
        integration: { id: gate.id, name: 'Notes', origin: 'https://notes.example' },
        tool: 'book',
        mode: 'form',
        message: 'How many nights?',
      },
    ])
  })

  it('may be declined', async () => {
    const { gate, name } = await quick(asking, { era: 'legacy' })
    const toolset = await gate.toolset({ elicit: () => ({ action: 'decline' }) })
    expect(textOf(await toolset.call(name, {}))).toEqual({ action: 'decline' })
  })
})

describe('what is reported of a call', () => {
  it('is who, what, the rule, how it ended and how long it took; never the arguments', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    const told: (CallEvent | RegistryEvent)[] = []
    for (const name of ['call_started', 'call_finished', 'approval_changed'] as const)
      gate.registry.on(name, (event) => told.push(event))
    const toolset = await gate.toolset({ confirm: () => 'approve' })
    await toolset.call('notes__read_note', { id: 'secret-7' })
    await toolset.call('notes__write_note', { id: 'secret-7', text: 'x' })
    expect(
      told.map((event) => [event.type, 'rule' in event ? event.rule : 'status' in event ? event.status : '']),
    ).toEqual([
      ['call_started', 'mode_auto'],
      ['call_finished', 'mode_auto'],
      ['approval_changed', 'pending'],
      ['approval_changed', 'approved'],
      ['call_started', 'untrusted'],
      ['approval_changed', 'dispatched'],
      ['call_finished', 'untrusted'],
      ['approval_changed', 'finished'],
    ])
    expect(JSON.stringify(told)).not.toContain('secret-7')
    const { entries } = await gate.mine.audit()
    expect(JSON.stringify(entries)).not.toContain('secret-7')
    expect(entries.filter(({ action }) => action === 'call' || action === 'decide')).toMatchObject([
      { action: 'call', tool: 'read_note', rule: 'mode_auto', outcome: 'completed', durationMs: 0 },
      { action: 'decide', tool: 'write_note', rule: 'untrusted', outcome: 'approve' },
      {
        action: 'call',
        userId: 'ana',
        agentId: 'assistant',
        integrationId: gate.id,
        tool: 'write_note',
        rule: 'untrusted',
        outcome: 'completed',
        argumentsDigest: expect.stringMatching(/^[\w-]{43}$/) as string,
        approvalId: expect.any(String) as string,
      },
    ])
  })

  it.each<[string, string, (gate: Awaited<ReturnType<typeof openGate>>) => Promise<unknown>]>([
    ['approval_required', 'untrusted', async (gate) => ask(await gate.toolset())],
    [
      'not_run',
      'untrusted',
      async (gate) => (await gate.toolset({ confirm: () => 'deny' })).call('notes__write_note', { id: '7', text: 'x' }),
    ],
    [
      'tool_error',
      'mode_auto',
      async (gate) => {
        await gate.mine.configureTools(gate.id, { fail: { approval: 'auto' } })
        return (await gate.toolset()).call('notes__fail', {})
      },
    ],
    [
      'denied_by_policy',
      'policy:none',
      async (gate) => (await gate.toolset()).call('notes__forbidden', {}).catch(() => {}),
    ],
    [
      'not_run',
      'untrusted',
      async (gate) => {
        const controller = new AbortController()
        const confirm = (): Promise<never> => {
          controller.abort()
          return new Promise(() => {})
        }
        return (await gate.toolset({ confirm }))
          .call('notes__write_note', { id: '7', text: 'x' }, { signal: controller.signal })
          .catch(() => {})
      },
    ],
  ])('says %s by %s', async (outcome, rule, act) => {
    const gate = await openGate({
      tools: [writeNote, tool('fail', () => ({ content: [], isError: true })), tool('forbidden', () => 'x')],
      approvals: { policy: (input) => (input.tool.name === 'forbidden' ? { mode: 'deny', rule: 'none' } : undefined) },
    })
    await act(gate)
    const { entries } = await gate.mine.audit()
    expect(entries.filter(({ action }) => action === 'call')).toMatchObject([{ outcome, rule }])
  })

  it('can keep the arguments where the host wants that', async () => {
    const gate = await openGate({ retention: { auditArguments: true } })
    await ask(await gate.toolset())
    expect((await gate.mine.audit()).entries.at(-1)).toMatchObject({ arguments: { id: '7', text: 'hello' } })
  })
})

describe('what a call costs', () => {
  it('is one read and one commit, when it is warm and needs no approval', async () => {
    const { gate, toolset, name } = await quick(tool('get', () => 'done'))
    await toolset.call(name, {})
    const spies = (['read', 'commit', 'list', 'scan'] as const).map((method) => vi.spyOn(gate.storage, method))
    const requests = gate.server.requests.length
    await toolset.call(name, {})
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0, 0])
    expect(gate.server.requests.length - requests).toBe(1)
  })

  it('is no request to any server where the gate says no', async () => {
    const gate = await openGate()
    const toolset = await gate
      .another()
      .actingAs(ana)
      .toolset('assistant', { confirm: () => 'deny' })
    const before = gate.server.requests.length
    await toolset.call('notes__write_note', { id: '7', text: 'x' })
    await toolset.call('notes__nope', {}).catch(() => {})
    expect(gate.server.requests.length).toBe(before)
  })
})

describe('a name', () => {
  it.each<[string, unknown]>([
    ['of another tool', 'notes__nope'],
    ['of another integration', 'other__read_note'],
    ['without an integration', 'read_note'],
    ['as on the wire', 'notes/read_note'],
    ['that every object has', 'notes__constructor'],
    ['with something hidden', 'notes__read_note\u202e'],
    ['that is none', undefined],
    ['that is an object', Object.create(null)],
    ['that is a symbol', Symbol('x')],
  ])('%s finds no tool', async (_what, name) => {
    const gate = await openGate({ tools: [readNote] })
    const failed = (await gate.toolset()).call(name as string, {})
    await expect(failed).rejects.toMatchObject({ code: 'tool_not_found', mayHaveRun: false })
    await expect(failed).rejects.not.toHaveProperty('message', expect.stringContaining('\u202e'))
  })
})
