import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** Serves requests in a process of its own: tells its parent the port, and when asked how many requests came. */
export function serveRequests(handle: (request: IncomingMessage, response: ServerResponse) => void): void {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    handle(request, response)
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('message', () => process.send?.({ requests }))
  process.on('disconnect', () => process.exit())
}

/** Handles requests of MCP's current era. */
export function mcpHandler(make: () => McpServer): (request: IncomingMessage, response: ServerResponse) => void {
  const handler = toNodeHandler(createMcpHandler(make))
  // `method` is always there on a server's request, which the type does not know.
  return (request, response) => void handler(request as Parameters<typeof handler>[0], response)
}

/** A server with tools that only read, and return the text they are given. */
export function readingServer(tools: number, describe?: (number: number) => string): McpServer {
  const mcp = new McpServer({ name: 'bench', version: '1.0.0' })
  for (let number = 0; number < tools; number++) {
    const definition = {
      description: describe?.(number),
      inputSchema: z.object({ text: z.string() }),
      annotations: { readOnlyHint: true },
    }
    mcp.registerTool(`read_${number}`, definition, ({ text }) => ({ content: [{ type: 'text', text }] }))
  }
  return mcp
}
