import { deflateSync, gzipSync } from 'node:zlib'
import { everywhere, overHttp, serverCases, type Answer } from '../case.js'
import { answerText, hello, jsonHead, MiB, onCall, raw, result, server } from './honest.js'

/** An answer to a call that is written by hand, head and all. */
const written = (write: (text: string) => string): Answer =>
  raw((response, e) => void response.socket?.write(write(answerText(e, JSON.stringify(hello)))))
/** The same, and an end of the sending side: the socket stays open for what nobody reads. */
const half = (write: (text: string) => string): Answer =>
  raw((response, e) => {
    const { socket } = response
    if (socket === null) return
    socket.allowHalfOpen = true
    socket.end(write(answerText(e, JSON.stringify(hello))))
  })
const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const chunked = `${head}transfer-encoding: chunked\r\n`
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const length = (value: string): Answer => written((text) => `${head}content-length: ${value}\r\n\r\n${text}`)
const gzipped = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => {
  let bomb: Buffer | undefined
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip', ...headers })
    response.end((bomb ??= gzipSync(Buffer.alloc(16 * MiB, ' '), { level: 1 })))
  }
}

/** Sockets that are half closed, trailers, lengths that are none, and bombs in other places than the answer to a call. */
export const wire = serverCases({
  'half a socket': [overHttp, 'unreachable', half(() => `${head}content-length: 900\r\n\r\n{"jsonrpc"`)],
  'half a socket after the answer': [
    overHttp,
    'completed',
    half((text) => `${head}content-length: ${text.length}\r\n\r\n${text}`),
  ],
  'half a socket in chunks': [overHttp, 'unreachable', half(() => `${chunked}\r\n${chunk('{')}`)],
  'half a socket before the answer': [overHttp, 'unreachable', half(() => '')],
  'an answer until the socket ends': [overHttp, 'completed', half((text) => `${head}connection: close\r\n\r\n${text}`)],
  'honest trailers': [
    overHttp,
    'completed',
    written((text) => `${chunked}trailer: x-a\r\n\r\n${chunk(text)}0\r\nx-a: b\r\n\r\n`),
  ],
  'trailers that lead elsewhere': [
    overHttp,
    'completed',
    written(
      (text) => `${chunked}\r\n${chunk(text)}0\r\nlocation: http://169.254.169.254/\r\nmcp-session-id: x\r\n\r\n`,
    ),
  ],
  'trailers without end': [
    overHttp,
    'unreachable',
    raw((response, e) => {
      const { socket } = response
      socket?.write(`${chunked}\r\n${chunk(answerText(e, JSON.stringify(hello)))}0\r\n`)
      const more = setInterval(() => {
        if (socket?.writable !== true) return clearInterval(more)
        socket.write(`x-a: ${'y'.repeat(8_000)}\r\n`)
      }, 1)
    }),
  ],
  'no end of the trailers': [overHttp, 'timeout', written((text) => `${chunked}\r\n${chunk(text)}0\r\nx-a: b\r\n`)],
  'a chunk that says it is endless': [
    overHttp,
    'unreachable',
    written((text) => `${chunked}\r\nffffffffffffffffff\r\n${text}\r\n`),
  ],
  'words after the size of a chunk': [
    overHttp,
    'completed',
    written((text) => `${chunked}\r\n${text.length.toString(16)};a=${'b'.repeat(1_000)}\r\n${text}\r\n0\r\n\r\n`),
  ],
  'a length below zero': [overHttp, 'protocol_error', length('-5')],
  'a length in hexadecimal': [overHttp, 'protocol_error', length('0x10')],
  'a length with a fraction': [overHttp, 'protocol_error', length('1.5')],
  'a length of no digits': [overHttp, 'protocol_error', length('many')],
  'a length larger than a number': [overHttp, 'protocol_error', length('9'.repeat(40))],
  'two answers to one request on the wire': [
    overHttp,
    'completed',
    written((text) => `${head}content-length: ${text.length}\r\n\r\n${text}`.repeat(2)),
  ],
  'a gzip bomb instead of the tools': [overHttp, 'response_too_large', server({ 'tools/list': gzipped(200) })],
  'a gzip bomb instead of a handshake': [
    overHttp,
    'response_too_large',
    server({ 'server/discover': gzipped(200), initialize: gzipped(200) }),
  ],
  'a gzip bomb with 400': [
    everywhere,
    { modern: 'protocol_error', legacy: 'protocol_error', sse: 'session_lost' },
    server({ 'tools/call': gzipped(400), ping: gzipped(400) }),
  ],
  'a gzip bomb with 404': [
    everywhere,
    { modern: 'protocol_error', legacy: 'session_lost', sse: 'session_lost' },
    server({ 'tools/call': gzipped(404), ping: gzipped(404) }),
  ],
  'a gzip bomb with 500': [everywhere, 'server_error', onCall(gzipped(500))],
  'a gzip bomb with 401': [everywhere, 'authorization_required', onCall(gzipped(401))],
  'a gzip bomb that nobody reads': [['sse'], 'completed', onCall((e) => (result(e, hello), gzipped(202)(e)))],
  'a gzip bomb as the event stream': [
    ['sse'],
    'response_too_large',
    server({}),
    {
      opens: ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
        response.end(gzipSync(Buffer.alloc(16 * MiB, ': x\n'), { level: 1 }))
      },
    },
  ],
  'an honest answer, compressed': [
    overHttp,
    'completed',
    onCall((e) => {
      jsonHead(e.response, { 'content-encoding': 'deflate' })
      e.response.end(deflateSync(answerText(e, JSON.stringify(hello))))
    }),
  ],
})
