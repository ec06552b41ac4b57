import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/model/json.js'
import { expectCpuBelow } from '../support/cpu.js'
import { rejectionOf, open, rawServer, result } from './support.js'

const object = { type: 'object' }
const limits = { timeoutMs: 10_000, maxTools: 1000 }

async function list(
  pages: readonly object[] | ((cursor: string | undefined) => object),
  era: 'modern' | 'legacy' = 'modern',
  maxTools = 1000,
) {
  let page = 0
  const server = rawServer(era, ({ id, params }) =>
    result(id, typeof pages === 'function' ? pages(params?.cursor as string | undefined) : (pages[page++] ?? {})),
  )
  const connection = await open(server)
  const listing = await connection.listTools({ ...limits, maxTools })
  return {
    ...listing,
    names: listing.tools.map(({ name }) => name),
    requests: server.requests.length - (era === 'modern' ? 1 : 3),
  }
}

describe.each(['modern', 'legacy'] as const)('the tool list of a %s server', (era) => {
  it('is read to its end, also over an empty cursor', async () => {
    const { names, requests } = await list(
      [
        { tools: [{ name: 'a', inputSchema: object }], nextCursor: '' },
        { tools: [{ name: 'b', inputSchema: object }] },
      ],
      era,
    )
    expect([names, requests]).toEqual([['a', 'b'], 2])
  })

  it('keeps a definition as it was written', async () => {
    const definition = {
      name: 'a.b-c_D',
      title: 'T',
      description: 'd\u202E',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'string', 'x-vendor': [1] } },
        additionalProperties: false,
        $comment: 'c',
      },
      outputSchema: { type: 'object', properties: { z: { type: 'number' } } },
      annotations: { readOnlyHint: true, destructiveHint: false },
      icons: [{ src: 'javascript:alert(1)' }],
      _meta: { 'a.example/b': 1 },
    }
    const { tools } = await list([{ tools: [definition] }], era)
    expect(JSON.stringify(tools)).toBe(JSON.stringify([definition]))
  })

  it('sets a malformed tool aside and keeps the others', async () => {
    const bad: readonly [unknown, string][] = [
      [null, 'invalid_definition'],
      [{ inputSchema: object }, 'invalid_definition'],
      [{ name: '', inputSchema: object }, 'invalid_name'],
      [{ name: 'x'.repeat(257), inputSchema: object }, 'invalid_name'],
      [{ name: 'pay\u202ednes', inputSchema: object }, 'invalid_name'],
      [{ name: 'half\ud800', inputSchema: object }, 'invalid_name'],
      [{ name: 'read\u2800note', inputSchema: object }, 'invalid_name'],
      [{ name: 'read\ufff9note', inputSchema: object }, 'invalid_name'],
      [{ name: 'read\u200dnote', inputSchema: object }, 'invalid_name'],
      [{ name: `read${'\u0301'.repeat(20)}`, inputSchema: object }, 'invalid_name'],
      [{ name: 'no_schema' }, 'invalid_schema'],
      [{ name: 'type_5', inputSchema: { type: 5 } }, 'invalid_schema'],
      [
        { name: 'remote', inputSchema: { type: 'object', properties: { a: { $ref: 'https://a.example/s' } } } },
        'invalid_schema',
      ],
      [{ name: 'text', inputSchema: object, description: 5 }, 'invalid_definition'],
      [{ name: 'hint', inputSchema: object, annotations: { readOnlyHint: 'yes' } }, 'invalid_definition'],
      [
        { name: 'header', inputSchema: { type: 'object', properties: { a: { type: 'object', 'x-mcp-header': 'A' } } } },
        'invalid_definition',
      ],
      [
        {
          name: 'header2',
          inputSchema: {
            type: 'object',
            properties: { a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } },
          },
        },
        'invalid_definition',
      ],
      [
        {
          name: 'header3',
          inputSchema: {
            type: 'object',
            properties: { a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } },
          },
        },
        'invalid_definition',
      ],
    ]
    const good = {
      name: 'good',
      inputSchema: { type: 'object', properties: { 'x-mcp-header': { type: 'string', 'x-mcp-header': 'Region' } } },
    }
    const { names, quarantined } = await list([{ tools: [...bad.map(([tool]) => tool), good] }], era)
    expect(names).toEqual(['good'])
    expect(quarantined.map(({ reason }) => reason)).toEqual(bad.map(([, reason]) => reason))
    expect(Math.max(...quarantined.map(({ name }) => name.length))).toBeLessThanOrEqual(128)
  })

  it('sets all different tools of one name aside', async () => {
    const twin = (description: string) => ({ name: 'twin', description, inputSchema: object })
    const { names, quarantined } = await list(
      [
        { tools: [twin('one'), { name: 'a', inputSchema: object }], nextCursor: '2' },
        { tools: [twin('two'), twin('three'), { name: 'b', inputSchema: object }] },
      ],
      era,
    )
    expect(names).toEqual(['a', 'b'])
    expect(quarantined).toEqual(Array.from({ length: 3 }, () => ({ name: 'twin', reason: 'duplicate_name' })))
  })
})

describe('a hostile tool list', () => {
  it.each([
    ['without tools', () => ({}), 'protocol_error'],
    ['with a cursor that is no text', () => ({ tools: [], nextCursor: ['a'] }), 'protocol_error'],
  ])('that is %s is an error', async (_what, page, code) => {
    expect(await rejectionOf(list(page))).toMatchObject({ code, mayHaveRun: false })
  })

  it.each<[string, (cursor: string | undefined) => object]>([
    ['empty pages', () => ({})],
    ['a flawed tool a page', (cursor) => ({ tools: [{ name: `f${cursor ?? ''}` }] })],
    ['junk beside its tools', () => ({ junk: Array.from({ length: 20_000 }, (_, n) => ({ n })) })],
    [
      'junk among its tools',
      (cursor) => ({ tools: Array.from({ length: 3_000 }, (_, n) => ({ name: `j${cursor}/${n}` })) }),
    ],
    [
      'very large tools',
      (cursor) => ({ tools: [{ name: `l${cursor ?? ''}`, inputSchema: object, description: 'x'.repeat(120_000) }] }),
    ],
  ])('without an end, of %s, is what fits of it', async (_what, page) => {
    const good = { name: 'good', inputSchema: object }
    const { names, quarantined, requests } = await list((cursor) => {
      const { tools = [], ...rest } = page(cursor) as { tools?: object[] }
      const nextCursor = String(Number(cursor ?? 0) + 1)
      return { tools: cursor === undefined ? [good, ...tools] : tools, ...rest, nextCursor }
    })
    expect(names).toContain('good')
    expect(quarantined.at(-1)).toMatchObject({ name: '', reason: 'list_too_large' })
    expect(quarantined.length).toBeLessThanOrEqual(100)
    expect(requests).toBeLessThanOrEqual(64)
  })

  it('that is one page of junk says how much was left out', async () => {
    const tools = [{ name: 'good', inputSchema: object }, ...Array.from({ length: 100_000 }, () => ({}))]
    const { names, quarantined } = await list([{ tools }])
    expect(names).toEqual(['good'])
    const { count } = quarantined.at(-1) as { count?: number }
    expect(count).toBeGreaterThan(80_000)
  })

  it('of very many tools is cut, and says so', async () => {
    const tools = Array.from({ length: 5_000 }, (_, n) => ({ name: `t${n}`, inputSchema: object }))
    const { names, quarantined, requests } = await list((cursor) => ({ tools, nextCursor: `${cursor ?? ''}x` }))
    expect([names.length, quarantined.length, requests]).toEqual([1000, 100, 1])
    expect(quarantined[0]).toEqual({ name: 't1000', reason: 'too_many_tools' })
  })

  it('with enormous schemas never stops the event loop', async () => {
    let deep: JsonObject = { type: 'object' }
    for (let n = 0; n < 3_000; n++) deep = { type: 'object', properties: { a: deep } }
    const wide = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`p${n}`, { type: 'string' }])),
    }
    await expectCpuBelow(500, async () => {
      const { names, quarantined } = await list([
        {
          tools: [
            { name: 'wide', inputSchema: wide },
            { name: 'ok', inputSchema: object },
          ],
        },
      ])
      expect(names).toEqual(['ok'])
      expect(quarantined).toEqual([{ name: 'wide', reason: 'schema_too_large' }])
      // Nested deeper than anything that is taken: the whole answer goes.
      expect(await rejectionOf(list([{ tools: [{ name: 'deep', inputSchema: deep }] }]))).toMatchObject({
        code: 'protocol_error',
      })
    })
  })

  it.each([
    [5_000, 'public', { ttlMs: 5_000, cacheScope: 'public' }],
    [1e15, 'private', { ttlMs: 86_400_000, cacheScope: 'private' }],
    [-5, 'all', { ttlMs: 0 }],
    ['1', undefined, {}],
  ])('with ttlMs %s and cacheScope %s is taken for what it is', async (ttlMs, cacheScope, expected) => {
    const { ttlMs: ttl, cacheScope: scope } = await list([{ tools: [], ttlMs, cacheScope }])
    expect({
      ...(ttl === undefined ? {} : { ttlMs: ttl }),
      ...(scope === undefined ? {} : { cacheScope: scope }),
    }).toEqual(expected)
  })
})
