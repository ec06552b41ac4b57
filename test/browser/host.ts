import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Actor, Connector, IntegrationRegistryOptions } from 'mcp-integrations'
import { integrationsHandler, type FindPeople, type RequestHandler } from 'mcp-integrations/http'
import { settingsPage, type SettingsPageOptions } from 'mcp-integrations/ui'
import { makeRegistry, type TestAgent } from '../support/registry.js'

export const basePath = '/api/mcp'

/** A small host with the page mounted in it; a cookie identifies the person, as a session would. */
export interface PageHost {
  readonly origin: string
  readonly registry: ReturnType<typeof makeRegistry>
  /** Every request it received, by path and query. */
  readonly requests: string[]
  close(): Promise<void>
}

export interface PageHostOptions {
  readonly connectors?: readonly Connector[]
  readonly registry?: Partial<IntegrationRegistryOptions<TestAgent>>
  readonly people?: FindPeople | undefined
  /** The name of the machine in its URL. `@default '127.0.0.1'` */
  readonly hostname?: 'localhost' | undefined
  readonly page?: SettingsPageOptions | undefined
  /** Other pages of the host, by path. */
  readonly pages?: Readonly<Record<string, { readonly type: string; readonly body: string }>>
}

export async function startPageHost(options: PageHostOptions = {}): Promise<PageHost> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://${options.hostname ?? '127.0.0.1'}:${(server.address() as AddressInfo).port}`
  const registry = makeRegistry({
    agents: [
      { id: 'assistant', name: 'Assistant' },
      { id: 'builder', name: 'Builder' },
    ],
    oauth: { redirectUrl: `${origin}${basePath}/oauth/callback`, clientName: 'Test host' },
    ...(options.connectors === undefined ? {} : { connectors: [...options.connectors] }),
    ...options.registry,
  })
  const handler = integrationsHandler(registry, {
    basePath,
    actor: actorOf,
    people: options.people,
    ui: settingsPage(options.page),
  })
  const requests: string[] = []
  serve(server, requests, async (request) => {
    const { pathname } = new URL(request.url)
    const page = options.pages?.[pathname]
    if (page !== undefined) return new Response(page.body, { headers: { 'Content-Type': page.type } })
    return handler(request)
  })
  return {
    origin,
    registry,
    requests,
    async close() {
      await registry.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** `person=ana`, `person=root&role=admin` in the cookie. */
function actorOf(request: Request): Actor | undefined {
  const cookie = new URLSearchParams((request.headers.get('cookie') ?? '').replaceAll('; ', '&'))
  const userId = cookie.get('person')
  if (userId === null) return undefined
  return { workspaceId: 'acme', userId, role: cookie.get('role') === 'admin' ? 'admin' : 'member' }
}

function serve(server: Server, requests: string[], handler: RequestHandler): void {
  server.on('request', (incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    const gone = new AbortController()
    outgoing.on('close', () => gone.abort())
    void (async () => {
      const response = await handler(await requestOf(incoming, gone.signal))
      outgoing.writeHead(response.status, [...response.headers].flat())
      const reader = response.body?.getReader()
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
        outgoing.write(part.value)
      outgoing.end()
    })().catch(() => outgoing.destroy())
  })
}

async function requestOf(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  )
  return new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers,
    body: body.length === 0 ? null : body,
    signal,
  })
}
