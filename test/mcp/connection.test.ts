import { describe, expect, it } from 'vitest'
import { testServer, type TestServerOptions } from '../../src/testing/mcp-server.js'
import { listing, open, sent, tool } from './support.js'

const tools = [
  { name: 'echo', run: (args: Readonly<Record<string, unknown>>) => String(args.text) },
  { name: 'fail', run: () => ({ content: [{ type: 'text', text: 'no' }], isError: true }) },
]

describe.each(['modern', 'legacy', 'both'] as const)(
  'a server that speaks %s',
  (era: NonNullable<TestServerOptions['era']>) => {
    it('is connected to, listed and called', async () => {
      const server = testServer({ tools, era })
      const connection = await open(server)
      expect(connection.profile).toMatchObject({
        era: era === 'legacy' ? 'legacy' : 'modern',
        transport: 'streamable-http',
      })
      const { tools: listed, quarantined } = await connection.listTools(listing)
      expect(listed.map(({ name }) => name)).toEqual(['echo', 'fail'])
      expect(quarantined).toEqual([])
      expect(sent(server)).toEqual(
        era === 'legacy'
          ? ['server/discover', 'initialize', 'notifications/initialized', 'tools/list']
          : ['server/discover', 'tools/list'],
      )
      const result = await connection.callTool(tool('echo'), { text: 'hello' }, { timeoutMs: 5_000 })
      expect(result.result.content).toEqual([{ type: 'text', text: 'hello' }])
      await connection.close()
      await server.close()
    })

    it('is called by the next process with one request', async () => {
      const server = testServer({ tools, era })
      const { profile } = await open(server)
      const before = server.requests.length
      const next = await open(server, { profile: JSON.parse(JSON.stringify(profile)) as typeof profile })
      await next.callTool(tool('echo'), { text: 'again' }, { timeoutMs: 5_000 })
      expect(sent(server, before)).toEqual(['tools/call'])
      await server.close()
    })

    it('answers with the failure of a tool as a result', async () => {
      const server = testServer({ tools, era })
      const connection = await open(server)
      const { result } = await connection.callTool(tool('fail'), {}, { timeoutMs: 5_000 })
      expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text: 'no' }] })
      await server.close()
    })

    it('refuses a tool it does not have, and nothing has run', async () => {
      const server = testServer({ tools, era })
      const connection = await open(server)
      const answer = await connection.callTool(tool('gone'), {}, { timeoutMs: 5_000 })
      expect(answer).toMatchObject({ result: { isError: true }, rpcError: { code: -32602 } })
      expect(server.calls.get('gone')).toBeUndefined()
      await server.close()
    })
  },
)

describe('a lost session', () => {
  it('is replaced once for all requests that lost it', async () => {
    const server = testServer({ tools, era: 'legacy' })
    const connection = await open(server)
    await connection.listTools(listing)
    server.forgetSessions()
    const before = server.requests.length
    const results = await Promise.all(
      ['a', 'b', 'c'].map((text) => connection.callTool(tool('echo'), { text }, { timeoutMs: 5_000 })),
    )
    expect(results.map(({ result }) => result.content[0]?.text)).toEqual(['a', 'b', 'c'])
    expect(sent(server, before).filter((method) => method === 'initialize')).toHaveLength(1)
    expect(server.calls.get('echo')).toBe(3)
    await server.close()
  })
})

it('arguments that a server wants as headers reach it as headers too, on the first call of a process', async () => {
  const properties = {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    size: { type: 'integer', 'x-mcp-header': 'Size' },
    where: { type: 'object', properties: { city: { type: 'string', 'x-mcp-header': 'City' } } },
    note: { type: 'string' },
  }
  const inputSchema = { type: 'object', properties } as const
  const outputSchema = { type: 'object', properties: { ok: { type: 'boolean' } } } as const
  const server = testServer({ tools: [{ name: 'store', inputSchema, outputSchema }], era: 'modern' })
  const { profile } = await open(server)
  const next = await open(server, { profile })
  const args = { region: 'eu', size: 7, where: { city: 'Zürich\r\nx-evil: 1' }, note: 'secret' }
  await next.callTool(tool('store', { inputSchema, outputSchema }), args, { timeoutMs: 10_000 })
  const { headers } = server.requests.at(-1)!
  expect([headers.get('mcp-name'), headers.get('mcp-param-region'), headers.get('mcp-param-size')]).toEqual([
    'store',
    'eu',
    '7',
  ])
  expect(headers.get('mcp-param-city')).toMatch(/^=\?base64\?[A-Za-z0-9+/=]+\?=$/)
  expect([headers.has('x-evil'), headers.has('mcp-param-note')]).toEqual([false, false])
  await server.close()
})
