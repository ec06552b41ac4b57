/**
 * A process of its own that serves MCP at any path: `/hangs/…` never answers, `/down/…` says 503, every other path is a
 * server with five tools.
 */
import { mcpHandler, readingServer, serveRequests } from './served.js'

const handle = mcpHandler(() => readingServer(5))
serveRequests((request, response) => {
  if (request.url?.startsWith('/hangs/')) return
  if (request.url?.startsWith('/down/')) response.writeHead(503).end()
  else handle(request, response)
})
