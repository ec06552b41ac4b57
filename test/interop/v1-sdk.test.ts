import { getEventListeners, once, setMaxListeners } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { afterEach, describe, expect, it } from 'vitest'
import type { OpenOptions } from '../../src/mcp/connection.js'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { listing, open as openServer, tool } from '../mcp/support.js'

const patient = { timeoutMs: 10_000 }
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

/** A server on the older SDK, with sessions, over a real port. */
class OlderServer {
  readonly requests: string[] = []
  readonly sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: McpServer }>()
  #http: HttpServer | undefined
  #port = 0

  static async start(): Promise<OlderServer> {
    const server = new OlderServer()
    await server.#listen()
    closers.push(() => server.stop())
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`
  }

  get sockets(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#http?.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    )
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.#listen()
  }

  async stop(): Promise<void> {
    const http = this.#http
    if (http === undefined) return
    this.#http = undefined
    this.sessions.clear()
    http.closeAllConnections()
    http.close()
    await once(http, 'close')
  }

  async #listen(): Promise<void> {
    const http = createServer((request, response) => {
      this.requests.push(request.method ?? '')
      const id = request.headers['mcp-session-id'] as string | undefined
      const known = id === undefined ? undefined : this.sessions.get(id)
      if (id !== undefined && known === undefined) return void response.writeHead(404).end()
      void (known === undefined ? this.#begin() : Promise.resolve(known.transport)).then((transport) =>
        transport.handleRequest(request, response),
      )
    })
    this.#http = http.listen(this.#port, '127.0.0.1')
    await once(http, 'listening')
    this.#port = (http.address() as AddressInfo).port
  }

  async #begin(): Promise<StreamableHTTPServerTransport> {
    const server = new McpServer({ name: 'older', version: '1.0.0' })
    server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }))
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void this.sessions.set(id, { transport, server }),
      onsessionclosed: (id) => void this.sessions.delete(id),
    })
    await server.connect(transport as Parameters<typeof server.connect>[0])
    return transport
  }
}

function open(server: OlderServer, options: Partial<OpenOptions> = {}) {
  return openServer({ url: server.url, fetch }, options)
}

/** 1,000 in `npm run test:interop`. */
const connections = Number(process.env['TEST_CONNECTIONS'] ?? 100)

describe('a server on the older SDK', () => {
  it('may restart between two calls', async () => {
    const server = await OlderServer.start()
    const connection = await open(server)
    const say = async (text: string) => (await connection.callTool(tool('echo'), { text }, patient)).result.content
    expect(await say('before')).toEqual([{ type: 'text', text: 'before' }])
    await server.restart()
    // The idle socket is dead, which a list survives, and so is the session, which a call survives too.
    expect((await connection.listTools(listing)).tools).toHaveLength(1)
    server.sessions.clear()
    expect(await say('after')).toEqual([{ type: 'text', text: 'after' }])
    await connection.close({ endSession: true })
    expect(server.sessions.size).toBe(0)
  })

  it('tells that its tools changed', async () => {
    const server = await OlderServer.start()
    const runtime = manualRuntime()
    let told = (): void => undefined
    const changed = new Promise<void>((resolve) => (told = resolve))
    const connection = await open(server, { runtime, onToolsChanged: told })
    await runtime.advance(5_000)
    while (!server.requests.includes('GET')) await new Promise((resolve) => setImmediate(resolve))
    for (const { server: mcp } of server.sessions.values()) mcp.registerTool('more', {}, () => ({ content: [] }))
    await changed
    expect((await connection.listTools(listing)).tools.map(({ name }) => name)).toEqual(['echo', 'more'])
    await connection.close()
  })

  it(`is connected to and left ${connections} times, and nothing stays`, async () => {
    const server = await OlderServer.start()
    const runtime = manualRuntime()
    const controller = new AbortController()
    setMaxListeners(0, controller.signal)
    const first = await open(server, { runtime })
    await first.close({ endSession: true })
    const resources = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    for (let batch = 0; batch < connections / 20; batch++) {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const connection = await open(server, { runtime, signal: controller.signal })
          await connection.callTool(tool('echo'), { text: 'x' }, { ...patient, signal: controller.signal })
          await connection.close({ endSession: true })
        }),
      )
    }
    expect(server.sessions.size).toBe(0)
    expect(runtime.timers).toBe(0)
    expect(listenersOf(controller.signal)).toBe(0)
    // Sockets that are kept alive for the next connection have timers of their own, however many connections there were.
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length - resources
    expect(timers).toBeLessThanOrEqual(20)
    expect(await server.sockets).toBeLessThanOrEqual(60)
  }, 120_000)

  it('is called 300 times on one connection, and no listener piles up', async () => {
    const server = await OlderServer.start()
    const warnings: unknown[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    const signals = new Set<AbortSignal>()
    const counting = (url: string | URL | Request, init?: RequestInit) => {
      if (init?.signal) signals.add(init.signal)
      return fetch(url, init)
    }
    const connection = await openServer({ url: server.url, fetch: counting })
    for (let n = 0; n < 300; n++) await connection.callTool(tool('echo'), { text: 'x' }, patient)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warn)
    expect(warnings).toEqual([])
    // Each call had a signal of its own.
    expect(signals.size).toBeGreaterThanOrEqual(300)
    await connection.close({ endSession: true })
  })
})

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}
