import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readBody } from '../../src/mcp/answer-body.js'
import { readEvents } from '../../src/mcp/event-stream.js'
import { FloodGate, FloodGates } from '../../src/mcp/flood-gate.js'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { expectCpuBelow } from '../support/cpu.js'
import { eventually } from '../support/eventually.js'
import { rejectionOf, listing, open, rawServer, tool } from './support.js'

const encoder = new TextEncoder()
const progress = JSON.stringify({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: 1 },
})

/** A stream of the same chunk without an end, which counts how much of it was read. */
function endless(chunk: string): {
  body: ReadableStream<Uint8Array>
  readonly read: number
  readonly cancelled: boolean
} {
  const bytes = encoder.encode(chunk)
  let read = 0
  let cancelled = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read += bytes.length
        controller.enqueue(bytes)
      },
      cancel: () => void (cancelled = true),
    },
    { highWaterMark: 0 },
  )
  return {
    body,
    get read() {
      return read
    },
    get cancelled() {
      return cancelled
    },
  }
}

async function drained(body: ReadableStream<Uint8Array>): Promise<unknown> {
  const events = readEvents(body, {
    read: (data) => [data as object],
    gate: new FloodGate(() => 0),
    onEnd: () => undefined,
  })
  return rejectionOf(
    (async () => {
      for (const reader = events.getReader(); !(await reader.read()).done;);
    })(),
  )
}

describe('a stream that floods', () => {
  it.each([
    ['empty lines', '\n'.repeat(65_000)],
    ['a carriage return before many line feeds', `\r${'\n'.repeat(65_000)}`],
    ['empty objects', 'data:{}\n\n'.repeat(1_000)],
    ['notifications', `data: ${progress}\n\n`.repeat(100)],
    ['keep-alives', ': keep-alive\n\n'.repeat(100)],
    ['single bytes', 'x'],
    ['comments without an end', ':'.repeat(65_000)],
    ['lines of one event', 'data:\n'.repeat(10_000)],
    ['requests', `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n\n`.repeat(10)],
  ])('of %s is ended soon', async (_what, chunk) => {
    let stream = endless(chunk)
    await expectCpuBelow(1_000, async () => {
      stream = endless(chunk)
      expect(await drained(stream.body)).toMatchObject({ code: 'response_too_large' })
    })
    expect(stream.cancelled).toBe(true)
    expect(stream.read).toBeLessThan(50_000_000)
  })

  it('is distinguished from a long stream', async () => {
    let now = 0
    const gate = new FloodGate(() => now)
    for (let minute = 0; minute < 600; minute++) {
      now += 60_000
      for (let n = 0; n < 900; n++) gate.message()
    }
    expect(() => {
      for (let n = 0; n < 5_000; n++) gate.message()
    }).toThrow(expect.objectContaining({ code: 'response_too_large' }))
  })
})

describe('an answer of white space in many pieces', () => {
  it.each(['text/plain', undefined])('with the content type %s is looked at once', async (type) => {
    const pieces = Array.from({ length: 500 }, () => ' '.repeat(1_000))
    const bytes = [...pieces, '{"jsonrpc":"2.0"}'].map((piece) => encoder.encode(piece))
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = bytes.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
    })
    const response = new Response(body, type === undefined ? {} : { headers: { 'content-type': type } })
    const trimmed = vi.spyOn(String.prototype, 'trimStart')
    onTestFinished(() => trimmed.mockRestore())
    const answer = await readBody(response)
    const looked = trimmed.mock.contexts.reduce<number>((sum, text) => sum + String(text).length, 0)
    expect(answer).toEqual({ kind: 'json', text: '{"jsonrpc":"2.0"}' })
    expect(looked).toBeGreaterThan(500_000)
    expect(looked).toBeLessThan(2_000_000)
  })
})

describe('an answer of very many values', () => {
  it.each<[string, string | undefined, (json: string) => string]>([
    ['labelled as text', 'text/plain', (json) => json],
    ['without a label', undefined, (json) => json],
    ['labelled as an event stream', 'text/event-stream', (json) => json],
    ['encoded twice', 'application/json', (json) => JSON.stringify(json)],
    ['on a line after a warning', 'text/plain', (json) => `Warning!\n${json.replaceAll('[],[]', '1,1')}`],
    ['in an event without a label', undefined, (json) => `data: ${json}\n\n`],
    ['in an event labelled as JSON', 'application/json', (json) => `data: ${json}\n\n`],
    ['in an event in capitals', 'text/event-stream', (json) => `DATA: ${json}\n\n`],
    ['in an event behind a blank', 'text/event-stream', (json) => ` data: ${json}\n\n`],
    ['in an event without a field', 'text/event-stream', (json) => `id: 1\n${json}\n\n`],
    ['in an event of two spellings', 'text/event-stream', (json) => `data: {\nData: ${json.slice(1)}\n\n`],
  ])('is refused before it is parsed: %s', async (_what, type, spell) => {
    const server = rawServer('modern', ({ id }) => {
      const values = `{"content":[],"structuredContent":[${'[],'.repeat(450_000)}[]]}`
      const body = new TextEncoder().encode(spell(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${values}}`))
      return new Response(body, { headers: type === undefined ? {} : { 'content-type': type } })
    })
    const connection = await open(server)
    const call = connection.callTool(tool('a'), {}, { timeoutMs: 10_000 })
    expect(await rejectionOf(call)).toMatchObject({ code: 'response_too_large', mayHaveRun: true })
    await connection.close()
  })
})

it('is ended soon also where events are labelled as JSON', async () => {
  const server = rawServer(
    'modern',
    () => new Response(`data: x${'\n'.repeat(4_000_000)}`, { headers: { 'content-type': 'application/json' } }),
  )
  // Each time on a connection that has met no flood: after one, less is admitted.
  await expectCpuBelow(500, async () => {
    const connection = await open(server)
    const call = connection.callTool(tool('a'), {}, { timeoutMs: 10_000 })
    expect(await rejectionOf(call)).toMatchObject({ code: 'response_too_large', mayHaveRun: true })
    await connection.close()
  })
})

it('admits fewer requests, which have to be answered, than messages that are only read', () => {
  const gate = new FloodGate(() => 0)
  const ask = { jsonrpc: '2.0', id: 1, method: 'ping' }
  gate.asked(Array.from({ length: 90 }, () => ask))
  gate.asked(Array.from({ length: 10_000 }, () => ({ jsonrpc: '2.0', method: 'notifications/message' })))
  expect(() => gate.asked(Array.from({ length: 20 }, () => ask))).toThrow(
    expect.objectContaining({ code: 'response_too_large' }),
  )
})

it('admits less on the next stream of a connection that has flooded, for a while', () => {
  let now = 0
  const gates = new FloodGates(() => now)
  const admits = (count: number) => gates.stream().message(count)
  admits(900)
  expect(() => admits(1_100)).toThrow(expect.objectContaining({ code: 'response_too_large' }))
  now += 30_000
  admits(15)
  expect(() => admits(900)).toThrow(expect.objectContaining({ code: 'response_too_large' }))
  now += 60_000
  admits(900)
})

describe('a stream that ends again and again, and wants to be resumed at once,', () => {
  it('is resumed ten times, and then once per second', async () => {
    const runtime = manualRuntime()
    const resumedAt: number[] = []
    const server = rawServer('legacy', (_message, { headers }) => {
      if (headers.has('last-event-id')) resumedAt.push(runtime.now())
      return new Response('id: 1\nretry: 0\ndata: \n\n', { headers: { 'content-type': 'text/event-stream' } })
    })
    const connection = await open(server, { runtime })
    const began = runtime.now()
    const call = rejectionOf(connection.callTool(tool('act'), {}, { timeoutMs: 600_000 }))
    await eventually(async () => {
      await runtime.advance(50)
      expect(resumedAt.length).toBeGreaterThanOrEqual(13)
    })
    const after = resumedAt.map((at) => at - began)
    expect(after[9]).toBeLessThan(10_000)
    for (const n of [10, 11, 12]) expect(after[n]).toBeGreaterThanOrEqual((n - 9) * 1000)
    await connection.close()
    await call
  })

  it('has to wait longer only then, and never less than the server asks for', () => {
    let now = 0
    const gates = new FloodGates(() => now)
    expect(Array.from({ length: 10 }, () => gates.pauseBeforeResuming(500))).toEqual(
      Array.from({ length: 10 }, () => 500),
    )
    expect(gates.pauseBeforeResuming(0)).toBe(1_000)
    expect(gates.pauseBeforeResuming(60_000)).toBe(60_000)
    now += 60_000
    expect(gates.pauseBeforeResuming(0)).toBe(0)
  })

  it('has no more messages than a stream that lasts', () => {
    const gates = new FloodGates(() => 0)
    for (let n = 0; n < 10; n++) {
      gates.pauseBeforeResuming(0)
      gates.resumed().message(900)
    }
    gates.pauseBeforeResuming(0)
    gates.resumed().message(200)
    expect(() => gates.resumed().message(201)).toThrow(expect.objectContaining({ code: 'response_too_large' }))
  })
})

it('hands events on a few at a time, and lets others run in between', async () => {
  const event = `data: ${progress}\n\n`
  let turns = 0
  let running = true
  const turn = (): void => void (running && (turns++, setImmediate(turn)))
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(event.repeat(900)))
      controller.close()
    },
  })
  const events = readEvents(body, {
    read: (data) => [data as object],
    gate: new FloodGate(() => 0),
    onEnd: () => undefined,
  })
  turn()
  let most = 0
  let all = 0
  const decoder = new TextDecoder()
  for (const reader = events.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) break
    const count = decoder.decode(value).split('\n\n').length - 1
    most = Math.max(most, count)
    all += count
  }
  running = false
  expect([most, all]).toEqual([40, 900])
  expect(turns).toBeGreaterThan(5)
})

it.each(['application/json', 'text/event-stream'])('refuses very many messages at once, as %s', async (type) => {
  const server = rawServer('legacy', ({ id, method }) => {
    if (method !== 'tools/call') return new Response(null, { status: 405 })
    const news = Array.from({ length: 20_000 }, () => JSON.parse(progress) as object)
    const text = JSON.stringify([...news, { jsonrpc: '2.0', id, result: { content: [] } }])
    return new Response(type.endsWith('json') ? text : `data: ${text}\n\n`, { headers: { 'content-type': type } })
  })
  const connection = await open(server)
  expect(await rejectionOf(connection.callTool(tool('a'), {}, { timeoutMs: 20_000 }))).toMatchObject({
    code: 'response_too_large',
    mayHaveRun: true,
  })
  await connection.close()
})

it('reads one long event in time that grows with its length, in however small pieces it comes', async () => {
  await expectCpuBelow(800, async () => {
    const pieces = Array.from({ length: 8_192 }, () => encoder.encode('x'.repeat(512)))
    const all = [encoder.encode('data: "'), ...pieces, encoder.encode('"\n\n')]
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (all.length === 0 ? controller.close() : controller.enqueue(all.shift()!)),
    })
    const events = readEvents(body, {
      read: (data) => [data as object],
      gate: new FloodGate(() => 0),
      onEnd: () => undefined,
    })
    for (const reader = events.getReader(); !(await reader.read()).done;);
  })
})

it('ends a call whose progress floods, long before its time is over', async () => {
  const server = rawServer('legacy', (message) => {
    if (message.method !== 'tools/call') return new Response(null, { status: 405 })
    const { body } = endless(`data: ${progress}\n\n`.repeat(50))
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  })
  const connection = await open(server, { runtime: manualRuntime() })
  expect(await rejectionOf(connection.callTool(tool('a'), {}, { timeoutMs: 20_000 }))).toMatchObject({
    code: 'response_too_large',
    mayHaveRun: true,
  })
  await connection.close()
})

it('keeps the good tools of a list in which one nests too deep', async () => {
  const deep = (levels: number): object => (levels === 0 ? { type: 'string' } : { properties: { a: deep(levels - 1) } })
  for (const type of ['application/json', 'text/event-stream']) {
    const server = rawServer('modern', ({ id }) => {
      const tools = [tool('good'), { name: 'deep', inputSchema: { type: 'object', ...deep(40) } }, tool('last')]
      const answer = JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', tools } })
      return new Response(type.endsWith('json') ? answer : `data: ${answer}\n\n`, { headers: { 'content-type': type } })
    })
    const connection = await open(server)
    const { tools, quarantined } = await connection.listTools(listing)
    expect(tools.map(({ name }) => name)).toEqual(['good', 'last'])
    expect(quarantined).toEqual([{ name: 'deep', reason: 'schema_too_large' }])
    await connection.close()
  }
})

it('gives every response to a server’s request a signal of its own, which aborts when the connection closes', async () => {
  const count = 30
  const pings = Array.from({ length: count }, (_, n) => ({ jsonrpc: '2.0', id: `ping-${n}`, method: 'ping' }))
  const signals: AbortSignal[] = []
  const server = rawServer('legacy', ({ id, method }) => {
    if (method !== 'tools/call') return new Response(null, { status: 202 })
    const messages = [...pings, { jsonrpc: '2.0', id, result: { content: [] } }]
    const events = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join('')
    return new Response(events, { headers: { 'content-type': 'text/event-stream' } })
  })
  const connection = await open({
    url: server.url,
    fetch: (input, init) => {
      const message = typeof init?.body === 'string' ? (JSON.parse(init.body) as object) : {}
      if ('method' in message || !('result' in message)) return server.fetch(input, init)
      signals.push(init!.signal!)
      // The server never reads what it asked for.
      return new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(new Error('aborted'))))
    },
  })
  await connection.callTool(tool('x'), {}, { timeoutMs: 20_000 })
  await eventually(() => expect(signals).toHaveLength(count))
  expect(new Set(signals).size).toBe(count)
  expect(signals.some(({ aborted }) => aborted)).toBe(false)
  await connection.close()
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
})
