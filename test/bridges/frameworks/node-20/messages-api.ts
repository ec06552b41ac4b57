import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { Step } from '../../bench.js'

/** A Messages API on loopback that streams what it is told to say, and keeps the requests of the agent itself. */
export interface MessagesApi {
  readonly url: string
  readonly requests: readonly MessagesRequest[]
  /** The model says nothing more before this. */
  waitFor(ready: Promise<void>): void
  close(): void
}

export interface MessagesRequest {
  readonly tools?: readonly { readonly name: string }[]
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[]
}

export interface Block {
  readonly type: string
  readonly text?: string
  readonly content?:
    | string
    | readonly { readonly type: string; readonly text?: string; readonly source?: { readonly media_type: string } }[]
}

let ids = 0

/** The SDK connects to a server while the model is asked already: one that answers at once calls what isn't there yet. */
export function untilListed(server: McpServer): Promise<void> {
  const connect = server.connect.bind(server)
  return new Promise((listed) => {
    server.connect = (transport) => {
      const send = transport.send.bind(transport)
      transport.send = async (message, options) => {
        await send(message, options)
        if ('result' in message && 'tools' in message.result) listed()
      }
      return connect(transport)
    }
  })
}

export async function messagesApi(script: readonly Step[], toolPrefix: string): Promise<MessagesApi> {
  const requests: MessagesRequest[] = []
  let ready = Promise.resolve()
  const server = createServer((request, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of request) text += String(chunk)
      const body = JSON.parse(text === '' ? '{}' : text) as MessagesRequest
      if (request.url?.startsWith('/v1/messages?') !== true && request.url !== '/v1/messages')
        return response.writeHead(404).end('{}')
      // The agent also asks for titles and the like, without tools.
      const isAgent = (body.tools?.length ?? 0) > 0
      const step = isAgent ? (script[requests.length] ?? 'done') : 'ok'
      if (isAgent) requests.push(body)
      if (isAgent) await ready
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const event of eventsOf(step, toolPrefix))
        response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      return response.end()
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    waitFor: (next) => void (ready = next),
    close: () => (server.closeAllConnections(), server.close()),
  }
}

function eventsOf(step: Step, toolPrefix: string): readonly ({ readonly type: string } & Record<string, unknown>)[] {
  const usage = { input_tokens: 1, output_tokens: 1 }
  const blocks =
    typeof step === 'string'
      ? [
          {
            start: { type: 'text', text: '' },
            delta: { type: 'text_delta', text: step },
          },
        ]
      : step.map(({ toolName, input, id }) => ({
          start: { type: 'tool_use', id: `${id ?? 'toolu'}_${++ids}`, name: toolPrefix + toolName, input: {} },
          delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
        }))
  return [
    {
      type: 'message_start',
      message: {
        id: `msg_${++ids}`,
        type: 'message',
        role: 'assistant',
        model: 'test',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      },
    },
    ...blocks.flatMap(({ start, delta }, index) => [
      { type: 'content_block_start', index, content_block: start },
      { type: 'content_block_delta', index, delta },
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: typeof step === 'string' ? 'end_turn' : 'tool_use', stop_sequence: null },
      usage,
    },
    { type: 'message_stop' },
  ]
}
