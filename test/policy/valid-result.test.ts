import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import type { ToolContent, ToolResult } from '../../src/model/tool.js'
import { validResult } from '../../src/policy/valid-result.js'

const text = (value: string): ToolContent => ({ type: 'text', text: value })
const valid: readonly ToolContent[] = [
  {
    ...text('a'),
    annotations: { audience: ['user'], priority: 0.5, lastModified: '2026-01-02T03:04:05Z' },
    _meta: { b: 1 },
  },
  { type: 'image', data: 'AAAA', mimeType: 'image/png' },
  { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
  { type: 'resource', resource: { uri: 'a:b', mimeType: 'text/plain', text: 'c' } },
  { type: 'resource', resource: { uri: 'a:b', blob: 'AAAA', _meta: {} } },
  { type: 'resource_link', uri: 'a:b', name: 'c', title: 'd', size: 5 },
  {
    type: 'resource_link',
    uri: 'a:b',
    name: 'c',
    icons: [{ src: 'https://a.example/i.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' }],
  },
]
const link: ToolContent = { type: 'resource_link', uri: 'a:b', name: 'c' }

describe('a result for MCP clients', () => {
  it('is what the server sent where that is valid', () => {
    const result: ToolResult = { content: valid, structuredContent: { a: 1 }, isError: false, _meta: { c: 1 } }
    expect(validResult(result)).toEqual(result)
    expect(CallToolResultSchema.safeParse(result).success).toBe(true)
  })

  it.each<[string, ToolContent, ToolContent]>([
    ['of a later revision', { type: 'hologram', x: 1 }, text('{"type":"hologram","x":1}')],
    ['of text without one', { type: 'text' }, text('{"type":"text"}')],
    ['of text that is a number', { type: 'text', text: 5 }, text('{"type":"text","text":5}')],
    [
      'of an image that is none',
      { type: 'image', data: '!', mimeType: 'image/png' },
      text('[image/png: its data is empty or damaged]'),
    ],
    [
      'of an image in the other alphabet',
      { type: 'image', data: '_-8', mimeType: 'image/png' },
      { type: 'image', data: '/+8=', mimeType: 'image/png' },
    ],
    ['of an empty resource', { type: 'resource', resource: {} }, text('{"type":"resource","resource":{}}')],
    ['of a link without a name', { type: 'resource_link', uri: 'a:b' }, text('[Link: a:b]')],
    ['with metadata that is none', { ...text('a'), _meta: 1 }, text('a')],
    ['with annotations that are none', { ...text('a'), annotations: { priority: 7 } }, text('a')],
    ['with icons without a source', { ...link, icons: [{ sizes: ['48x48'] }] }, link],
    ['with icons that are none', { ...link, icons: {} }, link],
    ['with a moment that is none', { ...text('a'), annotations: { lastModified: 'yesterday' } }, text('a')],
  ])('keeps the others beside a block %s', (_what, block, shown) => {
    const result = validResult({ content: [block, text('fine')] })
    expect(result.content).toEqual([shown, text('fine')])
    expect(CallToolResultSchema.safeParse(result).success).toBe(true)
  })

  it('has structured content that is no object as text', () => {
    expect(validResult({ content: [], structuredContent: [1] })).toEqual({ content: [text('[1]')] })
  })

  it('names the number of blocks beyond those that a client can read', () => {
    const { content } = validResult({ content: Array.from({ length: 100_000 }, () => ({ type: 'x' })) })
    expect(content).toHaveLength(2_001)
    expect(content.at(-1)).toEqual(text("[98000 more parts can't be shown here]"))
  })
})
