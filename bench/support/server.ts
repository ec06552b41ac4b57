/**
 * A process of its own that serves MCP with 20 tools, so that only the client's cost is measured. Each `?n=` is a server of
 * its own, with its own descriptions.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

let requests = 0
const handlers = new Map<string, ReturnType<typeof toNodeHandler>>()
const server = createServer((request, response) => {
  requests++
  const name = new URL(request.url ?? '/', 'http://localhost').searchParams.get('n') ?? ''
  const handler = handlers.get(name) ?? toNodeHandler(createMcpHandler(() => mcpServer(name)))
  handlers.set(name, handler)
  // `method` is always there on a server's request, which the type does not know.
  void handler(request as Parameters<typeof handler>[0], response)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ requests }))
process.on('disconnect', () => process.exit())

function mcpServer(name: string): McpServer {
  const mcp = new McpServer({ name: 'bench', version: '1.0.0' })
  for (let number = 0; number < 20; number++) {
    const description = `Reads record ${number} ${name}. `.repeat(20)
    const definition = { description, inputSchema: z.object({ text: z.string() }), annotations: { readOnlyHint: true } }
    mcp.registerTool(`read_${number}`, definition, ({ text }) => ({ content: [{ type: 'text', text }] }))
  }
  return mcp
}
