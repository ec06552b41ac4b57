import fc from 'fast-check'
import { gatewayHandler } from 'mcp-integrations/gateway'
import { integrationsHandler } from 'mcp-integrations/http'
import { exportServers } from 'mcp-integrations/import'
import { eventStreamMeter, joined } from '../../src/egress/limits.js'
import { boundedJson } from '../../src/model/json-limits.js'
import { readEvents } from '../../src/mcp/event-stream.js'
import { FloodGate } from '../../src/mcp/flood-gate.js'
import { schemaFit } from '../../src/mcp/output-validation.js'
import { readTool } from '../../src/mcp/tool-definition.js'
import { readMessages } from '../../src/mcp/wire-message.js'
import { isIntegrationError } from '../../src/model/errors.js'
import type { JsonObject, JsonValue } from '../../src/model/json.js'
import type { ToolDefinition } from '../../src/model/tool.js'
import { withoutSecrets, wordsWithoutSecrets } from '../../src/model/secret-words.js'
import { visible, visibleText } from '../../src/model/visible-text.js'
import { callbackState } from '../../src/oauth/authorization.js'
import { differenceFrom, parseCallback } from '../../src/oauth/callback-url.js'
import { safeReturnTo } from '../../src/http/return-to.js'
import { readServers } from '../../src/import/read-servers.js'
import { parseChallenge } from '../../src/oauth/challenge.js'
import { readMetadata } from '../../src/oauth/server-metadata.js'
import { readTokens } from '../../src/oauth/token-response.js'
import { changeKind, classifyChange } from '../../src/policy/tool-change.js'
import { compareSchemas } from '../../src/policy/schema-change.js'
import { definitionHash } from '../../src/policy/tool-definition.js'
import { keys, ownerKey } from '../../src/registry/state/keys.js'
import { ana, makeRegistry } from '../support/registry.js'

/** What must hold wherever strangers' bytes are read. Nothing but our own errors may be thrown. */
export interface Property {
  readonly name: string
  readonly property: fc.IRawProperty<unknown>
}

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<JsonValue>
const words = fc.constantFrom(
  'type',
  'properties',
  'items',
  'required',
  '$ref',
  '#',
  'enum',
  'anyOf',
  '__proto__',
  'description',
  'a',
)
const { schema } = fc.letrec<{ schema: JsonValue }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(fc.boolean(), words, fc.integer(), fc.constant(null)),
    fc.array(tie('schema'), { maxLength: 4 }),
    fc.dictionary(words, tie('schema'), { maxKeys: 4 }),
  ),
}))
const tool = fc.record(
  {
    name: fc.oneof(fc.string(), fc.constant('a')),
    title: fc.oneof(fc.string({ unit: 'binary' }), json),
    description: fc.oneof(fc.string({ unit: 'binary' }), json),
    inputSchema: fc.oneof(
      fc.dictionary(words, schema).map((own) => ({ type: 'object', ...own })),
      schema,
    ),
    outputSchema: schema,
    annotations: json,
    icons: json,
    _meta: json,
  },
  { requiredKeys: [] },
)
/** Bytes of event streams, in pieces. */
const streamText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'data: ',
        'data:',
        '\n',
        '\r',
        '\r\n',
        '\n\n',
        ': ',
        'event: message\n',
        'id: 1\n',
        '{',
        '}',
        '[',
        '"',
      ),
      fc.string(),
      fc.json(),
    ),
  )
  .map((parts) => parts.join(''))
const pieces = fc.tuple(streamText, fc.integer({ min: 1, max: 50 })).map(([text, size]) => {
  const bytes = new TextEncoder().encode(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size))
})

/**
 * The same with no cut after a closing brace: a piece that ends there may be an event that nothing ends, which is read
 * when its JSON is whole. What a cut there does to JSON that goes on is of no use to anybody: it is none.
 */
function unlessWhole(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  const merged: Uint8Array[] = []
  for (const chunk of chunks) {
    const last = merged.at(-1)
    if (last !== undefined && /\}\s*$/.test(new TextDecoder().decode(last)))
      merged[merged.length - 1] = joined([last, chunk])
    else merged.push(chunk)
  }
  return merged
}

/** Lists of servers, most of them nearly right. */
const field = fc.constantFrom(
  ...'mcpServers servers mcp_servers inputs url type command args env headers http_headers name id packages remotes'.split(
    ' ',
  ),
  ...'registryType identifier transport variables value default isSecret $schema __proto__ constructor server a'.split(
    ' ',
  ),
)
const word = fc.oneof(
  fc.constantFrom(
    'http',
    'stdio',
    'https://a.example/mcp',
    '${input:a}',
    '${env:A}',
    '{a}',
    'npx',
    'mcp-remote',
    'npm',
  ),
  fc.string({ unit: 'binary' }),
)
const { list } = fc.letrec<{ list: JsonValue }>((tie) => ({
  list: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    fc.oneof(word, fc.boolean(), fc.integer(), fc.constant(null)),
    fc.array(tie('list'), { maxLength: 4 }),
    fc.dictionary(field, tie('list'), { maxKeys: 5 }),
  ),
}))
const tomlText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[mcp_servers.a]\n',
        '[[mcp_servers]]\n',
        '[mcp_servers.a.env]\n',
        '\n',
        ' = ',
        '"',
        "'''",
        '.',
        '{',
        '}',
      ),
      fc.constantFrom(
        'url = "https://a.example/mcp"\n',
        'args = ["a", 1]\n',
        'startup_timeout_sec = 1e9\n',
        '1979-05-27',
      ),
      field,
      word,
    ),
  )
  .map((parts) => parts.join(''))
const urlText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'https://',
        'app.example',
        '/cb',
        '?',
        '&',
        'state=',
        'code=',
        'iss=',
        '%',
        '%00',
        '#',
        '//',
        '\\',
        '@',
        ':',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
  )
  .map((parts) => parts.join(''))
const routes = fc.constantFrom(
  'POST integrations',
  'POST integrations/check',
  'PATCH integrations/a',
  'POST integrations/a/authorize',
  'POST integrations/a/transfer',
  'PATCH integrations/a/tools',
  'POST integrations/a/tools/accept',
  'POST import',
  'POST approvals/a/decision',
  'POST approvals/decisions',
  'POST explain',
  'POST integrations/a/reconnect',
  'POST integrations/a/trust',
  'POST integrations/a/validate',
  'DELETE grants/a',
  'GET integrations',
  'GET approvals',
  'GET grants',
  'GET audit',
  'GET agents/a/tools',
  'GET export',
  'GET explain',
  'GET events',
)
const verbField = fc.constantFrom(
  ...'url connector name agents headers auth visibility credentials oauth settings enabled approval label tools'.split(
    ' ',
  ),
  ...'decision reason remember ids decisions args tool agentId userId returnTo text servers __proto__ toString'.split(
    ' ',
  ),
)
const bodyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.dictionary(verbField, fc.oneof(list, json)).map((value) => JSON.stringify(value)),
)

/** What something does, or our own error. @throws anything else */
function ours<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isIntegrationError(error)) return undefined
    throw error
  }
}

async function oursLater<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isIntegrationError(error)) return undefined
    throw error
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

async function eventsOf(chunks: readonly Uint8Array[]): Promise<string> {
  const left = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (left.length === 0 ? controller.close() : controller.enqueue(left.shift()!)),
  })
  const read = (data: unknown): readonly object[] => readMessages(data, () => undefined)
  return new Response(readEvents(body, { read, gate: new FloodGate(() => 0), onEnd: () => undefined })).text()
}

/** What an agent may send to the gateway: nearly right, or not at all. */
const agentMethods = fc.constantFrom(
  ...'initialize server/discover tools/list tools/call ping resources/list logging/setLevel completion/complete'.split(
    ' ',
  ),
  ...'notifications/initialized notifications/cancelled notifications/progress subscriptions/listen __proto__'.split(
    ' ',
  ),
)
const params = fc.record(
  {
    name: fc.oneof(fc.string({ unit: 'binary' }), json),
    arguments: json,
    cursor: json,
    protocolVersion: fc.oneof(fc.constantFrom('2025-11-25', '2026-07-28'), json),
    capabilities: json,
    clientInfo: json,
    requestId: json,
    _meta: fc.oneof(
      json,
      fc.dictionary(fc.constantFrom('progressToken', 'io.modelcontextprotocol/protocolVersion'), json),
    ),
  },
  { requiredKeys: [] },
)
const envelope = fc.record(
  {
    jsonrpc: fc.oneof(fc.constant('2.0'), json),
    id: fc.oneof(fc.integer(), json),
    method: fc.oneof(agentMethods, json),
    params: fc.oneof(params, json),
    result: json,
    error: json,
  },
  { requiredKeys: ['jsonrpc', 'method'] },
)
const agentBody = fc.oneof(
  envelope.map((sent) => JSON.stringify(sent)),
  fc.array(envelope, { maxLength: 3 }).map((sent) => JSON.stringify(sent)),
  fc.json(),
  fc.string({ unit: 'binary' }),
)
const agentHeaders = fc.record(
  {
    'mcp-protocol-version': fc.constantFrom('2025-11-25', '2026-07-28', '1', ''),
    'mcp-session-id': fc.constantFrom('', 'x', '../x', 'x'.repeat(5_000)),
    'mcp-method': agentMethods,
    'mcp-name': fc.constantFrom('', 'x', '=?base64?!?=', '=?base64?eA==?='),
    accept: fc.constantFrom('*/*', 'application/json, text/event-stream', 'text/html'),
    'content-type': fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16'),
  },
  { requiredKeys: [] },
)

const offline = { fetch: () => Promise.reject(new TypeError('there is no network here')) }
const api = integrationsHandler(makeRegistry({ runtime: offline }), {
  basePath: '/api/mcp',
  origin: 'https://app.example',
  actor: () => ana,
})

const gateway = gatewayHandler(makeRegistry({ runtime: offline }), {
  agent: 'assistant',
  origin: 'https://app.example',
  actor: () => ana,
})

export const properties: readonly Property[] = [
  {
    name: 'an event stream means the same in whatever pieces it comes',
    property: fc.asyncProperty(pieces, async (chunks) => {
      check((await eventsOf(unlessWhole(chunks))) === (await eventsOf([joined(chunks)])), 'the pieces decide')
    }),
  },
  {
    name: 'a meter changes nothing of a stream that is within its bounds',
    property: fc.property(pieces, (chunks) => {
      const meter = eventStreamMeter(1_000_000, 'skip')
      const kept = ours(() => chunks.map((chunk) => meter.count(chunk)))
      if (kept !== undefined) check(String(joined(kept)) === String(joined(chunks)), 'bytes are lost')
    }),
  },
  {
    name: 'JSON without deep parts is JSON',
    property: fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 1, max: 6 }), (value, depth) => {
      const text = JSON.stringify([value, 'x'.repeat(200)])
      JSON.parse(boundedJson(text, 'skip', depth))
      check(boundedJson(text, 'skip') === text, 'it was changed')
    }),
  },
  {
    name: 'any JSON is read as JSON-RPC or left alone',
    property: fc.property(
      fc.oneof(
        json,
        fc.record(
          { jsonrpc: json, id: json, method: json, result: json, error: json, params: json },
          { requiredKeys: [] },
        ),
      ),
      (sent) => void ours(() => readMessages(sent, (id) => (id === 1 ? { id: 1, method: 'tools/list' } : undefined))),
    ),
  },
  {
    name: 'any tool is taken or has a flaw, and what is taken can be hashed and compared',
    property: fc.property(tool, tool, (one, other) => {
      const [left, right] = [one, other].map((sent) => {
        const read = readTool(sent)
        if ('flaw' in read) return undefined
        check(read.text === JSON.stringify(read.definition), 'its text is another')
        return read.definition
      })
      if (left === undefined || right === undefined) return
      check(
        definitionHash(left) === definitionHash(JSON.parse(JSON.stringify(left)) as ToolDefinition),
        'the hash moves',
      )
      check(classifyChange(left, left).kind === 'same', 'it differs from itself')
      const kind = changeKind(left, right)
      check((kind === 'same') === (definitionHash(left) === definitionHash(right)), `${kind}, by hash otherwise`)
    }),
  },
  {
    name: 'schemas are compared and checked without an error',
    property: fc.property(schema, schema, json, (before, after, value) => {
      compareSchemas(before, after)
      check(compareSchemas(before, before) === 'same', 'it differs from itself')
      if (typeof after === 'object' && after !== null) schemaFit(after as JsonObject, value)
    }),
  },
  {
    name: 'nothing hides in what is shown',
    property: fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const shown of [visible(text), visibleText(text)])
        check(!/[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u{e0020}-\u{e007f}]|(?![\n\t])\p{Cc}/u.test(shown), shown)
    }),
  },
  {
    name: 'any challenge is read or left alone',
    property: fc.property(
      fc.constantFrom(400, 401, 403),
      fc
        .array(
          fc.oneof(
            fc.constantFrom(
              'Bearer ',
              'DPoP ',
              'Basic ',
              'scope=',
              'error=',
              'resource_metadata=',
              '"',
              ',',
              '\\',
              '=',
              ' ',
            ),
            fc.string({ unit: 'grapheme-ascii' }),
          ),
        )
        .map((parts) => parts.join('')),
      (status, value) => {
        const headers = new Headers({ 'www-authenticate': value.replace(/[^\t\x20-\x7e]/g, '') })
        const challenge = ours(() => parseChallenge({ status, headers }))
        for (const scope of challenge?.scopes ?? []) check(/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope), scope)
      },
    ),
  },
  {
    name: 'any metadata is read or refused',
    property: fc.property(
      fc.record(
        {
          issuer: json,
          authorization_endpoint: json,
          token_endpoint: json,
          scopes_supported: json,
          code_challenge_methods_supported: json,
        },
        { requiredKeys: [] },
      ),
      (document) => void ours(() => readMetadata(document as JsonObject, 'https://as.example')),
    ),
  },
  {
    name: 'any answer of a token endpoint is read or refused, and a token holds no line break',
    property: fc.asyncProperty(
      fc.record(
        {
          access_token: fc.oneof(json, fc.string()),
          token_type: fc.oneof(json, fc.constant('Bearer')),
          expires_in: json,
          refresh_token: json,
          scope: json,
        },
        { requiredKeys: [] },
      ),
      fc.constantFrom(200, 201, 400, 401, 429, 500),
      async (fields, status) => {
        const server = { issuer: 'https://as.example', token_endpoint: 'https://as.example/token' } as never
        const client = { clientId: 'c', authMethod: 'none' } as never
        const tokens = await oursLater(() =>
          readTokens({ server, client, scopes: [] }, Response.json(fields, { status })),
        )
        if (tokens !== undefined) check(!/[\r\n\0]/.test(tokens.accessToken), tokens.accessToken)
        if (tokens?.lifetimeMs !== undefined) check(Number.isFinite(tokens.lifetimeMs), 'a lifetime without an end')
      },
    ),
  },
  {
    name: 'no two ids share a key, and every key is one that a storage takes',
    property: fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      (one, other) => {
        const [left, right] = [ours(() => ownerKey(one)), ours(() => ownerKey(other))]
        if (left === undefined || right === undefined) return
        check((left === right) === (one === other), `${left} for both`)
        check(/^[\x21-\x7e]{1,512}$/.test(keys.visibleTo(one, 'x'.repeat(64))) || one === '', 'no key of a storage')
      },
    ),
  },
  {
    name: 'any list to import is read or refused, and what is read hides nothing',
    property: fc.property(
      fc.oneof(
        fc.tuple(field, list).map(([name, value]) => JSON.stringify({ [name]: value })),
        list.map((value) => JSON.stringify(value)),
        fc.string({ unit: 'binary' }),
        tomlText,
      ),
      (text) => {
        for (const { name } of ours(() => readServers(text))?.servers ?? [])
          check(visible(name) === name, `${name} hides something`)
      },
    ),
  },
  {
    name: 'any callback URL is read or left alone, and no page of another origin is redirected to',
    property: fc.property(urlText, urlText, (one, other) => {
      ours(() => callbackState(one))
      const callback = ours(() => parseCallback(one))
      if (callback !== undefined) ours(() => differenceFrom('https://app.example/cb', 'https://as.example', callback))
      const page = ours(() => safeReturnTo(other, 'https://app.example'))
      check(page === undefined || page.origin === 'https://app.example', String(page))
    }),
  },
  {
    name: 'any request to the HTTP API is answered, never by an error that nobody expected',
    property: fc.asyncProperty(routes, bodyText, urlText, async (route, text, query) => {
      const [method = '', path = ''] = route.split(' ')
      const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'if-match': '"1"' }
      const sent = method === 'GET' ? undefined : text
      const answer = await api(
        new Request(`https://app.example/api/mcp/${path}?${query}`, { method, headers, body: sent }),
      )
      check(answer.status < 500, `${route}: ${answer.status} ${await answer.text()}`)
    }),
  },
  {
    name: 'any message of an agent is answered by the gateway, never by an error that nobody expected',
    property: fc.asyncProperty(agentHeaders, agentBody, async (headers, body) => {
      const sent = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
      const answer = await gateway(new Request('https://app.example/mcp', { method: 'POST', headers: sent, body }))
      // A subscription has no end.
      const text =
        answer.headers.get('content-type')?.startsWith('text/event-stream') === true ? '' : await answer.text()
      await answer.body?.cancel().catch(() => undefined)
      check(answer.status < 500, `${answer.status} ${text}`)
      check(!/\bat .*\.(?:ts|js|mjs):\d/.test(text), text)
    }),
  },
  {
    name: 'any integrations can be exported, and the list asks for their header values only',
    property: fc.property(
      fc.array(
        fc.record({
          name: fc.oneof(fc.constantFrom('__proto__', 'a', '${HOME}'), fc.string({ minLength: 1 })),
          query: fc.string(),
          headers: fc.array(fc.constantFrom('X-Key', 'X-Other'), { maxLength: 1 }),
        }),
        { maxLength: 4 },
      ),
      fc.constantFrom('mcp.json' as const, 'vscode' as const),
      (rows, format) => {
        const integrations = rows.map(({ name, query, headers }, n) => ({
          name: visible(name),
          handle: `h${n}`,
          enabled: true,
          url: new URL(`https://a.example/?${query}`).href,
          headers: headers.map((header) => ({ name: header })),
        }))
        const { servers } = readServers(exportServers(integrations as never, { format }))
        check(servers.length === rows.length, 'an entry is lost')
        const asked = servers.reduce((sum, { variables }) => sum + variables.length, 0)
        check(asked === rows.reduce((sum, { headers }) => sum + headers.length, 0), `${asked} variables`)
      },
    ),
  },
  {
    name: 'a secret is removed from any text around it',
    property: fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme-ascii', minLength: 8 }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        (text: string) => text,
        (text: string) => text.toUpperCase(),
        encodeURIComponent,
        (text: string) => encodeURIComponent(encodeURIComponent(text)),
      ),
      (before, secret, after, written) => {
        const text = `${before} ${written(secret)} ${after}`
        check(wordsWithoutSecrets([text], [secret]).length === 0, 'it is not found')
        check(!withoutSecrets(text, [secret]).includes(secret) || '[removed]'.includes(secret), 'it is still there')
        check(withoutSecrets(before, []) === before, 'another text is changed')
      },
    ),
  },
]
