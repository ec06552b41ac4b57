import { encryptedCredentials, IntegrationRegistry, memoryStorage, type EncryptionKeyProvider } from 'mcp-integrations'
import { describeVaultContract } from 'mcp-integrations/testing'
import { ana, expect, startNotes } from './host.js'

export async function credentials(): Promise<void> {
  const notes = await startNotes()
  const storage = memoryStorage()
  const [oldKey, newKey] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const open = (keys: { id: string; secret: Uint8Array }[]) =>
    new IntegrationRegistry({
      storage,
      credentials: encryptedCredentials({ keys }),
      agents: ['assistant'],
      egress: { allowLoopback: true },
    })
  const before = open([{ id: '2026-01', secret: oldKey }])
  const mine = before.actingAs(ana)
  const url = notes.url
  // #region headers
  const { integration } = await mine.connect({
    url,
    name: 'Notes',
    agents: ['assistant'],
    headers: { 'X-Api-Key': 'k-123', 'X-Tenant': 'acme' },
  })
  await mine.update(integration.id, { headers: { 'X-Api-Key': 'k-456', 'X-Tenant': null } }) // others are kept
  // #endregion
  const read = await mine.get(integration.id)
  expect('values are write-only', !JSON.stringify(read).includes('k-456') && read.headers?.length === 1)
  await before.close()

  // 1. the new key last, everywhere; 2. the new key first; 3. reseal; 4. drop the old one
  const registry = open([
    { id: '2026-07', secret: newKey },
    { id: '2026-01', secret: oldKey },
  ])
  // #region rotate
  await registry.resealAll() // resumes by itself when it was interrupted
  const usage = await registry.keyUsage() // { '2026-07': 12 }: the old key may go
  // #endregion
  expect('nothing depends on the old key', usage['2026-01'] === undefined && (usage['2026-07'] ?? 0) > 0)
  await registry.close()
  await notes.close()

  // #region kms-client
  const kms = {
    async encrypt({ plaintext }: { readonly keyId: string; readonly plaintext: Uint8Array; readonly context: string }) {
      return plaintext.map((byte) => byte ^ 7)
    },
    async decrypt({
      ciphertext,
    }: {
      readonly keyId: string
      readonly ciphertext: Uint8Array
      readonly context: string
    }) {
      return ciphertext.map((byte) => byte ^ 7)
    },
  }
  // #endregion
  // #region kms
  const keys: EncryptionKeyProvider = {
    currentKeyId: () => 'alias/integrations',
    wrap: (keyId, dataKey, context) => kms.encrypt({ keyId, plaintext: dataKey, context }),
    unwrap: (keyId, wrapped, context) => kms.decrypt({ keyId, ciphertext: wrapped, context }),
  }
  const vault = encryptedCredentials({ keys })
  // #endregion
  const context = { workspaceId: 'w', integrationId: 'i', owner: '_', field: 'headers' }
  expect('it seals', (await vault.open(await vault.seal('secret', context), context)) === 'secret')

  const tests: (() => unknown)[] = []
  const describe = (_name: string, body: () => void): void => body()
  const it = (_name: string, body: () => unknown): void => void tests.push(body)
  // #region contract
  const myVault = () => encryptedCredentials({ keys: [{ id: 'a', secret: new Uint8Array(32) }] }) // yours
  describeVaultContract({ describe, it }, () => myVault())
  // #endregion
  for (const test of tests) await test()
  expect('the contract has tests', tests.length > 3)
}
