import type {
  ActorEvent,
  ActorIntegrations,
  Agent,
  AvailableConnector,
  CallExplanation,
  ConnectResult,
  Grant,
  Integration,
  Toolset,
  ToolsetOptions,
  OperationOptions,
} from '../index.js'
import type { ExportFormat, ImportFormat, ImportOptions, ImportPreview, ImportRow } from '../import/index.js'
import { listen, type StreamReset } from './client/live-events.js'
import { sender, type IntegrationsClientOptions } from './client/requests.js'
import type { Person } from './people.js'
import type { Problem } from './problem.js'

export type {
  ExportFormat,
  ImportFormat,
  ImportOptions,
  ImportPreview,
  ImportRow,
  ImportSuggestions,
  ImportVariable,
  ImportedHeader,
  ServerEntry,
  Template,
} from '../import/index.js'
export type { StreamReset } from './client/live-events.js'
export { ProblemError } from './client/problem-error.js'
export type { IntegrationsClientOptions } from './client/requests.js'
export type { Person } from './people.js'
export type { HttpErrorCode, Problem, ProblemCode } from './problem.js'

// The client has the shape of `registry.actingAs(actor)`: `client.list()`, `client.connect(input)`, `client.tools(id)`, `client.approvals.decide(…)`.
// A verb missing here is a type error, and its arguments follow those of the registry.

/**
 * The HTTP API as an object with the verbs of {@link ActorIntegrations}: same names, same arguments, same results. Left out
 * is `finishConnect`, which the callback calls; `toolset` returns the contents of a toolset, which runs nothing.
 */
export interface IntegrationsClient extends Omit<ActorIntegrations, 'toolset' | 'finishConnect' | 'on'> {
  /** The tools that one agent can call now, and the unavailable ones with their reasons. */
  toolset(
    agentId: string,
    options?: OperationOptions & Pick<ToolsetOptions, 'conversationId'>,
  ): Promise<Pick<Toolset, 'agentId' | 'tools' | 'unavailable'>>
  /** {@link Toolset.explain} of a toolset: the effect of a call, and the rule that decides it. Runs nothing. */
  explain(
    agentId: string,
    toolName: string,
    options?: OperationOptions & Pick<ToolsetOptions, 'conversationId'> & { readonly args?: unknown },
  ): Promise<CallExplanation>
  /** People of the workspace; `undefined` if the host has no option `people`. */
  people(options?: OperationOptions & { readonly search?: string | undefined }): Promise<readonly Person[] | undefined>
  /** The actor's integrations as a list for another client, without secrets, as JSON. @param options - `format`: `@default 'mcp.json'` */
  exportServers(options?: OperationOptions & { readonly format?: ExportFormat | undefined }): Promise<string>
  /** The servers of a list, as `importServers` would connect them, without secrets. Stores nothing. */
  previewServers(text: string, options?: OperationOptions): Promise<ListPreview>
  /** Connects the servers of a list, such as an `mcp.json`. Each row of the result is an integration or an error. */
  importServers(
    text: string,
    options: Omit<ImportOptions, 'concurrency'>,
  ): Promise<{ readonly rows: readonly ImportedRow[] }>
  /**
   * Live events until the signal aborts; a lost connection is reopened without missing an event.
   *
   * @param options - `after`: the last event that was handled. `@default` only new events
   * @throws ProblemError if the handler refuses the stream
   */
  listen(
    options?: OperationOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<ActorEvent | StreamReset, void, undefined>
}

/** A list of servers, without secrets, to show to a person. */
export interface ListPreview {
  /** The detected format of the list. */
  readonly format: ImportFormat
  /** The servers of the list, in its order. */
  readonly servers: readonly ImportPreview[]
}

/** The result of one server of a list: an {@link ImportRow} whose error is a {@link Problem}. */
export type ImportedRow =
  | Exclude<ImportRow, { readonly type: 'refused' }>
  | { readonly name: string; readonly type: 'refused'; readonly problem: Problem }

/**
 * Creates a client of the HTTP API, for pages and other programs.
 *
 * @example
 * ```ts
 * // examples/guides/http.ts#client
 * const client = integrationsClient({
 *   baseUrl: 'http://localhost/api/mcp', // in a page: '/api/mcp'
 *   headers: { authorization: 'Bearer ana' }, // in a page: the session's cookie does
 *   fetch: async (url, init) => handler(new Request(url, init)), // in a page: left out
 * })
 * const [notes] = await client.list()
 * ```
 */
export function integrationsClient(options: IntegrationsClientOptions): IntegrationsClient {
  const send = sender(options)
  const get = <T>(path: string, query?: object): Promise<T> => send<T>('GET', path, { query })
  const post = <T>(path: string, body?: object, signal?: AbortSignal): Promise<T> =>
    send<T>('POST', path, { body, signal })
  const of = (id: string): string => `/integrations/${encodeURIComponent(id)}`
  const decide = async (ids: string | readonly string[], decision: object | string, signal?: AbortSignal) => {
    if (typeof ids === 'string')
      return post(`/approvals/${encodeURIComponent(ids)}/decision`, asObject(decision), signal)
    const { approvals } = await post<{ approvals: unknown }>(
      '/approvals/decisions',
      { approvalIds: ids, decision },
      signal,
    )
    return approvals
  }
  return {
    available: async (query) => (await get<{ connectors: AvailableConnector[] }>('/connectors', query)).connectors,
    me: (query) => get('/me', query),
    agents: async (query) => (await get<{ agents: Agent[] }>('/agents', query)).agents,
    list: async (query) => (await get<{ integrations: Integration[] }>('/integrations', query)).integrations,
    get: (id, query) => get(of(id), query),
    check: (input, { signal } = {}) => post('/integrations/check', input, signal),
    connect: (body, { signal, ...query } = {}) => send<ConnectResult>('POST', '/integrations', { query, body, signal }),
    validate: (id, { signal, ...query } = {}) => send('POST', `${of(id)}/validate`, { query, signal }),
    reconnect: (id, body = {}, { signal, ...query } = {}) =>
      send('POST', `${of(id)}/reconnect`, { query, body, signal }),
    update: (id, body, { ifRevision, signal } = {}) => send('PATCH', of(id), { body, ifMatch: ifRevision, signal }),
    enable: (id, { signal } = {}) => post(`${of(id)}/enable`, undefined, signal),
    disable: (id, { signal } = {}) => post(`${of(id)}/disable`, undefined, signal),
    authorize: (id, body = {}, { signal, ...query } = {}) =>
      send('POST', `${of(id)}/authorize`, { query, body, signal }),
    signOut: (id, { signal } = {}) => post(`${of(id)}/sign-out`, undefined, signal),
    transferOwner: (id, userId, { signal } = {}) => post(`${of(id)}/transfer`, { userId }, signal),
    trust: (id, trusted, { ifRevision = '*', signal } = {}) =>
      send('POST', `${of(id)}/trust`, { body: { trusted }, ifMatch: ifRevision, signal }),
    remove: (id, { signal } = {}) => send('DELETE', of(id), { signal }),
    tools: (id, query) => get(`${of(id)}/tools`, query),
    configureTools: (id, body, { ifRevision = '*', signal } = {}) =>
      send('PATCH', `${of(id)}/tools`, { body, ifMatch: ifRevision, signal }),
    refreshTools: (id, { signal } = {}) => post(`${of(id)}/tools/refresh`, undefined, signal),
    acceptTools: (id, tools, { signal } = {}) => post(`${of(id)}/tools/accept`, { tools }, signal),
    toolset: (agentId, query) => get(`/agents/${encodeURIComponent(agentId)}/tools`, query),
    explain: (agentId, toolName, { args, conversationId, signal } = {}) =>
      post('/explain', { agentId, toolName, args, conversationId }, signal),
    approvals: {
      list: (query) => get('/approvals', query),
      get: (id, query) => get(`/approvals/${encodeURIComponent(id)}`, query),
      cancel: (id, { signal } = {}) => send('DELETE', `/approvals/${encodeURIComponent(id)}`, { signal }),
      // One implementation of two overloads, as in the registry.
      decide: ((ids: string | readonly string[], decision: object | string, { signal }: OperationOptions = {}) =>
        decide(ids, decision, signal)) as IntegrationsClient['approvals']['decide'],
    },
    grants: {
      list: async (query) => (await get<{ grants: Grant[] }>('/grants', query)).grants,
      revoke: (id, { signal } = {}) => send('DELETE', `/grants/${encodeURIComponent(id)}`, { signal }),
    },
    audit: (query) => get('/audit', query),
    events: (query) => get('/events', query),
    people: async (query) => (await get<{ people?: readonly Person[] }>('/people', query)).people,
    exportServers: async (query) => `${JSON.stringify(await get('/export', query), undefined, 2)}\n`,
    previewServers: (list, { signal } = {}) =>
      send('POST', '/import', { query: { preview: 1 }, body: { text: list }, signal }),
    importServers: (list, { signal, ...how }) => post('/import', { text: list, ...how }, signal),
    listen: (listening) => listen(options, listening),
  }
}

function asObject(decision: object | string): object {
  return typeof decision === 'string' ? { decision } : decision
}
