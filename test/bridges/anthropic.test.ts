import Anthropic from '@anthropic-ai/sdk'
import { anthropicTools, type AnthropicResult } from 'mcp-integrations/anthropic'
import { anthropicMessage } from './answers.js'
import { bareLoop } from './bare-loop.js'
import { describeFramework } from './matrix.js'

type Message = Anthropic.MessageParam

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
    answer: anthropicMessage,
    messagesField: 'messages',
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
