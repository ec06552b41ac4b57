import { GoogleGenAI, type Content, type FunctionCall, type Tool } from '@google/genai'
import { googleTools, type GooglePart } from 'mcp-integrations/google'
import { googleResponse } from './answers.js'
import { bareLoop } from './bare-loop.js'
import { describeFramework } from './matrix.js'

describeFramework(
  bareLoop<Content, FunctionCall[], GooglePart>({
    name: 'google',
    search: 'two tools',
    image: 'shown',
    audio: 'shown',
    bridge: googleTools,
    user: (text) => ({ role: 'user', parts: [{ text }] }),
    async ask(fetch, messages, definitions) {
      const client = new GoogleGenAI({
        apiKey: 'x',
        httpOptions: { baseUrl: 'https://google.example', fetch } as object,
      })
      const response = await client.models.generateContent({
        model: 'test',
        contents: [...messages],
        config: { tools: definitions as Tool[] },
      })
      const calls = response.functionCalls
      return {
        said: [response.candidates![0]!.content!],
        ...(calls === undefined ? { text: response.text ?? '' } : { calls }),
      }
    },
    answer: googleResponse,
    messagesField: 'contents',
    append: (outputs) => [{ role: 'user', parts: outputs as Content['parts'] & object }],
    readIn: ({ parts = [] }) =>
      parts.flatMap(({ functionResponse }) => {
        if (functionResponse?.response === undefined) return []
        const { output, error, ...structured } = functionResponse.response as Record<string, unknown>
        const said = output ?? error ?? JSON.stringify(structured)
        const media = (functionResponse.parts ?? []).map(({ inlineData }) => inlineData?.mimeType ?? '')
        return [{ text: String(said), media }]
      }),
    namesIn: (body) =>
      (JSON.parse(body) as { tools: { functionDeclarations: { name: string }[] }[] }).tools.flatMap((tool) =>
        tool.functionDeclarations.map(({ name }) => name),
      ),
  }),
)
