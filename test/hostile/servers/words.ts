import { everywhere, overHttp, serverCases, type Answer, type Exchange } from '../case.js'
import { good, hello, list, onCall, onList, result, server } from './honest.js'

const hiding = '\u001b]0;owned\u0007\u001b[2J\u202egnp\u200b\u{e0041}\u009b31m'
const rpc = (message: unknown, code = -32000): Answer =>
  onCall((e) => e.send({ jsonrpc: '2.0', id: e.message.id, error: { code, message } }))
const refusal = (status: number, body: string): Answer =>
  onCall(({ response }) => void response.writeHead(status, { 'content-type': 'text/plain' }).end(body))
/** The key that came, as this changes it. */
const echo =
  (change: (key: string) => string) =>
  ({ request }: Exchange): string =>
    `no: ${change(String(request.headers['x-api-key']))}`
const everyLetter = (key: string): string => [...key].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
const spellings: Readonly<Record<string, (key: string) => string>> = {
  'as it is': (key) => key,
  'in capitals': (key) => key.toUpperCase(),
  'percent-encoded': everyLetter,
  'percent-encoded twice': (key) => encodeURIComponent(everyLetter(key)),
  'at the end of what is kept': (key) => `${'x'.repeat(2_000 - 4 - key.length + 1)}${key}`,
}

/** Servers whose words take the terminal over, or bring back what they were sent. */
export const words = serverCases({
  'an error that hides': [everywhere, 'completed', rpc(hiding)],
  'an error that is no text': [everywhere, 'completed', rpc({ text: hiding })],
  'a page that hides': [everywhere, 'server_error', refusal(500, hiding)],
  'a refusal that hides': [everywhere, 'protocol_error', refusal(422, JSON.stringify({ error: { message: hiding } }))],
  'a refusal of the key that hides': [overHttp, 'authorization_failed', refusal(403, hiding)],
  'a tool list that is refused with words that hide': [
    overHttp,
    'protocol_error',
    onList((e) => e.send({ jsonrpc: '2.0', id: e.message.id, error: { code: -32000, message: hiding } })),
  ],
  'a name of the server that hides': [
    overHttp,
    'completed',
    server({
      initialize: (e) =>
        result(e, {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: hiding, title: hiding, version: hiding },
          instructions: hiding,
        }),
      'tools/list': (e) => result(e, list([good], { _meta: { name: hiding } })),
    }),
  ],
  'progress that hides': [
    ['modern', 'legacy'],
    'completed',
    onCall((e) => {
      e.response.writeHead(200, { 'content-type': 'text/event-stream' })
      const params = { progressToken: e.message.params?._meta?.progressToken, progress: 1, message: hiding }
      e.response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`)
      e.response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: e.message.id, result: hello })}\n\n`)
    }),
  ],
  ...Object.fromEntries(
    Object.entries(spellings).flatMap(([how, change]) => [
      [
        `a refusal that says the key ${how}`,
        [overHttp, 'protocol_error', onCall((e) => void e.response.writeHead(422).end(echo(change)(e)))],
      ],
      [
        `a missing scope that is the key ${how}`,
        [
          overHttp,
          'authorization_required',
          onCall((e) => {
            const scope = change(String(e.request.headers['x-api-key'])).slice(0, 250)
            e.response
              .writeHead(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="a ${scope}"` })
              .end()
          }),
        ],
      ],
    ]),
  ),
})
