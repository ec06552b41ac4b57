import { everywhere, overHttp, serverCases } from '../case.js'
import { looksAgain } from '../lane/meet.js'
import { answerText, good, list, listed, onList, result, server } from './honest.js'

const big = 'y'.repeat(300_000)
const fields = (count: number, value: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, value]))

/** Servers that list tools without end, or too many of them. */
export const listing = serverCases({
  healthy: [everywhere, 'completed', server({})],
  'fresh cursors without end': [
    everywhere,
    'completed',
    onList((e) =>
      result(
        e,
        list([e.turn === 1 ? good : { ...good, name: `t${e.turn}` }], { nextCursor: `c${e.turn}${Math.random()}` }),
      ),
    ),
    { most: { 'tools/list': 2 * 65 } },
  ],
  'fresh cursors and nothing on the pages': [
    everywhere,
    'tool_not_found',
    onList((e) => result(e, list([], { nextCursor: `c${e.turn}` }))),
    { most: { 'tools/list': 2 * 65 } },
  ],
  'one cursor again and again': [
    everywhere,
    'completed',
    onList((e) => result(e, list([good], { nextCursor: 'same' }))),
  ],
  'two cursors in turn': [
    everywhere,
    'completed',
    onList((e) => result(e, list([good], { nextCursor: e.turn % 2 === 0 ? 'a' : 'b' }))),
    { most: { 'tools/list': 2 * 65 } },
  ],
  'an empty cursor': [
    everywhere,
    'completed',
    onList((e) =>
      result(
        e,
        e.message.params?.cursor === undefined ? list([{ ...good, name: 'first' }], { nextCursor: '' }) : list([good]),
      ),
    ),
  ],
  'a cursor that is no text': [
    everywhere,
    'protocol_error',
    onList((e) => result(e, list([good], { nextCursor: { a: [1] } }))),
  ],
  'a cursor of a megabyte': [
    everywhere,
    'completed',
    onList((e) => result(e, list([good], { nextCursor: 'x'.repeat(1_000_000) }))),
  ],
  'pages without end after a good list': [
    everywhere,
    'completed',
    onList((e) =>
      result(e, e.turn <= 1 ? list([good]) : list([{ ...good, name: `t${e.turn}` }], { nextCursor: `c${e.turn}` })),
    ),
    { meet: looksAgain },
  ],
  'an answer without end after a good list': [
    overHttp,
    'completed',
    onList((e) => {
      if (e.turn <= 1) return result(e, list([good]))
      e.response.writeHead(200, { 'content-type': 'application/json' })
      e.response.end(answerText(e, `{"tools":[${'{},'.repeat(1_300_000)}{}]}`))
    }),
    { meet: looksAgain },
  ],
  'a page of empty tools': [
    overHttp,
    'response_too_large',
    onList((e) => {
      e.response.writeHead(200, { 'content-type': 'application/json' })
      e.response.end(answerText(e, `{"tools":[${'{},'.repeat(1_300_000)}{}]}`))
    }),
  ],
  'tools that are no list': [everywhere, 'protocol_error', onList((e) => result(e, { tools: { good } }))],
  'five thousand tools': [
    everywhere,
    'completed',
    listed([good, ...Array.from({ length: 5_000 }, (_, n) => ({ ...good, name: `t${n}` }))]),
  ],
  'very many fields': [
    everywhere,
    'completed',
    listed([
      good,
      ...Array.from({ length: 40 }, (_tool, t) => ({
        name: `t${t}`,
        inputSchema: { type: 'object', properties: fields(900, { type: 'string' }) },
      })),
    ]),
  ],
  'names that fill a record': [
    everywhere,
    'completed',
    listed([good, ...Array.from({ length: 999 }, (_, n) => ({ ...good, name: `${n}`.padEnd(250, '漢') }))]),
  ],
  'an introduction of a megabyte': [
    everywhere,
    'completed',
    server({
      'server/discover': (e) =>
        e.era === 'legacy'
          ? e.send({ jsonrpc: '2.0', id: e.message.id, error: { code: -32601, message: 'Method not found' } })
          : result(e, {
              ...list([]),
              supportedVersions: ['2026-07-28'],
              capabilities: { tools: fields(20_000, true), experimental: { long: big } },
              instructions: big,
              _meta: { 'io.modelcontextprotocol/serverInfo': { name: big, version: big }, long: big },
            }),
      initialize: (e) =>
        result(e, {
          protocolVersion: '2025-11-25',
          capabilities: { tools: fields(20_000, true), experimental: { long: big } },
          instructions: big,
          serverInfo: { name: big, version: big },
        }),
    }),
  ],
})
