import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** An MCP server of another author, running as a separate process. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** Ends it, by its pid. */
  stop(): Promise<void>
}

/** Keeps a server that would listen on every interface on the loopback one. */
const loopbackOnly = pathToFileURL(resolve('test/support/loopback-only.mjs')).href

/**
 * Starts a server from `node_modules`, run from the project's folder: on a free port of the loopback interface, in an
 * empty home and an environment with nothing of ours in it.
 */
export async function startServerProcess(options: {
  readonly script: string
  readonly args: (port: number) => readonly string[]
  readonly env?: ((port: number) => Readonly<Record<string, string>>) | undefined
}): Promise<ServerProcess> {
  const port = await freePort()
  const home = await mkdtemp(join(tmpdir(), 'mcp-server-'))
  const command = ['--import', loopbackOnly, resolve('node_modules', options.script), ...options.args(port)]
  const child = spawn(process.execPath, command, {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, NO_COLOR: '1', ...options.env?.(port) },
    stdio: 'ignore',
  })
  const endWithUs = (): void => {
    child.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
  process.once('exit', endWithUs)
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endWithUs)
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(home, { recursive: true, force: true })
  }
  try {
    await untilItListens(port, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, pid: child.pid!, stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function untilItListens(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 6_000; tries++) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode} before it listened.`)
    if (await listens(port)) return
    await pause(50)
  }
  throw new Error('The server did not listen within 5 minutes.')
}

async function listens(port: number): Promise<boolean> {
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
