import type { Actor } from 'mcp-integrations'
import { integrationsHandler, type IntegrationsHandlerOptions } from 'mcp-integrations/http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { safeReturnTo } from '../../src/http/return-to.js'
import { startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { ana, bo } from '../support/registry.js'

let bench: OAuthBench
beforeEach(async () => {
  bench = await startOAuthBench()
})
afterEach(() => bench.close())

const page = { html: () => '<!doctype html>', assets: new Map() }

function front(options: Partial<IntegrationsHandlerOptions> = {}) {
  const handler = integrationsHandler(bench.registry, {
    basePath: '/api/mcp',
    actor: (request) => {
      const session = request.headers.get('x-session')
      return session === null ? undefined : (JSON.parse(session) as Actor)
    },
    ui: page,
    ...options,
  })
  return {
    handler,
    request: (url: string, as: Actor | undefined = ana, init: RequestInit = {}) =>
      handler(new Request(url, { ...init, headers: as === undefined ? {} : { 'x-session': JSON.stringify(as) } })),
  }
}

async function begin(wayBack: { returnTo?: string; ref?: string } = {}) {
  const mine = bench.registry.actingAs(ana)
  return mine.connect({ url: bench.server.url, name: 'Notes', agents: ['assistant'] }, wayBack)
}

describe('the callback', () => {
  it('completes the sign-in and redirects to the page where it began', async () => {
    const begun = await begin({ returnTo: '/settings?tab=mcp#list' })
    const response = await front().request(await bench.signIn(begun))
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(
      `http://127.0.0.1:34567/settings?tab=mcp&outcome=connected&integration=${begun.integration.id}#list`,
    )
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('redirects to the settings page without a returnTo, and shows the outcome itself without a page', async () => {
    const begun = await begin()
    const { id } = begun.integration
    const callback = await bench.signIn(begun)
    expect((await front().request(callback)).headers.get('location')).toBe(
      `http://127.0.0.1:34567/api/mcp/?outcome=connected&integration=${id}`,
    )
    const replayed = await front({ ui: undefined }).request(callback)
    expect(replayed.status).toBe(404)
    expect(await replayed.text()).toContain('This sign-in link was already used')
  })

  it('distinguishes a declined sign-in from a failed one, without text of the server', async () => {
    const begun = await begin({ returnTo: '/settings' })
    bench.authorizationServer.person.deniesNext = true
    const denied = await bench.signIn(begun)
    expect((await front().request(denied)).headers.get('location')).toBe(
      `http://127.0.0.1:34567/settings?outcome=declined&integration=${begun.integration.id}`,
    )
    expect((await front().request(denied)).headers.get('location')).toBe(
      'http://127.0.0.1:34567/api/mcp/?outcome=failed',
    )
  })

  it('works only for the person who began the sign-in', async () => {
    const begun = await begin({ returnTo: '/settings' })
    const callback = await bench.signIn(begun)
    const { handler, request } = front()
    expect((await request(callback, bo)).headers.get('location')).toBe('http://127.0.0.1:34567/api/mcp/?outcome=failed')
    const evil = new Request(callback, { headers: { host: 'evil.example', 'x-session': JSON.stringify(ana) } })
    expect((await handler(evil)).status).toBe(421)
    expect((await request(callback, ana, { method: 'POST' })).status).toBe(405)
    expect((await request(callback)).headers.get('location')).toContain('outcome=connected')
  })

  it('continues from its own origin if the first request has no cookie', async () => {
    const callback = await bench.signIn(await begin())
    const { handler, request } = front()
    const first = await handler(new Request(callback))
    expect(first.status).toBe(200)
    const html = await first.text()
    const next = /url=([^"]*)"/.exec(html)![1]!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    expect(next).toContain('code=')
    const again = new URL(next, callback).href
    expect((await handler(new Request(again))).status).toBe(401)
    expect((await request(again)).headers.get('location')).toContain('outcome=connected')
  })

  it('never redirects to another origin, whatever was stored', async () => {
    const begun = await begin({ returnTo: 'https://evil.example/' })
    const location = (await front().request(await bench.signIn(begun))).headers.get('location')!
    expect(new URL(location).origin).toBe('http://127.0.0.1:34567')
  })

  it('refuses a returnTo of another origin when the sign-in begins', async () => {
    const { handler } = front()
    const response = await handler(
      new Request('http://127.0.0.1:34567/api/mcp/integrations?returnTo=//evil.example', {
        method: 'POST',
        headers: { 'x-session': JSON.stringify(ana), 'content-type': 'application/json' },
        body: JSON.stringify({ url: bench.server.url, name: 'Notes', agents: ['assistant'] }),
      }),
    )
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'invalid_input', fields: [{ path: 'returnTo' }] })
  })

  it('returns the given returnTo, also with errors', async () => {
    const mine = bench.registry.actingAs(ana)
    const begun = await begin({ returnTo: '/here', ref: 'chat-7' })
    expect(await mine.finishConnect(await bench.signIn(begun))).toMatchObject({ returnTo: '/here', ref: 'chat-7' })
    const again = await mine.reconnect(begun.integration.id, {}, { returnTo: '/there', ref: 'chat-8' })
    if (again.type !== 'authorization_required') throw new Error(again.type)
    const state = new URL(again.authorizationUrl).searchParams.get('state')!
    const fault = await mine
      .finishConnect(`http://127.0.0.1:34567/callback?code=wrong&state=${state}&iss=https%3A%2F%2Fevil.example`)
      .catch((error: unknown) => error)
    expect(fault).toMatchObject({ integrationId: begun.integration.id, returnTo: '/there', ref: 'chat-8' })
    expect(JSON.parse(JSON.stringify(fault))).toMatchObject({ message: expect.any(String) as unknown })
  })
})

describe('a returnTo', () => {
  const origin = 'https://app.example'
  it.each(['/', '/a/b?c=d%20e#f', 'https://app.example/x', '/a?next=//x'])('may be %s', (returnTo) => {
    expect(safeReturnTo(returnTo, origin)?.origin).toBe(origin)
  })
  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/%2Fevil.example',
    '/%5cevil.example',
    '/a//b',
    '/\n/evil.example',
    '/\t/evil.example',
    '/a%0d%0aSet-Cookie:x',
    ' /a',
    'https://evil.example/',
    'https://app.example.evil.example/',
    'https://app.example@evil.example/',
    'http://app.example/',
    'javascript:alert(1)',
    'a/b',
    '',
    `/${'a'.repeat(3000)}`,
  ])('is never %j', (returnTo) => {
    expect(safeReturnTo(returnTo, origin)).toBeUndefined()
  })
})
