import { describe, expect, it } from 'vitest'
import { memoryStorage } from 'mcp-integrations'
import { ownerKey } from '../../src/registry/state/keys.js'
import { startMcpServer } from '../support/mcp-server.js'
import { ana, makeRegistry } from '../support/registry.js'

describe('somebody who can write the database', () => {
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
