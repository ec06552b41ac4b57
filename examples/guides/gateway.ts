import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { gatewayHandler } from 'mcp-integrations/gateway'
import { ana, connectedNotes, expect } from './host.js'

export async function gateway(): Promise<void> {
  const { registry, mine, close } = await connectedNotes()
  // #region mount
  const whoIs = async (token: string) => (token === 'token-of-ana' ? ana : undefined)
  const handler = gatewayHandler(registry, {
    agent: 'assistant',
    auth: {
      resource: 'https://agents.example.com/mcp', // the gateway's own URL: tokens must be for it
      authorizationServers: ['https://sign-in.example.com'],
      verifyToken: async (token) => {
        const actor = await whoIs(token) // your check of signature, expiry and audience
        return actor && { actor, audience: 'https://agents.example.com/mcp' }
      },
    },
    approvalUrl: ({ approvalId }) => `https://agents.example.com/approvals/${approvalId}`,
    sessions: { secret: process.env['GATEWAY_SECRET'] }, // the same in every process
  })
  // Hono: app.all('/mcp', (c) => handler(c.req.raw)), and the same for '/.well-known/oauth-protected-resource/mcp'
  // #endregion
  // #region client
  const client = new Client({ name: 'any-client', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  const url = new URL('https://agents.example.com/mcp')
  const fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init)
    request.headers.set('authorization', 'Bearer token-of-ana')
    return handler(request)
  }
  await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
  // #endregion
  // #region call
  const call = { name: 'notes__send', arguments: { to: 'bo', text: 'hi' } }
  const waiting = await client.callTool(call) // "This call waits for a person to approve it: https://…"
  const [approval] = (await mine.approvals.list()).approvals
  await mine.approvals.decide(approval!.approvalId, { decision: 'approve' }) // on your page
  const sent = await client.callTool(call) // the same call again: now it runs
  // #endregion
  expect('it waited', JSON.stringify(waiting.content).includes('waits for a person'))
  expect('it ran', JSON.stringify(sent.content).includes('sent to bo'))
  await client.close()
  await handler.close()
  await close()
}
