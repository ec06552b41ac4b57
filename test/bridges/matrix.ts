import { describe, expect, it } from 'vitest'
import type { BridgeOptions } from '../../src/bridges/bridged-tool.js'
import type { Approval, ApprovalDecision, Toolset } from 'mcp-integrations'
import type { TestTool } from 'mcp-integrations/testing'
import { bench, person, readNote, type Step } from './bench.js'

/** A framework with a model that says what it is told to. */
export interface Framework {
  readonly name: string
  /** How an agent with many tools finds the right one: the API searches, the framework does, its tool, or our two. */
  readonly search: 'native' | 'hidden' | 'tool_search' | 'two tools'
  /** Whether the model is shown images and audio, or reads what they were. */
  readonly image: 'shown' | 'named'
  readonly audio: 'shown' | 'named'
  /** Whether a person can change the arguments in the framework's own question. */
  readonly editsItself?: boolean
  /** Whether the framework's own question outlives the process. `@default` where it asks by itself */
  readonly isDurable?: boolean
  /** Why a cell of the table is empty. */
  readonly lacks?: Partial<Record<'asks by itself' | 'host policy', string>>
  /** Runs a conversation until the model has no more to say, or a person has to decide. */
  begin(toolset: Toolset, script: readonly Step[], options?: BeginOptions): Promise<Conversation>
  /** Goes on from what was stored; the framework's own questions are answered in their order. */
  resume(toolset: Toolset, stored: string, script: readonly Step[], answers?: readonly Answer[]): Promise<Conversation>
}

export interface BeginOptions extends BridgeOptions {
  /** Who asks. `@default 'ours'` */
  readonly asks?: 'ours' | 'its own'
  /** The host has a policy function of its own in the framework, which lets everything run. `@default false` */
  readonly hostLetsAll?: boolean
  readonly signal?: AbortSignal
}

/** A person's answer, as our decisions are. */
export type Answer = ApprovalDecision

export interface Conversation {
  /** The model's last words; absent: somebody has to decide. */
  readonly text?: string | undefined
  /** What the model read of tools, in the order of the calls, whole conversation. */
  readonly read: readonly Read[]
  /** Names of the tools that the model was shown in the first request. */
  readonly shown: readonly string[]
  /** The first request as it went out, in characters. */
  readonly firstRequest: string
  /** Plain text that another process can go on from. */
  readonly stored: string
}

/** What a model read of one call. */
export interface Read {
  readonly text: string
  /** The media types of what it was shown. */
  readonly media: readonly string[]
}

const write = (text: string, id?: string) => ({
  toolName: 'notes__write_note',
  input: { text },
  ...(id === undefined ? {} : { id }),
})
const read = { toolName: 'notes__read_note', input: { id: 'a' }, id: 'call_read' }
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII='

/** Every cell of the table that `npm run test:bridges` prints: one test each, named after its column. */
export function describeFramework(framework: Framework): void {
  const { name, begin, resume } = framework
  const cell = (column: string, body: () => Promise<void>): void => {
    const why = framework.lacks?.[column as keyof Framework['lacks'] & string]
    if (why === undefined) it(column, body)
    else it.skip(`${column} (${why})`, body)
  }

  describe(`bridge ${name}`, () => {
    cell('runs', async () => {
      await using host = await bench()
      const progress: unknown[] = []
      const told = await begin(await host.mine.toolset('assistant'), [[read], 'done'], {
        onProgress: (report, call) => progress.push([report.progress, call.name]),
      })
      expect(told.text).toBe('done')
      expect(told.read).toMatchObject([{ text: 'note a' }])
      const all = ['notes__read_note', 'notes__write_note']
      expect(told.shown.toSorted()).toEqual(framework.search === 'hidden' ? [] : all)
    })

    cell('progress', async () => {
      const slow: TestTool = {
        ...readNote,
        run: async (_args, { mcpReq }) => {
          await mcpReq.notify({
            method: 'notifications/progress',
            params: {
              progressToken: (mcpReq as { _meta?: { progressToken?: string } })._meta?.progressToken,
              progress: 1,
            },
          })
          return 'slow note'
        },
      }
      await using host = await bench([slow])
      const progress: unknown[] = []
      await begin(await host.mine.toolset('assistant'), [[read], 'done'], {
        onProgress: (report, call) => progress.push([report.progress, call.name]),
      })
      expect(progress).toEqual([[1, 'notes__read_note']])
    })

    cell('asks by us', async () => {
      await using host = await bench()
      const confirm = person('approve')
      const toolset = await host.mine.toolset('assistant', { confirm, conversationId: 'chat' })
      const told = await begin(toolset, [[write('hello')], 'done'])
      expect(told.read).toMatchObject([{ text: 'wrote hello' }])
      expect(confirm.asked).toBe(1)
      const { approvals } = await host.mine.approvals.list({ status: 'finished' })
      expect(approvals).toMatchObject([{ conversationId: 'chat', tool: { modelName: 'notes__write_note' } }])
    })

    cell('asks by itself', async () => {
      await using host = await bench()
      const confirm = person('approve')
      const toolset = await host.mine.toolset('assistant', { confirm, conversationId: 'chat' })
      const asked = await begin(toolset, [[write('hello')]], { asks: 'its own' })
      expect(asked.text).toBeUndefined()
      expect(host.server.calls.size).toBe(0)
      const told = await resume(toolset, asked.stored, ['done'], ['approve'])
      expect(told.text).toBe('done')
      expect(told.read).toMatchObject([{ text: 'wrote hello' }])
      expect(host.server.calls.get('write_note')).toBe(1)
      expect(confirm.asked).toBe(0)
    })

    cell('denied never runs', async () => {
      await using host = await bench()
      const confirm = person({ decision: 'deny', reason: 'Not on a Friday.' })
      const told = await begin(await host.mine.toolset('assistant', { confirm }), [[write('hello')], 'done'])
      expect(told.text).toBe('done')
      expect(told.read[0]?.text).toContain('Not on a Friday.')
      if (framework.lacks?.['asks by itself'] === undefined) {
        const toolset = await host.mine.toolset('assistant', { conversationId: 'chat' })
        const asked = await begin(toolset, [[write('hello')]], { asks: 'its own' })
        const denied = await resume(toolset, asked.stored, ['done'], [{ decision: 'deny', reason: 'Not today.' }])
        expect(denied.text).toBe('done')
        expect(denied.read).toHaveLength(1)
      }
      expect(host.server.calls.size).toBe(0)
    })

    cell('host policy', async () => {
      await using host = await bench()
      const toolset = await host.mine.toolset('assistant', { confirm: person('approve'), conversationId: 'chat' })
      await begin(toolset, [[write('hello')], 'done'], { asks: 'its own', hostLetsAll: true })
      expect(host.server.calls.size).toBe(0)
    })

    cell('edit', async () => {
      await using host = await bench()
      const confirm = person({ decision: 'approve', args: { text: 'edited' } })
      const told = await begin(await host.mine.toolset('assistant', { confirm }), [[write('hello')], 'done'])
      expect(told.read).toMatchObject([{ text: 'wrote edited' }])
      if (!framework.editsItself) return
      const toolset = await host.mine.toolset('assistant', { conversationId: 'chat' })
      const asked = await begin(toolset, [[write('hello')]], { asks: 'its own' })
      const edited = await resume(toolset, asked.stored, ['done'], [{ decision: 'approve', args: { text: 'changed' } }])
      expect(edited.read).toMatchObject([{ text: 'wrote changed' }])
    })

    cell('resumes in another process', async () => {
      await using host = await bench()
      const options = { confirm: person('defer'), conversationId: 'chat' }
      const { isDurable = framework.lacks?.['asks by itself'] === undefined } = framework
      const asks = isDurable ? 'its own' : 'ours'
      const asked = await begin(await host.mine.toolset('assistant', options), [[write('hello')]], { asks })
      expect(host.server.calls.size).toBe(0)
      const elsewhere = host.elsewhere()
      if (asks === 'ours') await decideAll(elsewhere, 'approve')
      const told = await resume(
        await elsewhere.toolset('assistant', options),
        asked.stored,
        ['done', [read], 'done again', [{ ...read, id: 'call_read_2' }], 'and again'],
        ['approve'],
      )
      expect(told.read.map(({ text }) => text)).toEqual(['wrote hello', 'note a', 'note a'])
      expect(told.text).toBe('and again')
      expect(host.server.calls.get('write_note')).toBe(1)
    })

    cell('parallel mixed decisions', async () => {
      await using host = await bench()
      const confirm = Object.assign(
        ({ arguments: args }: Pick<Approval, 'arguments'>) =>
          args.text === 'no' ? ({ decision: 'deny', reason: 'No.' } as const) : ('approve' as const),
        {},
      )
      const toolset = await host.mine.toolset('assistant', { confirm, conversationId: 'chat' })
      const told = await begin(toolset, [
        [write('yes', 'call_1'), write('no', 'call_2'), write('yes', 'call_3')],
        'done',
      ])
      expect(told.text).toBe('done')
      expect(told.read).toHaveLength(3)
      expect(told.read.map(({ text }) => text.includes('wrote yes'))).toEqual([true, false, true])
      expect(host.server.calls.get('write_note')).toBe(2)
      const calls = [write('yes', 'call_4'), write('no', 'call_5'), write('yes', 'call_6')]
      const answers: readonly Answer[] = ['approve', { decision: 'deny', reason: 'No.' }, 'approve']
      const asksItself = framework.lacks?.['asks by itself'] === undefined
      const { isDurable = asksItself } = framework
      if (asksItself) {
        const asked = await begin(toolset, [calls], { asks: 'its own' })
        // A question that lives in its process is answered there.
        const there = isDurable ? await host.elsewhere().toolset('assistant', { conversationId: 'chat' }) : toolset
        const decided = await resume(there, asked.stored, ['done'], answers)
        expectMixed(decided)
        expect(host.server.calls.get('write_note')).toBe(4)
      }
      if (isDurable) return
      const before = host.server.calls.get('write_note')!
      const options = { confirm: person('defer'), conversationId: 'other' }
      const asked = await begin(await host.mine.toolset('assistant', options), [calls, 'They wait.'])
      const elsewhere = host.elsewhere()
      await decideAll(elsewhere, { decision: 'deny', reason: 'No.' }, ({ arguments: args }) => args.text === 'no')
      await decideAll(elsewhere, 'approve')
      expectMixed(await resume(await elsewhere.toolset('assistant', options), asked.stored, ['done']))
      expect(host.server.calls.get('write_note')).toBe(before + 2)
    })

    for (const [kind, mediaType, data] of [
      ['image', 'image/png', png],
      ['audio', 'audio/wav', 'UklGRgAA'],
    ] as const)
      cell(`${kind}: ${framework[kind]}`, async () => {
        await expectRead({ content: [{ type: kind, data, mimeType: mediaType }] }, ({ text, media }) =>
          framework[kind] === 'shown' ? expect(media).toEqual([mediaType]) : expect(text).toContain(mediaType),
        )
      })

    cell('structured', async () => {
      await expectRead({ content: [], structuredContent: { celsius: 3 } }, ({ text }) =>
        expect(JSON.parse(text)).toEqual({ celsius: 3 }),
      )
    })

    cell('error text', async () => {
      await expectRead({ content: [{ type: 'text', text: 'limit must be at most 100' }], isError: true }, ({ text }) =>
        expect(text).toContain('limit must be at most 100'),
      )
    })

    cell('abort', async () => {
      const started = signal()
      const ended = signal()
      const slow: TestTool = {
        ...readNote,
        run: (_args, { mcpReq }) =>
          new Promise((keep) => {
            mcpReq.signal.addEventListener('abort', () => (ended.give(), keep('too late')))
            started.give()
          }),
      }
      await using host = await bench([slow])
      const abort = new AbortController()
      const run = begin(await host.mine.toolset('assistant'), [[read], 'done'], { signal: abort.signal }).catch(
        () => 'ended',
      )
      await started.given
      abort.abort()
      await ended.given
      await run
    })

    cell('timeout', async () => {
      const silent: TestTool = {
        ...readNote,
        run: (_args, { mcpReq }) =>
          new Promise((end) => mcpReq.signal.addEventListener('abort', () => end('too late'))),
      }
      await using host = await bench([silent])
      const toolset = await host.mine.toolset('assistant')
      const told = await begin(toolset, [[read], 'done'], { timeoutMs: 500 })
      expect(told.text).toBe('done')
      expect(told.read).toMatchObject([{ text: expect.stringContaining('in time') as string }])
    })

    cell('1,000 tools', async () => {
      await using host = await bench([...manyTools(999), readNote])
      const toolset = await host.mine.toolset('assistant', { search: {} })
      expect(toolset.deferred).toHaveLength(1000)
      const use = [{ toolName: 'use_tool', input: { name: read.toolName, arguments: read.input }, id: 'call_use' }]
      const find = [{ toolName: 'find_tools', input: { query: 'reads a note' }, id: 'call_find' }]
      const search = [{ toolName: 'tool_search', input: { query: 'reads a note' }, id: 'call_search' }]
      const scripts = {
        native: [[read], 'done'],
        hidden: [[read], 'done'],
        tool_search: [search, [read], 'done'],
        'two tools': [find, use, 'done'],
      }
      const told = await begin(toolset, scripts[framework.search])
      expect(told.read.at(-1)).toMatchObject({ text: 'note a' })
      if (framework.search === 'native')
        expect(told.firstRequest.match(/"defer(?:_loading|Loading)":true/g)).toHaveLength(1000)
      if (framework.search === 'hidden') expect(told.shown).toEqual([])
      if (framework.search === 'tool_search') expect(told.shown).toEqual(['tool_search'])
      if (framework.search === 'two tools') {
        expect(told.shown).toEqual(['find_tools', 'use_tool'])
        const found = JSON.parse(told.read[0]!.text) as { name: string }[]
        expect(found[0]?.name).toBe('notes__read_note')
      }
    })

    async function expectRead(result: object, expectation: (read: Read) => void): Promise<void> {
      await using host = await bench([{ ...readNote, run: () => result as { [key: string]: unknown } }])
      const told = await begin(await host.mine.toolset('assistant'), [[read], 'done'])
      expect(told.read).toHaveLength(1)
      expectation(told.read[0]!)
    }
  })
}

/** Frameworks put results of what was approved before those of what was denied, or in the order of the calls. */
function expectMixed({ text, read: results }: Conversation): void {
  expect(text).toBe('done')
  expect(results).toHaveLength(3)
  expect(results.filter(({ text: result }) => result.startsWith('wrote yes'))).toHaveLength(2)
}

/** Decides everything that waits for the person, at once. */
export async function decideAll(
  mine: Awaited<ReturnType<typeof bench>>['mine'],
  decision: ApprovalDecision,
  which: (approval: Approval) => boolean = () => true,
): Promise<void> {
  const { approvals } = await mine.approvals.list({ status: 'pending' })
  await mine.approvals.decide(
    approvals.filter(which).map(({ approvalId }) => approvalId),
    decision,
  )
}

/** Tools with words and parameters such as real ones have. */
export function manyTools(count: number): readonly TestTool[] {
  const verbs = ['create', 'update', 'delete', 'list', 'archive', 'assign', 'export', 'merge', 'close', 'share']
  const things = [
    'issue',
    'invoice',
    'contact',
    'calendar event',
    'file',
    'channel',
    'customer',
    'ticket',
    'board',
    'page',
  ]
  return Array.from({ length: count }, (_, n) => {
    const [verb, thing] = [verbs[n % 10]!, things[Math.floor(n / 10) % 10]!]
    return {
      name: `${verb}_${thing.replace(' ', '_')}_${Math.floor(n / 100)}`,
      description: `Can ${verb} a ${thing} in the workspace. Takes the id of the ${thing}, and answers with what it is afterwards.`,
      inputSchema: {
        type: 'object',
        properties: {
          id: { type: 'string', description: `The id of the ${thing}, as it was listed.` },
          note: { type: 'string', description: 'A line for the history, shown to everybody who follows it.' },
        },
        required: ['id'],
      },
      annotations: { readOnlyHint: true },
    }
  })
}

/** A moment that a test waits for. */
export function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give: () => give() }
}
