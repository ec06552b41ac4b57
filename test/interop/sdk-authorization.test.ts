import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { InvalidGrantError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestHandler } from 'express'
import { memoryStorage, type ConnectResult } from 'mcp-integrations'
import { expect, it, onTestFinished } from 'vitest'
import { ana, makeRegistry } from '../support/registry.js'

type Client = Awaited<ReturnType<OAuthServerProvider['clientsStore']['getClient']>> & object

/** The part that the SDK's router leaves to who uses it: codes and tokens, each good once. */
class Provider implements OAuthServerProvider {
  readonly clients = new Map<string, Client>()
  readonly revoked: string[] = []
  readonly refreshed: string[] = []
  readonly #codes = new Map<string, { challenge: string; resource: string | undefined }>()
  readonly #refresh = new Set<string>()
  readonly #access = new Map<string, { clientId: string; expiresAt: number }>()

  get clientsStore(): OAuthServerProvider['clientsStore'] {
    return {
      getClient: (id) => this.clients.get(id),
      registerClient: (given) => {
        const client: Client = { client_id: randomUUID(), ...given } as Client
        this.clients.set(client.client_id, client)
        return client
      },
    }
  }

  authorize: OAuthServerProvider['authorize'] = (
    _client,
    { state, codeChallenge, redirectUri, resource },
    response,
  ) => {
    const code = randomUUID()
    this.#codes.set(code, { challenge: codeChallenge, resource: resource?.href })
    const url = new URL(redirectUri)
    url.searchParams.set('code', code)
    if (state !== undefined) url.searchParams.set('state', state)
    response.redirect(url.href)
    return Promise.resolve()
  }

  challengeForAuthorizationCode: OAuthServerProvider['challengeForAuthorizationCode'] = (_client, code) =>
    Promise.resolve(this.#codes.get(code)?.challenge ?? '')

  exchangeAuthorizationCode: OAuthServerProvider['exchangeAuthorizationCode'] = ({ client_id }, code) => {
    if (!this.#codes.delete(code)) throw new InvalidGrantError('The code was used.')
    return Promise.resolve(this.#give(client_id))
  }

  exchangeRefreshToken: OAuthServerProvider['exchangeRefreshToken'] = ({ client_id }, token) => {
    this.refreshed.push(token)
    if (!this.#refresh.delete(token)) throw new InvalidGrantError('The refresh token was used.')
    return Promise.resolve(this.#give(client_id))
  }

  verifyAccessToken: OAuthServerProvider['verifyAccessToken'] = (token) => {
    const known = this.#access.get(token)
    if (known === undefined) throw new InvalidTokenError('This token is not known.')
    return Promise.resolve({ token, scopes: [], ...known })
  }

  revokeToken: NonNullable<OAuthServerProvider['revokeToken']> = (_client, { token }) => {
    this.revoked.push(token)
    this.#refresh.delete(token)
    this.#access.delete(token)
    return Promise.resolve()
  }

  /** All access tokens end now. */
  endAccess(): void {
    this.#access.clear()
  }

  /** All refresh tokens end now. */
  endRefresh(): void {
    this.#refresh.clear()
  }

  #give(clientId: string) {
    const [access, refresh] = [randomUUID(), randomUUID()]
    this.#access.set(access, { clientId, expiresAt: Date.now() / 1000 + 3600 })
    this.#refresh.add(refresh)
    return { access_token: access, token_type: 'bearer', expires_in: 3600, refresh_token: refresh }
  }
}

/** An MCP server and its authorization server in one, as the SDK's documentation puts them together. */
async function startServer() {
  const provider = new Provider()
  const app = createMcpExpressApp()
  const listening: Server = app.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  onTestFinished(() => {
    listening.closeAllConnections()
    listening.close()
  })
  const issuerUrl = new URL(origin)
  app.use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl: new URL(`${origin}/mcp`) }))
  const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`
  const answer: RequestHandler = (request, response, next) => {
    const server = new McpServer({ name: 'notes', version: '1' })
    server.registerTool('whoami', {}, ({ authInfo }) => ({
      content: [
        {
          type: 'text',
          text: createHash('sha256')
            .update(authInfo?.token ?? '')
            .digest('hex'),
        },
      ],
    }))
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
    server
      .connect(transport as never)
      .then(() => transport.handleRequest(request, response, request.body))
      .catch(next)
  }
  app.post('/mcp', requireBearerAuth({ verifier: provider, resourceMetadataUrl }), answer)
  return { provider, url: `${origin}/mcp` }
}

it("the router of the SDK's version 1: signed in, refreshed, ended, signed in again, revoked", async () => {
  const { provider, url } = await startServer()
  const time = { now: Date.now() }
  const registry = makeRegistry({
    storage: memoryStorage({ now: () => time.now }),
    runtime: { now: () => time.now },
    oauth: { redirectUrl: 'http://127.0.0.1:34567/callback', clientName: 'Test host' },
    confirm: () => 'approve',
  })
  onTestFinished(() => registry.close())
  const mine = registry.actingAs(ana)
  const browse = async (begun: ConnectResult) => {
    if (begun.type !== 'authorization_required') throw new Error(begun.type)
    const answer = await fetch(begun.authorizationUrl, { redirect: 'manual' })
    await answer.text()
    return mine.finishConnect(answer.headers.get('location') ?? '')
  }
  const call = async () => (await mine.toolset('assistant')).call('notes__whoami', {})

  const begun = await mine.connect({ url, name: 'Notes', agents: ['assistant'] })
  const { integration } = await browse(begun)
  expect(integration.status).toBe('connected')
  expect(await call()).toMatchObject({ type: 'completed' })
  expect(provider.clients.size).toBe(1)

  provider.endAccess()
  expect(await call()).toMatchObject({ type: 'completed' })
  expect(provider.refreshed).toHaveLength(1)
  time.now += 3_600_000
  expect(await call()).toMatchObject({ type: 'completed' })
  expect(new Set(provider.refreshed).size).toBe(2)

  provider.endAccess()
  provider.endRefresh()
  time.now += 3_600_000
  expect(await call()).toMatchObject({ type: 'authorization_required', action: 'reconnect' })
  expect(await browse(await mine.reconnect(integration.id))).toMatchObject({ type: 'connected' })
  expect(await call()).toMatchObject({ type: 'completed' })

  await mine.remove(integration.id)
  await expect.poll(() => provider.revoked.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(1)
})
