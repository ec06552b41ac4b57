import { encryptedCredentials, IntegrationRegistry, memoryStorage, type ConnectResult } from 'mcp-integrations'
import { startAuthorizationServer } from '../../test/support/authorization-server.js'
import { startProtectedMcpServer } from '../../test/support/protected-mcp-server.js'
import { expect } from './host.js'

export async function oauth(): Promise<void> {
  const authorizationServer = await startAuthorizationServer()
  const server = await startProtectedMcpServer(() => authorizationServer.issuer)
  // #region options
  const redirectUrl = 'http://127.0.0.1:34567/oauth/callback'
  const registry = new IntegrationRegistry({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: new Uint8Array(32).fill(1) }] }), // yours
    agents: ['assistant'],
    oauth: { redirectUrl, clientName: 'Acme Assistant' },
    egress: { allowLoopback: true }, // for development
  })
  // #endregion
  process.env['MCP_URL'] = server.url
  // #region connect
  let sentTo = ''
  const sendThere = async (authorizationUrl: string) => void (sentTo = authorizationUrl) // your redirect

  const url = process.env['MCP_URL'] ?? 'https://mcp.example.com/mcp'
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  const begun = await mine.connect({ url, name: 'Notes', agents: ['assistant'] })
  if (begun.type === 'authorization_required') await sendThere(begun.authorizationUrl)
  // #endregion
  expect('a person is needed', begun.type === 'authorization_required' && begun.integration.status === 'connecting')
  // #region callback
  // GET /oauth/callback, with the same person's session; any process will do
  const onCallback = (callbackUrl: string): Promise<ConnectResult> => mine.finishConnect(callbackUrl)
  // #endregion
  const done = await onCallback(await authorizationServer.signIn(sentTo, redirectUrl))
  expect('connected', done.type === 'connected' && done.integration.status === 'connected')
  // #region reconnect
  const { id } = begun.integration
  const { status, statusDetail } = await mine.get(id)
  if (status === 'reconnect_required' || statusDetail.action === 'reconnect') {
    const again = await mine.reconnect(id) // agents, tool settings and grants are kept
    if (again.type === 'authorization_required') await sendThere(again.authorizationUrl)
  }
  // #endregion
  server.needs.set('write_note', 'mcp:write')
  // #region step-up
  const toolset = await mine.toolset('assistant', { confirm: () => 'approve' })
  const outcome = await toolset.call('notes__write_note', { id: '1', text: 'Hello' })
  if (outcome.type === 'authorization_required') {
    // The server wants more scopes for this tool. It has not run.
    const more = await mine.reconnect(id, { scopes: outcome.scopes ?? [] })
    if (more.type === 'authorization_required') await sendThere(more.authorizationUrl)
  }
  // #endregion
  expect('more scopes were asked for', outcome.type === 'authorization_required')
  await onCallback(await authorizationServer.signIn(sentTo, redirectUrl))
  const then = await toolset.call('notes__write_note', { id: '1', text: 'Hello' })
  expect('it runs then', then.type === 'completed')
  await registry.close()
  await server.close()
  await authorizationServer.close()
}
