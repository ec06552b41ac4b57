import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach } from 'vitest'
import { gatewayHandler, type GatewayHandler, type GatewayOptions } from 'mcp-integrations/gateway'
import { openGate } from '../support/gate.js'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

export const url = new URL('http://localhost/mcp')

/** A gateway before a registry before a real MCP server; the bearer of a token is the person of that name. */
export async function openGateway(
  options: Partial<GatewayOptions<'assistant' | 'builder'>> = {},
  gateOptions: Parameters<typeof openGate>[0] = {},
) {
  const gate = await openGate(gateOptions)
  const gateway = gatewayHandler(gate.registry, {
    agent: 'assistant',
    actor: (request) => {
      const userId = /^Bearer (\w+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
      return userId === undefined ? undefined : { workspaceId: 'acme', userId }
    },
    approvalUrl: ({ approvalId }) => `https://app.example.com/approvals/${approvalId}`,
    ...options,
  })
  open.push(gateway)
  return { gate, gateway }
}

/** Calls back at each `notifications/tools/list_changed` that a client is sent. */
export const listenForChanges = {
  async '2026-07-28'(client: ClientV2, changed: () => void) {
    client.setNotificationHandler('notifications/tools/list_changed', () => changed())
    await client.listen({ toolsListChanged: true })
  },
  async '2025-11-25'(client: ClientV1, changed: () => void) {
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed())
  },
} as const

/** A client of each line of the official SDK. */
export const clients = {
  async '2026-07-28'(gateway: GatewayHandler, person = 'ana') {
    const client = new ClientV2({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new TransportV2(url, { fetch: through(gateway, person) }))
    open.push(client)
    return client
  },
  async '2025-11-25'(gateway: GatewayHandler, person = 'ana') {
    const client = new ClientV1({ name: 'test', version: '1' })
    await client.connect(new TransportV1(url, { fetch: through(gateway, person) }))
    open.push(client)
    return client
  },
} as const

/** `fetch` to a gateway, as a person. */
export function through(gateway: GatewayHandler, person: string | undefined): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    if (person !== undefined) request.headers.set('authorization', `Bearer ${person}`)
    return gateway(request)
  }
}

/** The text of a result. */
export function textOf(result: object): string {
  return ((result as { content?: unknown }).content as readonly { readonly text?: string }[])
    .map(({ text }) => text ?? '')
    .join('\n')
}

/** How many calls reached the MCP server behind the gateway. */
export function runs({ server }: { readonly server: { readonly calls: ReadonlyMap<string, number> } }): number {
  return [...server.calls.values()].reduce((sum, n) => sum + n, 0)
}
