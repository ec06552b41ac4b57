import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How a server of another author is started. */
interface Recipe {
  /** From `node_modules`. */
  readonly script: string
  args?(port: number): readonly string[]
  env?(port: number): Readonly<Record<string, string>>
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
  const recipe: Recipe = recipes[name]
  const port = await freePort()
  const home = await mkdtemp(join(tmpdir(), 'mcp-server-'))
  const child = spawn(
    process.execPath,
    ['--import', preload, modulePath(recipe.script), ...(recipe.args?.(port) ?? [])],
    { env: { ...cleanEnvironment(home), ...recipe.env?.(port) }, cwd: home, stdio: 'ignore' },
  )
  const stop = async (): Promise<void> => {
    await end(child)
    await rm(home, { recursive: true, force: true })
  }
  try {
    await listening(port, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://${recipe.host ?? '127.0.0.1'}:${port}${recipe.path ?? ''}`, pid: child.pid!, stop }
}

/** The path of a module of `node_modules`, for servers that speak over their standard streams. */
export function modulePath(module: string): string {
  return fileURLToPath(new URL(`../../node_modules/${module}`, import.meta.url))
}

/** Nothing of ours reaches them. */
export function cleanEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, NO_COLOR: '1' }
}

const preload = new URL('./loopback-only.mjs', import.meta.url).href

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode} before it listened.`)
    if (await reachable(port)) return
    await pause(50)
  }
  throw new Error('The server did not listen within 30 s.')
}

async function reachable(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
