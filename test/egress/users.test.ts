import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import * as oauth from 'oauth4webapi'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { RequestPurpose } from '../../src/egress/guarded-fetch.js'
import { endAll, failure, guarded, listen } from './support.js'

afterEach(endAll)

const serve = async () => {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'test', version: '1.0.0' })
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }))
    return server
  })
  const answer = toNodeHandler(handler)
  // Its types don't allow for `undefined` properties.
  return listen((request, response) => void answer(request as Parameters<typeof answer>[0], response))
}

describe('the MCP client', () => {
  it.each(['auto', 'legacy'] as const)('connects, lists and calls in mode %s', async (mode) => {
    const server = await serve()
    const { fetch } = guarded()
    const client = new Client({ name: 'host', version: '1.0.0' }, { versionNegotiation: { mode } })
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { fetch }))
    expect(client.getProtocolEra()).toBe(mode === 'auto' ? 'modern' : 'legacy')
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['echo'])
    const text = 'long '.repeat(20_000)
    const result = await client.callTool({ name: 'echo', arguments: { text } })
    expect(result.content).toEqual([{ type: 'text', text }])
    await client.close()
  })

  it('is limited by the cap on responses', async () => {
    const server = await serve()
    const { fetch } = guarded({ maxResponseBytes: 10_000 })
    const client = new Client({ name: 'host', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
    const lost = new Promise<Error>((resolve) => Object.assign(client, { onerror: resolve }))
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { fetch }))
    const signal = new AbortController()
    const call = failure(
      client.callTool({ name: 'echo', arguments: { text: 'x'.repeat(20_000) } }, { signal: signal.signal }),
    )
    expect(String(await lost)).toContain('larger than 10000 bytes')
    signal.abort()
    await call
    await client.close()
  })
})

const as = (fetch: ReturnType<typeof guarded>['fetch'], purpose: RequestPurpose) => ({
  [oauth.customFetch]: (url: string, init: object) => fetch(url, { ...(init as RequestInit), purpose }),
  [oauth.allowInsecureRequests]: true,
})

describe('oauth4webapi', () => {
  it('discovers a server and gets a token', async () => {
    const server = await listen((request, response) => {
      const issuer = `http://${request.headers.host}`
      response.setHeader('content-type', 'application/json')
      if (request.url === '/.well-known/oauth-authorization-server') {
        return void response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }))
      }
      request.setEncoding('utf8').once('data', (body: string) => {
        const granted = new URLSearchParams(body).get('grant_type') === 'client_credentials'
        response.statusCode = granted ? 200 : 400
        response.end(JSON.stringify({ access_token: 'a', token_type: 'bearer' }))
      })
    })
    const { fetch } = guarded()
    const issuer = new URL(server.url)
    const found = await oauth.discoveryRequest(issuer, { ...as(fetch, 'metadata'), algorithm: 'oauth2' })
    const metadata = await oauth.processDiscoveryResponse(issuer, found)
    expect(metadata.token_endpoint).toBe(`${server.url}/token`)
    const client = { client_id: 'id' }
    const answer = await oauth.clientCredentialsGrantRequest(
      metadata,
      client,
      oauth.ClientSecretBasic('secret'),
      new URLSearchParams(),
      as(fetch, 'token'),
    )
    expect(await oauth.processClientCredentialsResponse(metadata, client, answer)).toMatchObject({ access_token: 'a' })
  })

  it('gets our own error where an answer breaks a limit', async () => {
    const server = await listen((_request, response) => response.end(' '.repeat(300_000)))
    const { fetch } = guarded()
    const request = oauth.discoveryRequest(new URL(server.url), { ...as(fetch, 'metadata'), algorithm: 'oauth2' })
    expect(await failure(request)).toMatchObject({ code: 'response_too_large' })
  })
})
