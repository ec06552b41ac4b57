import { describe, expect, it } from 'vitest'
import { dump } from '../support/registry.js'
import { openFront } from './support.js'

/** An `mcp.json` with these servers. */
const listOf = (mcpServers: object): string => JSON.stringify({ mcpServers })
const agents = ['assistant']

describe('GET /export', () => {
  it('returns a list that can be imported again, without secrets', async () => {
    const { client, id, request } = await openFront({ connect: { headers: { 'X-Api-Key': 'canary' } } })
    const { url } = await client.get(id)
    expect(JSON.parse(await client.exportServers())).toEqual({
      mcpServers: { Notes: { type: 'http', url, headers: { 'X-Api-Key': '${NOTES_X_API_KEY}' } } },
    })
    expect(JSON.parse(await client.exportServers({ format: 'vscode' }))).toMatchObject({
      servers: { Notes: { url } },
      inputs: [{ id: 'NOTES_X_API_KEY', password: true }],
    })
    const preview = await client.previewServers(await client.exportServers())
    expect(preview.servers).toMatchObject([{ name: 'Notes', variables: [{ name: 'NOTES_X_API_KEY', secret: true }] }])
    expect(await (await request('/export')).text()).not.toContain('canary')
  })

  it('refuses an unknown format', async () => {
    const { request } = await openFront()
    const answer = await request('/export?format=yaml')
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'invalid_input', fields: [{ path: 'format' }] })
  })

  it('contains no private integration of another person', async () => {
    const { person } = await openFront()
    const bo = person({ workspaceId: 'acme', userId: 'bo' })
    expect(JSON.parse(await bo.exportServers())).toEqual({ mcpServers: {} })
  })
})

describe('POST /import', () => {
  it("connects servers turned off, with an error for each that can't be connected", async () => {
    const { client, server, storage } = await openFront()
    const { rows } = await client.importServers(
      listOf({
        second: { url: server.url, headers: { 'X-Api-Key': '${KEY}' } },
        local: { command: 'npx', args: ['-y', 'files'] },
        asks: { url: server.url, headers: { 'X-Api-Key': '${OTHER}' } },
        inside: { url: 'http://10.0.0.1/mcp' },
      }),
      { agents, answers: { second: { KEY: 'canary' } } },
    )
    expect(rows).toMatchObject([
      { name: 'second', type: 'connected', result: { integration: { name: 'second', enabled: false } } },
      { name: 'local', type: 'unsupported' },
      { name: 'asks', type: 'missing_answers', fields: [{ path: 'OTHER' }] },
      { name: 'inside', type: 'refused', problem: { code: 'url_refused', status: 422 } },
    ])
    expect((await client.list()).map(({ name }) => name).toSorted()).toEqual(['Notes', 'second'])
    expect(JSON.stringify([rows, await dump(storage)])).not.toContain('canary')
  })

  it('previews the servers with preview=1, without secrets, and stores nothing', async () => {
    const { client, server, storage } = await openFront()
    const before = await dump(storage)
    const preview = await client.previewServers(
      listOf({
        second: { url: `${server.url}?api_key=canary-1`, headers: { Authorization: 'Bearer canary-2' } },
        local: { command: 'npx', env: { TOKEN: 'canary-3' }, args: ['--token', 'canary-4'] },
      }),
    )
    expect(preview).toMatchObject({
      format: 'mcp.json',
      servers: [
        { name: 'second', headers: [{ name: 'Authorization', secret: true, given: true }] },
        { name: 'local', unsupported: expect.any(String) as string },
      ],
    })
    expect(JSON.stringify(preview)).not.toContain('canary')
    expect(await dump(storage)).toEqual(before)
  })

  const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`s${n}`, { url: 'https://a.example/mcp' }]))
  it.each<[string, object, string]>([
    ['a dialect that is not known', { text: '{"plugins":{}}', agents }, 'text'],
    ['text that is no document', { text: '{"mcpServers":', agents }, 'text'],
    ['an empty text', { text: '', agents }, 'text'],
    ['too many servers', { text: listOf(many), agents }, 'text'],
    ['too deep a document', { text: `{"mcpServers":${'['.repeat(200)}${']'.repeat(200)}}`, agents }, 'text'],
    ['no text', { agents }, 'text'],
    ['a text that is an object', { text: { mcpServers: {} }, agents }, 'text'],
    ['no agents', { text: listOf({ a: { url: 'https://a.example/mcp' } }) }, 'agents'],
    ['an empty list of agents', { text: listOf({}), agents: [] }, 'agents'],
    ['answers that are no text', { text: listOf({}), agents, answers: { a: { KEY: 7 } } }, 'answers.a.KEY'],
    ['a visibility that is not known', { text: listOf({}), agents, visibility: 'public' }, 'visibility'],
  ])('refuses %s, and stores nothing', async (_what, body, path) => {
    const { request, storage } = await openFront()
    const before = await dump(storage)
    const answer = await request('/import', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'invalid_input', fields: [{ path }] })
    expect(await dump(storage)).toEqual(before)
  })

  it('refuses each row with unknown agents, and stores nothing', async () => {
    const { client, server, storage } = await openFront()
    const before = await dump(storage)
    const { rows } = await client.importServers(listOf({ a: { url: server.url } }), { agents: ['nobody'] })
    expect(rows).toMatchObject([{ name: 'a', type: 'refused', problem: { code: 'invalid_input' } }])
    expect(await dump(storage)).toEqual(before)
  })

  it('is for signed-in people, from this origin', async () => {
    const { handler, request } = await openFront()
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    const stranger = await handler(new Request('https://app.example/api/mcp/import', init))
    expect(stranger.status).toBe(401)
    const foreign = await request('/import', { ...init, headers: { ...init.headers, origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
  })

  it('is limited to 30 requests per person and minute', async () => {
    const { client, person, runtime } = await openFront()
    for (let n = 0; n < 30; n++) await client.previewServers(listOf({}))
    await expect(client.previewServers(listOf({}))).rejects.toMatchObject({ status: 429, code: 'limit_reached' })
    await person({ workspaceId: 'acme', userId: 'bo' }).previewServers(listOf({}))
    await runtime.advance(60_000)
    await client.previewServers(listOf({}))
  })

  it('connects only the chosen servers, and refuses a name that is not in the list', async () => {
    const { client, server } = await openFront()
    const list = listOf({ one: { url: server.url }, two: { url: server.url }, __proto__x: { url: server.url } })
    const { rows } = await client.importServers(list, { agents, only: ['two'] })
    expect(rows).toMatchObject([{ name: 'two', type: 'connected' }])
    await expect(client.importServers(list, { agents, only: ['two', '__proto__'] })).rejects.toMatchObject({
      code: 'invalid_input',
      fields: [{ path: 'only[1]', message: 'is not the name of a server in the list' }],
    })
    expect(await client.importServers(list, { agents, only: [] })).toEqual({ rows: [] })
    expect((await client.list()).map(({ name }) => name).toSorted()).toEqual(['Notes', 'two'])
  })

  it('shows in a preview which variables have a default, and no secret default', async () => {
    const { client } = await openFront()
    const headers = { 'X-Api-Key': '${KEY:-canary}', 'X-Region': '${REGION:-eu}', 'X-Team': '${TEAM}' }
    const preview = await client.previewServers(listOf({ one: { url: 'https://mcp.example/mcp', headers } }))
    expect(preview.servers[0]?.variables).toMatchObject([
      { name: 'KEY', secret: true, hasDefault: true },
      { name: 'REGION', default: 'eu', hasDefault: true },
      { name: 'TEAM', hasDefault: false },
    ])
    expect(JSON.stringify(preview)).not.toContain('canary')
  })
})
