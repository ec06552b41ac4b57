import { everywhere, overHttp, serverCases, type Answer, type Exchange } from '../case.js'
import { answerText, event, events, hello, jsonHead, MiB, onCall, pour, raw, result } from './honest.js'

const tooLarge = 'response_too_large'
const progress = JSON.stringify({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: 1 },
})
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
/** An event stream that repeats one piece. */
const stream = (piece: string, bytes?: number): Answer =>
  raw(async (response) => {
    events(response)
    await pour(response, piece, bytes)
  })
/** An answer whose structured content is this text. */
const content = (text: () => string): Answer =>
  raw((response, e) => {
    jsonHead(response)
    response.end(answerText(e, `{"content":[],"structuredContent":${text()}}`))
  })
const own = (value: (e: Exchange) => unknown): Answer => onCall((e) => e.send(value(e)))

/** JSON-RPC and event streams that are too much, too deep, or no messages that anybody asked for. */
export const messages = serverCases({
  'a line without end': [overHttp, tooLarge, stream('x'.repeat(65_536), 128 * MiB)],
  'a data line without end': [
    overHttp,
    tooLarge,
    raw(async (response) => {
      events(response)
      response.write('data: ')
      await pour(response, 'x'.repeat(65_536), 128 * MiB)
    }),
  ],
  'empty lines without end': [overHttp, tooLarge, stream(`\r${'\n'.repeat(65_000)}`)],
  'empty events without end': [overHttp, tooLarge, stream('data:{}\n\n'.repeat(1_000))],
  'comments without end': [overHttp, 'response_too_large', stream(': x\n'.repeat(10_000))],
  'event names without end': [overHttp, tooLarge, stream('event: message\n'.repeat(10_000))],
  'retry times without end': [overHttp, tooLarge, stream('retry: 1\n\n'.repeat(1_000))],
  'progress without end': [overHttp, tooLarge, stream(`data: ${progress}\n\n`.repeat(100))],
  'logs without end': [
    overHttp,
    tooLarge,
    stream(
      event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } }).repeat(100),
    ),
  ],
  'lines of one event': [overHttp, tooLarge, stream('data:\n'.repeat(10_000))],
  'a stream that ends without an answer': [
    overHttp,
    'unreachable',
    raw((response) => {
      events(response)
      response.end(event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } }))
    }),
    { most: { 'tools/call': 1 } },
  ],
  'a list of very many messages': [
    overHttp,
    tooLarge,
    raw((response, e) => {
      jsonHead(response)
      response.end(`[${`${progress},`.repeat(30_000)}${answerText(e, JSON.stringify(hello))}]`)
    }),
  ],
  'the same list, as one event': [
    overHttp,
    tooLarge,
    raw((response, e) => {
      events(response)
      response.end(`data: [${`${progress},`.repeat(30_000)}${answerText(e, JSON.stringify(hello))}]\n\n`)
    }),
  ],
  'requests without end': [
    overHttp,
    'response_too_large',
    raw(async (response) => {
      events(response)
      for (let id = 0; !response.destroyed; id += 20)
        await pour(
          response,
          Array.from({ length: 20 }, (_, n) => event({ jsonrpc: '2.0', id: `q${id + n}`, method: 'ping' })).join(''),
          1,
        )
    }),
  ],
  'a million levels': [overHttp, 'protocol_error', content(() => nested(1_000_000))],
  'a million objects in each other': [
    overHttp,
    'protocol_error',
    content(() => '{"a":'.repeat(600_000) + '1' + '}'.repeat(600_000)),
  ],
  'a hundred thousand keys': [
    overHttp,
    tooLarge,
    content(() => `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":${n}`).join()}}`),
  ],
  'one key a hundred thousand times': [overHttp, 'completed', content(() => `{${'"k":1,'.repeat(100_000)}"k":1}`)],
  'a million empty lists': [overHttp, tooLarge, content(() => `[${'[],'.repeat(1_200_000)}[]]`)],
  'names that are never the same': [
    overHttp,
    tooLarge,
    content(() => {
      const names = (from: number) => Array.from({ length: 100 }, (_, n) => `"k${from + n}":1`).join()
      return `[${Array.from({ length: 3_000 }, (_, n) => `{${names(n * 100)}}`).join()}]`
    }),
  ],
  'members of prototypes in a result': [
    everywhere,
    'completed',
    own((e) =>
      JSON.parse(
        answerText(e, '{"content":[],"__proto__":{"a":1},"structuredContent":{"__proto__":{"b":1},"constructor":1}}'),
      ),
    ),
  ],
  'numbers beyond all bounds': [overHttp, 'completed', content(() => '{"n":1e400,"m":-1e400,"o":1e-400}')],
  'padding without an end': [
    overHttp,
    'completed',
    raw((response, e) => {
      jsonHead(response)
      response.end(answerText(e, `{"content":[{"type":"image","data":"${'='.repeat(4_000_000)}A"}]}`))
    }),
  ],
  'very many blocks': [
    overHttp,
    'completed',
    raw((response, e) => {
      jsonHead(response)
      response.end(
        answerText(e, `{"content":[${'{"type":"text","text":"a"},'.repeat(100_000)}{"type":"text","text":"a"}]}`),
      )
    }),
  ],
  'an answer to another request': [
    overHttp,
    'protocol_error',
    own(() => ({ jsonrpc: '2.0', id: 'other', result: hello })),
  ],
  'an answer to the next request': [
    everywhere,
    { modern: 'protocol_error', legacy: 'protocol_error', sse: 'timeout' },
    own((e) => ({ jsonrpc: '2.0', id: Number(e.message.id) + 1, result: hello })),
  ],
  'an id as a text': [
    everywhere,
    'completed',
    own((e) => ({ jsonrpc: '2.0', id: String(e.message.id), result: hello })),
  ],
  'an id that is an object': [
    everywhere,
    { modern: 'protocol_error', legacy: 'protocol_error', sse: 'timeout' },
    own((e) => ({ jsonrpc: '2.0', id: { a: e.message.id }, result: hello })),
  ],
  'two answers to one request': [
    overHttp,
    'completed',
    raw((response, e) => {
      events(response)
      const answer = (text: string): string =>
        event({ jsonrpc: '2.0', id: e.message.id, result: { ...hello, content: [{ type: 'text', text }] } })
      response.end(answer('first') + answer('second'))
    }),
  ],
  'a result and an error': [
    everywhere,
    'completed',
    own((e) => ({ jsonrpc: '2.0', id: e.message.id, result: hello, error: { code: 1, message: 'no' } })),
  ],
  'neither result nor error': [everywhere, 'completed', own((e) => ({ jsonrpc: '2.0', id: e.message.id }))],
  'a list of answers': [
    overHttp,
    'completed',
    own((e) => [
      { jsonrpc: '2.0', id: 'x', result: {} },
      { jsonrpc: '2.0', id: e.message.id, result: hello },
    ]),
  ],
  'a kind of result that nobody knows': [
    everywhere,
    'completed',
    own((e) => ({ jsonrpc: '2.0', id: e.message.id, result: { ...hello, resultType: 'later' } })),
  ],
  'no kind of result': [
    everywhere,
    'completed',
    own((e) => ({ jsonrpc: '2.0', id: e.message.id, result: { content: hello.content } })),
  ],
  'a task that never ends': [
    everywhere,
    'protocol_error',
    own((e) => ({
      jsonrpc: '2.0',
      id: e.message.id,
      result: { resultType: 'task', task: { taskId: 't', status: 'working' } },
    })),
  ],
  'an error with very much in it': [
    everywhere,
    tooLarge,
    own((e) => ({
      jsonrpc: '2.0',
      id: e.message.id,
      error: { code: -32000, message: 'x'.repeat(500_000), data: Array.from({ length: 200_000 }, () => ({})) },
    })),
  ],
  'a request of its own on the stream': [
    overHttp,
    'completed',
    raw((response, e) => {
      events(response)
      response.write(event({ jsonrpc: '2.0', id: e.message.id, method: 'sampling/createMessage', params: {} }))
      response.write(event({ jsonrpc: '2.0', id: 'roots', method: 'roots/list' }))
      response.end(event({ jsonrpc: '2.0', id: e.message.id, result: hello }))
    }),
  ],
  'a large message that nobody asked for': [
    overHttp,
    'response_too_large',
    raw((response, e) => {
      events(response)
      const data = Array.from({ length: 100_000 }, (_, n) => ({ n }))
      for (const method of ['sampling/createMessage', 'notifications/message', 'notifications/progress'])
        response.write(
          event({ jsonrpc: '2.0', id: method, method, params: { level: 'info', messages: data, _meta: { a: data } } }),
        )
      response.end(event({ jsonrpc: '2.0', id: e.message.id, result: hello }))
    }),
  ],
  'no JSON-RPC at all': [overHttp, 'protocol_error', own(() => ({ hello: 'world' }))],
  'a web page': [
    overHttp,
    'not_mcp',
    raw(
      (response) =>
        void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>canary-of-the-server</html>'),
    ),
  ],
  'nothing with 200': [
    overHttp,
    'protocol_error',
    raw((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end()),
  ],
  'nothing with 204': [overHttp, 'protocol_error', raw((response) => void response.writeHead(204).end())],
  'JSON in another alphabet': [
    overHttp,
    'protocol_error',
    raw((response, e) => {
      jsonHead(response, { 'content-type': 'application/json; charset=utf-16le' })
      response.end(Buffer.from(answerText(e, JSON.stringify(hello)), 'utf16le'))
    }),
  ],
  'lone surrogates': [
    overHttp,
    'completed',
    raw((response, e) => {
      jsonHead(response)
      response.end(answerText(e, String.raw`{"content":[{"type":"text","text":"\ud800 \udfff"}]}`))
    }),
  ],
  'a result of the wrong shapes': [
    everywhere,
    'completed',
    onCall((e) => result(e, { content: 'hello', structuredContent: [1], isError: 'no', _meta: 5 })),
  ],
})
