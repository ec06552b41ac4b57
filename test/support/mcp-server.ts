import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { z } from 'zod'

/** A request that reached the server. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly rpc?: string
  readonly tool?: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** An answer that is not the MCP server's. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A real MCP server on loopback that counts what reaches it. */
export interface TestMcpServer {
  readonly url: string
  readonly seen: SeenRequest[]
  /** Tools by name, replaced for the next request. */
  readonly state: {
    define: (server: McpServer) => void
    /** Answers before the MCP server does: a status to refuse with. */
    refuse: ((request: SeenRequest) => number | undefined) | undefined
    /** Answers before the MCP server does. */
    intercept: ((request: SeenRequest) => Promise<Answer | undefined>) | undefined
    /** Held requests wait for this. */
    hold: Promise<void> | undefined
  }
  calls(tool?: string): SeenRequest[]
  close(): Promise<void>
}

export const notes = {
  readNote: (server: McpServer): void => {
    server.registerTool(
      'read_note',
      { description: 'Reads a note.', inputSchema: z.object({ id: z.string() }), annotations: { readOnlyHint: true } },
      async ({ id }) => ({ content: [{ type: 'text', text: `note ${id}` }] }),
    )
  },
  writeNote: (server: McpServer): void => {
    server.registerTool(
      'write_note',
      {
        description: 'Writes a note.',
        inputSchema: z.object({ id: z.string(), text: z.string() }),
        annotations: { readOnlyHint: false },
      },
      async ({ id, text }) => ({ content: [{ type: 'text', text: `wrote ${id}: ${text}` }] }),
    )
  },
}

/** Starts a server that offers `read_note` and `write_note` unless told otherwise. */
export async function startMcpServer(
  define: (server: McpServer) => void = (server) => {
    notes.readNote(server)
    notes.writeNote(server)
  },
): Promise<TestMcpServer> {
  const seen: SeenRequest[] = []
  const state: TestMcpServer['state'] = { define, refuse: undefined, intercept: undefined, hold: undefined }
  const handler = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer(
        { name: 'notes', version: '1.0.0' },
        { capabilities: { tools: { listChanged: true } } },
      )
      state.define(server)
      return server
    }),
  )
  const http = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void (async () => {
        const body = Buffer.concat(chunks).toString()
        const message = body === '' ? undefined : (JSON.parse(body) as { method?: string; params?: { name?: string } })
        const one: SeenRequest = {
          method: request.method ?? '',
          path: request.url ?? '',
          ...(message?.method === undefined ? {} : { rpc: message.method }),
          ...(message?.params?.name === undefined ? {} : { tool: message.params.name }),
          headers: request.headers,
          body,
        }
        seen.push(one)
        const refused = state.refuse?.(one)
        if (refused !== undefined) {
          response.statusCode = refused
          response.end()
          return
        }
        const answer = await state.intercept?.(one)
        if (answer !== undefined) {
          response.writeHead(answer.status, answer.headers).end(answer.body)
          return
        }
        if (one.rpc === 'tools/call') await state.hold
        await handler(request as Parameters<typeof handler>[0], response, message)
      })()
    })
  })
  http.listen(0, '127.0.0.1')
  await new Promise((resolve) => http.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    seen,
    state,
    calls: (tool) =>
      seen.filter(({ rpc, tool: name }) => rpc === 'tools/call' && (tool === undefined || name === tool)),
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}
