/**
 * A process of its own that serves MCP at any path: `/hangs/…` never answers, `/down/…` says 503, every other path is a
 * server with five tools.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

let requests = 0
const handler = toNodeHandler(createMcpHandler(mcpServer))
const server = createServer((request, response) => {
  requests++
  if (request.url?.startsWith('/hangs/')) return
  if (request.url?.startsWith('/down/')) {
    response.writeHead(503).end()
    return
  }
  // `method` is always there on a server's request, which the type does not know.
  void handler(request as Parameters<typeof handler>[0], response)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ requests }))
process.on('disconnect', () => process.exit())

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'many', version: '1.0.0' })
  for (let number = 0; number < 5; number++) {
    const definition = { inputSchema: z.object({ text: z.string() }), annotations: { readOnlyHint: true } }
    mcp.registerTool(`read_${number}`, definition, ({ text }) => ({ content: [{ type: 'text', text }] }))
  }
  return mcp
}
