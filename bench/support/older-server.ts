/**
 * A process of its own that serves MCP of the older era as plainly as can be: a session, one tool list, and answers as
 * event streams of one message, as most servers send them.
 */
import type { ServerResponse } from 'node:http'
import { serveRequests } from './served.js'

const tools = Array.from({ length: 20 }, (_, number) => ({
  name: `read_${number}`,
  description: `Reads record ${number}. `.repeat(20),
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  annotations: { readOnlyHint: true },
}))
const handshake = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'older', version: '1.0.0' },
}

serveRequests((request, response) => {
  if (request.method !== 'POST') return void response.writeHead(405).end()
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => (text += chunk))
  request.on('end', () => answer(JSON.parse(text) as Asked, response))
})

interface Asked {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly arguments?: { readonly text?: string } }
}

function answer({ id, method, params }: Asked, response: ServerResponse): void {
  if (id === undefined) return void response.writeHead(202).end()
  const results: Readonly<Record<string, unknown>> = {
    initialize: handshake,
    'tools/list': { tools },
    'tools/call': { content: [{ type: 'text', text: params?.arguments?.text }] },
  }
  const result = results[method]
  const error = { code: -32601, message: 'Method not found' }
  const message = JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) })
  response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'one' })
  response.end(`event: message\ndata: ${message}\n\n`)
}
