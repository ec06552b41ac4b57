import { describe, expect, it } from 'vitest'
import { memoryStorage } from 'mcp-integrations'
import { ownerKey } from '../../src/registry/state/keys.js'
import { startMcpServer } from '../support/mcp-server.js'
import { redirectUrl, startOAuthBench } from '../support/oauth-registry.js'
import { ana, makeRegistry } from '../support/registry.js'

describe('someone who can write to the database', () => {
  it.each(['url alone', 'url and every origin beside it'])(
    'sends no header value elsewhere by changing %s',
    async (what) => {
      const [honest, evil] = [await startMcpServer(), await startMcpServer()]
      const storage = memoryStorage()
      const registry = makeRegistry({ storage, confirm: () => 'approve' })
      const { integration } = await registry.actingAs(ana).connect({
        url: honest.url,
        name: 'Notes',
        agents: ['assistant'],
        headers: { 'X-Api-Key': 'CANARY-key' },
      })
      await registry.close()
      const { origin } = new URL(evil.url)
      for (const key of [`integration/${integration.id}`, `headers/${integration.id}/_`]) {
        const { records } = await storage.read('acme', [key])
        const value = records[0]!.value as Record<string, unknown>
        const origins = what === 'url alone' ? {} : { origin }
        const url = 'url' in value ? { url: evil.url } : {}
        await storage.commit('acme', [{ key, value: { ...value, ...origins, ...url } as never }])
      }
      const after = makeRegistry({ storage, confirm: () => 'approve' })
      const mine = after.actingAs(ana)
      await mine.validate(integration.id).catch(() => {})
      await mine.reconnect(integration.id).catch(() => {})
      await (await mine.toolset('assistant')).call('notes__read_note', { id: '1' }).catch(() => {})
      expect(JSON.stringify(evil.seen)).not.toContain('CANARY')
      expect((await mine.get(integration.id)).status).not.toBe('connected')
      await after.close()
      await honest.close()
      await evil.close()
    },
  )

  type Records = Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** What is written over the records of an honest integration and of one with the writer's server, by key. */
  const edits: readonly [string, (honest: string, own: string, url: string, records: Records) => Records][] = [
    [
      'another URL',
      (id, _own, url, records) => ({
        [`integration/${id}`]: { ...records[`integration/${id}`], url, origin: new URL(url).origin },
      }),
    ],
    [
      'another URL everywhere, in a flow too',
      (_id, _own, url, records) =>
        Object.fromEntries(
          Object.entries(records).map(([key, value]) => [
            key,
            JSON.parse(
              JSON.stringify(value, (name, text: unknown) =>
                name === 'url' || name === 'serverUrl' ? url : name === 'origin' ? new URL(url).origin : text,
              ),
            ) as Record<string, unknown>,
          ]),
        ),
    ],
    [
      'the credential at its own integration',
      (id, own, _url, records) => ({ [`credential/${own}/_`]: records[`credential/${id}/_`]! }),
    ],
    [
      'the client at its own integration',
      (id, own, url, records) => ({
        [`client/${own}/_`]: { ...records[`client/${id}/_`], origin: new URL(url).origin },
      }),
    ],
    [
      'the OAuth settings at its own integration',
      (id, own, _url, records) => ({ [`oauth-settings/${own}`]: records[`oauth-settings/${id}`]! }),
    ],
    [
      'the integration at its own id',
      (id, own, url, records) => ({ [`integration/${own}`]: { ...records[`integration/${id}`], url } }),
    ],
    [
      'another issuer',
      (id, _own, url, records) => ({
        [`credential/${id}/_`]: { ...records[`credential/${id}/_`], issuer: new URL(url).origin, refreshAt: 0 },
      }),
    ],
    [
      'what was sealed as something else',
      (id, own, _url, records) => ({
        [`headers/${own}/_`]: { ...records[`credential/${id}/_`], tag: 't', origin: '', headers: [] },
        [`oauth-settings/${id}`]: { sealed: records[`client/${id}/_`]!['sealed'] },
      }),
    ],
  ]

  it.each(edits)('sends no token and no client secret elsewhere by writing %s', async (_what, edit) => {
    const secret = 'CANARY-secret-0123456789-0123456789-01234567'
    const client = {
      client_id: 'registered',
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: [redirectUrl],
      application_type: 'native',
      scope: 'openid offline_access mcp:read mcp:write',
    }
    const bench = await startOAuthBench({ authorizationServer: { clients: [client] } })
    const evil = await startMcpServer()
    const oauth = { clientId: 'registered', clientSecret: secret }
    const honest = await bench.connected({ oauth })
    const mine = bench.registry.actingAs(ana)
    const { integration } = await mine.connect({ url: evil.url, name: 'Evil', agents: ['assistant'] })
    const callback = await bench.signIn(await mine.reconnect(honest))
    const stored = await bench.dump()
    const records = Object.fromEntries(stored.map(({ key, value }) => [key, value as Record<string, unknown>]))
    const tokens = bench.server.seen.flatMap(({ headers }) => headers.authorization ?? [])
    evil.seen.length = 0
    for (const [key, value] of Object.entries(edit(honest, integration.id, evil.url, records)))
      await bench.storage.commit('acme', [{ key, value: value as never }])
    const after = bench.another().actingAs(ana)
    await after.finishConnect(callback).catch(() => {})
    for (const id of [honest, integration.id]) {
      await after.validate(id).catch(() => {})
      await after.reconnect(id).catch(() => {})
      await after.refreshTools(id).catch(() => {})
    }
    const toolset = await after.toolset('assistant')
    for (const { modelName } of toolset.tools) await toolset.call(modelName, { id: '1' }).catch(() => {})
    for (const id of [honest, integration.id]) await after.remove(id).catch(() => {})
    const sent = JSON.stringify(evil.seen)
    expect(tokens.length).toBeGreaterThan(0)
    for (const token of [...tokens, secret]) expect(sent).not.toContain(token.replace(/^bearer /i, ''))
    expect(evil.seen.filter(({ headers }) => headers['authorization'] !== undefined)).toEqual([])
    await bench.close()
    await evil.close()
  })

  it('gives the account of one person to no other one, by naming them in a sign-in under way', async () => {
    const bench = await startOAuthBench()
    const mine = bench.registry.actingAs(ana)
    const theirs = bench.registry.actingAs({ workspaceId: 'acme', userId: 'bo' })
    const begun = await mine.connect({
      url: bench.server.url,
      name: 'Notes',
      agents: ['assistant'],
      visibility: 'workspace',
      credentials: 'per_user',
    })
    const callback = await bench.signIn(begun)
    const flow = (await bench.dump()).find(({ key }) => key.startsWith('flow/'))!
    await bench.storage.commit('acme', [{ key: flow.key, value: { ...(flow.value as object), owner: 'bo' } as never }])
    await expect(mine.finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    expect(await theirs.get(begun.integration.id)).not.toMatchObject({ status: 'connected' })
    await bench.close()
  })

  it.each([
    ['a plain id', 'bo'],
    ['the name of the shared one', '_'],
    ['a long id', 'é'.repeat(100)],
    ['an id that spells how a long one is kept', ownerKey('é'.repeat(100))],
  ])('opens no header value of another person by moving it to %s', async (_what, userId) => {
    const server = await startMcpServer()
    const storage = memoryStorage()
    const registry = makeRegistry({ storage, confirm: () => 'approve' })
    const { integration } = await registry.actingAs(ana).connect({
      url: server.url,
      name: 'Notes',
      agents: ['assistant'],
      visibility: 'workspace',
      credentials: 'per_user',
      headers: { 'X-Api-Key': 'CANARY-key' },
    })
    const { id } = integration
    const { records } = await storage.read('acme', [`headers/${id}/ana`])
    await storage.commit('acme', [{ key: `headers/${id}/${ownerKey(userId)}`, value: records[0]!.value }])
    server.seen.length = 0
    const theirs = registry.actingAs({ workspaceId: 'acme', userId })
    expect(await theirs.validate(id)).toMatchObject({
      type: 'failed',
      integration: { statusDetail: { reason: 'credential_unreadable' } },
    })
    expect(server.seen).toEqual([])
    expect(await registry.actingAs(ana).validate(id)).toMatchObject({ type: 'connected' })
    await registry.close()
    await server.close()
  })
})
