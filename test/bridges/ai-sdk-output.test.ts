import * as ai from 'ai'
import { describe, expect, it } from 'vitest'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import { bench, model } from './support.js'

/** Providers of version 6 drop the flag where their API has none. */
const failed = 'isStepCount' in ai ? '' : 'The tool reported an error:\n'

/** Version 7 made it one kind of part. */
function media(mediaType: string, data: string): object {
  if ('isStepCount' in ai) return { type: 'file', mediaType, data: { type: 'data', data } }
  return { type: mediaType.startsWith('image/') ? 'image-data' : 'file-data', mediaType, data }
}

const text = (value: string): object => ({ type: 'text', text: value })
const link = { type: 'resource_link', uri: 'https://files.example/a.pdf', name: 'a.pdf' }

describe('the content of a result for a model', () => {
  it.each<[string, object, object]>([
    ['one text', { content: [text('a')] }, { type: 'text', value: 'a' }],
    ['several texts', { content: [text('a'), text('b')] }, { type: 'text', value: 'a\nb' }],
    ['nothing', { content: [] }, { type: 'text', value: 'The tool ran and returned nothing.' }],
    [
      'an image beside a text',
      { content: [text('a'), { type: 'image', data: 'AAAA', mimeType: 'image/png' }] },
      { type: 'content', value: [text('a'), media('image/png', 'AAAA')] },
    ],
    [
      'audio, which most providers drop',
      { content: [{ type: 'audio', data: 'BBBB', mimeType: 'audio/wav' }] },
      { type: 'text', value: "[audio/wav, 3 bytes: can't be shown here]" },
    ],
    [
      'a text resource',
      { content: [{ type: 'resource', resource: { uri: 'note:1', text: 'a note' } }] },
      { type: 'text', value: 'a note' },
    ],
    [
      'a binary resource',
      { content: [{ type: 'resource', resource: { uri: 'a:1', blob: 'CCCC', mimeType: 'application/pdf' } }] },
      { type: 'content', value: [media('application/pdf', 'CCCC')] },
    ],
    [
      'a link, which nobody follows',
      { content: [link] },
      { type: 'text', value: expect.stringContaining(link.uri) as string },
    ],
    [
      'structured content that has no text',
      { content: [], structuredContent: { celsius: 3 } },
      { type: 'json', value: { celsius: 3 } },
    ],
    [
      'structured content only once, as its text',
      { content: [text('{"celsius":3}')], structuredContent: { celsius: 3 } },
      { type: 'text', value: '{"celsius":3}' },
    ],
    [
      "a tool's own error",
      { content: [text('no such note')], isError: true },
      { type: 'error-text', value: `${failed}no such note` },
    ],
    [
      "a tool's own structured error",
      { content: [], structuredContent: { code: 7 }, isError: true },
      failed === '' ? { type: 'error-json', value: { code: 7 } } : { type: 'error-text', value: `${failed}{"code":7}` },
    ],
  ])('%s', async (_what, result, output) => {
    await using host = await bench([
      { name: 'show', annotations: { readOnlyHint: true }, run: () => result as { [key: string]: unknown } },
    ])
    const tools = aiSdkTools(await host.mine.toolset('assistant'))
    const { response } = await ai.generateText({
      model: model([{ toolName: 'notes__show', input: {} }]),
      tools,
      prompt: 'Go.',
    })
    expect(response.messages.at(-1)?.content).toMatchObject([{ type: 'tool-result', output }])
  })
})
