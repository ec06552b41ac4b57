/** A process of its own that serves MCP 2025-11-25 with sessions and 20 tools, as most servers in the wild do. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { serveRequests } from './served.js'

const sessions = new Map<string, StreamableHTTPServerTransport>()
serveRequests((request, response) => void handle(request, response))

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const known = sessions.get(String(request.headers['mcp-session-id']))
  if (known !== undefined) return known.handleRequest(request, response)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  })
  await mcpServer().connect(transport as Parameters<McpServer['connect']>[0])
  await transport.handleRequest(request, response)
}

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'bench', version: '1.0.0' })
  for (let number = 0; number < 20; number++) {
    const description = `Reads record ${number}. `.repeat(20)
    const definition = { description, inputSchema: { text: z.string() }, annotations: { readOnlyHint: true } }
    mcp.registerTool(`read_${number}`, definition, ({ text }) => ({ content: [{ type: 'text', text }] }))
  }
  return mcp
}
