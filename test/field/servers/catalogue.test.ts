import type { Connector } from 'mcp-integrations'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeRegistry } from '../../support/registry.js'
import { ana, listen, local, resultOf, using } from './support.js'

/** A registry whose catalogue a test changes. */
function changing(first: readonly Connector[]) {
  let connectors = first
  const registry = makeRegistry({ connectors: async () => Promise.resolve(connectors), confirm: () => 'approve' })
  onTestFinished(() => registry.close())
  const mine = registry.actingAs(ana)
  return { registry, mine, ...using(mine), become: (next: readonly Connector[]) => (connectors = next) }
}

describe('a connector that leaves the catalogue', () => {
  it('leaves what was connected with a key as it was: it can be used, checked and removed', async () => {
    const server = await listen()
    const auth = { type: 'header', name: 'Authorization', prefix: 'Bearer ' } as const
    const { mine, call, become } = changing([{ id: 'notes', name: 'Field', url: server.url, auth }])
    const headers = { Authorization: 'k1' }
    const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant'], headers })
    become([])
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer k1')
    expect(await mine.validate(integration.id)).toMatchObject({ type: 'connected' })
    expect(await mine.get(integration.id)).toMatchObject({ status: 'connected' })
    await expect(mine.connect({ connector: 'notes', agents: ['assistant'], headers })).rejects.toMatchObject({
      code: 'not_found',
    })
    await mine.remove(integration.id)
  })

  it('takes its local server away, which says so, and brings it back', async () => {
    const connector = local('() => undefined')
    const { mine, call, become } = changing([connector])
    const { integration } = await mine.connect({ connector: 'local', agents: ['assistant'] })
    become([])
    const { type, integration: found } = await mine.validate(integration.id)
    expect([type, found.status]).toEqual(['failed', 'error'])
    await expect(call()).rejects.toMatchObject({ message: expect.stringContaining('connectors') as string })
    become([connector])
    expect(await mine.validate(integration.id)).toMatchObject({ type: 'connected' })
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
  })
})

describe('a default mode for an integration', () => {
  it('runs what it says in place of the platform, except a tool with its own mode', async () => {
    const tools = ['a', 'b'].map((name) => ({ name, inputSchema: { type: 'object' } }))
    const server = await listen(({ method, id }) =>
      method === 'tools/list' ? { json: { jsonrpc: '2.0', id, result: { tools } } } : undefined,
    )
    const registry = makeRegistry()
    onTestFinished(() => registry.close())
    const mine = registry.actingAs(ana)
    const { integration } = await mine.connect({ url: server.url, name: 'Field', agents: ['assistant'] })
    const { call } = using(mine)
    const types = async () => [(await call({}, 'field__a')).type, (await call({}, 'field__b')).type]
    expect(await types()).toEqual(['approval_required', 'approval_required'])
    expect(await mine.update(integration.id, { approval: 'auto' })).toMatchObject({ approval: 'auto' })
    expect(await types()).toEqual(['completed', 'completed'])
    await mine.configureTools(integration.id, { b: { approval: 'ask' } })
    expect(await types()).toEqual(['completed', 'approval_required'])
    const toolset = await mine.toolset('assistant')
    const said = ['field__a', 'field__b'].map((name) => toolset.explain(name, {}))
    expect((await Promise.all(said)).map(({ type }) => type)).toEqual(['auto', 'ask'])
    await mine.update(integration.id, { approval: 'default' })
    expect(await types()).toEqual(['approval_required', 'approval_required'])
    await expect(mine.update(integration.id, { approval: 'always' as never })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })
})
