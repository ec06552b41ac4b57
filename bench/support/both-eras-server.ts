/**
 * A process of its own that serves MCP as plainly as can be, so that only the client's cost is measured: `/older/mcp`
 * speaks 2025-11-25 with sessions, `/current/mcp` 2026-07-28. Each has 20 tools with an output schema, other ones for
 * each `n` of the query. Arguments are the latency of every answer, in ms, and on how many ports it listens.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const latency = Number(process.argv[2] ?? 0)
const listeners = Number(process.argv[3] ?? 1)
const serverInfo = { name: 'bench', version: '1.0.0' }
const capabilities = { tools: {} }
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
let requests = 0
let sockets = 0

const listener: RequestListener = (request, response) => {
  requests++
  if (request.method !== 'POST') return void response.writeHead(405).end()
  const url = new URL(request.url ?? '/', 'http://localhost')
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => (body += chunk))
  request.on('end', () => void answer(JSON.parse(body) as Asked, url, response))
}
const ports: number[] = []
for (let number = 0; number < listeners; number++) {
  // Whoever closes an idle connection is the client.
  const server = createServer({ keepAliveTimeout: 600_000 }, listener)
  server.on('connection', (socket) => {
    sockets++
    socket.on('close', () => sockets--)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push((server.address() as AddressInfo).port)
}
process.send?.({ port: ports[0], ports })
process.on('message', () => process.send?.({ requests, sockets }))
process.on('disconnect', () => process.exit())

interface Asked {
  readonly id?: number | string
  readonly method: string
  readonly params?: { readonly arguments?: { readonly text?: string } }
}

async function answer({ id, method, params }: Asked, url: URL, response: ServerResponse): Promise<void> {
  if (latency > 0) await pause(latency)
  if (id === undefined) return void response.writeHead(202).end()
  const isCurrent = url.pathname.startsWith('/current/')
  const said = params?.arguments?.text
  const results: Readonly<Record<string, object | undefined>> = {
    'server/discover': isCurrent
      ? {
          supportedVersions: ['2026-07-28'],
          capabilities,
          _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
        }
      : undefined,
    initialize: isCurrent ? undefined : { protocolVersion: '2025-11-25', capabilities, serverInfo },
    'tools/list': { tools: toolsOf(url.searchParams.get('n') ?? '') },
    'tools/call': { content: [{ type: 'text', text: said }], structuredContent: { text: said } },
  }
  const result = results[method]
  const error = { code: -32601, message: 'Method not found' }
  const ofTheEra = isCurrent ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : undefined
  const outcome = result === undefined ? { error } : { result: { ...result, ...ofTheEra } }
  const session = method === 'initialize' && !isCurrent ? { 'mcp-session-id': randomUUID() } : undefined
  response.writeHead(200, { 'content-type': 'application/json', ...session })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }))
}

function toolsOf(name: string): readonly object[] {
  return Array.from({ length: 20 }, (_, number) => ({
    name: `read_${number}`,
    description: `Reads record ${number} ${name}. `.repeat(20),
    inputSchema: text,
    outputSchema: text,
    annotations: { readOnlyHint: true },
  }))
}
