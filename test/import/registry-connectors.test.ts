import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { registryConnectors, type RegistryConnectorsOptions } from 'mcp-integrations/import'

const official = 'io.modelcontextprotocol.registry/official'
const open: (() => void)[] = []
afterEach(() => open.splice(0).forEach((close) => close()))

const row = (name: string, remote: object = {}, meta: object = {}) => ({
  server: {
    name: `io.example/${name}`,
    description: `About ${name}`,
    version: '1.0.0',
    websiteUrl: 'https://example.com',
    remotes: [{ type: 'streamable-http', url: `https://${name}.example.com/mcp`, ...remote }],
  },
  _meta: { [official]: { status: 'active', isLatest: true, ...meta } },
})

/** A registry of pages: what a path with its query is answered with. */
async function registry(
  pages: (query: URLSearchParams) => object | number | 'silence',
  options: Partial<RegistryConnectorsOptions> = {},
) {
  const asked: string[] = []
  const clock = { time: 1_750_000_000_000 }
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://registry.test')
    asked.push(url.pathname + url.search)
    const page = pages(url.searchParams)
    if (page === 'silence') return
    response.writeHead(typeof page === 'number' ? page : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(page))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  open.push(() => (server.closeAllConnections(), server.close()))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const connectors = registryConnectors({ url, egress: { allowLoopback: true }, now: () => clock.time, ...options })
  return { connectors, asked, clock }
}

describe('the registry as a catalogue', () => {
  it('reads every page once, and later only changes', async () => {
    let changed: object[] = []
    const { connectors, asked, clock } = await registry((query) => {
      if (query.has('updated_since')) return { servers: changed, metadata: {} }
      return query.get('cursor') === 'two'
        ? { servers: [row('b')], metadata: { next_cursor: '' } }
        : { servers: [row('a')], metadata: { nextCursor: 'two' } }
    })
    expect((await connectors()).map(({ id }) => id)).toEqual(['io-example_a', 'io-example_b'])
    await connectors()
    expect(asked).toHaveLength(2)
    changed = [row('a', {}, { status: 'deleted' }), row('c')]
    clock.time += 3_600_000
    // Nobody waits for the changes: the list that is known is returned, and the next one has them.
    expect((await connectors()).map(({ id }) => id)).toEqual(['io-example_a', 'io-example_b'])
    await expect.poll(async () => (await connectors()).map(({ id }) => id)).toEqual(['io-example_b', 'io-example_c'])
    expect(asked).toHaveLength(3)
    expect(decodeURIComponent(asked[2]!)).toContain('updated_since=2025-06-15T')
  })

  it("creates connectors for servers that need at most one header, with the host's additions", async () => {
    const { connectors } = await registry(
      () => ({
        servers: [
          row('a'),
          row('b', {
            headers: [
              {
                name: 'Authorization',
                value: 'Bearer {k}',
                variables: { k: { description: 'Key', isRequired: true } },
              },
            ],
          }),
          row('c', { url: 'https://{t}.example.com/mcp', variables: { t: {} } }),
          row('d', {
            headers: [
              { name: 'A', isRequired: true },
              { name: 'B', isRequired: true },
            ],
          }),
          row('e', {}, { isLatest: false }),
          { server: { name: 'io.example/f', packages: [] } },
          row('g'),
        ],
      }),
      {
        servers: {
          'io.example/a': { category: 'Work', trusted: true },
          'io.example/b': {},
          'io.example/c': {},
          'io.example/d': {},
          'io.example/e': {},
          'io.example/f': {},
        },
      },
    )
    expect(await connectors()).toMatchObject([
      {
        id: 'io-example_a',
        name: 'io.example/a',
        url: 'https://a.example.com/mcp',
        auth: 'oauth',
        category: 'Work',
        trusted: true,
      },
      { id: 'io-example_b', auth: { type: 'header', name: 'Authorization', prefix: 'Bearer ', description: 'Key' } },
    ])
  })

  it('keeps the list while the registry is down, and reports an error without a list', async () => {
    let page: object | number = 503
    const { connectors, asked, clock } = await registry(() => page)
    await expect(connectors()).rejects.toMatchObject({
      code: 'protocol_error',
      message: expect.stringContaining('503') as string,
    })
    page = { servers: [row('a')] }
    expect(await connectors()).toHaveLength(1)
    page = 500
    clock.time += 3_600_000
    expect(await connectors()).toHaveLength(1)
    await expect.poll(() => asked.length).toBe(3)
    for (let n = 0; n < 20; n++) expect(await connectors()).toHaveLength(1)
    expect(asked).toHaveLength(3)
    // It is asked again after a pause.
    clock.time += 30_000
    await connectors()
    await expect.poll(() => asked.length).toBe(4)
  })

  it('waits for nothing once it has a list', async () => {
    let page: object | 'silence' = { servers: [row('a')] }
    const { connectors, asked, clock } = await registry(() => page)
    await connectors()
    page = 'silence'
    clock.time += 3_600_000
    expect(await connectors()).toHaveLength(1)
    await expect.poll(() => asked.length).toBe(2)
    expect(await connectors()).toHaveLength(1)
  })

  it('gives no two servers one id, whatever their names are', async () => {
    const names = [
      'com.foo/bar-baz',
      'com.foo-bar/baz',
      'com.foo.bar/baz',
      'com.foo/bar.baz',
      'com.foo/bar_baz',
      'Com.Foo/bar-baz',
    ]
    const long = ['a', 'b'].map((end) => `com.foo/${'n'.repeat(100)}${end}`)
    const list = (all: readonly string[]) => all.map((name) => ({ ...row('a'), server: { ...row('a').server, name } }))
    const { connectors } = await registry(() => ({ servers: list([...names, ...long]) }))
    const { connectors: reversed } = await registry(() => ({ servers: list([...long, ...names].toReversed()) }))
    const ids = new Map((await connectors()).map(({ id, name }) => [name, id]))
    expect(new Set(ids.values()).size).toBe(names.length + long.length)
    expect(ids.get('com.foo/bar-baz')).toBe('com-foo_bar-baz')
    // An id doesn't depend on who else publishes.
    for (const { id, name } of await reversed()) expect([name, ids.get(name)]).toEqual([name, id])
  })

  it('is a catalogue that a registry accepts, whatever strangers publish', async () => {
    const header = (value: object) => ({ headers: [value] })
    const { connectors } = await registry(() => ({
      servers: [
        { ...row('long'), server: { ...row('long').server, title: 't'.repeat(5000), description: 'd'.repeat(50_000) } },
        row('split', header({ name: 'X-Key', value: 'Bearer\r\nX-Admin: {k}', variables: { k: {} } })),
        row('suffix', header({ name: 'X-Key', value: 'a {k} b', variables: { k: {} } })),
        row('reserved', header({ name: 'Mcp-Session-Id', isRequired: true })),
        row('blank', header({ name: 'X Key', isRequired: true })),
        row('longname', header({ name: 'x'.repeat(300), isRequired: true })),
        row('longprefix', header({ name: 'X-Key', value: `${'p'.repeat(300)}{k}`, variables: { k: {} } })),
        row('wordy', header({ name: 'X-Key', isRequired: true, description: 'w'.repeat(50_000) })),
        row('fine'),
      ],
    }))
    const registered = new IntegrationRegistry({
      storage: memoryStorage(),
      credentials: encryptedCredentials({ keys: [{ id: 'k', secret: new Uint8Array(32).fill(1) }] }),
      agents: ['assistant'],
      connectors,
    })
    const mine = registered.actingAs({ workspaceId: 'w', userId: 'ana', role: 'member' })
    expect((await mine.available()).map(({ id }) => id)).toEqual(
      ['long', 'wordy', 'fine'].map((id) => `io-example_${id}`),
    )
    await registered.close()
  })

  it('ends with a registry that goes round in circles or lists without end', async () => {
    let n = 0
    const { connectors, asked } = await registry(
      () => ({ servers: [row(`s${n++}`)], metadata: { nextCursor: `${n}` } }),
      { maxServers: 10 },
    )
    expect(await connectors()).toHaveLength(10)
    expect(asked.length).toBeLessThanOrEqual(100)
  })

  it('asks once for many at the same time', async () => {
    const { connectors, asked } = await registry(() => ({ servers: [row('a')] }))
    await Promise.all(Array.from({ length: 20 }, connectors))
    expect(asked).toHaveLength(1)
  })
})
