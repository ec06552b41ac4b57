import { describe, expect, it } from 'vitest'
import type { TestTool } from 'mcp-integrations/testing'
import { openGate } from '../support/gate.js'
import { dump } from '../support/registry.js'

const tools = (count: number, named: (n: number) => string): TestTool[] =>
  Array.from({ length: count }, (_, n) => ({ name: named(n), inputSchema: { type: 'object' }, run: () => 'x' }))
const padded =
  (letter: string, length: number, from = 0) =>
  (n: number) =>
    `${n + from}`.padEnd(length, letter)

describe('what a server is called and says never outgrows a record', () => {
  it.each([
    ['long', 'x', 250],
    ['wide', '漢', 250],
  ])('with a thousand %s names: what fits is kept', async (_what, letter, length) => {
    const { mine, id, server } = await openGate({ tools: tools(1000, padded(letter, length)) })
    const first = await mine.tools(id)
    expect((await mine.get(id)).status).toBe('connected')
    expect(first.tools.length).toBeGreaterThan(50)
    expect(first.quarantined.at(-1)).toMatchObject({ reason: 'list_too_large', count: 1000 - first.tools.length })
    await server.setTools(tools(1000, padded(letter, length, 1000)))
    await expect(mine.refreshTools(id)).rejects.toMatchObject({ code: 'response_too_large' })
    expect((await mine.tools(id)).tools).toHaveLength(first.tools.length)
  })

  it('with ever other names that are accepted as they come', async () => {
    const names = (from: number) => tools(400, padded('x', 150, from))
    const { mine, id, server, storage } = await openGate({
      tools: names(0),
      approvals: { onToolChange: 'accept' },
    })
    await mine.configureTools(id, { [padded('x', 150)(7)]: { enabled: false } })
    for (let turn = 1; turn < 6; turn++) {
      await server.setTools(names(turn * 400))
      await mine.refreshTools(id)
    }
    await server.setTools(names(0))
    await mine.refreshTools(id)
    const found = (await mine.tools(id)).tools.find(({ name }) => name === padded('x', 150)(7))
    expect(found).toMatchObject({ enabled: false })
    for (const { value } of await dump(storage)) expect(JSON.stringify(value).length).toBeLessThan(256 * 1024)
  })

  it('with ever other names that a person accepts each time', async () => {
    const { mine, id, server, storage } = await openGate({ tools: tools(400, padded('x', 80)) })
    const configured = padded('x', 80)(7)
    await mine.configureTools(id, { [configured]: { enabled: false } })
    const stored = async (kind: string) => (await dump(storage)).filter(({ key }) => key.startsWith(`${kind}/`)).length
    for (let turn = 1; turn < 8; turn++) {
      await server.setTools(tools(400, padded('x', 80, turn * 400)))
      await mine.refreshTools(id)
      const changed = (await mine.tools(id)).tools.filter(({ change }) => change !== undefined)
      await mine.acceptTools(id, Object.fromEntries(changed.map((tool) => [tool.name, tool.definitionHash])))
    }
    // Definitions of tools that were listed long ago go with their settings, in the background.
    await expect.poll(() => stored('accepted')).toBeLessThanOrEqual(1600)
    await server.setTools(tools(400, padded('x', 80)))
    await mine.refreshTools(id)
    expect((await mine.tools(id)).tools.find(({ name }) => name === configured)).toMatchObject({ enabled: false })
  })

  it.each([
    ['annotations that fill the list', 31, { annotations: { readOnlyHint: true, padding: 'y'.repeat(100_000) } }, {}],
    ['a list just below the limit', 1_000, { description: 'y'.repeat(4_060) }, {}],
    ['a list just below a lower limit', 200, { description: 'y'.repeat(1_300) }, { maxResponseBytes: 280_000 }],
  ])('with %s: what fits is kept', async (_what, count, rest, limits) => {
    const listed = tools(count, padded('x', 6)).map((tool) => ({ ...tool, ...rest }))
    const { mine, id } = await openGate({ tools: listed, limits })
    const first = await mine.tools(id)
    expect((await mine.get(id)).status).toBe('connected')
    expect(first.tools.length).toBeGreaterThan(count / 3)
    expect(first.quarantined.at(-1)).toMatchObject({ reason: 'list_too_large', count: count - first.tools.length })
  })

  it('with an introduction of a megabyte', async () => {
    const long = 'y'.repeat(300_000)
    const icon = { src: `https://a.example/${'i'.repeat(9_000)}` }
    const info = { name: long, version: long, icons: Array.from({ length: 200 }, () => icon) }
    const flags = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`flag${n}`, true]))
    const { mine, id, storage } = await openGate({
      era: 'modern',
      fetch: (own) => async (url, init) => {
        const response = await own(url, init)
        if (!String(init?.body).includes('server/discover')) return response
        const answer = (await response.json()) as { result: object }
        const result = {
          ...answer.result,
          instructions: long,
          capabilities: { tools: flags, experimental: { long } },
          _meta: { 'io.modelcontextprotocol/serverInfo': info, long },
        }
        return Response.json({ ...answer, result })
      },
    })
    expect((await mine.get(id)).status).toBe('connected')
    const sizes = (await dump(storage)).map(({ value }) => JSON.stringify(value).length)
    expect(Math.max(...sizes)).toBeLessThan(200_000)
  })

  it.each([
    ['a revision of a megabyte', { supportedVersions: ['2026-07-28', 'z'.repeat(1_000_000)] }],
    [
      'very many revisions',
      { supportedVersions: ['2026-07-28', ...Array.from({ length: 50_000 }, (_, n) => `r${n}`)] },
    ],
    ['a time to live of a megabyte', { ttlMs: 'z'.repeat(1_000_000) }],
    ['a scope of very many values', { cacheScope: Array.from({ length: 100_000 }, (_, n) => n) }],
  ])('with %s in its discovery', async (_what, discovery) => {
    const { mine, id, storage } = await openGate({
      era: 'modern',
      fetch: (own) => async (url, init) => {
        const response = await own(url, init)
        if (!String(init?.body).includes('server/discover')) return response
        const answer = (await response.json()) as { result: object }
        return Response.json({ ...answer, result: { ...answer.result, ...discovery } })
      },
    })
    expect(await mine.get(id)).toMatchObject({ status: 'connected', protocolVersion: '2026-07-28' })
    const stored = (await dump(storage)).filter(({ key }) => key.startsWith('server/'))
    expect(stored).toHaveLength(1)
    expect(JSON.stringify(stored[0]!.value).length).toBeLessThan(8_000)
  })
})
