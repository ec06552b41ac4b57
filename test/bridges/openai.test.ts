import OpenAI from 'openai'
import { openaiChatTools, openaiTools, type OpenAiChatOutput, type OpenAiOutput } from 'mcp-integrations/openai'
import { openaiChatCompletion, openaiResponse } from './answers.js'
import { bareLoop } from './bare-loop.js'
import { describeFramework } from './matrix.js'

type Item = OpenAI.Responses.ResponseInputItem
type Message = OpenAI.ChatCompletionMessageParam

describeFramework(
  bareLoop<Item, OpenAI.Responses.ResponseOutputItem[], OpenAiOutput>({
    name: 'openai (Responses)',
    search: 'native',
    image: 'shown',
    audio: 'named',
    bridge: openaiTools,
    user: (text) => ({ role: 'user', content: text }),
    async ask(fetch, messages, definitions) {
      const client = new OpenAI({ apiKey: 'x', fetch, maxRetries: 0 })
      const response = await client.responses.create({
        model: 'test',
        input: [...messages],
        tools: definitions as OpenAI.Responses.Tool[],
      })
      const calls = response.output.some(({ type }) => type === 'function_call') ? response.output : undefined
      return { said: response.output as Item[], calls, text: response.output_text }
    },
    answer: openaiResponse,
    append: (outputs) => outputs as readonly Item[],
    messagesField: 'input',
    readIn: (item) => {
      if (item.type !== 'function_call_output') return []
      const parts = typeof item.output === 'string' ? [{ type: 'input_text' as const, text: item.output }] : item.output
      return [
        {
          text: parts.flatMap((part) => (part.type === 'input_text' ? [part.text] : [])).join('\n'),
          media: parts.flatMap((part) =>
            part.type === 'input_image' ? [/^data:([^;]+)/.exec(part.image_url ?? '')?.[1] ?? ''] : [],
          ),
        },
      ]
    },
    namesIn: (body) =>
      (JSON.parse(body) as { tools: { name?: string }[] }).tools.flatMap(({ name }) =>
        name === undefined ? [] : [name],
      ),
  }),
)

describeFramework(
  bareLoop<Message, OpenAI.ChatCompletionMessageToolCall[], OpenAiChatOutput>({
    name: 'openai-chat (Chat Completions)',
    search: 'two tools',
    image: 'named',
    audio: 'named',
    bridge: openaiChatTools,
    user: (text) => ({ role: 'user', content: text }),
    async ask(fetch, messages, definitions) {
      const client = new OpenAI({ apiKey: 'x', fetch, maxRetries: 0 })
      const { choices } = await client.chat.completions.create({
        model: 'test',
        messages: [...messages],
        tools: definitions as OpenAI.ChatCompletionTool[],
      })
      const { message } = choices[0]!
      return { said: [message], calls: message.tool_calls, text: message.content ?? undefined }
    },
    answer: openaiChatCompletion,
    append: (outputs) => outputs,
    messagesField: 'messages',
    readIn: (message) => (message.role === 'tool' ? [{ text: String(message.content), media: [] }] : []),
    namesIn: (body) =>
      (JSON.parse(body) as { tools: { function: { name: string } }[] }).tools.map((tool) => tool.function.name),
  }),
)
