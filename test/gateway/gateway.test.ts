import { describe, expect, it, vi } from 'vitest'
import { clients, listenForChanges, openGateway, runs, textOf, through, url } from './support.js'
import { eventually } from '../support/eventually.js'

const eras = Object.keys(clients) as (keyof typeof clients)[]

describe.each(eras)('a client of %s', (era) => {
  it('sees the tools of the agent, under their model names', async () => {
    const { gateway } = await openGateway()
    const { tools } = await (await clients[era](gateway)).listTools()
    expect(tools.map(({ name }) => name)).toEqual(['notes__read_note', 'notes__write_note'])
    expect(tools[0]!.inputSchema).toMatchObject({ type: 'object', properties: { id: { type: 'string' } } })
  })

  it('gets no annotations of an untrusted server', async () => {
    const { gateway } = await openGateway()
    const { tools } = await (await clients[era](gateway)).listTools()
    expect(tools.map(({ annotations }) => annotations?.readOnlyHint)).toEqual([false, false])
  })

  it('waits for a person, runs once approved, and asks again for the next call', async () => {
    const { gate, gateway } = await openGateway()
    const client = await clients[era](gateway)
    const call = () => client.callTool({ name: 'notes__write_note', arguments: { id: '1', text: 'hi' } })
    const first = await call()
    expect(first.isError ?? false).toBe(false)
    const [waiting] = (await gate.mine.approvals.list()).approvals
    expect(textOf(first)).toContain(`https://app.example.com/approvals/${waiting!.approvalId}`)
    expect(textOf(await call())).toContain(waiting!.approvalId)
    expect(runs(gate)).toBe(0)
    await gate.mine.approvals.decide(waiting!.approvalId, { decision: 'approve' })
    expect(textOf(await call())).toBe('wrote 1: hi')
    expect(runs(gate)).toBe(1)
    expect(textOf(await call())).toContain('waits for a person')
    expect(runs(gate)).toBe(1)
  })

  it("doesn't use an approval for other arguments", async () => {
    const { gate, gateway } = await openGateway()
    const client = await clients[era](gateway)
    await client.callTool({ name: 'notes__write_note', arguments: { id: '1', text: 'hi' } })
    const [waiting] = (await gate.mine.approvals.list()).approvals
    await gate.mine.approvals.decide(waiting!.approvalId, { decision: 'approve' })
    const other = await client.callTool({ name: 'notes__write_note', arguments: { id: '2', text: 'hi' } })
    expect(textOf(other)).toContain('waits for a person')
    expect(runs(gate)).toBe(0)
  })

  it('checks permissions for every request', async () => {
    const { gate, gateway } = await openGateway()
    const client = await clients[era](gateway)
    expect((await client.listTools()).tools).toHaveLength(2)
    await gate.mine.disable(gate.id)
    expect((await client.listTools()).tools).toEqual([])
    const refused = await client.callTool({ name: 'notes__read_note', arguments: { id: '1' } })
    expect(refused.isError).toBe(true)
    expect(runs(gate)).toBe(0)
  })

  it('gets no private tools of another person', async () => {
    const { gate, gateway } = await openGateway()
    const client = await clients[era](gateway, 'bo')
    expect((await client.listTools()).tools).toEqual([])
    const refused = await client.callTool({ name: 'notes__read_note', arguments: { id: '1' } })
    const unknown = await client.callTool({ name: 'nothing__at_all', arguments: {} })
    expect(refused.isError).toBe(true)
    expect(textOf(refused).replace('notes__read_note', 'x')).toBe(textOf(unknown).replace('nothing__at_all', 'x'))
    expect(runs(gate)).toBe(0)
  })

  it('is notified that its tools have changed', async () => {
    const { gate, gateway } = await openGateway()
    const client = await clients[era](gateway)
    const heard = vi.fn()
    await listenForChanges[era](client as never, heard)
    await gate.mine.configureTools(gate.id, { write_note: { enabled: false } })
    await eventually(() => expect(heard).toHaveBeenCalled())
  })
})

describe('the person of a request', () => {
  const list = (headers: Record<string, string> = {}) =>
    new Request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
      }),
    })

  it('is the one that the host names, and no one else', async () => {
    const { gateway } = await openGateway()
    expect((await gateway(list())).status).toBe(401)
    expect((await gateway(list({ authorization: 'Bearer ana' }))).status).toBe(200)
  })

  it.each([
    ['a page of another origin', { origin: 'https://evil.example', authorization: 'Bearer ana' }],
    ['a page on another port', { origin: 'http://localhost:9', authorization: 'Bearer ana' }],
    ['a page without an origin', { origin: 'null', authorization: 'Bearer ana' }],
    ['a cookie of a page on another port', { cookie: 'a=b', 'sec-fetch-site': 'same-site' }],
    ['a cookie that nobody vouches for', { cookie: 'a=b' }],
  ])('is never %s', async (_who, headers) => {
    const { gateway } = await openGateway({ actor: () => ({ workspaceId: 'acme', userId: 'ana' }) })
    const request = list()
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
    // A browser sets these, a test may not: they are read through a request of the same shape.
    const forged = new Proxy(request, {
      get: (target, key) =>
        key === 'headers'
          ? new Headers([...target.headers, ...Object.entries(headers)])
          : Reflect.get(target, key, target),
    })
    expect((await gateway(forged)).status).toBe(403)
  })

  it('is refused at a rebound name', async () => {
    const { gateway } = await openGateway()
    const request = new Request('http://evil.example/mcp', { method: 'POST', headers: { authorization: 'Bearer ana' } })
    expect((await gateway(request)).status).toBe(403)
  })

  it('gets the metadata to sign in', async () => {
    const resource = 'https://agents.example.com/mcp'
    const { gateway } = await openGateway({
      actor: undefined,
      auth: {
        resource,
        authorizationServers: ['https://sign-in.example.com'],
        verifyToken: (token) =>
          token === 'good' || token === 'foreign'
            ? {
                actor: { workspaceId: 'acme', userId: 'ana' },
                audience: token === 'good' ? resource : 'https://other.example',
              }
            : undefined,
      },
    })
    const ask = (token?: string) => {
      const { method, headers, body } = list(token === undefined ? {} : { authorization: `Bearer ${token}` })
      return gateway(new Request(resource, { method, headers, body, duplex: 'half' } as RequestInit))
    }
    const refused = await ask()
    expect(refused.status).toBe(401)
    const metadataUrl = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate')!)![1]!
    expect(metadataUrl).toBe('https://agents.example.com/.well-known/oauth-protected-resource/mcp')
    expect(await (await gateway(new Request(metadataUrl))).json()).toMatchObject({
      resource,
      authorization_servers: ['https://sign-in.example.com'],
    })
    expect((await ask('good')).status).toBe(200)
    for (const token of ['bad', 'foreign']) {
      const answer = await ask(token)
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ])
    }
  })
})

describe('a session of an older client', () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
  }
  const post = (fetch: typeof globalThis.fetch, body: object, id?: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
        ...(id === undefined ? {} : { 'mcp-session-id': id }),
      },
      body: JSON.stringify(body),
    })
  const begin = async (fetch: typeof globalThis.fetch) => (await post(fetch, initialize)).headers.get('mcp-session-id')!
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }

  it('belongs to the person who opened it', async () => {
    const { gateway } = await openGateway()
    const id = await begin(through(gateway, 'ana'))
    expect((await post(through(gateway, 'ana'), list, id)).status).toBe(200)
    expect((await post(through(gateway, 'bo'), list, id)).status).toBe(404)
    expect((await post(through(gateway, 'ana'), list, `${id}0`)).status).toBe(404)
  })

  it('belongs to one agent and one role', async () => {
    const secret = 'a secret of all processes'
    let role: 'admin' | 'member' = 'admin'
    const actor = () => ({ workspaceId: 'acme', userId: 'ana', role })
    const [one, two] = [
      await openGateway({ actor, sessions: { secret } }),
      await openGateway({ actor, agent: 'builder', sessions: { secret } }),
    ]
    const id = await begin(through(one.gateway, 'ana'))
    expect((await post(through(one.gateway, 'ana'), list, id)).status).toBe(200)
    expect((await post(through(two.gateway, 'ana'), list, id)).status).toBe(404)
    role = 'member'
    expect((await post(through(one.gateway, 'ana'), list, id)).status).toBe(404)
  })

  it('ends when idle, and when there are too many', async () => {
    let time = 1_000_000
    const { gateway } = await openGateway({ sessions: { idleMs: 1000, maxPerPerson: 2, now: () => time } })
    const fetch = through(gateway, 'ana')
    const first = await begin(fetch)
    time += 900
    expect((await post(fetch, list, first)).status).toBe(200)
    time += 900
    expect((await post(fetch, list, first)).status).toBe(200)
    const [second, third] = [await begin(fetch), await begin(fetch)]
    expect((await post(fetch, list, first)).status).toBe(404)
    expect((await post(fetch, list, second)).status).toBe(200)
    time += 1001
    expect((await post(fetch, list, third)).status).toBe(404)
  })

  it('is served by every process with the same secret, and by no other', async () => {
    const sessions = { secret: 'a secret of all processes' }
    const [one, two] = [await openGateway({ sessions }), await openGateway({ sessions })]
    const id = await begin(through(one.gateway, 'ana'))
    expect((await post(through(two.gateway, 'ana'), list, id)).status).toBe(200)
    expect((await post(through(two.gateway, 'bo'), list, id)).status).toBe(404)
    const three = await openGateway()
    expect((await post(through(three.gateway, 'ana'), list, id)).status).toBe(404)
  })

  it('ends when the client or the gateway ends it', async () => {
    const { gateway } = await openGateway()
    const fetch = through(gateway, 'ana')
    const [first, second] = [await begin(fetch), await begin(fetch)]
    await fetch(url, { method: 'DELETE', headers: { 'mcp-session-id': first, 'mcp-protocol-version': '2025-11-25' } })
    expect((await post(fetch, list, first)).status).toBe(404)
    await gateway.close()
    expect((await post(fetch, list, second)).status).toBe(404)
  })
})
