import { everywhere, overHttp, serverCases, type Answer } from '../case.js'
import { answerText, events, hello, onCall, onList, raw, result } from './honest.js'

const tooLarge = 'response_too_large'
const emptyLists = (): string => `{"content":[],"structuredContent":[${'[],'.repeat(1_200_000)}[]]}`
const thousandLevels = (): string => `{"content":[],"structuredContent":${'['.repeat(1_000)}${']'.repeat(1_000)}}`
const nested = (): string => `{"content":[],"structuredContent":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`
const freshNames = (): string =>
  `{"content":[],"structuredContent":{${Array.from({ length: 250_000 }, (_, n) => `"k${n}":1`).join()}}}`
/** An answer in an event stream, in another spelling of its events. */
const spelt = (spell: (json: string) => string, value: () => string): Answer =>
  raw((response, e) => {
    events(response)
    response.end(spell(answerText(e, value())))
  })
/** An answer whose body is labelled as something else. */
const labelled = (type: string | undefined, value: () => string): Answer =>
  raw((response, e) => {
    response.writeHead(200, type === undefined ? {} : { 'content-type': type })
    response.end(answerText(e, value()))
  })
const whole = (): string => JSON.stringify(hello)
const lines = (json: string): string => `data: ${json}\n\n`
/** The same bytes, in pieces of one byte each. */
const inBytes = (text: (json: string) => string, value: () => string): Answer =>
  raw(async (response, e) => {
    events(response)
    for (const byte of Buffer.from(text(answerText(e, value())))) {
      response.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })

/** What is much, in spellings of bodies and event streams that are read all the same. */
export const spellings = serverCases({
  'a million empty lists as text': [overHttp, tooLarge, labelled('text/plain', emptyLists)],
  'a million empty lists as nothing': [overHttp, tooLarge, labelled(undefined, emptyLists)],
  'a million empty lists as other JSON': [overHttp, tooLarge, labelled('application/vnd.api+json', emptyLists)],
  'a million levels as text': [overHttp, tooLarge, labelled('text/plain', nested)],
  'a thousand levels as text': [overHttp, 'protocol_error', labelled('text/plain', thousandLevels)],
  'a thousand levels as DATA': [overHttp, 'protocol_error', spelt((json) => `DATA: ${json}\n\n`, thousandLevels)],
  'a million empty lists as an event stream': [overHttp, tooLarge, labelled('text/event-stream', emptyLists)],
  'a million levels as an event stream': [overHttp, tooLarge, labelled('text/event-stream', nested)],
  'a million empty lists as DATA': [overHttp, tooLarge, spelt((json) => `DATA: ${json}\n\n`, emptyLists)],
  'a million empty lists behind a blank': [overHttp, tooLarge, spelt((json) => ` data: ${json}\n\n`, emptyLists)],
  'a million empty lists on a line': [overHttp, tooLarge, spelt((json) => `event: message\n${json}\n\n`, emptyLists)],
  'a million levels as DATA': [overHttp, tooLarge, spelt((json) => `DATA: ${json}\n\n`, nested)],
  'a million levels on a line': [overHttp, tooLarge, spelt((json) => `id: 1\n${json}\n\n`, nested)],
  'a million empty lists, half as data': [
    overHttp,
    tooLarge,
    spelt((json) => `data: ${json.slice(0, 100)}\nData: ${json.slice(100)}\n\n`, emptyLists),
  ],
  'a million empty lists in a text': [
    overHttp,
    'unreachable',
    spelt((json) => lines(JSON.stringify(json)), emptyLists),
  ],
  'a list of tools of a million lists as text': [
    overHttp,
    tooLarge,
    onList(({ response, message }) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(
        `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{"tools":[${'[],'.repeat(1_200_000)}[]]}}`,
      )
    }),
  ],
  'a million empty lists as events of no label': [
    overHttp,
    tooLarge,
    raw((response, e) => {
      response.writeHead(200)
      response.end(lines(answerText(e, emptyLists())))
    }),
  ],
  'a million empty lists as events that are JSON': [
    overHttp,
    tooLarge,
    raw((response, e) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(lines(answerText(e, emptyLists())))
    }),
  ],
  'names that are never the same, as DATA': [overHttp, tooLarge, spelt((json) => `DATA: ${json}\n\n`, freshNames)],
  'names that are never the same, as text': [overHttp, tooLarge, labelled('text/plain', freshNames)],
  'millions of empty lines as events that are JSON': [
    overHttp,
    tooLarge,
    raw((response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`data: x${'\n'.repeat(4_000_000)}`)
    }),
  ],
  'millions of lines of one event that is JSON': [
    overHttp,
    tooLarge,
    raw((response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`data: x${'\nd'.repeat(2_000_000)}`)
    }),
  ],
  'carriage returns alone': [overHttp, 'completed', spelt((json) => `event: message\rdata: ${json}\r\r`, whole)],
  'a byte order mark': [overHttp, 'completed', spelt((json) => `\ufeffdata: ${json}\n\n`, whole)],
  'a letter in two pieces': [
    overHttp,
    'completed',
    inBytes(lines, () => JSON.stringify({ ...hello, content: [{ type: 'text', text: '🙂é' }] })),
  ],
  'ids and retry times of no use': [
    overHttp,
    'completed',
    spelt((json) => `id: \u0000\nretry: -1\nretry: 1e99\nid: ${'9'.repeat(9_000)}\ndata: ${json}\n\n`, whole),
  ],
  'an id that asks to be resumed for ever': [
    overHttp,
    'unreachable',
    raw((response) => {
      events(response)
      response.end('id: 1\nretry: 0\ndata: \n\n')
    }),
  ],
  'progress after the result': [
    everywhere,
    'completed',
    onCall((e) => {
      result(e, hello)
      if (e.stream !== undefined)
        e.stream.write(
          `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: e.message.id, progress: 1 } })}\n\n`.repeat(
            50,
          ),
        )
    }),
  ],
})
