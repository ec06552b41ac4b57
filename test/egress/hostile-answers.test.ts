import { inspect } from 'node:util'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { endAll, failure, guarded, listen, listenRaw } from './support.js'

afterEach(endAll)

const mib = 1024 * 1024
const post = { method: 'POST', body: '{}' }
const filler = Buffer.alloc(64 * 1024, 0x20)

/** How much memory a piece of work needed beyond what there was, in MiB, looked at each time something was sent. */
function memory() {
  const before = process.memoryUsage().rss
  let most = before
  return {
    look: () => void (most = Math.max(most, process.memoryUsage().rss)),
    get grownMib() {
      return (most - before) / mib
    },
  }
}

async function drain(response: Response): Promise<number> {
  let bytes = 0
  const reader = response.body!.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.byteLength
  return bytes
}

const readers: Record<string, (response: Response) => Promise<unknown>> = {
  json: (response) => response.json(),
  text: (response) => response.text(),
  arrayBuffer: (response) => response.arrayBuffer(),
  stream: drain,
}

describe('a body of 200 MB', () => {
  it.each(Object.keys(readers))('without a length ends at the cap when read as %s', async (how) => {
    const rss = memory()
    let sent = 0
    const server = await listen((_request, response) => {
      response.setHeader('content-type', 'application/json')
      const more = () => {
        rss.look()
        while (sent < 200 * mib && !response.destroyed) {
          sent += filler.length
          if (!response.write(filler)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const response = await guarded().fetch(server.url, post)
    expect(await failure(readers[how]!(response))).toMatchObject({ code: 'response_too_large', mayHaveRun: true })
    expect(sent).toBeLessThan(20 * mib)
    expect(rss.grownMib).toBeLessThan(64)
  })

  it('with its length is refused unread', async () => {
    const server = await listen((_request, response) =>
      response.writeHead(200, { 'content-length': 200 * mib }).write(filler),
    )
    expect(await failure(guarded().fetch(server.url, post))).toMatchObject({
      code: 'response_too_large',
      mayHaveRun: true,
    })
  })

  it('is bounded at 256 KiB for OAuth endpoints', async () => {
    const server = await listen((_request, response) => response.end(Buffer.alloc(256 * 1024 + 1)))
    for (const purpose of ['token', 'metadata'] as const) {
      expect(await failure(guarded().fetch(server.url, { purpose }))).toMatchObject({ code: 'response_too_large' })
    }
  })
})

const answer = (length: number) => async () => {
  const server = await listenRaw((socket) =>
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n{"a":1}`),
    ),
  )
  return guarded().fetch(server.url, post)
}

describe('a length that lies', () => {
  it('too high is a broken connection', async () => {
    const response = await answer(100)()
    expect(await failure(response.json())).toMatchObject({ code: 'unreachable', reason: 'reset', mayHaveRun: true })
  })
  it('too low is no JSON', async () => {
    const response = await answer(3)()
    expect(await failure(response.json())).toMatchObject({ code: 'protocol_error', mayHaveRun: true })
  })
})

describe('compression', () => {
  it.each<[string, (data: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['identity', (data) => data],
  ])('%s is undone', async (encoding, compress) => {
    const text = JSON.stringify({ text: 'é'.repeat(100_000) })
    const server = await listen((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding, 'content-type': 'application/json' })
      response.end(compress(Buffer.from(text)))
    })
    expect(await (await guarded().fetch(server.url)).text()).toBe(text)
  })

  it.each<[string, (data: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('by %s can be no bomb', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(200 * mib))
    expect(bomb.length).toBeLessThan(mib)
    const server = await listen((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    )
    const rss = memory()
    for (const read of [readers['text']!, drain]) {
      const response = await guarded().fetch(server.url, post)
      expect(await failure(read(response))).toMatchObject({ code: 'response_too_large' })
    }
    rss.look()
    expect(rss.grownMib).toBeLessThan(64)
  })

  it.each([
    ['stacked 500 times', Array(500).fill('gzip').join(', '), 'response_too_large'],
    ['stacked twice', 'gzip, br', 'response_too_large'],
    ['of a kind that was not asked for', 'zstd', 'protocol_error'],
    ['that is none', 'gzip', 'protocol_error'],
  ])('%s is refused', async (_what, encoding, code) => {
    const server = await listen((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end('{"a":1}'),
    )
    const attempt = guarded()
      .fetch(server.url, post)
      .then((response) => response.json())
    expect(await failure(attempt)).toMatchObject({ code, mayHaveRun: true })
  })

  it('of a body that is cut short is refused', async () => {
    const server = await listen((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}').subarray(0, -4)),
    )
    expect(await failure((await guarded().fetch(server.url)).json())).toMatchObject({ code: 'protocol_error' })
  })

  it('of nothing is nothing', async () => {
    const server = await listen((_request, response) => response.writeHead(202, { 'content-encoding': 'gzip' }).end())
    expect(await (await guarded().fetch(server.url)).text()).toBe('')
  })
})

const stream = (
  write: (send: (text: string | Buffer) => boolean, response: import('node:http').ServerResponse) => void,
) =>
  listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    write((text) => response.write(text), response)
  })

describe('an event stream', () => {
  it('with a line that never ends is cut at the cap of one event', async () => {
    let sent = 0
    const server = await stream((send, response) => {
      const more = () => {
        while (sent < 128 * mib && !response.destroyed) {
          sent += filler.length
          if (!send(filler)) return void response.once('drain', more)
        }
      }
      send('data: ')
      more()
    })
    const response = await guarded().fetch(server.url, post)
    expect(await failure(drain(response))).toMatchObject({ code: 'response_too_large', mayHaveRun: true })
    expect(sent).toBeLessThan(20 * mib)
  })

  it('may be longer than the cap as long as its events are not', async () => {
    const event = `event: message\r\ndata: "${'x'.repeat(1000)}"\r\n\r\n`
    const server = await stream((send, response) => {
      for (let count = 0; count < 100; count++) send(event)
      response.end()
    })
    const response = await guarded({ maxResponseBytes: 2_000 }).fetch(server.url, post)
    expect(await drain(response)).toBe(100 * event.length)
  })

  it('is bounded as a whole when it is read as a whole', async () => {
    const server = await stream((send, response) => {
      for (let count = 0; count < 100; count++) send('data: 1\n\n')
      response.end()
    })
    const response = await guarded({ maxResponseBytes: 500 }).fetch(server.url, post)
    expect(await failure(response.text())).toMatchObject({ code: 'response_too_large' })
  })

  it('is let go of when its reader is done with it', async () => {
    let gone!: () => void
    const closed = new Promise<void>((resolve) => (gone = resolve))
    const server = await stream((send, response) => {
      send('data: 1\n\n')
      response.once('close', gone)
    })
    const response = await guarded().fetch(server.url, post)
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    await expect(closed).resolves.toBeUndefined()
  })

  it('is read only as fast as its reader reads', async () => {
    let sent = 0
    const server = await stream((send, response) => {
      const more = () => {
        while (sent < 64 * mib && !response.destroyed) {
          sent += filler.length
          if (!send(filler)) return void response.once('drain', more)
        }
      }
      more()
    })
    const guard = guarded({ maxResponseBytes: 256 * mib })
    const response = await guard.fetch(server.url, post)
    const reader = response.body!.getReader()
    await reader.read()
    // A turn through the whole of the event loop, twice: what would be read ahead is read by then.
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    expect(sent).toBeLessThan(32 * mib)
    await reader.cancel()
  })

  it('that only keeps alive ends with the deadline of its caller', async () => {
    const controller = new AbortController()
    const server = await stream((send) => send(': keepalive\n\n'))
    const response = await guarded().fetch(server.url, { ...post, signal: controller.signal })
    const reader = response.body!.getReader()
    await reader.read()
    const next = reader.read()
    controller.abort(new DOMException('late', 'TimeoutError'))
    expect(await failure(next)).toMatchObject({ code: 'timeout', mayHaveRun: true })
  })
})

describe('a server', () => {
  it('that accepts and says nothing ends with the deadline of its caller', async () => {
    const controller = new AbortController()
    const server = await listenRaw(() => controller.abort())
    expect(await failure(guarded().fetch(server.url, { ...post, signal: controller.signal }))).toMatchObject({
      code: 'aborted',
    })
  })

  it('that drips its body ends with the deadline of its caller', async () => {
    const controller = new AbortController()
    const server = await listen((_request, response) => response.write('{'))
    const response = await guarded().fetch(server.url, { ...post, signal: controller.signal })
    const body = response.json()
    controller.abort(new DOMException('late', 'TimeoutError'))
    expect(await failure(body)).toMatchObject({ code: 'timeout', mayHaveRun: true })
  })

  it.each<[string, (socket: import('node:net').Socket) => void, object]>([
    [
      'resets before it answers',
      (socket) => socket.resetAndDestroy(),
      { code: 'unreachable', reason: 'reset', mayHaveRun: true },
    ],
    ['closes before it answers', (socket) => socket.end(), { code: 'unreachable', reason: 'reset', mayHaveRun: true }],
    ['speaks no HTTP', (socket) => socket.end('220 canary ESMTP\r\n'), { code: 'protocol_error', mayHaveRun: true }],
    [
      'sends endless headers',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'canary'.repeat(40_000)}`),
      { code: 'protocol_error' },
    ],
    [
      'switches protocols',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      { code: 'protocol_error' },
    ],
    [
      'answers with status 999',
      (socket) => socket.end('HTTP/1.1 999 canary\r\ncontent-length: 0\r\n\r\n'),
      { code: 'protocol_error' },
    ],
    [
      'answers with status 000',
      (socket) => socket.end('HTTP/1.1 000 canary\r\ncontent-length: 0\r\n\r\n'),
      { code: 'protocol_error' },
    ],
  ])('that %s gives a typed error', async (_what, act, expected) => {
    const server = await listenRaw((socket) => socket.once('data', () => act(socket)))
    const error = await failure(guarded().fetch(server.url, post))
    expect(error).toMatchObject(expected)
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
  })

  it.each(Object.keys(readers))('that resets mid-body gives a typed error to %s', async (how) => {
    const server = await listen((_request, response) => {
      response.write('{"a":')
      setImmediate(() => response.socket?.resetAndDestroy())
    })
    const attempt = guarded().fetch(server.url, post).then(readers[how]!)
    expect(await failure(attempt)).toMatchObject({ code: 'unreachable', reason: 'reset', mayHaveRun: true })
  })

  it('with invalid JSON is not quoted', async () => {
    const server = await listen((_request, response) => response.end('canary <html>'))
    const error = await failure((await guarded().fetch(server.url)).json())
    expect(error).toMatchObject({ code: 'protocol_error', mayHaveRun: false })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
  })

  it('with JSON of a million levels is refused', async () => {
    const deep = `{"result":${'['.repeat(400_000)}${']'.repeat(400_000)}}`
    const server = await listen((_request, response) => response.end(deep))
    for (const how of ['json', 'text']) {
      expect(await failure(readers[how]!(await guarded().fetch(server.url)))).toMatchObject({ code: 'protocol_error' })
    }
  })
})
