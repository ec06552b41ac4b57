import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Hono } from 'hono'
import type { Actor } from 'mcp-integrations'
import { integrationsClient } from 'mcp-integrations/client'
import { integrationsHandler, toNodeListener } from 'mcp-integrations/http'
import { connectedNotes, expect } from './host.js'

// #region who-is
// Stands for your own sessions.
const whoIs = async (request: Request): Promise<Actor | undefined> =>
  request.headers.get('authorization') === 'Bearer ana' ? { workspaceId: 'acme', userId: 'ana' } : undefined
// #endregion

export async function http(): Promise<void> {
  const { registry, mine, integration, close } = await connectedNotes()
  // #region handler
  const handler = integrationsHandler(registry, {
    basePath: '/api/mcp',
    actor: (request) => whoIs(request), // an Actor, or undefined: 401
  })
  // #endregion

  // #region hono
  const hono = new Hono()
  hono.all('/api/mcp/*', ({ req }) => handler(req.raw))
  hono.all('/api/mcp', ({ req }) => handler(req.raw))
  // #endregion
  const answer = await hono.request('http://localhost/api/mcp/integrations', {
    headers: { authorization: 'Bearer ana', host: 'localhost' },
  })
  expect('Hono answers', answer.status === 200)

  // #region express
  const app = express()
  app.use('/api/mcp', toNodeListener(handler)) // before or after express.json(), both will do
  // #endregion
  await lists('Express', createServer(app))

  // #region node
  const server = createServer(toNodeListener(handler))
  // #endregion
  await lists('node:http', server)

  // #region next
  // app/api/mcp/[[...path]]/route.ts
  const route = { GET: handler, POST: handler, PATCH: handler, DELETE: handler }
  // #endregion
  const listed = await route.GET(
    new Request('http://localhost/api/mcp/integrations', {
      headers: { authorization: 'Bearer ana', host: 'localhost' },
    }),
  )
  expect('a route of Next.js answers', listed.status === 200 && (await listed.text()).includes(integration.id))

  // #region client
  const client = integrationsClient({
    baseUrl: 'http://localhost/api/mcp', // in a page: '/api/mcp'
    headers: { authorization: 'Bearer ana' }, // in a page: the session's cookie does
    fetch: async (url, init) => handler(new Request(url, init)), // in a page: left out
  })
  const [notes] = await client.list()
  // #endregion
  // #region live
  const { after } = await client.events({ after: 'latest' })
  await mine.disable(integration.id) // someone disables it: a person on the page, or another process
  const stop = new AbortController()
  const shown: string[] = []
  for await (const event of client.listen({ after, signal: stop.signal })) {
    shown.push(event.type) // 'reset': too many events were missed, read everything again
    if (event.type === 'integration_disabled') stop.abort()
  }
  // #endregion
  expect('the page hears of it', notes?.id === integration.id && shown.includes('integration_disabled'))
  async function lists(name: string, listener: Server): Promise<void> {
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const baseUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/api/mcp`
    const page = integrationsClient({ baseUrl, headers: { authorization: 'Bearer ana' } })
    expect(`${name} answers`, (await page.list()).length === 1)
    listener.closeAllConnections()
    listener.close()
  }
  // #region lists
  const list = JSON.stringify({ mcpServers: { second: { url: notes?.url }, files: { command: 'npx' } } })
  const { servers } = await client.previewServers(list) // to show: name, url, headers, what a person is asked for
  const { rows } = await client.importServers(list, { agents: ['assistant'] }) // disabled until someone has checked them
  // #endregion
  expect('the list is shown', servers.length === 2)
  expect('each row says what became of it', rows.map(({ type }) => type).join() === 'connected,unsupported')
  await close()
}
