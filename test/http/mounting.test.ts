import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import type { Actor } from 'mcp-integrations'
import { integrationsClient } from 'mcp-integrations/client'
import { integrationsHandler, toNodeListener, type RequestHandler } from 'mcp-integrations/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openGate } from '../support/gate.js'
import { ana } from '../support/registry.js'

const basePath = '/api/mcp'

async function handlerOf() {
  const gate = await openGate()
  const handler = integrationsHandler(gate.registry, {
    basePath,
    actor: (request) => JSON.parse(request.headers.get('x-session') ?? 'null') ?? undefined,
  })
  return { ...gate, handler }
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (url: string, actor: Actor = ana) =>
  integrationsClient({ baseUrl: url + basePath, headers: { 'x-session': JSON.stringify(actor) } })

const mounts: Record<string, (handler: RequestHandler) => Promise<string>> = {
  'node:http': (handler) => listen(toNodeListener(handler) as RequestListener),
  'Express, at its path': (handler) => {
    const app = express()
    app.use(toNodeListener(handler))
    return listen(app)
  },
  'Express, where use() strips the prefix': (handler) => {
    const app = express()
    app.use(basePath, toNodeListener(handler))
    return listen(app)
  },
  'Express, behind express.json()': (handler) => {
    const app = express()
    app.use(express.json())
    app.use(basePath, toNodeListener(handler))
    return listen(app)
  },
  'Hono, by all()': (handler) => listenHono((app) => app.all(`${basePath}/*`, ({ req }) => handler(req.raw))),
  'Hono, where mount() strips the prefix': (handler) => listenHono((app) => app.mount(basePath, handler)),
}

async function listenHono(mount: (app: Hono) => unknown): Promise<string> {
  const app = new Hono()
  mount(app)
  return new Promise((resolve) => {
    const server = serve(
      { fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      (address) => resolve(`http://127.0.0.1:${address.port}`),
    )
    onTestFinished(() => {
      server.close()
    })
  })
}

describe.each(Object.entries(mounts))('mounted in %s', (_name, mount) => {
  it('serves reads, writes with bodies, and event streams', async () => {
    const own = globalThis.Request
    const { handler, id } = await handlerOf()
    const page = client(await mount(handler))
    expect(await page.list()).toMatchObject([{ id, name: 'Notes' }])
    const { revision } = await page.get(id)
    expect(await page.update(id, { name: 'Renamed' }, { ifRevision: revision })).toMatchObject({ name: 'Renamed' })
    const stop = new AbortController()
    const events = page.listen({ after: (await page.events({ after: 'latest' })).after, signal: stop.signal })
    const next = events.next()
    await page.disable(id)
    expect(await next).toMatchObject({ value: { type: 'integration_disabled' } })
    stop.abort()
    await page.remove(id)
    expect(await page.list()).toEqual([])
    await expect(page.connect({} as never)).rejects.toMatchObject({ status: 400, code: 'invalid_input' })
    expect(globalThis.Request).toBe(own)
  })
})

it('ends the stream of a client that goes away', async () => {
  const { handler, registry } = await handlerOf()
  const url = await listen(toNodeListener(handler) as RequestListener)
  for (let n = 0; n < 6; n++) {
    const gone = new AbortController()
    const response = await fetch(`${url}${basePath}/events`, {
      headers: { accept: 'text/event-stream', 'x-session': JSON.stringify(ana) },
      signal: gone.signal,
    })
    expect(response.status).toBe(200)
    await response.body!.getReader().read()
    gone.abort()
    // The server hears of it in its own time: there is room for four.
    await expect.poll(() => fetch(`${url}${basePath}/openapi.json`).then(({ status }) => status)).not.toBe(0)
  }
  expect(registry.closing.aborted).toBe(false)
})
