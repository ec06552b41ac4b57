import type { IntegrationRegistry } from 'mcp-integrations'

export type Transport = 'modern' | 'legacy' | 'sse'

/** One hostile server, how it is met, and what may come of it. */
export interface Case {
  readonly name: string
  readonly transports: readonly Transport[]
  /** What may come of it: an error code, or how connecting or calling ended. */
  readonly outcomes: readonly string[]
}

const all = ['modern', 'legacy', 'sse'] as const
const http = ['modern', 'legacy'] as const
const either = (...outcomes: string[]): readonly string[] => outcomes
const lost = either('unreachable', 'timeout', 'protocol_error')
const tooLarge = either('response_too_large')

export const cases: readonly Case[] = [
  { name: 'healthy', transports: all, outcomes: either('completed') },
  { name: 'fresh cursors without end', transports: all, outcomes: either('completed') },
  { name: 'one cursor again and again', transports: all, outcomes: either('completed') },
  { name: 'an empty cursor', transports: all, outcomes: either('tool_not_found') },
  { name: 'a page of empty tools', transports: http, outcomes: tooLarge },
  {
    name: 'sessions that are never known',
    transports: ['legacy'],
    outcomes: either('session_lost', 'not_mcp', 'protocol_error'),
  },
  { name: 'an answer without end', transports: http, outcomes: tooLarge },
  { name: 'a length that lies low', transports: http, outcomes: either('protocol_error', 'unreachable') },
  { name: 'a length that lies high', transports: http, outcomes: either('response_too_large', 'unreachable') },
  { name: 'a gzip bomb', transports: http, outcomes: tooLarge },
  { name: 'a brotli bomb', transports: http, outcomes: tooLarge },
  { name: 'a deflate bomb', transports: http, outcomes: tooLarge },
  { name: 'stacked encodings', transports: http, outcomes: tooLarge },
  { name: 'a line without end', transports: http, outcomes: tooLarge },
  { name: 'empty lines without end', transports: http, outcomes: tooLarge },
  { name: 'empty events without end', transports: http, outcomes: tooLarge },
  { name: 'progress without end', transports: http, outcomes: tooLarge },
  { name: 'silence', transports: all, outcomes: either('timeout') },
  { name: 'headers and then silence', transports: http, outcomes: either('timeout') },
  { name: 'one byte at a time', transports: http, outcomes: either('timeout') },
  { name: 'keep-alives for ever', transports: http, outcomes: either('timeout') },
  { name: 'a reset inside an answer', transports: http, outcomes: lost },
  { name: 'an end before the answer', transports: http, outcomes: lost },
  { name: 'a million levels', transports: http, outcomes: either('protocol_error') },
  { name: 'a hundred thousand keys', transports: http, outcomes: tooLarge },
  { name: 'a million empty lists', transports: http, outcomes: tooLarge },
  { name: 'names that are never the same', transports: http, outcomes: tooLarge },
  { name: 'padding without an end', transports: http, outcomes: either('completed') },
  { name: 'lines of one event', transports: http, outcomes: tooLarge },
  { name: 'a list of very many messages', transports: http, outcomes: tooLarge },
  { name: 'the same list, as one event', transports: http, outcomes: tooLarge },
  { name: 'requests without end', transports: http, outcomes: either('response_too_large', 'timeout') },
  { name: 'a text of 50 MB', transports: http, outcomes: tooLarge },
  { name: 'numbers beyond all bounds', transports: http, outcomes: either('completed', 'protocol_error') },
  { name: 'an answer to another request', transports: http, outcomes: either('protocol_error', 'timeout') },
  { name: 'a result and an error', transports: all, outcomes: either('completed', 'protocol_error') },
  { name: 'a list of answers', transports: http, outcomes: either('completed', 'protocol_error') },
  { name: 'no JSON-RPC at all', transports: http, outcomes: either('protocol_error') },
  { name: 'a redirect to another origin', transports: all, outcomes: either('redirect_refused') },
  { name: 'a redirect to the cloud', transports: all, outcomes: either('redirect_refused') },
  { name: 'a redirect to itself', transports: all, outcomes: either('redirect_refused') },
  { name: 'names that hide', transports: all, outcomes: either('completed') },
  { name: 'five thousand tools', transports: all, outcomes: either('completed') },
  { name: 'schemas that hurt', transports: all, outcomes: either('completed') },
  { name: 'very many fields', transports: all, outcomes: either('completed') },
  { name: 'rows to choose from', transports: all, outcomes: either('completed, not_checked') },
  { name: 'names that fill a record', transports: all, outcomes: either('completed') },
  { name: 'descriptions that hide very much', transports: all, outcomes: either('completed') },
  { name: 'an introduction of a megabyte', transports: all, outcomes: either('completed') },
  {
    name: 'one field of very many that decides',
    transports: all,
    outcomes: either('completed, output_schema', 'completed, not_checked'),
  },
  {
    name: 'a keyword of very many that decides',
    transports: all,
    outcomes: either('completed', 'completed, not_checked'),
  },
  { name: '401 for ever', transports: http, outcomes: either('authorization_required', 'authorization_failed') },
  {
    name: '403 with ever more scopes',
    transports: http,
    outcomes: either('authorization_required', 'authorization_failed'),
  },
  { name: '500 for ever', transports: http, outcomes: either('server_error') },
  { name: 'too many requests', transports: http, outcomes: either('rate_limited') },
  { name: 'a tool that becomes another', transports: all, outcomes: either('approval_required') },
]

/** Servers of this machine, over standard streams. */
export const localCases: readonly Omit<Case, 'transports'>[] = [
  { name: 'healthy', outcomes: either('completed') },
  { name: 'a line without end', outcomes: tooLarge },
  { name: 'a line without end at once', outcomes: tooLarge },
  { name: 'a message without end', outcomes: tooLarge },
  { name: 'empty lines without end', outcomes: tooLarge },
  { name: 'broken JSON without end', outcomes: tooLarge },
  { name: 'progress without end', outcomes: tooLarge },
  { name: 'large messages that nobody asked for', outcomes: tooLarge },
  { name: 'half a message', outcomes: either('timeout') },
  { name: 'half a message and an end', outcomes: either('unreachable') },
  { name: 'a message of 50 MB', outcomes: tooLarge },
  { name: 'a million empty lists', outcomes: tooLarge },
  { name: 'a list of a million messages', outcomes: tooLarge },
  { name: 'a list of many messages', outcomes: either('response_too_large', 'timeout') },
  { name: 'a million levels', outcomes: tooLarge },
  { name: 'a thousand levels', outcomes: either('protocol_error') },
  { name: 'an exit at once', outcomes: either('unreachable') },
  { name: 'an error output without end', outcomes: either('timeout') },
  { name: 'a deaf ear to its end', outcomes: either('completed') },
  { name: 'silence', outcomes: either('timeout') },
]

/** How somebody comes back from an honest sign-in, and what may come of it. Only the first is the answer that was given. */
export const callbacks: Readonly<Record<string, (callback: URL) => void>> = {
  'another issuer': (callback) => callback.searchParams.set('iss', 'https://other.example'),
  'the issuer with a slash': (callback) => callback.searchParams.set('iss', `${callback.searchParams.get('iss')}/`),
  'no issuer': (callback) => callback.searchParams.delete('iss'),
  'two issuers': (callback) => callback.searchParams.append('iss', 'https://other.example'),
  'no state': (callback) => callback.searchParams.delete('state'),
  'an unknown state': (callback) => callback.searchParams.set('state', 'x'.repeat(43)),
  'two states': (callback) => callback.searchParams.append('state', 'x'.repeat(43)),
  'no code': (callback) => callback.searchParams.delete('code'),
  'an empty code': (callback) => callback.searchParams.set('code', ''),
  'two codes': (callback) => callback.searchParams.append('code', 'other'),
  'a code and an error': (callback) => callback.searchParams.set('error', 'access_denied'),
  'an error of another issuer': (callback) => {
    callback.searchParams.delete('code')
    callback.searchParams.set('error', 'access_denied')
    callback.searchParams.set('error_description', 'canary-of-the-callback')
    callback.searchParams.set('iss', 'https://other.example')
  },
  'an error with words': (callback) => {
    callback.searchParams.delete('code')
    callback.searchParams.set('error', 'canary-error')
    callback.searchParams.set('error_description', 'canary-of-the-callback')
  },
  'a fragment': (callback) => {
    callback.hash = callback.search.slice(1)
    callback.search = ''
  },
}

/** What may come of a callback that is not the one that was given. */
export const refusedCallbacks = either('authorization_failed', 'not_found', 'invalid_input', 'denied', 'forbidden')

/** What may come of signing in at each authorization server, and of the call that follows. */
export const oauthOutcomes: Readonly<Record<string, readonly string[]>> = {
  honest: either('completed'),
  'a token that lives for ever': either('completed'),
  'a token that is dead': either(
    'completed',
    'authorization_required',
    'token_response_invalid',
    'authorization_failed',
  ),
  'a refresh that fails': either('authorization_failed', 'server_error', 'unreachable', 'rate_limited'),
  'a refresh that asks for patience': either('authorization_failed', 'rate_limited', 'server_error'),
  'a refresh behind a wall': either('authorization_failed', 'server_error', 'unreachable'),
  'a refresh that is refused': either('authorization_required'),
}

/** Connects to a URL or a connector, and calls the tool that every hostile server has. */
export async function meet(
  registry: IntegrationRegistry,
  server: { readonly url: string } | { readonly connector: string },
): Promise<string> {
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana', role: 'admin' })
  const connected = await mine.connect({
    ...server,
    name: 'Hostile',
    agents: ['assistant'],
    headers: 'url' in server ? { 'X-Api-Key': 'canary-header' } : undefined,
  })
  if (connected.type !== 'connected') return connected.type
  const { id } = connected.integration
  const { tools } = await mine.tools(id)
  const good = tools.find(({ name }) => name === 'good' || name === 't1')
  if (good !== undefined) await mine.configureTools(id, { [good.name]: { approval: 'auto' } })
  if ('url' in server && server.url.includes(encodeURIComponent('a tool that becomes another')))
    await mine.refreshTools(id)
  return call(registry, good?.modelName ?? 'hostile__good')
}

export async function call(registry: IntegrationRegistry, modelName: string): Promise<string> {
  const toolset = await registry.actingAs({ workspaceId: 'acme', userId: 'ana', role: 'admin' }).toolset('assistant')
  const outcome = await toolset.call(modelName, {})
  const warnings = outcome.type === 'completed' ? (outcome.warnings ?? []).map(({ code }) => code) : []
  return [outcome.type, ...warnings].join(', ')
}
