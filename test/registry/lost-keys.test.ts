import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  encryptedCredentials,
  type EncryptionKeyProvider,
  type IntegrationRegistry,
  type RegistryStorage,
} from 'mcp-integrations'
import { manualRuntime } from 'mcp-integrations/testing'
import { guardedVault } from '../../src/registry/state/guarded-ports.js'
import { later } from '../support/gate.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, dump, makeRegistry, makeStorage, type TestAgent } from '../support/registry.js'

/** A key management service, as a test needs it: what its next answers are is written to `answers`. */
function keyService() {
  const service = {
    keyId: 'kms-1' as unknown,
    answers: 'right' as 'right' | 'silence' | 'error' | 'nothing' | 'nonsense',
  }
  const answer = async (key: Uint8Array): Promise<Uint8Array> => {
    if (service.answers === 'silence') return new Promise(() => {})
    if (service.answers === 'error') throw new Error('canary of the service')
    if (service.answers === 'nothing') return undefined as unknown as Uint8Array
    return service.answers === 'nonsense' ? new Uint8Array() : key.map((byte) => byte ^ 1)
  }
  const provider: EncryptionKeyProvider = {
    currentKeyId() {
      if (service.keyId instanceof Error) throw service.keyId
      return service.keyId as string
    },
    wrap: (_id, key) => answer(key),
    unwrap: (_id, key) => answer(key),
  }
  return Object.assign(service, { provider })
}

/** An integration with a header value, in a storage that several processes can open with vaults of their own. */
async function openStored(
  credentials: Parameters<typeof encryptedCredentials>[0]['keys'],
  headers: Record<string, string>,
) {
  const server = await startMcpServer()
  onTestFinished(() => server.close())
  const storage = makeStorage()
  const process = processes(storage)
  const registry = process({ keys: credentials })
  return { server, storage, process, registry, id: await connect(registry, server, headers) }
}

function processes(storage: RegistryStorage) {
  return (
    options: Parameters<typeof encryptedCredentials>[0],
    limits = {},
    ownStorage = storage,
  ): IntegrationRegistry<TestAgent> => {
    const registry = makeRegistry({ storage: ownStorage, credentials: encryptedCredentials(options), limits })
    onTestFinished(() => registry.close({ graceMs: 1 }))
    return registry
  }
}

async function connect(
  registry: IntegrationRegistry<TestAgent>,
  server: TestMcpServer,
  headers: Record<string, string>,
  name = 'Notes',
) {
  const mine = registry.actingAs(ana)
  const { integration } = await mine.connect({ url: server.url, name, headers, agents: ['assistant'], enabled: true })
  await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
  return integration.id
}

const call = async (registry: IntegrationRegistry<TestAgent>) =>
  (await registry.actingAs(ana).toolset('assistant')).call('notes__read_note', { id: '1' })
const ring = (...ids: readonly number[]) => ids.map((n) => ({ id: `key-${n}`, secret: new Uint8Array(32).fill(n) }))

describe('a key service', () => {
  it('that hangs keeps nobody waiting, and is asked again once it works', async () => {
    const kms = keyService()
    const { process, id } = await openStored(kms.provider, { 'X-Api-Key': 'canary-1' })
    let now = 0
    const registry = process({ keys: kms.provider, now: () => now }, { storageTimeoutMs: 3000 })
    kms.answers = 'silence'
    await expect(call(registry)).rejects.toMatchObject({ code: 'storage_unavailable', mayHaveRun: false })
    await expect(registry.resealAll()).resolves.toMatchObject({ unreadable: 0 })
    kms.keyId = 'kms-2'
    await expect(registry.resealAll()).rejects.toMatchObject({ code: 'storage_unavailable' })
    kms.answers = 'right'
    now += 5000
    expect(await call(registry)).toMatchObject({ type: 'completed' })
    expect((await registry.actingAs(ana).get(id)).status).toBe('connected')
  })

  it('that seals too late keeps nothing', async () => {
    const [sealed, runtime, destroyed] = [later<string>(), manualRuntime(), vi.fn(async () => {})]
    const vault = guardedVault(
      { ...encryptedCredentials({ keys: ring(1) }), seal: () => sealed.promise, destroy: destroyed },
      { runtime, timeoutMs: 1_000 },
    )
    const outcome = vi.fn()
    void vault
      .seal('secret', { workspaceId: 'acme', integrationId: 'a', owner: '_', field: 'headers' })
      .then(outcome, outcome)
    await runtime.advance(5_999)
    expect(outcome).not.toHaveBeenCalled()
    await runtime.advance(1)
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'storage_unavailable' }))
    expect(destroyed).not.toHaveBeenCalled()
    sealed.resolve('sealed at last')
    await expect.poll(() => destroyed.mock.calls).toEqual([['sealed at last']])
  })

  it.each([[''], ['x'.repeat(129)], ['ä'], ['a\nb'], [5], [undefined], [new Error('canary of the service')]])(
    'that names its key %j seals nothing, so that nothing is lost',
    async (keyId) => {
      const kms = keyService()
      const { registry, storage, id } = await openStored(kms.provider, { 'X-Api-Key': 'canary-1' })
      const before = (await dump(storage)).filter(({ key }) => key.startsWith('headers/'))
      kms.keyId = keyId
      const edit = registry.actingAs(ana).update(id, { headers: { 'X-Api-Key': 'two' } })
      await expect(edit).rejects.toMatchObject({
        code: 'storage_unavailable',
        message: expect.not.stringContaining('canary') as string,
      })
      await expect(registry.resealAll()).rejects.toMatchObject({
        code: 'storage_unavailable',
        message: expect.not.stringContaining('canary') as string,
      })
      expect(await registry.keyUsage()).toEqual({ 'kms-1': 1 })
      expect((await dump(storage)).filter(({ key }) => key.startsWith('headers/'))).toEqual(before)
      kms.keyId = 'kms-1'
      expect(await call(registry)).toMatchObject({ type: 'completed' })
    },
  )

  it.each(['nothing', 'nonsense'] as const)('that wraps a key as %s seals nothing', async (answers) => {
    const kms = keyService()
    const { registry, storage, id } = await openStored(kms.provider, { 'X-Api-Key': 'canary-1' })
    const before = (await dump(storage)).filter(({ key }) => key.startsWith('headers/'))
    kms.answers = answers
    const edit = registry.actingAs(ana).update(id, { headers: { 'X-Api-Key': 'two' } })
    await expect(edit).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect((await dump(storage)).filter(({ key }) => key.startsWith('headers/'))).toEqual(before)
  })
})

describe('a key that was removed too early', () => {
  it('is a value to enter again, and nothing else is lost', async () => {
    const { process, id } = await openStored(ring(1), { 'X-Api-Key': 'canary-1', 'X-Team': 'a' })
    const without = process({ keys: ring(2) })
    const mine = without.actingAs(ana)
    await expect(call(without)).rejects.toMatchObject({ code: 'credential_unreadable' })
    expect(await mine.validate(id)).toMatchObject({ type: 'failed', integration: { statusDetail: { action: 'edit' } } })
    // What an edit keeps must be opened; what it replaces or removes need not.
    await expect(mine.update(id, { headers: { 'X-Api-Key': 'two' } })).rejects.toMatchObject({
      code: 'credential_unreadable',
      message: expect.stringContaining('X-Team') as string,
    })
    await mine.update(id, { name: 'Renamed' })
    expect(await process({ keys: ring(2, 1) }).resealAll()).toEqual({ resealed: 1, current: 0, unreadable: 0 })
  })

  it('is repaired by entering the values again', async () => {
    const { process, id } = await openStored(ring(1), { 'X-Api-Key': 'canary-1', 'X-Team': 'a' })
    const without = process({ keys: ring(2) })
    await without.actingAs(ana).update(id, { headers: { 'x-api-key': 'two', 'X-Team': null } })
    expect(await call(without)).toMatchObject({ type: 'completed' })
    expect(await without.keyUsage()).toEqual({ 'key-2': 1 })
  })

  it('is repaired by the person whose own value it was', async () => {
    const server = await startMcpServer()
    onTestFinished(() => server.close())
    const process = processes(makeStorage())
    const { integration } = await process({ keys: ring(1) })
      .actingAs(ana)
      .connect({
        url: server.url,
        name: 'Notes',
        headers: { 'X-Api-Key': 'one' },
        credentials: 'per_user',
        agents: ['assistant'],
      })
    const mine = process({ keys: ring(2) }).actingAs(ana)
    expect(await mine.authorize(integration.id, { headers: { 'X-Api-Key': 'two' } })).toMatchObject({
      type: 'connected',
    })
  })
})

describe('a rotation', () => {
  it('that is interrupted again and again, by processes with other current keys, loses nothing', async () => {
    const { server, storage, process, registry } = await openStored(ring(1), { 'X-Api-Key': 'canary-1' })
    for (let n = 0; n < 8; n++) await connect(registry, server, { 'X-Api-Key': `canary-${n}` }, `Other ${n}`)
    let commits = 0
    const interrupted: RegistryStorage = {
      read: (...args) => storage.read(...args),
      list: (query) => storage.list(query),
      scan: (query) => storage.scan(query),
      expired: (query) => storage.expired(query),
      async commit(...args) {
        // Every third answer is lost after the commit, as when a process ends or a connection breaks.
        const written = await storage.commit(...args)
        if (++commits % 3 === 0) throw new Error('lost')
        return written
      },
    }
    const one = process({ keys: ring(1, 2) })
    const two = process({ keys: ring(2, 1) }, {}, interrupted)
    for (let round = 0; round < 20; round++) {
      const [, report] = await Promise.all([one.resealAll(), two.resealAll().catch(() => undefined)])
      if (report?.current === 9) break
      if (round > 5) await two.resealAll().catch(() => undefined)
      if ((await two.keyUsage())['key-1'] === undefined) break
    }
    // The other process gets the new order of keys; the rest is resealed, and the old key can go.
    expect(await process({ keys: ring(2, 1) }).resealAll()).toMatchObject({ unreadable: 0 })
    const after = process({ keys: ring(2) })
    expect(await after.keyUsage()).toEqual({ 'key-2': 9 })
    expect(await call(after)).toMatchObject({ type: 'completed' })
  })
})
