import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { overHttp, everywhere, serverCases, type Answer } from '../case.js'
import { answerText, drip, events, hello, jsonHead, MiB, pour, raw, result, onCall } from './honest.js'

const tooLarge = 'response_too_large'
const bombs = new Map<string, () => Buffer>()
/** A bomb of 64 MiB, compressed before anybody is met: the time that it takes is this server's. */
function bombOf(name: string, filling: string, compress: (data: Buffer) => Buffer, times = 1): () => Buffer {
  let made: Buffer | undefined
  const bomb = (): Buffer => {
    if (made !== undefined) return made
    made = Buffer.alloc(64 * MiB, filling)
    for (let n = 0; n < times; n++) made = compress(made)
    return made
  }
  bombs.set(name, bomb)
  return bomb
}
/** Compresses all bombs. */
export function prepareBodies(): void {
  for (const bomb of bombs.values()) bomb()
}
const compressed = (encoding: string, compress: (data: Buffer) => Buffer, times = 1): Answer => {
  const bomb = bombOf(`${times} ${encoding}`, ' ', compress, times)
  return raw((response) => {
    jsonHead(response, { 'content-encoding': Array.from({ length: times }, () => encoding).join(', ') })
    response.end(bomb())
  })
}
const gzip = (data: Buffer): Buffer => gzipSync(data, { level: 1 })
const eventsBomb = bombOf('events', ': x\n', gzip)
const socket = (text: string): Answer => raw((response) => void response.socket?.end(text))

/** Bodies that never end, are much larger than they look, lie about their length or break off. */
export const bodies = serverCases({
  'an answer without end': [
    overHttp,
    tooLarge,
    raw(async (response) => {
      jsonHead(response)
      await pour(response, ' '.repeat(MiB), 200 * MiB)
      response.end()
    }),
  ],
  'an error answer without end': [
    overHttp,
    'server_error',
    raw(async (response) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      await pour(response, ' '.repeat(MiB), 200 * MiB)
      response.end()
    }),
  ],
  'a length that lies low': [
    overHttp,
    'protocol_error',
    socket('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n{"jsonrpc":"2.0"}'),
  ],
  'a length that lies high': [
    overHttp,
    'response_too_large',
    socket('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999999999\r\n\r\n{}'),
  ],
  'a length that lies a little': [
    overHttp,
    'unreachable',
    socket('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{}'),
  ],
  'two lengths': [
    overHttp,
    'protocol_error',
    socket('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 9\r\ncontent-type: application/json\r\n\r\n{}'),
  ],
  'a length and chunks': [
    overHttp,
    'protocol_error',
    socket('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'),
  ],
  'a chunk of no size': [
    overHttp,
    'unreachable',
    socket('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\nzz\r\n{}\r\n'),
  ],
  'no HTTP at all': [overHttp, 'protocol_error', socket('SSH-2.0-OpenSSH_9.6\r\n')],
  'headers without end': [
    overHttp,
    'protocol_error',
    raw((response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\n')
      const more = (): void => {
        while (response.socket?.writable === true && response.socket.write(`x-a: ${'y'.repeat(8_000)}\r\n`));
        if (response.socket?.writable === true) response.socket.once('drain', more)
      }
      more()
    }),
  ],
  'interim answers without end': [
    overHttp,
    'timeout',
    raw((response) => {
      const more = setInterval(() => {
        if (response.socket?.writable !== true) return clearInterval(more)
        response.socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100))
      }, 5)
    }),
  ],
  'a gzip bomb': [overHttp, tooLarge, compressed('gzip', gzip)],
  'a gzip bomb in a gzip bomb': [overHttp, tooLarge, compressed('gzip', gzip, 2)],
  'a brotli bomb': [
    overHttp,
    tooLarge,
    compressed('br', (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  ],
  'a deflate bomb': [overHttp, tooLarge, compressed('deflate', deflateSync)],
  'a gzip bomb as events': [
    overHttp,
    tooLarge,
    raw((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      response.end(eventsBomb())
    }),
  ],
  'stacked encodings': [
    overHttp,
    tooLarge,
    raw((response) => {
      jsonHead(response, { 'content-encoding': Array.from({ length: 500 }, () => 'gzip').join(', ') })
      response.end(gzipSync('{}'))
    }),
  ],
  'an encoding that nobody knows': [
    overHttp,
    'protocol_error',
    raw((response, e) => {
      jsonHead(response, { 'content-encoding': 'x-snappy' })
      response.end(answerText(e, JSON.stringify(hello)))
    }),
  ],
  'gzip that is none': [
    overHttp,
    'protocol_error',
    raw((response) => {
      jsonHead(response, { 'content-encoding': 'gzip' })
      response.end('{"jsonrpc":"2.0"}')
    }),
  ],
  'gzip that breaks off': [
    overHttp,
    'protocol_error',
    raw((response, e) => {
      jsonHead(response, { 'content-encoding': 'gzip' })
      response.end(gzipSync(answerText(e, JSON.stringify(hello))).subarray(0, 30))
    }),
  ],
  'a text of 50 MB': [
    overHttp,
    tooLarge,
    raw(async (response, e) => {
      jsonHead(response)
      response.write(answerText(e, '{"content":[{"type":"text","text":"').slice(0, -1))
      await pour(response, 'x'.repeat(MiB), 50 * MiB)
      response.end('"}]}}')
    }),
  ],
  silence: [everywhere, 'timeout', raw(() => undefined)],
  'headers and then silence': [
    overHttp,
    'timeout',
    raw((response) => {
      jsonHead(response)
      response.write('{')
    }),
  ],
  'one byte at a time': [
    overHttp,
    'timeout',
    raw(async (response) => {
      jsonHead(response)
      await drip(response, ' ')
    }),
  ],
  'one header byte at a time': [
    overHttp,
    'timeout',
    raw((response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\nx-a: ')
      const more = setInterval(() => {
        if (response.socket?.writable !== true) return clearInterval(more)
        response.socket.write('y')
      }, 50)
    }),
  ],
  'an answer in bytes': [
    overHttp,
    'completed',
    raw(async (response, e) => {
      jsonHead(response)
      for (const byte of answerText(e, JSON.stringify(hello))) {
        response.write(byte)
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    }),
  ],
  'keep-alives for ever': [
    overHttp,
    'timeout',
    raw(async (response) => {
      events(response)
      await drip(response, ': keep-alive\n\n')
    }),
  ],
  'a reset inside an answer': [
    overHttp,
    'unreachable',
    raw((response) => {
      jsonHead(response, { 'content-length': '100' })
      response.write('{"jsonrpc"')
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    }),
    { most: { 'tools/call': 1 } },
  ],
  'a reset at once': [
    overHttp,
    'unreachable',
    raw((response) => void response.socket?.resetAndDestroy()),
    { most: { 'tools/call': 1 } },
  ],
  'an end before the answer': [
    overHttp,
    'unreachable',
    raw((response) => void response.socket?.end()),
    { most: { 'tools/call': 1 } },
  ],
  'an end inside an event': [
    overHttp,
    'unreachable',
    raw((response) => {
      events(response)
      response.write('data: {"jsonrpc":"2.0","id":')
      setTimeout(() => response.socket?.destroy(), 20)
    }),
    { most: { 'tools/call': 1 } },
  ],
  'an answer after its time': [
    everywhere,
    'timeout',
    onCall(async (e) => {
      await new Promise((resolve) => setTimeout(resolve, 15_000).unref())
      if (!e.response.destroyed) result(e, hello)
    }),
  ],
})
