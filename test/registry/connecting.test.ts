import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectInput, IntegrationRegistry } from 'mcp-integrations'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, dump, makeRegistry, makeStorage, type TestAgent } from '../support/registry.js'

let server: TestMcpServer
let storage: RegistryStorage
let registry: IntegrationRegistry<TestAgent>
const ends: (() => unknown)[] = []
beforeEach(async () => {
  server = await startMcpServer()
  storage = makeStorage()
  registry = makeRegistry({
    storage,
    limits: { connectTimeoutMs: 1500, callTimeoutMs: 2000 },
    connectors: [
      {
        id: 'desk',
        name: 'Desk',
        url: server.url,
        auth: { type: 'header', name: 'Authorization', title: 'Token', prefix: 'Bearer ' },
        trusted: true,
        tools: { write_note: { approval: 'ask', label: 'write' }, read_note: { enabled: false } },
      },
    ],
  })
})
afterEach(async () => {
  await registry.close()
  await server.close()
  for (const end of ends.splice(0)) await end()
})

const approved = { confirm: () => 'approve' as const }
const connect = (more: object = {}) =>
  registry
    .actingAs(ana)
    .connect({ url: server.url, name: 'Notes', agents: ['assistant'], ...more } as ConnectInput<TestAgent>)

/** A server that is none of ours. */
async function otherServer(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const http: Server = createServer(answer!).listen(0, '127.0.0.1')
  await new Promise((resolve) => http.once('listening', resolve))
  ends.push(() => (http.closeAllConnections(), http.close()))
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
}

describe('bad input to connect', () => {
  const cases: Record<string, { input: object; code?: string; path?: string }> = {
    'no agent': { input: { agents: [] }, path: 'agents' },
    'no agents at all': { input: { agents: undefined }, path: 'agents' },
    'an unknown agent': { input: { agents: ['assistant', 'assistent'] }, path: 'agents[1]' },
    'no name': { input: { name: '' }, path: 'name' },
    'a name of 201 characters': { input: { name: 'n'.repeat(201) }, path: 'name' },
    'a URL that is none': { input: { url: 'notes' }, code: 'invalid_input' },
    'a URL that is not https': { input: { url: 'http://example.com/mcp' }, code: 'url_refused' },
    'a URL with a user name': { input: { url: 'https://user@example.com/mcp' } },
    'a URL with a fragment': { input: { url: 'https://example.com/mcp#part' } },
    'a private address': { input: { url: 'https://192.168.0.1/mcp' }, code: 'url_refused' },
    'a file': { input: { url: 'file:///etc/passwd' }, code: 'url_refused' },
    'a header name that HTTP forbids': { input: { headers: { 'X Key': 'v' } }, path: 'headers' },
    Host: { input: { headers: { Host: 'v' } }, path: 'headers.Host' },
    'Mcp-Session-Id': { input: { headers: { 'Mcp-Session-Id': 'v' } }, path: 'headers.Mcp-Session-Id' },
    'Content-Length': { input: { headers: { 'Content-Length': '1' } }, path: 'headers.Content-Length' },
    Cookie: { input: { headers: { Cookie: 'v' } }, path: 'headers.Cookie' },
    'a header twice': { input: { headers: { 'X-Key': 'a', 'x-key': 'b' } }, path: 'headers' },
    'a header value with a line break': { input: { headers: { 'X-Key': 'a\nsesame: b' } }, path: 'headers.X-Key' },
    'a header value that is too long': {
      input: { headers: { 'X-Key': 'sesame'.repeat(2000) } },
      path: 'headers.X-Key',
    },
    'an empty header value': { input: { headers: { 'X-Key': '' } }, path: 'headers.X-Key' },
    '51 headers': {
      input: { headers: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`X-${n}`, 'v'])) },
      path: 'headers',
    },
    'an unknown visibility': { input: { visibility: 'public' }, path: 'visibility' },
    'an unknown credentials mode': { input: { credentials: 'mine' }, path: 'credentials' },
    'an unknown field': { input: { agent: 'assistant' }, path: 'agent' },
    'enabled that is no boolean': { input: { enabled: 'yes' }, path: 'enabled' },
  }
  it.each(Object.entries(cases))('%s is refused and stores nothing', async (_, { input, code, path }) => {
    const error: unknown = await connect(input).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'IntegrationError', code: code ?? 'invalid_input' })
    if (path !== undefined) expect(error).toMatchObject({ fields: [{ path }] })
    expect(String(error)).not.toContain('sesame')
    expect(await dump(storage)).toEqual([])
    expect(server.seen).toEqual([])
  })

  it('refuses invalid actors, ids and tool settings', async () => {
    for (const actor of [
      undefined,
      {},
      { workspaceId: '', userId: 'a' },
      { ...ana, role: 'owner' },
      { ...ana, userId: '\ud800' },
    ])
      expect(() => registry.actingAs(actor as never)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    const { integration } = await connect()
    const mine = registry.actingAs(ana)
    for (const id of ['', '../x', 'a/b', 'x'.repeat(65), undefined, 7])
      await expect(mine.get(id as string)).rejects.toMatchObject({ code: 'not_found' })
    const before = await dump(storage)
    await expect(
      mine.configureTools(integration.id, { read_note: { approval: 'never' as never } }),
    ).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(mine.configureTools(integration.id, { no_such: { enabled: false } })).rejects.toMatchObject({
      code: 'tool_not_found',
    })
    await expect(mine.configureTools(integration.id, { read_note: { agents: [] } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(mine.toolset('assistent' as never)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await dump(storage)).toEqual(before)
  })
})

describe('an address without an MCP server', () => {
  const cases: Record<string, { answer: Parameters<typeof createServer>[1]; code: string }> = {
    'answers HTML': {
      answer: (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hi</html>'),
      code: 'not_mcp',
    },
    'answers 404': { answer: (_, response) => void response.writeHead(404).end(), code: 'not_mcp' },
    'answers 500 to everything': { answer: (_, response) => void response.writeHead(500).end(), code: 'server_error' },
    hangs: { answer: () => {}, code: 'timeout' },
    'cuts the line': { answer: (request) => void request.socket.destroy(), code: 'unreachable' },
    'wants a password': { answer: (_, response) => void response.writeHead(401).end(), code: 'authorization_failed' },
  }
  it.each(Object.entries(cases))('%s: a typed error, and nothing stored', async (_, { answer, code }) => {
    const url = await otherServer(answer)
    await expect(connect({ url })).rejects.toMatchObject({ name: 'IntegrationError', code })
    expect(await dump(storage)).toEqual([])
  })

  it('is refused when its header credential is', async () => {
    server.state.refuse = ({ headers }) => (headers['x-api-key'] === 'right' ? undefined : 401)
    await expect(connect({ headers: { 'X-Api-Key': 'wrong' } })).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'credential_rejected',
    })
    expect(await dump(storage)).toEqual([])
    expect(await connect({ headers: { 'X-Api-Key': 'right' } })).toMatchObject({ type: 'connected' })
  })

  it('stores nothing when the caller gave up meanwhile', async () => {
    const caller = new AbortController()
    server.state.intercept = async ({ rpc }) => {
      if (rpc === 'tools/list') caller.abort()
      return undefined
    }
    await expect(
      registry
        .actingAs(ana)
        .connect({ url: server.url, name: 'Notes', agents: ['assistant'] }, { signal: caller.signal }),
    ).rejects.toMatchObject({ code: 'aborted' })
    await registry.close()
    expect(await dump(storage)).toEqual([])
  })
})

describe('the catalogue', () => {
  it('brings URL, header, trust and tool settings, and counts what is connected', async () => {
    const mine = registry.actingAs(ana)
    expect(await mine.available()).toMatchObject([
      { id: 'desk', auth: { type: 'header', name: 'Authorization', title: 'Token' }, trusted: true, connected: 0 },
    ])
    const { integration } = await mine.connect({
      connector: 'desk',
      agents: ['assistant'],
      headers: { authorization: 'k1' },
    })
    expect(integration).toMatchObject({
      name: 'Desk',
      connectorId: 'desk',
      trusted: true,
      auth: 'header',
      url: server.url,
    })
    expect(server.seen.every(({ headers }) => headers['authorization'] === 'Bearer k1')).toBe(true)
    expect(await mine.available()).toMatchObject([{ connected: 1 }])
    const { tools } = await mine.tools(integration.id)
    expect(tools).toMatchObject([
      { name: 'read_note', enabled: false },
      { name: 'write_note', approval: { mode: 'ask' }, label: { value: 'write', source: 'connector' } },
    ])
    // A refresh, an edit and a reconnect keep what a person settled.
    await mine.configureTools(integration.id, { read_note: { enabled: true, approval: 'auto' } })
    await mine.refreshTools(integration.id)
    await mine.reconnect(integration.id)
    await mine.update(integration.id, { name: 'Office' })
    expect((await mine.tools(integration.id)).tools[0]).toMatchObject({ enabled: true, approval: { mode: 'auto' } })
  })

  it('says what is missing: the header, or the connector', async () => {
    const mine = registry.actingAs(ana)
    await expect(mine.connect({ connector: 'desk', agents: ['assistant'] })).rejects.toMatchObject({
      code: 'invalid_input',
      fields: [{ path: 'headers.Authorization' }],
    })
    await expect(mine.connect({ connector: 'nope', agents: ['assistant'] })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await dump(storage)).toEqual([])
  })

  it('and the agents may live in a database', async () => {
    const known = new Map([['acme', ['assistant', 'builder'] as const]])
    const host = makeRegistry({ storage, agents: async (workspaceId) => known.get(workspaceId) ?? [] })
    expect(await host.actingAs(ana).connect({ url: server.url, name: 'Notes', agents: ['builder'] })).toMatchObject({
      type: 'connected',
    })
    await expect(
      host.actingAs({ ...ana, workspaceId: 'new' }).connect({ url: server.url, name: 'Notes', agents: ['builder'] }),
    ).rejects.toMatchObject({ code: 'invalid_input', fields: [{ path: 'agents[0]' }] })
    await host.close()
  })
})

describe('the status', () => {
  it('follows the outcome of calls, and recovers with the next success', async () => {
    const { integration } = await connect({ headers: { 'X-Api-Key': 'k' } })
    const mine = registry.actingAs(ana)
    const toolset = await mine.toolset('assistant', approved)
    const call = () => toolset.call('notes__read_note', { id: '1' })
    const told = async () => {
      const { status, statusDetail } = await mine.get(integration.id)
      return [status, statusDetail.reason, statusDetail.action]
    }
    server.state.refuse = () => 401
    expect(await call()).toMatchObject({ type: 'authorization_required', action: 'edit' })
    expect(await told()).toEqual(['reconnect_required', 'credential_rejected', 'edit'])
    server.state.refuse = undefined
    expect(await call()).toMatchObject({ type: 'completed' })
    expect(await told()).toEqual(['connected', 'ok', undefined])
    server.state.refuse = () => 503
    for (let n = 0; n < 3; n++) await expect(call()).rejects.toMatchObject({ code: 'server_error', mayHaveRun: true })
    expect(await told()).toEqual(['connected', 'ok', undefined])
    await expect(call()).rejects.toMatchObject({ code: 'server_error', mayHaveRun: false })
    expect(await told()).toEqual(['error', 'server_error', 'validate'])
    server.state.refuse = undefined
    expect(await mine.validate(integration.id)).toMatchObject({ type: 'connected' })
    expect(await told()).toEqual(['connected', 'ok', undefined])
  })

  it('is a fault of the server in validate, never a throw', async () => {
    const { integration } = await connect()
    const mine = registry.actingAs(ana)
    server.state.refuse = () => 500
    expect(await mine.validate(integration.id)).toMatchObject({
      type: 'failed',
      integration: { status: 'error', statusDetail: { reason: 'server_error' } },
    })
    await server.close()
    expect(await mine.reconnect(integration.id)).toMatchObject({
      type: 'failed',
      integration: {
        status: 'error',
        statusDetail: { reason: 'unreachable', lastWorkedAt: expect.any(Number) as number },
      },
    })
    server = await startMcpServer()
  })

  it('connected means usable: a server that completes the handshake but refuses to list tools is not', async () => {
    server.state.refuse = ({ rpc }) => (rpc === 'tools/list' ? 401 : undefined)
    await expect(connect({ headers: { 'X-Api-Key': 'k' } })).rejects.toMatchObject({ code: 'authorization_failed' })
  })
})

describe('the master switch', () => {
  it('aborts what is under way, cancels what waits, refuses what comes, and deletes nothing', async () => {
    const { integration } = await connect({ headers: { 'X-Api-Key': 'k' } })
    const mine = registry.actingAs(ana)
    const waits = await (await mine.toolset('assistant')).call('notes__write_note', { id: '1', text: 'x' })
    if (waits.type !== 'approval_required') throw new Error(waits.type)
    const toolset = await mine.toolset('assistant', approved)
    let release = (): void => {}
    server.state.hold = new Promise((resolve) => (release = resolve))
    const arrived = new Promise<void>((resolve) => {
      server.state.intercept = async ({ rpc }) => void (rpc === 'tools/call' && resolve()) as undefined
    })
    const underWay = toolset.call('notes__read_note', { id: '1' }).catch((error: unknown) => error)
    await arrived
    const off = await mine.disable(integration.id)
    expect(off).toMatchObject({
      enabled: false,
      status: 'connected',
      tools: { total: 2 },
      headers: [{ name: 'X-Api-Key' }],
    })
    expect(await underWay).toMatchObject({ code: 'integration_disabled', mayHaveRun: true })
    release()
    expect(await mine.approvals.get(waits.approval.approvalId)).toMatchObject({ status: 'cancelled' })
    await expect(toolset.call('notes__read_note', { id: '2' })).rejects.toMatchObject({ code: 'integration_disabled' })
    expect(await toolset.resume(waits.approval.approvalId)).toMatchObject({ type: 'not_run', because: 'cancelled' })
    expect((await mine.toolset('assistant')).unavailable).toMatchObject([{ reason: 'integration_disabled' }])
    expect(server.calls()).toHaveLength(1)
    server.state.hold = undefined
    await mine.enable(integration.id)
    expect(await toolset.call('notes__read_note', { id: '3' })).toMatchObject({ type: 'completed' })
    expect((await mine.enable(integration.id)).revision).toBe(3)
  })
})

describe('queries to the storage', () => {
  it('are at most 1 for a warm toolset, and 3 for a warm call that needs no approval, audit included', async () => {
    let queries = 0
    const counted = Object.fromEntries(
      (['read', 'list', 'commit', 'scan', 'expired'] as const).map((name) => [
        name,
        (...args: unknown[]) => {
          queries++
          return (storage[name] as (...given: unknown[]) => unknown)(...args)
        },
      ]),
    ) as unknown as RegistryStorage
    const host = makeRegistry({ storage: counted })
    const mine = host.actingAs(ana)
    const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
    const toolset = await mine.toolset('assistant')
    await toolset.call('notes__read_note', { id: '1' })
    queries = 0
    await mine.toolset('assistant')
    expect(queries).toBeLessThanOrEqual(1)
    queries = 0
    expect(await toolset.call('notes__read_note', { id: '2' })).toMatchObject({ type: 'completed' })
    expect(queries).toBeLessThanOrEqual(3)
    expect((await mine.audit()).entries.filter(({ action }) => action === 'call')).toHaveLength(2)
    await host.close()
  })
})
