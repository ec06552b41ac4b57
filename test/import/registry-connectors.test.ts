import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
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
  pages: (query: URLSearchParams) => object | number,
  options: Partial<RegistryConnectorsOptions> = {},
) {
  const asked: string[] = []
  const clock = { time: 1_750_000_000_000 }
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://registry.test')
    asked.push(url.pathname + url.search)
    const page = pages(url.searchParams)
    response.writeHead(typeof page === 'number' ? page : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(page))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  open.push(() => server.close())
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
    expect((await connectors()).map(({ id }) => id)).toEqual(['io-example-a', 'io-example-b'])
    await connectors()
    expect(asked).toHaveLength(2)
    changed = [row('a', {}, { status: 'deleted' }), row('c')]
    clock.time += 3_600_000
    expect((await connectors()).map(({ id }) => id)).toEqual(['io-example-b', 'io-example-c'])
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
        id: 'io-example-a',
        name: 'io.example/a',
        url: 'https://a.example.com/mcp',
        auth: 'oauth',
        category: 'Work',
        trusted: true,
      },
      { id: 'io-example-b', auth: { type: 'header', name: 'Authorization', prefix: 'Bearer ', description: 'Key' } },
    ])
  })

  it('keeps the list while the registry is down, and reports an error without a list', async () => {
    let page: object | number = 503
    const { connectors, clock } = await registry(() => page)
    await expect(connectors()).rejects.toMatchObject({
      code: 'protocol_error',
      message: expect.stringContaining('503') as string,
    })
    page = { servers: [row('a')] }
    expect(await connectors()).toHaveLength(1)
    page = 500
    clock.time += 3_600_000
    expect(await connectors()).toHaveLength(1)
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
