import { encryptedCredentials } from 'mcp-integrations'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openGate } from '../support/gate.js'
import { dump, makeRegistry, makeStorage } from '../support/registry.js'

describe('sweep', () => {
  it('erases what was written of an integration after it was removed, and nothing of one that is there', async () => {
    const { mine, id, registry, storage } = await openGate()
    const { integration: gone } = await mine.connect({
      url: 'https://notes.example/mcp',
      name: 'Gone',
      agents: ['assistant'],
    })
    await mine.remove(gone.id)
    const before = (await dump(storage)).map(({ key }) => key)
    await storage.commit('acme', [
      { key: `status/${gone.id}/_`, value: { reason: 'ok' } },
      { key: `headers/${gone.id}/bo`, value: { sealed: 'late', origin: 'https://notes.example', headers: [] } },
    ])
    expect(await registry.sweep()).toMatchObject({ removals: 1 })
    expect((await dump(storage)).map(({ key }) => key)).toEqual(before)
    expect(await mine.get(id)).toMatchObject({ status: 'connected', tools: { total: 2 } })
    expect(await registry.sweep()).toMatchObject({ removals: 0 })
  })
})

describe('resealAll and keyUsage', () => {
  it('know of tokens that are still to be revoked', async () => {
    const secret = Buffer.alloc(32, 7).toString('base64')
    const [old, fresh] = [
      { id: 'old', secret },
      { id: 'new', secret: Buffer.alloc(32, 8).toString('base64') },
    ] as const
    const storage = makeStorage()
    const where = { workspaceId: 'acme', integrationId: 'i', owner: '_', field: 'tokens' }
    const sealed = await encryptedCredentials({ keys: [old] }).seal('{}', where)
    await storage.commit('acme', [{ key: 'unrevoked/i/_/l', value: { sealed }, expiresAt: Date.now() + 60_000 }])
    const registry = makeRegistry({ storage, credentials: encryptedCredentials({ keys: [fresh, old] }) })
    onTestFinished(() => registry.close())
    expect(await registry.keyUsage()).toEqual({ old: 1 })
    expect(await registry.resealAll()).toEqual({ resealed: 1, current: 0, unreadable: 0 })
    expect(await registry.keyUsage()).toEqual({ new: 1 })
  })
})
