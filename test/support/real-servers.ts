import { fileURLToPath } from 'node:url'
import { startServerProcess } from '../../examples/support/server-process.js'

/** How a server of another author is started. */
interface Recipe {
  /** From `node_modules`. */
  readonly script: string
  readonly args?: (port: number) => readonly string[]
  readonly env?: (port: number) => Readonly<Record<string, string>>
  readonly path?: string
  /** It answers to this name only. `@default '127.0.0.1'` */
  readonly host?: string
}

const recipes = {
  everything: {
    script: '@modelcontextprotocol/server-everything/dist/index.js',
    args: () => ['streamableHttp'],
    env: (port) => ({ PORT: String(port) }),
    path: '/mcp',
  },
  everythingOverSse: {
    script: '@modelcontextprotocol/server-everything/dist/index.js',
    args: () => ['sse'],
    env: (port) => ({ PORT: String(port) }),
    path: '/sse',
  },
  context7: {
    script: '@upstash/context7-mcp/dist/index.js',
    args: (port) => ['--transport', 'http', '--port', String(port)],
    path: '/mcp',
  },
  git: {
    script: '@cyanheads/git-mcp-server/dist/index.js',
    env: (port) => ({ MCP_TRANSPORT_TYPE: 'http', MCP_HTTP_PORT: String(port), MCP_HTTP_HOST: '127.0.0.1' }),
    path: '/mcp',
  },
  playwright: {
    script: '@playwright/mcp/cli.js',
    args: (port) => ['--headless', '--isolated', '--port', String(port)],
    path: '/mcp',
    host: 'localhost',
  },
} satisfies Record<string, Recipe>

/** Servers of other authors that {@link startServer} knows. */
export type RealServerName = keyof typeof recipes

/** A running server. */
export interface RealServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a server of another author on a free port of the loopback interface, in a clean environment. */
export async function startServer(name: RealServerName): Promise<RealServer> {
  const { script, args = () => [], env, path = '', host = '127.0.0.1' }: Recipe = recipes[name]
  const { port, pid, stop } = await startServerProcess({ script, args, ...(env === undefined ? {} : { env }) })
  return { url: `http://${host}:${port}${path}`, pid, stop }
}

/** The path of a module of `node_modules`, for servers that speak over their standard streams. */
export function modulePath(module: string): string {
  return fileURLToPath(new URL(`../../node_modules/${module}`, import.meta.url))
}

/** Nothing of ours reaches them. */
export function cleanEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, NO_COLOR: '1' }
}
