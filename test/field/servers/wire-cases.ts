import { events, right, tool, type Behaviour, type FieldRequest } from './support.js'

/** What became of a server: how far a client got. */
export type Reached = 'works' | 'does not connect' | 'gets no tools' | 'loses the result' | 'stays locked out'

/** One thing that servers in the field send, told so that any client can be tried on it. */
export interface WireCase {
  readonly name: string
  /** The public report; a dash: a cousin of such a case. */
  readonly report: string
  readonly behaviour: Behaviour
  /** Between the first call and the second, the server forgets its sessions. */
  readonly restarts?: boolean
  /** How far the bare client of the SDK gets. */
  readonly sdk: Reached
}

const on =
  (method: string, answer: Behaviour): Behaviour =>
  (request) =>
    request.method === method ? answer(request) : undefined

const result =
  (value: object, beside: object = {}): Behaviour =>
  ({ id }) => ({ json: { jsonrpc: '2.0', id, result: value, ...beside } })

const handshake = (change: object): Behaviour =>
  on(
    'initialize',
    result({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
      ...change,
    }),
  )

const called = (value: object, beside: object = {}): Behaviour =>
  on('tools/call', result({ content: [{ type: 'text', text: 'done' }], ...value }, beside))

const listed = (...tools: readonly object[]): Behaviour => on('tools/list', (request) => right(request, tools))

const asked = (answer: Behaviour): Behaviour => on('server/discover', answer)

const forgets = (refusal: (request: FieldRequest) => object): Pick<WireCase, 'behaviour' | 'restarts'> => ({
  restarts: true,
  behaviour: (request) => refusal(request),
})

/** By kind, in the order of the pages that describe them. */
export const wireCases: Readonly<Record<string, readonly WireCase[]>> = {
  'A session that the server forgot': [
    { name: '404', report: 'typescript-sdk#1708', sdk: 'stays locked out', ...forgets(() => ({ status: 404 })) },
    {
      name: '401 in plain text',
      report: 'rust-sdk#689',
      sdk: 'stays locked out',
      ...forgets(() => ({ status: 401, body: 'Unauthorized: Session not found' })),
    },
    {
      name: '400 in plain text',
      report: 'mcp-go#689',
      sdk: 'stays locked out',
      ...forgets(() => ({ status: 400, body: 'Invalid session ID' })),
    },
    { name: '422', report: 'atomic#193', sdk: 'stays locked out', ...forgets(() => ({ status: 422 })) },
    {
      name: '400 with a JSON-RPC error',
      report: '-',
      sdk: 'stays locked out',
      ...forgets(({ id }) => ({
        status: 400,
        json: { jsonrpc: '2.0', id, error: { code: -32600, message: 'Session not found' } },
      })),
    },
  ],
  '"Nothing" in a definition': [
    {
      name: 'null for all that is optional',
      report: 'mcp-js#117',
      sdk: 'gets no tools',
      behaviour: listed({ ...tool, title: null, outputSchema: null, annotations: null }),
    },
    {
      name: 'null hints',
      report: 'studio-rust-mcp-server#6',
      sdk: 'gets no tools',
      behaviour: listed({ ...tool, annotations: { readOnlyHint: null } }),
    },
  ],
  'One broken tool among others': [
    {
      name: 'inputSchema null',
      report: 'openclaw#63634',
      sdk: 'gets no tools',
      behaviour: listed(tool, { name: 'broken', inputSchema: null }),
    },
  ],
  '"Nothing" in a result': [
    { name: 'isError null', report: '-', sdk: 'loses the result', behaviour: called({ isError: null }) },
    { name: '_meta null', report: 'Apicurio#6899', sdk: 'loses the result', behaviour: called({ _meta: null }) },
    {
      name: 'an empty error beside the result',
      report: '-',
      sdk: 'loses the result',
      behaviour: called({}, { error: {} }),
    },
    {
      name: 'a member beside the result',
      report: '-',
      sdk: 'loses the result',
      behaviour: called({}, { time: 5 }),
    },
  ],
  'Gaps in the handshake': [
    {
      name: 'no version',
      report: 'hister#363',
      sdk: 'does not connect',
      behaviour: handshake({ serverInfo: { name: 's' } }),
    },
    {
      name: 'instructions null',
      report: '-',
      sdk: 'does not connect',
      behaviour: handshake({ instructions: null }),
    },
    {
      name: 'no capabilities, though there are tools',
      report: '-',
      sdk: 'works',
      behaviour: handshake({ capabilities: {} }),
    },
    {
      name: 'the tools as the capability',
      report: 'batpred#3496',
      sdk: 'does not connect',
      behaviour: handshake({ capabilities: { tools: [tool] } }),
    },
  ],
  'The question for the era': [
    {
      name: 'an error without an id',
      report: 'helidon-mcp#65',
      sdk: 'does not connect',
      behaviour: asked(() => ({ json: { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'no' } } })),
    },
    {
      name: 'an error with a text for a code',
      report: 'opencode#39354',
      sdk: 'does not connect',
      behaviour: asked(({ id }) => ({
        json: { jsonrpc: '2.0', id, error: { code: 'METHOD_NOT_FOUND', message: 'x' } },
      })),
    },
    {
      name: 'an empty body',
      report: '-',
      sdk: 'does not connect',
      behaviour: asked(() => ({ body: '' })),
    },
    { name: 'HTTP 500', report: '-', sdk: 'does not connect', behaviour: asked(() => ({ status: 500 })) },
  ],
  'JSON by another name': [
    {
      name: 'no label',
      report: 'helidon-mcp#97',
      sdk: 'loses the result',
      behaviour: on('tools/call', (request) => ({ body: JSON.stringify(right(request).json) })),
    },
    {
      name: 'a warning of PHP before it',
      report: '-',
      sdk: 'loses the result',
      behaviour: on('tools/call', (request) => ({
        headers: { 'content-type': 'application/json' },
        body: `<br />\n<b>Warning</b>: x<br />\n${JSON.stringify(right(request).json)}`,
      })),
    },
    {
      name: 'text/plain',
      report: 'zilla#2214',
      sdk: 'loses the result',
      behaviour: on('tools/call', (request) => ({
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(right(request).json),
      })),
    },
  ],
  'A refused notification': [
    {
      name: 'HTTP 400 to notifications/initialized',
      report: 'outline#13775',
      sdk: 'does not connect',
      behaviour: on('notifications/initialized', () => ({ status: 400 })),
    },
  ],
  'A refused revision': [
    {
      name: 'plain text that names others',
      report: 'xiaohongshu-mcp#697',
      sdk: 'does not connect',
      behaviour: ({ method, params }) =>
        method === 'initialize' && params['protocolVersion'] !== '2025-06-18'
          ? { status: 400, body: 'Unsupported protocol version (supported versions: 2025-06-18)' }
          : undefined,
    },
  ],
  'An answer with another id': [
    {
      name: 'the same as text',
      report: 'radare2-mcp#68',
      sdk: 'works',
      behaviour: on('tools/call', (request) => ({
        json: { ...(right(request).json as object), id: String(request.id) },
      })),
    },
    {
      name: 'always 0',
      report: 'autopsy#7999',
      sdk: 'loses the result',
      behaviour: on('tools/call', (request) => ({ json: { ...(right(request).json as object), id: 0 } })),
    },
  ],
  'An answer in an event stream': [
    {
      name: 'as its only event',
      report: '-',
      sdk: 'works',
      behaviour: on('tools/call', (request) => events(right(request).json)),
    },
    {
      name: 'as another type of event',
      report: '-',
      sdk: 'loses the result',
      behaviour: on('tools/call', (request) => ({
        headers: { 'content-type': 'text/event-stream' },
        body: `event: result\ndata: ${JSON.stringify(right(request).json)}\n\n`,
      })),
    },
  ],
  'A list that goes on': [
    {
      name: 'with a number for a cursor',
      report: '-',
      sdk: 'gets no tools',
      behaviour: on('tools/list', ({ id, params }) => ({
        json: {
          jsonrpc: '2.0',
          id,
          result: params['cursor'] === undefined ? { tools: [tool], nextCursor: 2 } : { tools: [] },
        },
      })),
    },
  ],
  'A slash at the end': [
    {
      name: 'HTTP 307 to the path with it',
      report: '-',
      sdk: 'works',
      behaviour: ({ path }) => (path === '/mcp' ? { status: 307, headers: { location: '/mcp/' } } : undefined),
    },
  ],
}
