import { integrationsClient, type IntegrationsClient } from '../../http/client.js'
import type { Tool, ToolOverview } from '../../index.js'

/** The client of the HTTP API that the elements use. */
export type Client = IntegrationsClient

/** The client of the handler at a base path; the same for all elements of a page. */
export function clientOf(baseUrl: string): Client {
  const known = clients.get(baseUrl) ?? integrationsClient({ baseUrl })
  clients.set(baseUrl, known)
  return known
}

const clients = new Map<string, Client>()

export type { Tool as SeenTool, ToolOverview as Tools }
