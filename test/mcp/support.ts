import { openConnection, type Connection, type OpenOptions } from '../../src/mcp/connection.js'
import type { ToolDefinition } from '../../src/model/tool.js'
import type { Runtime } from '../../src/ports/runtime.js'
import type { TestServer } from '../../src/testing/mcp-server.js'

/** The real clock and timers. */
export const runtime: Runtime = {
  now: () => Date.now(),
  randomId: () => crypto.randomUUID(),
  setTimer(callback, ms) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Opens a connection to a server in this process or at a URL. */
export async function open(
  server: Pick<TestServer, 'url' | 'fetch'>,
  options: Partial<OpenOptions> = {},
): Promise<Connection> {
  const { url, fetch } = server
  return openConnection({ endpoint: { url, fetch }, elicits: false, timeoutMs: 10_000, runtime, ...options })
}

export function tool(name: string, rest: Partial<ToolDefinition> = {}): ToolDefinition {
  return { name, inputSchema: { type: 'object' }, ...rest }
}

export const listing = { timeoutMs: 10_000, maxTools: 1000 }

/** What was sent, as JSON-RPC methods, or HTTP verbs where there is none. */
export function sent(server: Pick<TestServer, 'requests'>, from = 0): readonly string[] {
  return server.requests.slice(from).map(({ method, verb }) => method ?? verb)
}

/** What a promise was rejected with. */
export async function fault(attempt: Promise<unknown>): Promise<Record<string, unknown>> {
  return attempt.then(
    () => {
      throw new Error('It was not rejected.')
    },
    (error: unknown) => error as Record<string, unknown>,
  )
}
