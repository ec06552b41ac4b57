import { createServer, type RequestListener } from 'node:http'
import * as net from 'node:net'
import { createGuardedFetch, type GuardedFetchOptions } from '../../src/egress/guarded-fetch.js'

/** Timers that fire when told to, and that can be counted. */
export function manualTimers() {
  const timers = new Set<{ readonly callback: () => void; readonly ms: number }>()
  return {
    now: () => 0,
    setTimer(callback: () => void, ms: number) {
      const timer = { callback, ms }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    get count() {
      return timers.size
    },
    fireAll() {
      for (const timer of timers) {
        timers.delete(timer)
        timer.callback()
      }
    },
  }
}

const cleanups: (() => Promise<void>)[] = []

/** Ends what the test began, newest first. */
export async function endAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
}

export function guarded(options: Partial<GuardedFetchOptions> = {}) {
  const made = createGuardedFetch({
    egress: { allowLoopback: true },
    maxResponseBytes: 1024 * 1024,
    runtime: manualTimers(),
    ...options,
  })
  cleanups.push(() => made.close())
  return made
}

/** An HTTP server on loopback. */
export async function listen(handler: RequestListener) {
  const server = createServer(handler)
  return started(server, () => server.closeAllConnections())
}

/** A TCP server on loopback, for what no HTTP server does. */
export async function listenRaw(onSocket: (socket: net.Socket) => void) {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  return started(server)
}

export async function started(server: net.Server, disconnect?: () => void) {
  const sockets = new Set<net.Socket>()
  let connections = 0
  server.on('connection', (socket: net.Socket) => {
    connections++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  cleanups.push(async () => {
    disconnect?.()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections
    },
    get openSockets() {
      return sockets.size
    },
  }
}

/** The error that something ends with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It did not fail.')
}
