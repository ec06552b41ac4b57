import { describe, expect, it } from 'vitest'
import { stdioServer } from '../../src/local/stdio.js'
import { openConnection } from '../../src/mcp/connection.js'
import { rejectionOf, listing, open, runtime, tool } from './support.js'

const patient = { timeoutMs: 10_000 }

describe('a local server', () => {
  /** A server on the older era that treats each of these methods in its own way. */
  function local(behaviour: Readonly<Record<string, 'dies' | 'is silent'>>) {
    const program = `
      const behaviour = ${JSON.stringify(behaviour)}
      let calls = 0
      const results = {
        initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'local', version: '1' } },
        'tools/list': { tools: [{ name: 'env', inputSchema: { type: 'object' } }] },
        'tools/call': { content: [{ type: 'text', text: JSON.stringify(Object.keys(process.env)) }], get _meta() { return { calls } } },
      }
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method } = JSON.parse(line)
        if (method === 'tools/call') calls++
        if (behaviour[method] === 'dies') process.exit(1)
        if (id === undefined || behaviour[method] === 'is silent') return
        const answer = results[method] ? { result: results[method] } : { error: { code: -32601, message: 'no' } }
        process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n')
      })`
    return stdioServer({ command: process.execPath, args: ['-e', program] })
  }

  const start = (behaviour: Parameters<typeof local>[0], timeoutMs = 20_000) =>
    openConnection({ endpoint: { local: local(behaviour) }, elicits: false, timeoutMs, runtime })

  it('is started, listed and called, and sees nothing of our environment', async () => {
    process.env.CANARY_SECRET = 'sk-canary'
    const connection = await start({})
    expect(connection.profile).toMatchObject({ era: 'legacy', transport: 'local', protocolVersion: '2025-06-18' })
    expect((await connection.listTools(listing)).tools.map(({ name }) => name)).toEqual(['env'])
    const result = await connection.callTool(tool('env'), {}, patient)
    expect(String(result.result.content[0]?.text)).not.toContain('CANARY_SECRET')
    await connection.close()
    delete process.env.CANARY_SECRET
  })

  it('is not sent a call that was given up during its last check', async () => {
    const connection = await start({})
    const giving = new AbortController()
    let pass = (): void => undefined
    const checked = new Promise<void>((resolve) => (pass = resolve))
    const beforeSend = (): Promise<void> => {
      giving.abort()
      return checked
    }
    const givenUp = connection.callTool(tool('env'), {}, { ...patient, signal: giving.signal, beforeSend })
    expect(await rejectionOf(givenUp)).toMatchObject({ code: 'aborted', mayHaveRun: false })
    pass()
    const { result } = await connection.callTool(tool('env'), {}, patient)
    expect(result).toMatchObject({ _meta: { calls: 1 } })
    await connection.close()
  })

  it.each(['dies', 'is silent'] as const)('that %s when asked for its era is asked the older way', async (how) => {
    const connection = await start({ 'server/discover': how }, how === 'dies' ? 20_000 : 4_000)
    expect(connection.profile.era).toBe('legacy')
    await connection.close()
  })

  it('that dies during a call may have done it, and is of no more use', async () => {
    const connection = await start({ 'tools/call': 'dies' })
    expect(await rejectionOf(connection.callTool(tool('env'), {}, patient))).toMatchObject({
      code: 'unreachable',
      mayHaveRun: true,
    })
    expect(connection.usable).toBe(false)
  })

  it('that is not there is unreachable', async () => {
    const missing = stdioServer({ command: '/nowhere/server' })
    expect(
      await rejectionOf(openConnection({ endpoint: { local: missing }, elicits: false, timeoutMs: 5_000, runtime })),
    ).toMatchObject({ code: 'unreachable' })
  })
})

describe('a server on the older HTTP+SSE transport', () => {
  it('whose stream ends during a call may have run it, and is not used again', async () => {
    let send = (_message: unknown): void => undefined
    let end = (): void => undefined
    const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      if (init?.method === 'POST' && String(url).endsWith('/sse')) return new Response('Cannot POST', { status: 404 })
      if (init?.method !== 'POST') {
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            const write = (event: string, data: string): void =>
              controller.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${data}\n\n`))
            write('endpoint', '/messages')
            send = (message) => write('message', JSON.stringify(message))
            end = () => controller.close()
          },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      }
      const { id, method } = JSON.parse(String(init.body)) as { id: unknown; method: string }
      if (method === 'initialize')
        send({
          jsonrpc: '2.0',
          id,
          result: {
            protocolVersion: '2024-11-05',
            capabilities: { tools: {} },
            serverInfo: { name: 'old', version: '1' },
          },
        })
      if (method === 'tools/call') end()
      return new Response(null, { status: 202 })
    }
    const connection = await open({ url: 'https://mcp.example/sse', fetch })
    expect(connection.profile).toMatchObject({ transport: 'sse', era: 'legacy', protocolVersion: '2024-11-05' })
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'unreachable',
      mayHaveRun: true,
    })
    expect(connection.usable).toBe(false)
  })
})
