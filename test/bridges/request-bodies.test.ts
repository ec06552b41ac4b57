import { GoogleGenAI } from '@google/genai'
import Anthropic from '@anthropic-ai/sdk'
import { encode } from 'gpt-tokenizer'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { Toolset } from 'mcp-integrations'
import { anthropicTools } from 'mcp-integrations/anthropic'
import { googleTools } from 'mcp-integrations/google'
import { openaiChatTools, openaiTools } from 'mcp-integrations/openai'
import type { TestTool } from 'mcp-integrations/testing'
import { recordingFetch } from './bare-loop.js'
import { bench, readNote } from './bench.js'
import { manyTools } from './matrix.js'
import { flawsOf, isSchema, refused, schemasIn, unusable } from './odd-schemas.js'

/** The first request of each real client, with no cast between our definitions and its own types. */
const firstRequest: Readonly<Record<string, (toolset: Toolset) => Promise<string>>> = {
  'OpenAI, Responses': (toolset) =>
    sent(async (fetch) => {
      const client = new OpenAI({ apiKey: 'x', fetch, maxRetries: 0 })
      await client.responses.create({ model: 'm', input: 'Go.', tools: openaiTools(toolset).definitions })
    }),
  'OpenAI, Chat Completions': (toolset) =>
    sent(async (fetch) => {
      const client = new OpenAI({ apiKey: 'x', fetch, maxRetries: 0 })
      const messages = [{ role: 'user' as const, content: 'Go.' }]
      await client.chat.completions.create({ model: 'm', messages, tools: openaiChatTools(toolset).definitions })
    }),
  Anthropic: (toolset) =>
    sent(async (fetch) => {
      const client = new Anthropic({ apiKey: 'x', fetch, maxRetries: 0 })
      const messages = [{ role: 'user' as const, content: 'Go.' }]
      await client.messages.create({ model: 'm', max_tokens: 9, messages, tools: anthropicTools(toolset).definitions })
    }),
  Google: (toolset) =>
    sent(async (fetch) => {
      const httpOptions = { baseUrl: 'https://google.example', fetch } as object
      const client = new GoogleGenAI({ apiKey: 'x', httpOptions })
      await client.models.generateContent({
        model: 'm',
        contents: 'Go.',
        config: { tools: googleTools(toolset).definitions },
      })
    }),
}

const tools = refused.map((inputSchema, n): TestTool => ({ ...readNote, name: `odd_${n}`, inputSchema }))

describe.each(Object.keys(firstRequest))('the first request to %s', (api) => {
  it('contains only schemas that the API accepts', async () => {
    await using host = await bench([...tools, readNote])
    const toolset = await host.mine.toolset('assistant')
    expect(toolset.tools).toHaveLength(tools.length + 1)
    const schemas = schemasIn(JSON.parse(await firstRequest[api]!(toolset)))
    expect(schemas).toHaveLength(tools.length + 1)
    expect(schemas.flatMap((schema) => flawsOf(schema, schema, true))).toEqual([])
    expect(schemas.flatMap((schema) => (isSchema(schema) ? [] : [schema]))).toEqual([])
    expect(schemas.at(-1)).toEqual(readNote.inputSchema)
    // The toolset's own are as they came.
    expect(toolset.tools.map(({ inputSchema }) => inputSchema)).toEqual([...refused, readNote.inputSchema])
  })

  it('is without those that no request can hold, and they are named', async () => {
    const odd = Object.entries(unusable).map(([name, inputSchema]): TestTool => ({ ...readNote, name, inputSchema }))
    await using host = await bench([...odd, readNote])
    const toolset = await host.mine.toolset('assistant')
    expect(schemasIn(JSON.parse(await firstRequest[api]!(toolset)))).toEqual([readNote.inputSchema])
    expect(toolset.unavailable.map(({ name, reason }) => name?.startsWith(`${reason}:`))).toEqual([true, true, true])
  })

  it('costs at least 85 % fewer tokens with search, at 200 tools', async () => {
    await using host = await bench(manyTools(200))
    const all = shownTokens(await firstRequest[api]!(await host.mine.toolset('assistant')))
    const searched = await host.mine.toolset('assistant', { search: { pinned: ['notes__create_issue_0'] } })
    const few = shownTokens(await firstRequest[api]!(searched))
    expect(few).toBeLessThan(all * 0.15)
    console.log(
      `${api}: ${all} tokens of 200 tools, ${few} with search (${Math.round(100 - (few / all) * 100)} % fewer)`,
    )
  })
})

it('notices schemas that an API refuses', () => {
  const unnoticed = refused.filter((schema) => flawsOf(schema, schema, true).length === 0 && isSchema(schema))
  expect(unnoticed).toEqual([])
})

async function sent(ask: (fetch: typeof globalThis.fetch) => Promise<unknown>): Promise<string> {
  const { fetch, requests } = recordingFetch([{}])
  // The answer is of no use.
  await ask(fetch).catch(() => undefined)
  return requests[0]!
}

/** What a model is shown of the tools: deferred ones are kept by the API until they are found. */
function shownTokens(body: string): number {
  const { tools: all } = JSON.parse(body) as { tools: readonly { readonly defer_loading?: boolean }[] }
  return encode(JSON.stringify(all.filter((tool) => tool.defer_loading !== true))).length
}
