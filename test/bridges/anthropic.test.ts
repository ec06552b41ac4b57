import Anthropic from '@anthropic-ai/sdk'
import { anthropicTools, type AnthropicResult } from 'mcp-integrations/anthropic'
import { bareLoop } from './bare-loop.js'
import { describeFramework } from './matrix.js'

type Message = Anthropic.MessageParam
let ids = 0

describeFramework(
  bareLoop<Message, Anthropic.ContentBlock[], AnthropicResult>({
    name: 'anthropic',
    search: 'native',
    image: 'shown',
    audio: 'named',
    bridge: anthropicTools,
    user: (text) => ({ role: 'user', content: text }),
    async ask(fetch, messages, definitions) {
      const client = new Anthropic({ apiKey: 'x', fetch, maxRetries: 0 })
      const { content, stop_reason: reason } = await client.messages.create({
        model: 'test',
        max_tokens: 100,
        messages: [...messages],
        tools: definitions as Anthropic.ToolUnion[],
      })
      return {
        said: [{ role: 'assistant', content }],
        ...(reason === 'tool_use' ? { calls: content } : {}),
        text: content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
      }
    },
    answer: (step) => ({
      id: 'msg',
      type: 'message',
      role: 'assistant',
      model: 'test',
      stop_reason: typeof step === 'string' ? 'end_turn' : 'tool_use',
      usage: { input_tokens: 1, output_tokens: 1 },
      content:
        typeof step === 'string'
          ? [{ type: 'text', text: step }]
          : step.map(({ toolName, input, id }) => ({
              type: 'tool_use',
              id: id ?? `toolu_${++ids}`,
              name: toolName,
              input,
            })),
    }),
    // All results of a reply go together.
    append: (outputs) => [{ role: 'user', content: [...outputs] }],
    readIn: ({ role, content }) =>
      role !== 'user' || typeof content === 'string'
        ? []
        : content.flatMap((block) => {
            if (block.type !== 'tool_result' || !Array.isArray(block.content)) return []
            const text = block.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
            const media = block.content.flatMap((part) =>
              part.type === 'image' && part.source.type === 'base64' ? [part.source.media_type] : [],
            )
            return [{ text, media }]
          }),
    namesIn: (body) =>
      (JSON.parse(body) as { tools: { name: string; type?: string }[] }).tools.flatMap(({ name, type }) =>
        type === undefined ? [name] : [],
      ),
  }),
)
