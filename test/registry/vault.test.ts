import { expect, it } from 'vitest'
import type { CredentialVault } from 'mcp-integrations'
import { acceptNow, openGate } from '../support/gate.js'
import { ana } from '../support/registry.js'

/** A vault that stores secrets elsewhere and hands out references. */
function referringVault(): CredentialVault & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    async seal(secret, context) {
      const reference = crypto.randomUUID()
      kept.set(reference, `${JSON.stringify(context)} ${secret}`)
      return reference
    },
    async open(reference, context) {
      return kept.get(reference)!.slice(JSON.stringify(context).length + 1)
    },
    async destroy(reference) {
      kept.delete(reference)
    },
  }
}

it('reports every replaced or removed header value to the vault', async () => {
  const vault = referringVault()
  const gate = await openGate({ credentials: vault, connect: { headers: { 'X-Api-Key': 'one' } } })
  expect(vault.kept.size).toBe(1)
  await gate.as(ana).update(gate.id, { headers: { 'X-Api-Key': 'two' } })
  expect([...vault.kept.values()].map((kept) => kept.slice(-14))).toEqual(['"X-Api-Key":"two"}'.slice(-14)])
  await gate.as(ana).remove(gate.id)
  expect(vault.kept.size).toBe(0)
})

it('opens sealed header values once for a connection, not for each call', async () => {
  const kept = referringVault()
  let opened = 0
  const vault: CredentialVault = { ...kept, open: (sealed, context) => (opened++, kept.open(sealed, context)) }
  const gate = await openGate({
    credentials: vault,
    connect: { headers: { 'X-Api-Key': 'one' } },
    approvals: { policy: () => ({ mode: 'auto', rule: 'all' }) },
  })
  await acceptNow(gate.mine, gate.id, ['read_note'])
  const { call } = await gate.toolset()
  const read = async () => expect(await call('notes__read_note', { id: '1' })).toMatchObject({ type: 'completed' })
  await read()
  const before = opened
  await read()
  await read()
  expect(opened).toBe(before)
  await gate.as(ana).update(gate.id, { headers: { 'X-Api-Key': 'two' } })
  await read()
  expect(opened).toBeGreaterThan(before)
})
