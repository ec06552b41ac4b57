import { describe, expect, it, onTestFinished } from 'vitest'
import { openConnection } from '../../src/mcp/connection.js'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { startServer } from '../support/real-servers.js'
import { checking, rejectionOf, listing, open, rawServer, runtime as realTime, tool } from './support.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe.each(['modern', 'legacy'] as const)('a %s server', (era) => {
  it.each([
    ['keeps its stream alive and never answers', 'text/event-stream', ': keepalive\n\n'],
    ['sends its stream byte by byte', 'text/event-stream', 'd'],
    ['sends its answer byte by byte', 'application/json', ' '],
    ['sends notifications without end', 'text/event-stream', 'data: {"jsonrpc":"2.0","method":"notifications/x"}\n\n'],
  ])('that %s is left when the time is up', async (_what, type, piece) => {
    const runtime = manualRuntime()
    let left = false
    let pieces = 0
    const server = rawServer(era, () => {
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            await runtime.advance(100)
            pieces++
            if (!left) controller.enqueue(bytes(piece))
          },
          cancel: () => void (left = true),
        },
        { highWaterMark: 0 },
      )
      return new Response(body, { headers: { 'content-type': type } })
    })
    const connection = await open(server, { runtime })
    const began = runtime.now()
    const error = await rejectionOf(connection.callTool(tool('t'), {}, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ code: 'timeout', mayHaveRun: true })
    expect(runtime.now() - began).toBeLessThanOrEqual(1_100)
    expect(pieces).toBeGreaterThan(5)
    await connection.close()
    expect(runtime.timers).toBe(0)
  })
})

it('a call to a suspended server ends in time, and the connection works again when the server continues', async () => {
  const { url, pid, stop } = await startServer('everything')
  onTestFinished(stop)
  const options = { endpoint: { url, fetch: checking(fetch) }, elicits: false, runtime: realTime }
  const connection = await openConnection({ ...options, timeoutMs: 20_000 })
  const echo = tool('echo')
  process.kill(pid, 'SIGSTOP')
  const brief = { timeoutMs: 300 }
  expect(await rejectionOf(connection.callTool(echo, { message: 'a' }, brief))).toMatchObject({
    code: 'timeout',
    mayHaveRun: true,
  })
  expect(await rejectionOf(connection.listTools({ ...brief, maxTools: 10 }))).toMatchObject({
    code: 'timeout',
    mayHaveRun: false,
  })
  expect(await rejectionOf(openConnection({ ...options, ...brief }))).toMatchObject({
    code: 'timeout',
    mayHaveRun: false,
  })
  process.kill(pid, 'SIGCONT')
  expect((await connection.listTools(listing)).tools.length).toBeGreaterThan(0)
  await connection.close({ endSession: true })
})
