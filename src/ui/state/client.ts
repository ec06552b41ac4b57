import { integrationsClient, type IntegrationsClient } from '../../http/client.js'
import type { ConnectInput, ConnectResult, Tool, ToolOverview } from '../../index.js'

/** What the elements ask: the HTTP API. */
export type Client = Omit<IntegrationsClient, keyof Ahead> & Ahead

/** What the HTTP API is about to have. */
interface Ahead {
  check(input: { readonly url: string; readonly headers?: Readonly<Record<string, string>> }): Promise<CheckedServer>
  connect(input: ConnectInput & { readonly returnTo?: string }): Promise<ConnectResult>
  reconnect(id: string, input?: { readonly returnTo?: string }): Promise<ConnectResult>
  authorize(
    id: string,
    input?: { readonly headers?: Readonly<Record<string, string | null>>; readonly returnTo?: string },
  ): Promise<ConnectResult>
}

/** What a check found out about a server. */
export interface CheckedServer {
  readonly auth: 'none' | 'header' | 'oauth'
  readonly name?: string | undefined
  readonly toolCount?: number | undefined
}

/** The client of where a handler is mounted; the same for all elements of a page. */
export function clientOf(baseUrl: string): Client {
  const known = clients.get(baseUrl) ?? ahead(integrationsClient({ baseUrl }))
  clients.set(baseUrl, known)
  return known
}

const clients = new Map<string, Client>()

function ahead(client: IntegrationsClient): Client {
  return {
    ...client,
    check: () => Promise.reject(new Error('not yet')),
    connect: ({ returnTo: _returnTo, ...input }) => client.connect(input as ConnectInput),
    reconnect: (id) => client.reconnect(id),
    authorize: (id, { returnTo: _returnTo, ...input } = {}) => client.authorize(id, input),
  }
}

export type { Tool as SeenTool, ToolOverview as Tools }
