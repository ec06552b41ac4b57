import { GoogleGenAI } from '@google/genai'
import Anthropic from '@anthropic-ai/sdk'
import { Ajv2020 } from 'ajv/dist/2020.js'
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

type Schema = Readonly<Record<string, unknown>>

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

/** Schemas that servers send and at least one API refuses. */
const refused: readonly Schema[] = [
  { type: 'object' },
  { type: 'object', properties: { list: { type: 'array' } } },
  {
    type: 'object',
    anyOf: [
      { properties: { a: {} }, required: ['a'] },
      { properties: { b: {} }, required: ['b'] },
    ],
  },
  {
    type: 'object',
    oneOf: [{ $ref: '#/$defs/a' }],
    $defs: { a: { type: 'object', properties: { x: { type: 'string' } } } },
  },
  { type: 'object', allOf: [{ properties: { a: { type: 'string' } } }] },
  { type: 'object', properties: { a: { $ref: '#/definitions/gone' } } },
  { type: 'object', properties: { 'page[size]': { type: 'number' }, $filter: { type: 'string' } } },
  { type: 'object', properties: { a: { type: 'array', items: [{ type: 'string' }] } } },
  { type: 'object', properties: { a: { type: 'number', minimum: 0, exclusiveMinimum: true } } },
  { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'object' } } } }, enum: [1], not: {} },
  { type: 'object', properties: { a: { type: 'string', required: true, enum: [] } } },
  { type: 'object', properties: { a: { type: ['object', 'null'] }, b: { type: ['array', 'string'] } } },
  {
    type: 'object',
    properties: { a: { type: 'any' }, b: { type: 'String' }, c: { type: [] }, d: { type: ['file', 'null'] } },
  },
  { type: 'object', properties: { a: true, b: false, c: { anyOf: [true, { type: 'null' }] } } },
  { type: 'object', properties: { a: { $ref: '#a' } }, $defs: { a: { $anchor: 'a', type: 'string' } } },
  { type: 'object', $dynamicAnchor: 'node', properties: { kids: { type: 'array', items: { $dynamicRef: '#node' } } } },
  { type: 'object', $recursiveAnchor: true, properties: { next: { $recursiveRef: '#' } } },
  {
    type: 'object',
    properties: { a: { $ref: '#/definitions/inner' } },
    definitions: { inner: { $id: 'inner.json', type: 'object', properties: { b: { $ref: '#/definitions/c' } } } },
  },
  { type: 'object', properties: { a: {} }, dependencies: { a: ['b'], c: { required: ['d'] } } },
  { type: 'object', properties: { a: {} }, required: ['a', 'a', 5, 'b'] },
  { type: 'object', properties: { a: { type: 'object', properties: {}, required: ['b'] } } },
  {
    type: 'object',
    properties: { a: { description: 5, title: {}, format: null, pattern: /a/.source, minLength: -1, multipleOf: 0 } },
  },
  { type: 'object', properties: { a: { anyOf: [], oneOf: {}, allOf: [], prefixItems: [], uniqueItems: 'no' } } },
  {
    type: 'object',
    properties: { a: { properties: null, $defs: [], examples: 1, enum: 'x', additionalProperties: 'no' } },
  },
  { type: 'object', properties: { a: { type: 'array', unevaluatedItems: [{ type: 'array' }] } } },
  { type: 'object', properties: { ['x'.repeat(70)]: {}, [`${'x'.repeat(70)}y`]: {}, '': {} } },
  { type: 'object', properties: { $a: { type: 'string' }, b: { $ref: '#/properties/$a' } } },
  { type: 'object', anyOf: [false, true, { $ref: '#/$defs/a' }], $defs: { a: { properties: { b: { $ref: '#' } } } } },
  { type: 'object', not: { required: ['a'] }, properties: { a: { items: { type: 'object' } } } },
]

/** Schemas that no request can hold: their tools are named in what is missing. */
const unusable: Readonly<Record<string, Schema>> = {
  'invalid_schema: an address': {
    $id: 'https://a.example/tool.json',
    type: 'object',
    properties: { a: { $ref: 'https://b.example/b.json' } },
  },
  'invalid_schema: no object': { type: ['object', 'null'] },
  'schema_too_large: nested': nested(100),
}

function nested(depth: number): Schema {
  return depth === 0 ? { type: 'array' } : { type: 'object', properties: { a: nested(depth - 1) } }
}

const tools = refused.map((inputSchema, n): TestTool => ({ ...readNote, name: `odd_${n}`, inputSchema }))

describe.each(Object.keys(firstRequest))('the first request to %s', (api) => {
  it('holds only schemas that it takes', async () => {
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

function schemasIn(body: unknown): readonly Schema[] {
  const keys = new Set(['parameters', 'input_schema', 'parametersJsonSchema'])
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([key, value]) => (keys.has(key) ? [value as Schema] : schemasIn(value)))
}

/** The documented refusals of the APIs, all of them together. */
function flawsOf(schema: unknown, root: Schema, isRoot = false): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((item) => flawsOf(item, root))
  if (typeof schema !== 'object' || schema === null) return []
  const node = schema as Schema
  const own: string[] = []
  if (isRoot && node.type !== 'object') own.push('The root is no object.')
  if (isRoot)
    for (const key of ['anyOf', 'oneOf', 'allOf', 'enum', 'not']) if (key in node) own.push(`${key} at the root`)
  const { properties } = node
  if (takes(node, 'object') && (typeof properties !== 'object' || properties === null)) own.push('no properties')
  if (isRoot && Object.keys(properties ?? {}).some((key) => !/^[\w.-]{1,64}$/.test(key))) own.push('a name')
  if (takes(node, 'array') && node.items === undefined && node.prefixItems === undefined) own.push('no items')
  if (Array.isArray(node.items)) own.push('a tuple of an older draft')
  if (typeof node.exclusiveMinimum === 'boolean') own.push('a bound of an older draft')
  if ('required' in node && !Array.isArray(node.required)) own.push('required is no list')
  if (Array.isArray(node.enum) && node.enum.length === 0) own.push('an empty choice')
  if (typeof node.$ref === 'string' && !leads(node.$ref, root)) own.push(`${node.$ref} leads nowhere`)
  for (const key of ['$dynamicRef', '$recursiveRef', 'dependencies'])
    if (key in node) own.push(`${key} is known to few`)
  if (!isRoot && '$id' in node) own.push('an address inside, which moves the place that pointers start at')
  if (Object.values(properties ?? {}).some((one) => typeof one === 'boolean')) own.push('an argument that is a boolean')
  if (takes(node, 'object') && Array.isArray(node.required))
    if (node.required.some((name) => !Object.hasOwn((properties ?? {}) as Schema, String(name))))
      own.push('an unknown name')
  const inner = Object.entries(node).filter(
    ([key]) => !['default', 'enum', 'const', 'examples', 'required'].includes(key),
  )
  return [...own, ...inner.flatMap(([, value]) => flawsOf(value, root))]
}

function takes({ type }: Schema, kind: string): boolean {
  return type === kind || (Array.isArray(type) && type.includes(kind))
}

/** What Anthropic holds a schema against, and all of them may: JSON Schema 2020-12, as a library of others has it. */
const metaSchema = new Ajv2020({ strict: false, logger: false })
const isSchema = (schema: Schema): boolean => metaSchema.validateSchema(schema) === true

function leads(ref: string, root: Schema): boolean {
  let at: unknown = root
  for (const key of ref.split('/').slice(1)) at = (at as Schema | undefined)?.[key]
  // By names and addresses few find their way.
  return /^#($|\/)/.test(ref) && at !== undefined
}
