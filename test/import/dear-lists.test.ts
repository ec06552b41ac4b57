import { describe, expect, it } from 'vitest'
import { importServers, previewServers, readServers } from 'mcp-integrations/import'
import type { ConnectInput, ConnectResult } from 'mcp-integrations'
import { expectCpuBelow } from '../support/cpu.js'

const url = 'https://mcp.example.com/mcp'
const list = (server: object) => JSON.stringify({ mcpServers: { notes: server } })
const mebibyte = 1_048_576

/** What a list of at most 1 MiB is answered with; an error, by its code. */
function readAndShown(text: string): unknown {
  expect(text.length).toBeLessThanOrEqual(mebibyte)
  try {
    return previewServers(readServers(text).servers)
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('a list that is dear to read', () => {
  it.each([
    ['line feeds', `{${'\n'.repeat(60_000)}"mcpServers": {}}`],
    ['line feeds after a bracket', `[${'\n'.repeat(60_000)}`],
    ['lines that could be tables', '[a]\n x'.repeat(149_000)],
    ['blanks in a variable', list({ url: `${url}/{{${' '.repeat(6_000)}` })],
    ['blanks in a variable of a header', list({ url, headers: { 'X-Key': `{{${'\t'.repeat(6_000)}` } })],
    ['begun variables', list({ url, headers: { 'X-Key': '${a:-{{'.repeat(140_000) } })],
    ['a query of many marks', list({ url: `${url}${'?a'.repeat(500_000)}` })],
    ['values', `{"mcpServers": {}, "x": [${'{},'.repeat(340_000)}{}]}`],
    ['values in TOML', `a = [${'{},'.repeat(340_000)}]`],
    ['a long name in TOML', `a${'.a'.repeat(500_000)} = 1`],
    ['a command of slashes', list({ command: `${'/'.repeat(900_000)} @`, args: ['mcp-remote', url] })],
    [
      'long names that look alike',
      JSON.stringify({
        mcpServers: Object.fromEntries(Array.from({ length: 200 }, (_, n) => ['\u200b'.repeat(5_000) + n, { url }])),
      }),
    ],
    ['hidden characters', list({ url, description: '\u202e'.repeat(1_000_000) })],
  ])('ends soon: %s', async (_what, text) => {
    await expectCpuBelow(1000, () => readAndShown(text))
  })

  it('whose command repeats a variable fills no memory', () => {
    const repeated = {
      command: 'npx',
      args: ['mcp-remote', url, '${A}'.repeat(100_000)],
      env: { A: 'a'.repeat(500_000) },
    }
    expect(readServers(list(repeated)).servers).toMatchObject([{ unsupported: expect.any(String) as string }])
    const args = ['mcp-remote', url, ...Array.from({ length: 60_000 }, () => '${A}')]
    const unsupported = readServers(list({ command: 'npx', args, env: { A: 'a'.repeat(300_000) } })).servers[0]
    expect(unsupported?.url).toBeUndefined()
  })

  it.each([
    ['an answer', '${A}'.repeat(200_000), { A: 'a'.repeat(8000) }],
    ['a default', `\${A:-${'a'.repeat(1990)}}${'{{A}}'.repeat(200_000)}`, undefined],
  ])('whose header repeats %s is refused, and the others are connected', async (_what, value, answers) => {
    const { servers } = readServers(
      JSON.stringify({ mcpServers: { dear: { url, headers: { 'X-Key': value } }, notes: { url } } }),
    )
    const given: ConnectInput[] = []
    const connect = async (input: ConnectInput) => {
      given.push(input)
      return { type: 'connected' } as ConnectResult
    }
    const { rows } = await importServers({ connect }, servers, {
      agents: ['assistant'],
      answers: answers && { dear: answers },
    })
    expect(rows).toMatchObject([
      {
        name: 'dear',
        type: 'refused',
        error: { code: 'invalid_input', message: expect.stringContaining('longer') as string },
      },
      { name: 'notes', type: 'connected' },
    ])
    expect(given.map(({ name }) => name)).toEqual(['notes'])
  })

  it('with a URL that no server can have is not connected', () => {
    const long = `${url}?${'a'.repeat(2048)}`
    for (const text of [list({ url: long }), JSON.stringify({ name: 'a', remotes: [{ url: long }] })])
      expect(readServers(text).servers).toMatchObject([{ unsupported: 'The URL is longer than 2048 characters.' }])
  })

  it('with more headers than a server can have is not connected', () => {
    const headers = Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`h${n}`, 'v']))
    const inputs = Array.from({ length: 51 }, (_, n) => ({ name: `h${n}`, value: 'v' }))
    for (const text of [list({ url, headers }), JSON.stringify({ name: 'a', remotes: [{ url, headers: inputs }] })])
      expect(readServers(text).servers).toMatchObject([
        { headers: [], unsupported: 'The entry has more than 50 headers.' },
      ])
  })

  it('gives each server a name that an integration can have', () => {
    const mcpServers = Object.fromEntries(Array.from({ length: 200 }, (_, n) => ['\u200b'.repeat(5_000) + n, { url }]))
    const names = readServers(JSON.stringify({ mcpServers })).servers.map(({ name }) => name)
    expect(new Set(names).size).toBe(200)
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(200)
    const [kept] = readServers(JSON.stringify({ mcpServers: { ['n'.repeat(190)]: { url } } })).servers
    expect(kept?.name).toBe('n'.repeat(190))
  })

  it('of real values is read, however its lines begin', () => {
    const text = `{\n"mcpServers": { "notes": { "command": "npx", "args":\n["mcp-remote", "${url}"]\n} } }`
    const { servers } = readServers(text.replace('"mcp-remote", ', '"mcp-remote",\n'))
    expect(servers).toMatchObject([{ name: 'notes', url: [url] }])
    expect(
      readServers(`{ "servers": {}, "tags":\n["a"]\n, "mcpServers": { "notes": { "url": "${url}" } } }`).servers,
    ).toHaveLength(1)
  })
})
