import { integrationsClient, type IntegrationsClient } from '../../http/client.js'
import type { IntegrationAuth, Tool, ToolOverview } from '../../index.js'

/** What the elements ask: the HTTP API. */
export type Client = IntegrationsClient & {
  check?(input: { readonly url: string; readonly headers?: Readonly<Record<string, string>> }): Promise<{
    readonly auth: IntegrationAuth
    readonly server?: { readonly name: string; readonly title?: string | undefined } | undefined
    readonly tools?: readonly unknown[] | undefined
  }>
}

/** The client of where a handler is mounted; the same for all elements of a page. */
export function clientOf(baseUrl: string): Client {
  const known = clients.get(baseUrl) ?? integrationsClient({ baseUrl })
  clients.set(baseUrl, known)
  return known
}

const clients = new Map<string, Client>()

export type { Tool as SeenTool, ToolOverview as Tools }
