/**
 * OAuth at a real authorization server: a person signs in, the agent calls, the access token ends and is refreshed, the
 * person takes the access back, and signs in again. It checks itself and ends with an exit code other than 0 when anything
 * is off.
 */
import { setTimeout as seconds } from 'node:timers/promises'
import { encryptedCredentials, IntegrationRegistry, memoryStorage, type ConnectResult } from 'mcp-integrations'
import { startAuthorizationServer } from '../../test/support/authorization-server.js'
import { startProtectedMcpServer } from '../../test/support/protected-mcp-server.js'
import { bold, chapter, check, dim, line, verdict } from '../quickstart/screen.js'

const started = performance.now()
const redirectUrl = 'http://127.0.0.1:34567/oauth/callback'

// The outside world: an authorization server whose access tokens live for 2 s, and an MCP server that takes no others.
const authorizationServer = await startAuthorizationServer({ accessTokenTtl: 2 })
const server = await startProtectedMcpServer(() => authorizationServer.issuer)

const registry = new IntegrationRegistry({
  storage: memoryStorage(),
  credentials: encryptedCredentials({ keys: [{ id: 'demo', secret: crypto.getRandomValues(new Uint8Array(32)) }] }),
  agents: ['assistant'],
  oauth: { redirectUrl, clientName: 'Acme Assistant' },
  egress: { allowLoopback: true },
})
registry.on('credential_changed', ({ change }) => line(dim(`· credential ${change}`)))
registry.on('integration_status_changed', ({ status, reason }) => line(dim(`· status ${status} (${reason})`)))

try {
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })

  chapter('Connect: the server asks for a sign-in')
  const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
  const done = await mine.finishConnect(await personSignsIn(begun))
  const { id, status, tools } = done.integration
  line(`${bold('Notes')} is ${status}: ${tools.total} tools`)
  check('connected', done.type === 'connected' && tools.total === 2)
  check('nobody registered the client by hand', asked('/reg') === 1)

  chapter('Call: with the access token, through the gate')
  await mine.configureTools(id, { read_note: { approval: 'auto' } })
  const toolset = await mine.toolset('assistant')
  const call = async (note: string): Promise<string> => {
    const outcome = await toolset.call('notes__read_note', { id: note })
    const [answer] = outcome.type === 'completed' ? outcome.result.content : []
    const said = answer?.type === 'text' ? `“${answer.text}”` : bold(outcome.type)
    line(`read_note ${note} → ${said}`)
    return outcome.type
  }
  check('the call completed', (await call('1')) === 'completed')

  chapter('Wait: the access token ends, and ten calls at once get a new one')
  const before = new Set(server.presented)
  await seconds(2100)
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, n) => toolset.call('notes__read_note', { id: String(n + 2) })),
  )
  const completed = outcomes.filter(({ type }) => type === 'completed').length
  line(`${completed} of 10 calls completed, after ${refreshes()} token request`)
  check('all calls completed', completed === 10)
  check('one refresh for all', refreshes() === 1)
  check('with a new token', new Set(server.presented).size > before.size)

  chapter('Revoke: the person takes the access back at the authorization server')
  await authorizationServer.withdraw()
  await seconds(2100)
  check('the call says that a person is needed', (await call('12')) === 'authorization_required')
  const { statusDetail } = await mine.get(id)
  line(statusDetail.message)
  check('the status says so, and what to do', statusDetail.action === 'reconnect')
  await call('13')
  check('nobody asked again', refreshes() === 2)

  chapter('Reconnect: in place, with every setting')
  const again = await mine.finishConnect(await personSignsIn(await mine.reconnect(id)))
  check('connected again', again.type === 'connected' && again.integration.handle === done.integration.handle)
  check('the same toolset works on', (await call('14')) === 'completed')

  chapter('Remove: tokens revoked, secrets erased')
  await mine.remove(id)
  line(`${asked('/token/revocation')} revocations, ${(await mine.list()).length} integrations left`)
  check('the tokens were revoked', asked('/token/revocation') >= 1 && (await mine.list()).length === 0)
} finally {
  await registry.close()
  await server.close()
  await authorizationServer.close()
}
process.exitCode = verdict((performance.now() - started) / 1000)

/** Ana, in her browser. @returns where the authorization server sends her back to: the host hands it on unread */
async function personSignsIn(result: ConnectResult): Promise<string> {
  if (result.type !== 'authorization_required') throw new Error(`expected a sign-in, got ${result.type}`)
  line(`Ana signs in at ${new URL(result.authorizationUrl).origin} and comes back`)
  return authorizationServer.signIn(result.authorizationUrl, redirectUrl)
}

function asked(path: string): number {
  return authorizationServer.requests.filter((request) => request.path === path).length
}

function refreshes(): number {
  return authorizationServer.tokenRequests('refresh_token').length
}
