/** A process of its own that serves MCP with 20 small tools, so that a list is stored in 5 kB and only the client's cost is measured. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

let requests = 0
const handler = toNodeHandler(createMcpHandler(mcpServer))
const server = createServer((request, response) => {
  requests++
  // `method` is always there on a server's request, which the type does not know.
  void handler(request as Parameters<typeof handler>[0], response)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ requests }))
process.on('disconnect', () => process.exit())

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'bench', version: '1.0.0' })
  for (let number = 0; number < 20; number++) {
    const description = `Reads record ${number}.`
    const definition = { description, inputSchema: z.object({ text: z.string() }), annotations: { readOnlyHint: true } }
    mcp.registerTool(`read_${number}`, definition, ({ text }) => ({ content: [{ type: 'text', text }] }))
  }
  return mcp
}
