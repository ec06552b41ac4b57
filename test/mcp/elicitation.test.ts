import { describe, expect, it } from 'vitest'
import { inputRequired } from '@modelcontextprotocol/server'
import type { ToolAnswer } from '../../src/mcp/connection.js'
import type { ElicitAnswer, ElicitQuestion } from '../../src/ports/elicit.js'
import { testServer, type TestTool } from '../../src/testing/mcp-server.js'
import { rejectionOf, open, sent, tool } from './support.js'

const requestedSchema = {
  type: 'object' as const,
  properties: { color: { type: 'string' as const, default: 'blue' }, name: { type: 'string' as const } },
}

/** Asks, in the form of its era, and tells what it was answered. */
function asking(era: 'modern' | 'legacy', params: Record<string, unknown>): TestTool {
  return {
    name: 'ask',
    run: async (args, context) => {
      const question = { ...params, message: `${String(params.message)} ${String(args.who ?? '')}`.trim() }
      if (era === 'legacy') return JSON.stringify(await context.mcpReq.elicitInput(question as never))
      const { inputResponses } = context.mcpReq
      if (inputResponses !== undefined) return JSON.stringify(inputResponses.question)
      return inputRequired({
        inputRequests: { question: { method: 'elicitation/create', params: question } as never },
      }) as unknown as Record<string, unknown>
    },
  }
}

const form = { mode: 'form', message: 'Which?', requestedSchema }
const url = (to: string) => ({ mode: 'url', message: 'Go there', url: to, elicitationId: 'e1' })
const text = ({ result }: ToolAnswer): unknown => JSON.parse(String(result.content[0]?.text))

describe.each(['modern', 'legacy'] as const)('a question of a %s server', (era) => {
  async function ask(params: Record<string, unknown>, elicit?: (question: ElicitQuestion) => Promise<ElicitAnswer>) {
    const server = testServer({ tools: [asking(era, params)], era })
    const connection = await open(server, { elicits: true })
    try {
      return await connection.callTool(
        tool('ask'),
        {},
        { timeoutMs: 10_000, ...(elicit === undefined ? {} : { elicit }) },
      )
    } finally {
      await connection.close()
      await server.close()
    }
  }

  it('reaches the call as a form, and defaults are filled in', async () => {
    const questions: ElicitQuestion[] = []
    const answered = await ask(form, async (question) => {
      questions.push(question)
      return { action: 'accept', content: { name: 'Ana' } }
    })
    expect(questions).toEqual([{ mode: 'form', message: 'Which?', requestedSchema }])
    expect(text(answered)).toMatchObject({ action: 'accept', content: { name: 'Ana', color: 'blue' } })
  })

  it('hides nothing from the person who reads it, and its schema still accepts the same', async () => {
    const questions: ElicitQuestion[] = []
    const color = {
      type: 'string',
      title: 'Co\u202elor',
      description: 'One\nof\u200b two',
      enum: ['b\u200blue', 'red'],
    }
    const schema = { type: 'object', properties: { 'the\u200bcolor': color }, required: ['the\u200bcolor'] }
    const hiding = { mode: 'form', message: 'Which\u001b[2J?\n\tSay\u{e0041}', requestedSchema: schema }
    const answered = await ask(hiding, async (question) => {
      questions.push(question)
      return { action: 'accept', content: { 'the\u200bcolor': 'b\u200blue' } }
    })
    const shown = { ...color, title: 'Co\\u{202E}lor', description: 'One\nof\\u{200B} two' }
    expect(questions).toEqual([
      {
        mode: 'form',
        message: 'Which\\u{1B}[2J?\n\tSay\\u{E0041}',
        requestedSchema: { ...schema, properties: { 'the\u200bcolor': shown } },
      },
    ])
    expect(text(answered)).toMatchObject({ action: 'accept', content: { 'the\u200bcolor': 'b\u200blue' } })
  })

  it('shows hidden characters next to a URL', async () => {
    await ask({ ...url('https://bank.example/sign'), message: 'Go\u2066 there\u2069' }, async (question) => {
      expect(question.message).toBe('Go\\u{2066} there\\u{2069}')
      return { action: 'accept' }
    })
  })

  it('is cut if its message is too long, and refused if its schema is', async () => {
    const asked: ElicitQuestion[] = []
    const listen = async (question: ElicitQuestion): Promise<ElicitAnswer> => {
      asked.push(question)
      return { action: 'cancel' }
    }
    await ask({ ...form, message: 'x'.repeat(100_000) }, listen)
    expect(asked[0]?.message).toMatch(/^x{10000}… \(90000 more characters\)$/)
    const fields = Array.from({ length: 5_000 }, (_, n) => [`field ${n}`, { type: 'string', title: 'A field' }])
    await ask({ ...form, requestedSchema: { type: 'object', properties: Object.fromEntries(fields) } }, listen).catch(
      () => undefined,
    )
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['of very many fields', { properties: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, {}])) }],
    ['of very many choices', { properties: { a: { type: 'string', enum: Array.from({ length: 3_000 }, String) } } }],
    ['that requires very much', { properties: {}, required: Array.from({ length: 3_000 }, String) }],
  ])('%s is refused before anything checks it', async (_, schema) => {
    const asked: ElicitQuestion[] = []
    await ask({ ...form, requestedSchema: { type: 'object', ...schema } }, async (question) => {
      asked.push(question)
      return { action: 'accept', content: {} }
    }).catch(() => undefined)
    expect(asked).toEqual([])
  })

  it('reaches the call as a URL that was not fetched', async () => {
    const answered = await ask(url('https://bank.example/sign'), async (question) => {
      expect(question).toEqual({ mode: 'url', message: 'Go there', url: 'https://bank.example/sign' })
      return { action: 'accept' }
    })
    expect(text(answered)).toMatchObject({ action: 'accept' })
  })

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'http://bank.example', 'https://a:b@bank.example'])(
    'is not shown when its URL is %s',
    async (to) => {
      let shown = 0
      const outcome = await ask(url(to), async () => {
        shown++
        return { action: 'accept' }
      }).catch((error: unknown) => error)
      expect(shown).toBe(0)
      expect(JSON.stringify(outcome)).not.toContain('"accept"')
    },
  )

  it.each([
    ['nobody is there', undefined],
    ['the host fails', async () => Promise.reject(new Error('no'))],
  ] as const)('is cancelled when %s', async (_what, elicit) => {
    expect(text(await ask(form, elicit))).toMatchObject({ action: 'cancel' })
  })

  it('belongs to its own call, whatever else runs', async () => {
    const server = testServer({ tools: [asking(era, form)], era })
    const connection = await open(server, { elicits: true })
    const people = ['ana', 'ben', 'cem', 'dia']
    const answers = await Promise.all(
      people.map(async (who) => {
        const answered = await connection.callTool(
          tool('ask'),
          { who },
          {
            timeoutMs: 10_000,
            elicit: async ({ message }) => {
              expect(message).toBe(`Which? ${who}`)
              return { action: 'accept', content: { name: who } }
            },
          },
        )
        return (text(answered) as { content: { name: string } }).content.name
      }),
    )
    expect(answers).toEqual(people)
    await connection.close()
    await server.close()
  })

  it('ends with its call', async () => {
    const controller = new AbortController()
    const server = testServer({ tools: [asking(era, form)], era })
    const connection = await open(server, { elicits: true })
    let withdrawn = false
    const calling = connection.callTool(
      tool('ask'),
      {},
      {
        timeoutMs: 10_000,
        signal: controller.signal,
        elicit: (_question, { signal }) => {
          signal.addEventListener('abort', () => (withdrawn = true))
          controller.abort()
          return new Promise(() => undefined)
        },
      },
    )
    expect(await rejectionOf(calling)).toMatchObject({ code: 'aborted', mayHaveRun: true })
    expect(withdrawn).toBe(true)
    await server.close()
  })

  it("is not asked of a client that said it can't answer", async () => {
    const server = testServer({ tools: [asking(era, form)], era })
    const connection = await open(server)
    const { result } = await connection.callTool(tool('ask'), {}, { timeoutMs: 10_000 })
    expect(result.isError).toBe(true)
    await server.close()
  })
})

it('has a session of its own, which ends with the connection and is not remembered', async () => {
  const server = testServer({ tools: [asking('legacy', form)], era: 'legacy' })
  const shared = await open(server)
  const own = await open(server, { elicits: true, profile: shared.profile })
  expect(own.profile).toBe(shared.profile)
  expect(own.exclusive).toBe(true)
  await own.close()
  expect(sent(server).filter((method) => method === 'initialize')).toHaveLength(2)
  expect(sent(server).filter((method) => method === 'DELETE')).toHaveLength(1)
  await server.close()
})

it('can be asked on the stream of unasked messages from the first call on', async () => {
  const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
  const order: string[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (init?.method === 'GET') for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve))
    const response = await server.fetch(input, init)
    order.push(init?.method === 'GET' ? 'stream' : String(/"method":"([^"]+)"/.exec(String(init?.body))?.[1]))
    return response
  }
  const connection = await open({ url: server.url, fetch }, { elicits: true })
  await connection.callTool(tool('echo'), {}, { timeoutMs: 10_000 })
  expect(order.slice(-2)).toEqual(['stream', 'tools/call'])
  await connection.close()
  await server.close()
})

it('may be asked five times in one call, and then the call ends', async () => {
  let asked = 0
  const again: TestTool = {
    name: 'ask',
    run: () =>
      inputRequired({ inputRequests: { question: { method: 'elicitation/create', params: form } as never } }) as never,
  }
  const server = testServer({ tools: [again], era: 'modern' })
  const connection = await open(server, { elicits: true })
  const elicit = async (): Promise<ElicitAnswer> => ({ action: 'accept', content: { name: String(++asked) } })
  const calling = connection.callTool(tool('ask'), {}, { timeoutMs: 10_000, elicit })
  expect(await rejectionOf(calling)).toMatchObject({ code: 'protocol_error', mayHaveRun: true })
  expect(asked).toBe(5)
  expect(server.calls.get('ask')).toBeLessThanOrEqual(6)
  await connection.close()
  await server.close()
})

it.each(['modern', 'legacy'] as const)('a %s server can put twenty questions in one call, and no more', async (era) => {
  const request = (n: number) => ({ method: 'elicitation/create', params: { ...form, message: `Question ${n}` } })
  const many: TestTool = {
    name: 'ask',
    run: async (_args, context) => {
      const numbers = Array.from({ length: 50 }, (_, n) => n)
      if (era === 'modern') {
        const { inputResponses } = context.mcpReq
        if (inputResponses !== undefined) return JSON.stringify(Object.values(inputResponses))
        const inputRequests = Object.fromEntries(numbers.map((n) => [`q${n}`, request(n)]))
        return inputRequired({ inputRequests: inputRequests as never }) as unknown as Record<string, unknown>
      }
      const answers = []
      for (const n of numbers) answers.push(await context.mcpReq.elicitInput(request(n).params as never))
      return JSON.stringify(answers)
    },
  }
  const server = testServer({ tools: [many], era })
  const connection = await open(server, { elicits: true })
  let questions = 0
  const elicit = (): Promise<ElicitAnswer> => Promise.resolve((questions++, { action: 'decline' as const }))
  const answered = await connection.callTool(tool('ask'), {}, { timeoutMs: 10_000, elicit })
  const actions = (text(answered) as { action: string }[]).map(({ action }) => action)
  expect(questions).toBe(20)
  expect(actions.filter((action) => action === 'decline')).toHaveLength(20)
  expect(actions.filter((action) => action === 'cancel')).toHaveLength(30)
  await connection.close()
  await server.close()
})
