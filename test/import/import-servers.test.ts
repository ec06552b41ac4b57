import { afterEach, describe, expect, it } from 'vitest'
import { exportServers, importServers, readServers } from 'mcp-integrations/import'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { dump, makeRegistry, makeStorage } from '../support/registry.js'

const ana = { workspaceId: 'acme', userId: 'ana' }
const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function bench() {
  const server: TestMcpServer = await startMcpServer()
  const storage = makeStorage()
  const registry = makeRegistry({ storage })
  open.push(registry, server)
  return { server, storage, mine: registry.actingAs(ana) }
}

describe('a list', () => {
  it('is connected off, with its headers filled in and sealed', async () => {
    const { server, storage, mine } = await bench()
    const { servers } = readServers(
      JSON.stringify({
        mcpServers: {
          notes: { url: server.url, headers: { Authorization: 'Bearer ${KEY}' }, autoApprove: ['write_note'] },
          files: { command: 'npx', args: ['files'] },
        },
      }),
    )
    const { rows } = await importServers(mine, servers, {
      agents: ['assistant'],
      answers: { notes: { KEY: 'canary-1' } },
    })
    expect(rows.map(({ name, type }) => [name, type])).toEqual([
      ['notes', 'connected'],
      ['files', 'unsupported'],
    ])
    expect(server.seen.at(-1)!.headers['authorization']).toBe('Bearer canary-1')
    const [integration] = await mine.list()
    expect(integration).toMatchObject({ name: 'notes', enabled: false, visibility: 'private', agents: ['assistant'] })
    const { tools } = await mine.tools(integration!.id)
    expect(tools.map(({ approval }) => approval.mode)).toEqual(['default', 'default'])
    expect(JSON.stringify([await dump(storage), rows])).not.toContain('canary-1')
  })

  it.each([
    ['missing', {}, 'needs an answer'],
    ['empty', { notes: { REGION: '' } }, 'needs an answer'],
    ['not one of the choices', { notes: { REGION: 'mars' } }, 'must be one of eu, us'],
    [
      'of an ancestor',
      Object.create({ notes: { REGION: 'eu' } }) as Record<string, Record<string, string>>,
      'needs an answer',
    ],
  ])('stores nothing of a server whose answer is %s', async (_what, answers, message) => {
    const { server, mine } = await bench()
    const { servers } = readServers(
      JSON.stringify({
        servers: { notes: { url: server.url, headers: { Region: '${input:REGION}' } } },
        inputs: [{ id: 'REGION', type: 'pickString', options: ['eu', 'us'] }],
      }),
    )
    const { rows } = await importServers(mine, servers, { agents: ['assistant'], answers })
    expect(rows).toEqual([{ name: 'notes', type: 'missing_answers', fields: [{ path: 'REGION', message }] }])
    expect(await mine.list()).toEqual([])
  })

  it("continues after servers that can't be connected", async () => {
    const { server, mine } = await bench()
    const { servers } = readServers(
      JSON.stringify({
        mcpServers: {
          inside: { url: 'https://10.0.0.1/mcp' },
          reserved: { url: server.url, headers: { Host: 'a' } },
          gone: { url: `${new URL(server.url).origin.replace(/\d+$/, '1')}/mcp` },
          notes: { url: server.url },
        },
      }),
    )
    const { rows } = await importServers(mine, servers, { agents: ['assistant'], enabled: true })
    expect(rows.map((row) => [row.type, row.type === 'refused' ? row.error.code : ''])).toEqual([
      ['refused', 'url_refused'],
      ['refused', 'invalid_input'],
      ['refused', 'unreachable'],
      ['connected', ''],
    ])
    expect((await mine.list()).find(({ name }) => name === 'notes')).toMatchObject({ enabled: true })
  })
})

describe('an export', () => {
  it.each(['mcp.json', 'vscode'] as const)('can be read again, without its secrets: %s', async (format) => {
    const { server, mine } = await bench()
    const headers = { 'X-Api-Key': 'canary-2' }
    await mine.connect({ name: 'Notes', url: server.url, headers, agents: ['assistant'] })
    await mine.connect({ name: 'Notes', url: server.url, agents: ['assistant'], enabled: false })
    const text = exportServers(await mine.list(), { format })
    expect(text).not.toContain('canary-2')
    const { servers } = readServers(text)
    expect(servers).toMatchObject([
      { name: 'Notes', url: [server.url], enabled: true, headers: [{ name: 'X-Api-Key', secret: true }] },
      { name: 'Notes 2', url: [server.url], enabled: false, headers: [] },
    ])
    expect(servers[0]!.variables).toMatchObject([{ name: 'NOTES_X_API_KEY', secret: true }])
  })

  it.each(['mcp.json', 'vscode'] as const)('asks a client for nothing but its header values: %s', async (format) => {
    const { server, mine } = await bench()
    const url = `${server.url}?a=\${HOME}&b=\${input:x}&c=\${env:AWS_SECRET_ACCESS_KEY}&d={x}`
    await mine.connect({ name: '${HOME} __proto__', url, headers: { 'X-Api-Key': 'k' }, agents: ['assistant'] })
    await mine.connect({ name: '__proto__', url: server.url, agents: ['assistant'] })
    const text = exportServers(await mine.list(), { format })
    expect(text.replaceAll('"${HOME} __proto__"', '').replaceAll('of ${HOME} __proto__', '')).not.toMatch(
      /\$\{(?!.*X_API_KEY)/,
    )
    const { servers } = readServers(text)
    expect(servers.map(({ name }) => name).toSorted()).toEqual(['${HOME} __proto__', '__proto__'])
    expect(servers.flatMap(({ variables }) => variables)).toMatchObject([{ secret: true }])
    const kept = new URL(String(servers.find(({ name }) => name !== '__proto__')?.url))
    expect(kept.searchParams.get('a')).toBe('${HOME}')
  })

  it.each(['mcp.json', 'vscode'] as const)('has a variable of its own for each header: %s', async (format) => {
    const { server, mine } = await bench()
    const connect = (name: string, headers: Record<string, string>) =>
      mine.connect({ name, url: server.url, headers, agents: ['assistant'] })
    await connect('git', { 'Hub-Token': 'a', Hub_Token: 'b' })
    await connect('git hub', { Token: 'c' })
    const { servers } = readServers(exportServers(await mine.list(), { format }))
    const used = servers.flatMap(({ headers }) => headers.flatMap(({ value }) => value))
    expect(used).toHaveLength(3)
    expect(new Set(used.map((part) => JSON.stringify(part))).size).toBe(3)
  })

  it('leaves out integrations with a hidden URL', async () => {
    const { server, mine } = await bench()
    const { integration } = await mine.connect({ name: 'Notes', url: server.url, agents: ['assistant'] })
    expect(exportServers([{ ...integration, url: undefined }])).toBe('{\n  "mcpServers": {}\n}\n')
  })
})
