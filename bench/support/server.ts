/**
 * A process of its own that serves MCP with 20 tools, so that only the client's cost is measured. Each `?n=` is a server of
 * its own, with its own descriptions.
 */
import { mcpHandler, readingServer, serveRequests } from './served.js'

const handlers = new Map<string, ReturnType<typeof mcpHandler>>()
serveRequests((request, response) => {
  const name = new URL(request.url ?? '/', 'http://localhost').searchParams.get('n') ?? ''
  const handler =
    handlers.get(name) ?? mcpHandler(() => readingServer(20, (number) => `Reads record ${number} ${name}. `.repeat(20)))
  handlers.set(name, handler)
  handler(request, response)
})
