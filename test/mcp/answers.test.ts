import { describe, expect, it } from 'vitest'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { rejectionOf, listing, never, open, rawServer, result, stream, tool } from './support.js'

const patient = { timeoutMs: 10_000 }

describe.each(['modern', 'legacy'] as const)('answers of a %s server', (era) => {
  const answering = (answer: Parameters<typeof rawServer>[1]) => open(rawServer(era, answer))

  it('fails at once when the stream of an answer ends without it', async () => {
    const runtime = manualRuntime()
    const connection = await open(
      rawServer(era, () => stream([])),
      { runtime },
    )
    const error = await rejectionOf(connection.callTool(tool('t'), {}, patient))
    expect(error).toMatchObject({ code: 'unreachable', reason: 'reset', mayHaveRun: true })
  })

  it('fails when a stream breaks off, and says why', async () => {
    const connection = await answering(() => {
      const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) })
      return new Response(broken, { headers: { 'content-type': 'text/event-stream' } })
    })
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'unreachable',
      mayHaveRun: true,
    })
  })

  it('never accepts a response to another request', async () => {
    const connection = await answering(({ id }) =>
      Response.json({
        jsonrpc: '2.0',
        id: `${String(id)}0`,
        result: { resultType: 'complete', content: [{ type: 'text', text: 'wrong' }] },
      }),
    )
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'protocol_error',
      mayHaveRun: true,
    })
  })

  it('uses the first of two responses', async () => {
    const text = (id: unknown, value: string) => ({
      jsonrpc: '2.0',
      id,
      result: { resultType: 'complete', content: [{ type: 'text', text: value }] },
    })
    const connection = await answering(({ id }) => stream([text(id, 'one'), text(id, 'two')]))
    expect((await connection.callTool(tool('t'), {}, patient)).result.content).toEqual([{ type: 'text', text: 'one' }])
  })

  it('keeps a result as it was sent, known or not', async () => {
    const sent = {
      content: [
        { type: 'text', text: 'a', annotations: { priority: 1 }, 'x-own': { deep: [1] } },
        { type: 'image', data: 'AA==', mimeType: 'image/png' },
        { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: 'a:b', text: 't', more: 1 } },
        { type: 'resource_link', uri: 'a:b', name: 'n' },
        { type: 'hologram', size: 3 },
      ],
      structuredContent: { a: [1, null, { b: 'c' }] },
      isError: false,
      _meta: { 'a.example/b': { c: 1 } },
    }
    const connection = await answering(({ id }) => result(id, sent))
    expect((await connection.callTool(tool('t'), {}, patient)).result).toEqual(sent)
  })

  it('does not lose a result that breaks the promise of its tool', async () => {
    const connection = await answering(({ id }) => result(id, { content: [], structuredContent: { n: 'text' } }))
    const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    expect((await connection.callTool(tool('t', { outputSchema }), {}, patient)).result).toMatchObject({
      structuredContent: { n: 'text' },
    })
  })

  it('calls a tool with an output schema that refers to another document', async () => {
    const connection = await answering(({ id }) => result(id, { content: [] }))
    const outputSchema = { $ref: 'https://schemas.example/a.json' }
    expect((await connection.callTool(tool('t', { outputSchema }), {}, patient)).result).toEqual({ content: [] })
  })

  it.each([
    ['no content', {}, []],
    ['content that is no list', { content: 'text' }, [{ type: 'text', text: 'text' }]],
    ['blocks without a type', { content: [{ text: 'a' }] }, [{ type: 'text', text: 'a' }]],
  ])('keeps a result with %s: the tool has run', async (_what, sent, content) => {
    const connection = await answering(({ id }) => result(id, sent))
    expect((await connection.callTool(tool('t'), {}, patient)).result.content).toMatchObject(content)
  })

  it('refuses a result that nests without end', async () => {
    const connection = await answering(({ id }) => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
      return new Response(
        `{"jsonrpc":"2.0","id":${String(id)},"result":{"resultType":"complete","content":[],"structuredContent":${deep}}}`,
        { headers: { 'content-type': 'application/json' } },
      )
    })
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'protocol_error',
      mayHaveRun: true,
    })
  })

  it('distinguishes an abort from a timeout', async () => {
    const connection = await answering((_message, request) => never(request))
    const controller = new AbortController()
    const calling = rejectionOf(connection.callTool(tool('t'), {}, { ...patient, signal: controller.signal }))
    controller.abort()
    expect(await calling).toMatchObject({ code: 'aborted', mayHaveRun: true })
    expect(
      await rejectionOf(connection.callTool(tool('t'), {}, { ...patient, signal: controller.signal })),
    ).toMatchObject({
      code: 'aborted',
      mayHaveRun: false,
    })
  })

  it('frees the request of a call that was aborted', async () => {
    const controller = new AbortController()
    const freed = new Promise<void>((resolve) => {
      void answering((_message, request) => {
        request.signal.addEventListener('abort', () => resolve())
        controller.abort()
        return never(request)
      }).then((connection) =>
        rejectionOf(connection.callTool(tool('t'), {}, { ...patient, signal: controller.signal })),
      )
    })
    await freed
  })

  it('ends a call when its time is up', async () => {
    const runtime = manualRuntime()
    const server = rawServer(era, (_message, request) => {
      void runtime.advance(1_000)
      return never(request)
    })
    const connection = await open(server, { runtime })
    const error = await rejectionOf(connection.callTool(tool('t'), {}, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ code: 'timeout', mayHaveRun: true })
  })

  it('restarts the timeout of a call with progress, up to five times its duration', async () => {
    const runtime = manualRuntime()
    const told: unknown[] = []
    const server = rawServer(era, ({ params }) => {
      const { progressToken } = (params?._meta ?? {}) as { progressToken?: unknown }
      const event = {
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken, progress: 1, message: 'half' },
      }
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await runtime.advance(900)
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`))
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const connection = await open(server, { runtime })
    const calling = connection.callTool(
      tool('t'),
      {},
      { timeoutMs: 1_000, onProgress: (progress) => void told.push(progress) },
    )
    expect(await rejectionOf(calling)).toMatchObject({ code: 'timeout', mayHaveRun: true })
    expect(told.length).toBeGreaterThan(1)
    expect(told[0]).toEqual({ progress: 1, message: 'half' })
  })

  it('hides nothing in the message of its progress', async () => {
    const told: unknown[] = []
    const server = rawServer(era, ({ id, params }) => {
      const { progressToken } = (params?._meta ?? {}) as { progressToken?: unknown }
      const message = `half\u202e\u001b[2J\n${'x'.repeat(3_000)}`
      const sent = [
        { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1, message } },
        { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [] } },
      ]
      return new Response(sent.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''), {
        headers: { 'content-type': 'text/event-stream' },
      })
    })
    const connection = await open(server)
    await connection.callTool(tool('t'), {}, { ...patient, onProgress: ({ message }) => void told.push(message) })
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^half\\u\{202E\}\\u\{1B\}\[2J\nx{1900,2000}… \(\d+ more characters\)$/)
  })

  it.each([
    [401, 'authorization_failed', false],
    [403, 'authorization_failed', false],
    [404, 'protocol_error', false],
    [408, 'timeout', true],
    [429, 'rate_limited', true],
    [500, 'server_error', true],
    [503, 'server_error', true],
  ])('names HTTP %i', async (status, code, mayHaveRun) => {
    const secret = 'sk-canary'
    const connection = await answering(({ id, method }) =>
      method === 'ping' ? result(id, {}) : new Response(secret, { status, headers: { 'retry-after': '7' } }),
    )
    const error = await rejectionOf(connection.callTool(tool('t'), {}, patient))
    expect(error).toMatchObject({ code, mayHaveRun })
    if (status === 429) expect(error.retryAfterMs).toBe(7_000)
    expect(JSON.stringify([error.message, error.stack, error])).not.toContain(secret)
  })

  it('waits no longer than an hour for whom it asks to', async () => {
    const connection = await answering(
      () => new Response(null, { status: 429, headers: { 'retry-after': '99999999' } }),
    )
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({ retryAfterMs: 3_600_000 })
  })

  it.each([
    ['by its own clock', { date: 'Thu, 01 Jan 2026 12:00:00 GMT' }, 'Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['by ours where it has none', {}, 'Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['not at all when the date is over', {}, 'Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['no longer than an hour', {}, 'Fri, 02 Jan 2026 00:00:00 GMT', 3_600_000],
    ['as if it had said nothing when it is no date', {}, 'next week', undefined],
  ])('waits until the date that it is asked to, %s', async (_how, headers, until, ms) => {
    const answer = () => new Response(null, { status: 429, headers: { ...headers, 'retry-after': until } })
    const connection = await open(rawServer(era, answer), { runtime: manualRuntime() })
    expect((await rejectionOf(connection.callTool(tool('t'), {}, patient))).retryAfterMs).toBe(ms)
  })

  it('treats a failing fetch as an outage, and a programming error as such', async () => {
    const offline = await answering(() => Promise.reject(new TypeError('fetch failed')))
    expect(await rejectionOf(offline.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'unreachable',
      reason: 'reset',
    })
    const connection = await answering(() => stream([]))
    const broken = new Proxy(tool('t'), {
      get: () => {
        throw new TypeError('sk-canary is not a function')
      },
    })
    const error = await rejectionOf(connection.callTool(broken, {}, patient))
    expect(error).toMatchObject({ code: 'protocol_error' })
    expect(error.message).not.toContain('sk-canary')
  })

  it.each([
    ['HTML', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 'not_mcp'],
    ['broken JSON', () => new Response('{', { headers: { 'content-type': 'application/json' } }), 'protocol_error'],
    ['nothing', () => new Response(null, { status: 202 }), 'protocol_error'],
  ])('names an answer of %s', async (_what, answer, code) => {
    const connection = await answering(answer)
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({ code, mayHaveRun: true })
  })

  it('keeps the errors of our own fetch as they are', async () => {
    const mine = Object.assign(new Error('sign in'), { [Symbol.for('mcp-integrations.passthrough')]: true })
    const connection = await answering(() => Promise.reject(mine))
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toBe(mine)
    expect(await rejectionOf(connection.listTools(listing))).toBe(mine)
  })

  it('refuses a task where a result was due', async () => {
    const connection = await answering(({ id }) =>
      Response.json({
        jsonrpc: '2.0',
        id,
        result:
          era === 'modern'
            ? { resultType: 'task', task: { taskId: 'a' } }
            : { task: { taskId: 'a', status: 'working' } },
      }),
    )
    expect(await rejectionOf(connection.callTool(tool('t'), {}, patient))).toMatchObject({
      code: 'protocol_error',
      mayHaveRun: true,
    })
  })
})
