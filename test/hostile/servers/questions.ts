import { overHttp, serverCases, type Answer } from '../case.js'
import { event, events, good, hello, list, result, server } from './honest.js'

const form = (schema: object, message: unknown = 'Which?'): object => ({
  message,
  requestedSchema: { type: 'object', properties: {}, ...schema },
})
const fields = (count: number, field: object): object =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, field]))
const values = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `v${n}`)

/** Puts these questions to whoever calls: all of one answer in the newer era, one after the other on the stream in the older. */
const asking = (...questions: readonly unknown[]): Answer =>
  server({
    'tools/list': (e) => result(e, list([good])),
    'tools/call': (e) => {
      if (e.era === 'modern') {
        if (e.message.params?.inputResponses !== undefined) return result(e, hello)
        const inputRequests = Object.fromEntries(
          questions.map((params, n) => [`q${n}`, { method: 'elicitation/create', params }]),
        )
        return result(e, { resultType: 'input_required', inputRequests, requestState: 'x' })
      }
      events(e.response)
      for (const [n, params] of questions.entries())
        e.response.write(event({ jsonrpc: '2.0', id: `q${n}`, method: 'elicitation/create', params }))
      setTimeout(() => e.response.end(event({ jsonrpc: '2.0', id: e.message.id, result: hello })), 300)
    },
  })
/** In the newer era the question is the answer, which is refused with it; in the older one an answer follows it. */
const refusedThere = { modern: 'protocol_error', legacy: 'completed' } as const

/** Questions of a size and shape that nobody could answer. */
export const questions = serverCases({
  'an honest question': [overHttp, 'completed', asking(form({ properties: { a: { type: 'string' } } }))],
  'a question of very many fields': [
    overHttp,
    refusedThere,
    asking(form({ properties: fields(40_000, { type: 'string' }) })),
  ],
  'a question of fields of no kind': [
    overHttp,
    refusedThere,
    asking(form({ properties: fields(40_000, { type: 'x' }) })),
  ],
  'a question of as many fields as there may be': [
    overHttp,
    'completed',
    asking(form({ properties: fields(100, { type: 'x', enum: values(24) }) })),
  ],
  'a question of very many choices': [
    overHttp,
    refusedThere,
    asking(form({ properties: { a: { type: 'string', enum: values(300_000) } } })),
  ],
  'a question of very many titled choices': [
    overHttp,
    refusedThere,
    asking(
      form({
        properties: { a: { type: 'string', oneOf: values(60_000).map((value) => ({ const: value, title: 5 })) } },
      }),
    ),
  ],
  'a question that requires very much': [overHttp, refusedThere, asking(form({ required: values(300_000) }))],
  'a question with very many defaults': [
    overHttp,
    refusedThere,
    asking(
      form({ properties: { a: { type: 'array', items: { type: 'string', enum: ['x'] }, default: values(300_000) } } }),
    ),
  ],
  'a question of three megabytes': [overHttp, 'completed', asking(form({}, 'x'.repeat(3_000_000)))],
  'a question of what nobody sees': [overHttp, 'completed', asking(form({}, '\u200b'.repeat(1_000_000)))],
  'a question with a schema in a schema': [
    overHttp,
    'completed',
    asking(form({ properties: { a: { type: 'object', properties: { b: { $ref: '#' } } } } })),
  ],
  'a question that is none': [overHttp, 'completed', asking(null, 5, [], {}, { message: {} }, { requestedSchema: [] })],
  'a question that leads to a script': [
    overHttp,
    refusedThere,
    asking({ mode: 'url', message: 'Go', url: 'javascript:alert(1)', elicitationId: 'e' }),
  ],
  'a question that leads inside': [
    overHttp,
    refusedThere,
    asking({ mode: 'url', message: 'Go', url: 'http://169.254.169.254/', elicitationId: 'e' }),
  ],
  'a hundred questions': [
    overHttp,
    { modern: 'completed', legacy: 'response_too_large' },
    asking(...Array.from({ length: 100 }, () => form({}))),
  ],
  'ten thousand questions': [
    overHttp,
    { modern: 'protocol_error', legacy: 'response_too_large' },
    asking(...Array.from({ length: 10_000 }, () => form({}))),
  ],
  'questions without end': [
    ['modern'],
    'protocol_error',
    server({
      'tools/call': (e) =>
        result(e, {
          resultType: 'input_required',
          inputRequests: { q: { method: 'elicitation/create', params: form({}) } },
          requestState: 'x'.repeat(100_000),
        }),
    }),
    { most: { 'tools/call': 6 } },
  ],
  'an answer that needs input and asks nothing': [
    ['modern'],
    'protocol_error',
    server({ 'tools/call': (e) => result(e, { resultType: 'input_required', inputRequests: {}, requestState: {} }) }),
    { most: { 'tools/call': 6 } },
  ],
  'a question for a model': [
    overHttp,
    refusedThere,
    server({
      'tools/call': (e) =>
        e.era === 'legacy'
          ? result(e, hello)
          : result(e, {
              resultType: 'input_required',
              inputRequests: {
                model: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1e9 } },
                roots: { method: 'roots/list' },
                proto: { method: '__proto__' },
              },
            }),
    }),
  ],
})
