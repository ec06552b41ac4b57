import { serverCases, type Opening, type ServerCase } from '../case.js'
import { hello, MiB, onCall, pour, result, server } from './honest.js'

const sse = ['sse'] as const
const opening = (opens: (opening: Opening) => void, more: Partial<ServerCase> = {}): Partial<ServerCase> => ({
  opens,
  ...more,
})
const events = ({ response }: Opening): void => void response.writeHead(200, { 'content-type': 'text/event-stream' })
const names = (...endpoints: readonly ((opening: Opening) => string)[]) =>
  opening((opened) => {
    events(opened)
    for (const endpoint of endpoints) opened.response.write(`event: endpoint\ndata: ${endpoint(opened)}\n\n`)
  })
const honest = server({})

/** Event streams of HTTP+SSE that name no endpoint to send to, a wrong one, or another one later. */
export const streams = serverCases({
  'a stream that never begins': [sse, 'timeout', honest, opening(() => undefined)],
  'a stream without an endpoint': [sse, 'timeout', honest, opening(events)],
  'a stream without an endpoint that floods': [
    sse,
    'response_too_large',
    honest,
    opening((opened) => {
      events(opened)
      void pour(opened.response, ': x\n'.repeat(10_000), 200 * MiB)
    }),
  ],
  'a stream with a message before its endpoint': [
    sse,
    'completed',
    honest,
    opening((opened) => {
      events(opened)
      opened.response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: hello })}\n\n`)
      opened.response.write(`event: endpoint\ndata: ${opened.endpoint}\n\n`)
    }),
  ],
  'a stream with a late endpoint': [
    sse,
    'completed',
    honest,
    opening((opened) => {
      events(opened)
      setTimeout(() => opened.response.write(`event: endpoint\ndata: ${opened.endpoint}\n\n`), 500)
    }),
  ],
  'a stream that ends after its endpoint': [
    sse,
    'unreachable',
    honest,
    opening((opened) => {
      events(opened)
      opened.response.end(`event: endpoint\ndata: ${opened.endpoint}\n\n`)
    }),
  ],
  'a stream with its endpoint twice': [
    sse,
    'completed',
    honest,
    names(
      ({ endpoint }) => endpoint,
      ({ endpoint }) => endpoint,
    ),
  ],
  // The last one counts: it is the server's own, and its requests are refused there.
  'a stream with another endpoint later': [
    sse,
    'session_lost',
    honest,
    names(
      ({ endpoint }) => endpoint,
      ({ base }) => `${base}/none/sse/0/messages`,
    ),
  ],
  'a stream with an endpoint of another origin': [
    sse,
    'protocol_error',
    honest,
    names(({ foreign }) => `${foreign}/sink`),
  ],
  'a stream with an endpoint of another origin later': [
    sse,
    'protocol_error',
    honest,
    names(
      ({ endpoint }) => endpoint,
      ({ foreign }) => `${foreign}/sink`,
    ),
  ],
  'a stream with an endpoint of another origin during a call': [
    sse,
    'protocol_error',
    onCall((e) => {
      e.stream?.write(`event: endpoint\ndata: ${e.foreign}/sink\n\n`)
      result(e, hello)
    }),
  ],
  'a stream with an endpoint with a password': [
    sse,
    'protocol_error',
    honest,
    names(({ endpoint, base }) => `${base.replace('://', '://a:b@')}${endpoint}`),
  ],
  'a stream with an endpoint without a scheme': [
    sse,
    'protocol_error',
    honest,
    names(({ foreign }) => `${foreign.replace('http:', '')}/sink`),
  ],
  'a stream with an endpoint that is a script': [sse, 'protocol_error', honest, names(() => 'javascript:alert(1)')],
  'a stream with an empty endpoint': [sse, 'protocol_error', honest, names(() => '')],
  'a stream with an endpoint of a megabyte': [sse, 'protocol_error', honest, names(() => `/${'x'.repeat(MiB)}`)],
})
