/** A process of its own that serves MCP with 20 small tools, so that a list is stored in 5 kB and only the client's cost is measured. */
import { mcpHandler, readingServer, serveRequests } from './served.js'

serveRequests(mcpHandler(() => readingServer(20, (number) => `Reads record ${number}.`)))
