import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import * as ai from 'ai'
import { generateText, stepCountIs, type LanguageModel } from 'ai'
import { describe, expect, it } from 'vitest'
import type { Toolset } from 'mcp-integrations'
import { aiSdkTools, type AiSdkToolsOptions } from 'mcp-integrations/ai-sdk'
import type { TestTool } from 'mcp-integrations/testing'
import { anthropicMessage, googleResponse, openaiChatCompletion, openaiResponse } from '../answers.js'
import { recordingFetch } from '../bare-loop.js'
import { bench, person, readNote, type Step } from '../bench.js'
import { flawsOf, isSchema, refused, schemasIn } from '../odd-schemas.js'

type Fetch = typeof globalThis.fetch

interface Provider {
  readonly answer: (step: Step) => unknown
  readonly model: (fetch: Fetch) => LanguageModel
  /** What it takes in results of tools, where that isn't what most take. */
  readonly takes?: AiSdkToolsOptions['takes']
  /** Whether it rewrites schemas into an older form of its API, or refuses the whole request where it can't. */
  readonly rewrites?: boolean
  /** What holds the results of a request. */
  readonly results: (body: Body) => unknown
}

type Body = Readonly<Record<string, readonly { readonly role?: string }[]>>

const providers: Readonly<Record<string, Provider>> = {
  'OpenAI, Responses': {
    answer: openaiResponse,
    model: (fetch) => createOpenAI({ apiKey: 'x', fetch }).responses('gpt-5'),
    results: ({ input }) => input?.at(-1),
  },
  'OpenAI, Chat Completions': {
    answer: openaiChatCompletion,
    model: (fetch) => createOpenAI({ apiKey: 'x', fetch }).chat('gpt-4o'),
    takes: () => false,
    results: ({ messages }) => messages?.at(-1),
  },
  Anthropic: {
    answer: anthropicMessage,
    model: (fetch) => createAnthropic({ apiKey: 'x', fetch })('claude-sonnet-4-5'),
    results: ({ messages }) => messages?.at(-1),
  },
  Google: {
    answer: googleResponse,
    model: (fetch) => createGoogleGenerativeAI({ apiKey: 'x', fetch })('gemini-3-pro'),
    results: ({ contents }) => contents?.at(-1),
    rewrites: true,
  },
}

const png = 'iVBORw0KGgoAAAANSUhEUg=='
const read = [{ toolName: 'notes__read_note', input: { id: 'a' }, id: 'call_1' }]
const write = [{ toolName: 'notes__write_note', input: { text: 'a' }, id: 'call_1' }]

describe.each(Object.entries(providers))("a request of the AI SDK's provider for %s", (_name, provider) => {
  const { answer, model, takes, results, rewrites = false } = provider

  /** The requests of one run, as they went out. */
  async function sent(toolset: Toolset, script: readonly Step[]): Promise<readonly string[]> {
    const { fetch, requests } = recordingFetch(script.map(answer))
    const tools = aiSdkTools(toolset, { takes })
    const stopWhen = stepCountIs(5)
    const { text } = await generateText({ model: model(fetch), tools, prompt: 'Go.', stopWhen, maxRetries: 0 })
    expect(text).toBe('done')
    return requests
  }

  /** What the model reads of a result, as JSON. */
  async function readOf(result: object): Promise<string> {
    await using host = await bench([{ ...readNote, run: () => result as { [key: string]: unknown } }])
    const requests = await sent(await host.mine.toolset('assistant'), [read, 'done'])
    return JSON.stringify(results(JSON.parse(requests.at(-1)!) as Body))
  }

  it('contains only schemas that the API accepts', async () => {
    const odd = refused.map((inputSchema, n): TestTool => ({ ...readNote, name: `odd_${n}`, inputSchema }))
    await using host = await bench([...odd, readNote])
    const toolset = await host.mine.toolset('assistant')
    const [first] = await sent(toolset, ['done'])
    const schemas = schemasIn(JSON.parse(first!))
    expect(schemas.length).toBeGreaterThan(odd.length / 2)
    if (rewrites) return
    expect(schemas.flatMap((schema) => flawsOf(schema, schema, true))).toEqual([])
    expect(schemas.filter((schema) => !isSchema(schema))).toEqual([])
  })

  it('shows an image, or describes it if the API does not accept it', async () => {
    const image = { type: 'image', data: png, mimeType: 'image/png' }
    const said = await readOf({ content: [image, { type: 'text', text: 'beside it' }] })
    expect(said).toContain('beside it')
    expect(said.includes(png)).toBe(takes === undefined)
    expect(said.includes('image/png')).toBe(true)
  })

  it('names audio', async () => {
    const said = await readOf({ content: [{ type: 'audio', data: 'UklGRgAA', mimeType: 'audio/wav' }] })
    expect(said).toContain("audio/wav, 6 bytes: can't be shown here")
    expect(said).not.toContain('UklGRgAA')
  })

  it('holds structured content', async () => {
    const said = await readOf({ content: [], structuredContent: { celsius: 3 } })
    expect(said.replaceAll('\\', '')).toContain('"celsius":3')
  })

  it.each<[string, object]>([
    ['text', { content: [{ type: 'text', text: 'no such note' }] }],
    ['structured', { content: [], structuredContent: { message: 'no such note' } }],
    [
      'an image',
      {
        content: [
          { type: 'text', text: 'no such note' },
          { type: 'image', data: png, mimeType: 'image/png' },
        ],
      },
    ],
  ])('keeps a failure failed: %s', async (_what, result) => {
    const said = await readOf({ ...result, isError: true })
    expect(said).toContain('no such note')
    expect(said).toMatch(/is_error":true|error\\*":|The tool reported an error/)
  })

  it('reports a denied call with its reason', async () => {
    await using host = await bench()
    const confirm = person({ decision: 'deny', reason: 'Not on a Friday.' })
    const requests = await sent(await host.mine.toolset('assistant', { confirm }), [write, 'done'])
    expect(JSON.stringify(results(JSON.parse(requests.at(-1)!) as Body))).toContain('Not on a Friday.')
    expect(host.server.calls.size).toBe(0)
  })

  it('is without the tools that are deferred', async () => {
    await using host = await bench()
    const [first] = await sent(await host.mine.toolset('assistant', { search: {} }), ['done'])
    const names = [...first!.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)
    expect(names).toEqual('toolSearch' in ai ? ['tool_search'] : ['find_tools', 'use_tool'])
  })
})
