import { describe, expect, it } from 'vitest'
import type { JsonValue, ToolCallOutcome, ToolResult } from 'mcp-integrations'
import { contentText, modelContent, resultText } from '../../src/policy/model-content.js'
import { expectCpuBelow } from '../support/cpu.js'

const text = (value: string) => ({ type: 'text', text: value })
const base64 = (value: string) => Buffer.from(value).toString('base64')
const png = 'iVBORw0KGgo='
function partsOf(result: ToolResult) {
  return modelContent({ type: 'completed', result, modelText: '' }).parts
}

describe('the content of a result for a model', () => {
  it.each<[string, ToolResult, readonly object[]]>([
    ['text', { content: [text('a'), text('b')] }, [text('a'), text('b')]],
    ['nothing, in words', { content: [] }, [text('The tool ran and returned nothing.')]],
    ['an empty text, in words', { content: [text('')] }, [text('The tool ran and returned nothing.')]],
    ['no empty text beside another', { content: [text(''), text('a')] }, [text('a')]],
    [
      'an image',
      { content: [{ type: 'image', data: png, mimeType: 'image/png' }] },
      [{ type: 'media', mediaType: 'image/png', data: png, words: "[image/png, 8 bytes: can't be shown here]" }],
    ],
    [
      'audio without its kind',
      { content: [{ type: 'audio', data: 'AAAA' }] },
      [expect.objectContaining({ type: 'media', mediaType: 'audio/*' }) as object],
    ],
    [
      'base64 of another alphabet and without padding, corrected',
      { content: [{ type: 'image', data: '_-8\n', mimeType: 'image/png' }] },
      [expect.objectContaining({ data: '/+8=' }) as object],
    ],
    [
      'base64 in lines',
      { content: [{ type: 'image', data: 'AAAA\r\nAA==\n', mimeType: 'image/png' }] },
      [expect.objectContaining({ data: 'AAAAAA==' }) as object],
    ],
    [
      'base64 that goes on after its padding, in words',
      { content: [{ type: 'image', data: 'AA==AA==', mimeType: 'image/png' }] },
      [text('[image/png: its data is empty or damaged]')],
    ],
    [
      'damaged data, in words',
      { content: [{ type: 'image', data: '%%%', mimeType: 'image/png' }] },
      [text('[image/png: its data is empty or damaged]')],
    ],
    [
      'empty data, in words',
      { content: [{ type: 'audio', data: '', mimeType: 'audio/wav' }] },
      [text('[audio/wav: its data is empty or damaged]')],
    ],
    ['a text resource', { content: [{ type: 'resource', resource: { uri: 'a:1', text: 'note' } }] }, [text('note')]],
    ...[
      'text/csv',
      'application/json',
      'application/ld+json; charset=utf-8',
      'image/svg+xml',
      'application/x-yaml',
    ].map((mimeType): [string, ToolResult, readonly object[]] => [
      `a blob of ${mimeType}, decoded`,
      { content: [{ type: 'resource', resource: { uri: 'a:1', blob: base64('häh'), mimeType } }] },
      [text('häh')],
    ]),
    [
      'a blob that only says it is text',
      { content: [{ type: 'resource', resource: { uri: 'a:1', blob: '/////w==', mimeType: 'text/plain' } }] },
      [expect.objectContaining({ type: 'media', mediaType: 'text/plain' }) as object],
    ],
    [
      'a binary blob',
      { content: [{ type: 'resource', resource: { uri: 'file:a.bin', blob: 'AAAA' } }] },
      [
        {
          type: 'media',
          mediaType: 'application/octet-stream',
          data: 'AAAA',
          words: "[application/octet-stream from file:a.bin, 3 bytes: can't be shown here]",
        },
      ],
    ],
    [
      'a link, described',
      {
        content: [{ type: 'resource_link', uri: 'https://a.example/b', name: 'b', mimeType: 'text/html', size: 2048 }],
      },
      [text('[Link: b, https://a.example/b, text/html, 2 KB]')],
    ],
    ['a kind yet unknown', { content: [{ type: 'hologram', x: 1 }] }, [text('{"type":"hologram","x":1}')]],
    ['structured content alone', { content: [], structuredContent: { a: 1 } }, [text('{"a":1}')]],
    [
      'structured content that the text says in another order, once',
      { content: [text('{ "b": [2], "a": 1 }')], structuredContent: { a: 1, b: [2] } },
      [text('{ "b": [2], "a": 1 }')],
    ],
    [
      'a plain value in the object that had to be around it, once',
      { content: [text('42 notes')], structuredContent: { result: '42 notes' } },
      [text('42 notes')],
    ],
    [
      'structured content that says more than the text',
      { content: [text('Found 2.')], structuredContent: { ids: [1, 2] } },
      [text('Found 2.'), text('{"ids":[1,2]}')],
    ],
    ['only white space', { content: [text(' \n ')] }, [text('The tool ran and returned nothing.')]],
    ['half a character', { content: [text('a\ud800b')] }, [text('a\ufffdb')]],
    [
      'a list that is said item by item, once',
      { content: [text('{"x":1}'), text('two')], structuredContent: { result: [{ x: 1 }, 'two'] } },
      [text('{"x":1}'), text('two')],
    ],
    [
      'a list of which the texts say less',
      { content: [text('{"x":1}')], structuredContent: { result: [{ x: 1 }, { x: 2 }] } },
      [text('{"x":1}'), text('{"result":[{"x":1},{"x":2}]}')],
    ],
    ['structured null', { content: [], structuredContent: null }, [text('null')]],
  ])('%s', (_what, result, parts) => {
    expect(partsOf(result)).toEqual(parts)
  })

  it('handles endless padding in linear time', async () => {
    const data = `${'='.repeat(1_000_000)}A`
    const read = (): unknown =>
      modelContent({ type: 'completed', result: { content: [{ type: 'image', data }] }, modelText: '' })
    await expectCpuBelow(200, read)
  })

  it.each<[string, ToolResult]>([
    [
      'text that is JSON of very many lists',
      { content: [text(`[${'[],'.repeat(4_000_000)}1]`)], structuredContent: {} },
    ],
    [
      'texts that are JSON of very many names',
      {
        content: Array.from({ length: 100 }, (_, n) =>
          text(`{${Array.from({ length: 3_800 }, (_each, m) => `"n${n}_${m}":0`).join()}}`),
        ),
        structuredContent: { result: Array.from({ length: 100 }, () => 1) },
      },
    ],
    ['text that nests without end', { content: [text('['.repeat(4_000_000))], structuredContent: {} }],
    [
      'bytes that are text',
      {
        content: [{ type: 'resource', resource: { uri: 'a', mimeType: 'text/plain', blob: 'YWFh'.repeat(1_000_000) } }],
      },
    ],
    [
      'bytes that are none',
      {
        content: [{ type: 'resource', resource: { uri: 'a', mimeType: 'text/plain', blob: '////'.repeat(1_000_000) } }],
      },
    ],
    ['an image in the other alphabet', { content: [{ type: 'image', data: '-_'.repeat(2_000_000) }] }],
    ['an image with blanks', { content: [{ type: 'image', data: 'a '.repeat(2_000_000) }] }],
    ['a media type of parameters', { content: [{ type: 'image', data: 'aaaa', mimeType: ';'.repeat(4_000_000) }] }],
  ])('takes a bounded time to read %s', async (_what, result) => {
    await expectCpuBelow(500, () => partsOf(result))
  })

  const many = 20_000
  const object = Object.fromEntries(Array.from({ length: many }, (_, n) => [`k${n}`, n]))
  it.each<[string, object, JsonValue]>([
    ['of empty objects beside a large one', text('{}'), object],
    ['of lists beside a list', text('[1,2,3]'), { result: Object.values(object) }],
    ['that are like items of a list', text('{"result":1}'), { list: Object.values(object) }],
    ['that look like JSON', text('[x'), object],
    ['with links', { type: 'resource_link', uri: 'a' }, 1],
    ['with damaged bytes', { type: 'resource', resource: { blob: 'aaaa' } }, 1],
    ['of a later revision', { type: 'later', a: 1 }, 1],
  ])('is told of very many blocks %s in time that grows with them', async (_what, block, structuredContent) => {
    const content = Array.from({ length: many }, () => block) as ToolResult['content']
    let parts: readonly object[] = []
    await expectCpuBelow(400, () => (parts = partsOf({ content, structuredContent })))
    expect(parts).toHaveLength(2_002)
    expect(parts.at(-2)).toEqual(text("[18000 more parts can't be shown here]"))
  })

  it('keeps a failed result failed', () => {
    const result = { content: [text('no such note')], isError: true }
    expect(modelContent({ type: 'completed', result, modelText: '' }).failed).toBe(true)
    expect(resultText(result)).toBe('The tool reported an error:\nno such note')
  })

  it('cuts unknown blocks', () => {
    const [part] = partsOf({ content: [{ type: 'hologram', x: 'x'.repeat(1_000_000) }] })
    expect(JSON.stringify(part).length).toBeLessThan(11_000)
  })

  it('compares structured content of any depth with text', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    expect(partsOf({ content: [text(deep)], structuredContent: { a: 1 } })).toHaveLength(2)
  })
})

describe('the content of other outcomes for a model', () => {
  it('says why it has not run, as a failure', () => {
    const outcome = { type: 'not_run', because: 'denied', approvalId: 'a', modelText: 'It was denied.' }
    expect(modelContent(outcome as ToolCallOutcome)).toEqual({ parts: [text('It was denied.')], failed: true })
  })

  it('names media in text alone', () => {
    const content = modelContent({
      type: 'completed',
      result: { content: [text('a'), { type: 'image', data: png, mimeType: 'image/png' }] },
      modelText: '',
    })
    expect(contentText(content)).toBe("a\n[image/png, 8 bytes: can't be shown here]")
  })
})
