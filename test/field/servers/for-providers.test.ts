import { anthropicTools } from 'mcp-integrations/anthropic'
import { openaiTools } from 'mcp-integrations/openai'
import { describe, expect, it } from 'vitest'
import { connected, listen, right, type FieldRequest } from './support.js'

const png = 'iVBORw0KGgo='
const jpeg = '/9j/4AAQSkZJRg=='

describe('a schema that a provider refuses (openai-agents-python#449, mcphost#88, shopware#18713)', () => {
  it.each([
    ['no properties (the Go SDK)', { type: 'object' }],
    ['a list for properties (PHP)', { type: 'object', properties: [], required: [] }],
    ['null for properties', { type: 'object', properties: null, required: null }],
    ['a list for what else there may be', { type: 'object', additionalProperties: [] }],
  ])('has properties in a bridge, and stays as it was in the toolset: %s', async (_what, inputSchema) => {
    const server = await listen((request) =>
      request.method === 'tools/list' ? right(request, [{ name: 'now', inputSchema }]) : undefined,
    )
    const toolset = await (await connected(server)).toolset()
    expect(toolset.tools[0]?.inputSchema).toEqual(inputSchema)
    expect(anthropicTools(toolset).definitions).toMatchObject([{ input_schema: { type: 'object', properties: {} } }])
    expect(openaiTools(toolset).definitions).toMatchObject([{ parameters: { type: 'object', properties: {} } }])
  })
})

describe('media', () => {
  /** What the Messages API is given of one block. */
  const shown = async (block: object) => {
    const server = await listen(({ method, id }: FieldRequest) =>
      method === 'tools/call' ? { json: { jsonrpc: '2.0', id, result: { content: [block] } } } : undefined,
    )
    const toolset = await (await connected(server)).toolset()
    const call = { type: 'tool_use', id: 'call-1', name: 'field__echo', input: {} } as const
    const { outputs } = await anthropicTools(toolset).run([call])
    return outputs[0]?.content
  }

  it.each([
    ['text/csv (opencode#30249, LibreChat#15601)', { mimeType: 'text/csv', blob: 'YSxiCjEsMg==' }],
    ['text/csv with its characters', { mimeType: 'text/csv; charset=utf-8', blob: 'YSxiCjEsMg==' }],
    ['no type (langchain#40187)', { blob: 'YSxiCjEsMg==' }],
    ['the head of a data: URL', { mimeType: 'text/csv', blob: 'data:text/csv;base64,YSxiCjEsMg==' }],
  ])('that is text is read as text: %s', async (_what, resource) => {
    expect(await shown({ type: 'resource', resource: { uri: 'file:///t.csv', ...resource } })).toEqual([
      { type: 'text', text: 'a,b\n1,2' },
    ])
  })

  it.each([
    [
      'the head of a data: URL (goose#10342)',
      { mimeType: 'image/png', data: `data:image/png;base64,${png}` },
      'png',
      png,
    ],
    ['another head than its type', { mimeType: 'image/png', data: `data:image/jpeg;base64,${jpeg}` }, 'jpeg', jpeg],
    ['no type', { data: png }, 'png', png],
    ['image/*', { mimeType: 'image/*', data: png }, 'png', png],
    ['large letters', { mimeType: 'IMAGE/PNG', data: png }, 'png', png],
    ['a parameter', { mimeType: 'image/png;charset=binary', data: png }, 'png', png],
    ['image/jpg', { mimeType: 'image/jpg', data: jpeg }, 'jpeg', jpeg],
    ['the type of another image', { mimeType: 'image/png', data: jpeg }, 'jpeg', jpeg],
    ['line breaks', { mimeType: 'image/png', data: 'iVBO\nRw0K\nGgo=' }, 'png', png],
  ])('is given as the image it is: %s', async (_what, image, type, data) => {
    expect(await shown({ type: 'image', ...image })).toEqual([
      { type: 'image', source: { type: 'base64', media_type: `image/${type}`, data } },
    ])
  })

  it.each([
    ['svg (claude-code#58330)', { type: 'image', mimeType: 'image/svg+xml', data: 'PHN2Zy8+' }, 'image/svg+xml'],
    ['heic', { type: 'image', mimeType: 'image/heic', data: 'AAAA' }, 'image/heic'],
    ['audio', { type: 'audio', mimeType: 'audio/wav', data: 'UklGRg==' }, 'audio/wav'],
    ['an image without data', { type: 'image', mimeType: 'image/png', data: '' }, 'image/png'],
    ['bytes of no type', { type: 'resource', resource: { uri: 'file:///x', blob: 'AAECAw==' } }, 'file:///x'],
  ])('that providers do not accept is described in text: %s', async (_what, block, words) => {
    expect(await shown(block)).toMatchObject([{ type: 'text', text: expect.stringContaining(words) as string }])
  })
})

describe('a tool that is for apps (MCP Apps)', () => {
  it.each([
    [['app'], []],
    [['model', 'app'], ['echo']],
    [undefined, ['echo']],
    [null, ['echo']],
    [[], []],
  ])('with the visibility %j is offered to models as %j', async (visibility, names) => {
    const tool = { name: 'echo', inputSchema: { type: 'object' }, _meta: { ui: { visibility } } }
    const server = await listen((request) => (request.method === 'tools/list' ? right(request, [tool]) : undefined))
    const { tools, unavailable } = await (await connected(server)).toolset()
    expect(tools.map(({ name }) => name)).toEqual(names)
    expect(unavailable.map(({ name }) => name)).toEqual(names.length === 0 ? ['echo'] : [])
  })
})

describe('two equal calls', () => {
  const calls = (server: { readonly requests: readonly FieldRequest[] }) =>
    server.requests.filter(({ method }) => method === 'tools/call').length

  it('of one step both run, each approved by its own name (supabase#47008, letta-code#101)', async () => {
    const server = await listen()
    const { mine } = await connected(server, { confirm: undefined })
    const toolset = await mine.toolset('assistant', { conversationId: 'chat' })
    const ask = (idempotencyKey: string) => toolset.call('field__echo', {}, { idempotencyKey })
    const asked = await Promise.all([ask('a'), ask('b')])
    const ids = asked.map((outcome) => (outcome.type === 'approval_required' ? outcome.approval.approvalId : ''))
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) await mine.approvals.decide(id, 'approve')
    for (const key of ['a', 'b']) expect(await ask(key)).toMatchObject({ type: 'completed' })
    expect(calls(server)).toBe(2)
  })

  it('that nobody named are one while it waits, and another one once it was decided', async () => {
    const server = await listen()
    const { mine } = await connected(server, { confirm: undefined })
    const toolset = await mine.toolset('assistant')
    const ask = async () => {
      const outcome = await toolset.call('field__echo', {})
      return outcome.type === 'approval_required' ? outcome.approval.approvalId : outcome.type
    }
    const [first, second] = [await ask(), await ask()]
    expect(second).toBe(first)
    await mine.approvals.decide(first, 'deny')
    expect(await ask()).not.toBe(first)
    expect(calls(server)).toBe(0)
  })
})
