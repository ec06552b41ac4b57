import { inspect } from 'node:util'
import { base64url } from 'jose'
import { describe, expect, it } from 'vitest'
import { encryptedCredentials, type EncryptionKey, type EncryptionKeyProvider } from '../../src/vaults/encrypted.js'
import { describeVaultContract } from '../../src/testing/vault-contract.js'

const context = { workspaceId: 'acme', integrationId: 'int-1', owner: '_', field: 'headers' }
const randomBytes = () => crypto.getRandomValues(new Uint8Array(32))
const newKey = (id: string): EncryptionKey => ({ id, secret: base64url.encode(randomBytes()) })
const unreadable = expect.objectContaining({ name: 'IntegrationError', code: 'credential_unreadable' })
const invalid = expect.objectContaining({ name: 'IntegrationError', code: 'invalid_input' })

const at = (owner: string) => ({ workspaceId: 'kms', integrationId: 'kms', owner, field: 'key' })

/** What a KMS does: keeps its keys, and checks the context it is given. */
function memoryKms(keyIds: string[]) {
  const keys = new Map(keyIds.map((id) => [id, encryptedCredentials({ keys: [newKey(id)] })]))
  const state = { down: false, unwraps: 0, contexts: [] as string[] }
  const provider: EncryptionKeyProvider = {
    currentKeyId: () => keyIds[0]!,
    async wrap(keyId, dataKey, aad) {
      if (state.down) throw new Error('kms: s3cret detail')
      state.contexts.push(aad)
      return new TextEncoder().encode(await keys.get(keyId)!.seal(base64url.encode(dataKey), at(aad)))
    },
    async unwrap(keyId, wrapped, aad) {
      if (state.down) throw new Error('kms: s3cret detail')
      state.unwraps++
      const opened = await keys
        .get(keyId)
        ?.open(new TextDecoder().decode(wrapped), at(aad))
        .catch(() => undefined)
      return opened === undefined ? undefined : base64url.decode(opened)
    },
  }
  return { provider, state, keyIds, keys }
}

describe('with a key ring', () =>
  describeVaultContract({ describe, it }, () => encryptedCredentials({ keys: [newKey('k1')] })))
describe('with a key provider', () =>
  describeVaultContract({ describe, it }, () => encryptedCredentials({ keys: memoryKms(['k1']).provider })))

describe('encryptedCredentials', () => {
  it('seals as a JWE whose authenticated data names the record', async () => {
    const jwe = JSON.parse(await encryptedCredentials({ keys: [newKey('k1')] }).seal('s3cret', context))
    const header = JSON.parse(new TextDecoder().decode(base64url.decode(jwe.protected)))
    expect(header).toMatchObject({ alg: 'A256GCMKW', enc: 'A256GCM', kid: 'k1' })
    expect(JSON.parse(new TextDecoder().decode(base64url.decode(jwe.aad)))).toEqual([
      'v1',
      'acme',
      'int-1',
      '_',
      'headers',
    ])
  })

  it('refuses a whole sealed value that was moved to another record', async () => {
    const vault = encryptedCredentials({ keys: [newKey('k1')] })
    const bob = { ...context, owner: 'bob' }
    const [ofAll, ofBob] = await Promise.all([vault.seal('of all', context), vault.seal('of bob', bob)])
    await expect(vault.open(ofAll, bob)).rejects.toEqual(unreadable)
    await expect(vault.open(ofBob, context)).rejects.toEqual(unreadable)
    expect(await vault.open(ofBob, bob)).toBe('of bob')
    // also when what was moved was opened, and is remembered, in its own place
    await expect(vault.open(ofBob, context)).rejects.toEqual(unreadable)
  })

  it('refuses a value whose authenticated data was edited to fit, or taken away', async () => {
    const vault = encryptedCredentials({ keys: [newKey('k1')] })
    const bob = { ...context, owner: 'bob' }
    const jwe = JSON.parse(await vault.seal('s3cret', context))
    const { aad } = JSON.parse(await vault.seal('other', bob))
    await expect(vault.open(JSON.stringify({ ...jwe, aad }), bob)).rejects.toEqual(unreadable)
    await expect(vault.open(JSON.stringify({ ...jwe, aad: undefined }), context)).rejects.toEqual(unreadable)
  })

  it.each(['ring', 'provider'])('notices each of 1,000 flipped bits (%s)', async (kind) => {
    const keys = kind === 'ring' ? [newKey('k1')] : memoryKms(['k1']).provider
    const vault = encryptedCredentials({ keys })
    const sealed = await vault.seal('a secret of some length', context)
    const bytes = new TextEncoder().encode(sealed)
    const step = (bytes.length * 8) / 1000
    for (let flip = 0; flip < 1000; flip++) {
      const bit = Math.floor(flip * step)
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const error = await vault.open(new TextDecoder().decode(flipped), context).catch((caught: unknown) => caught)
      expect(error, `bit ${bit}`).toEqual(unreadable)
      expect(inspect(error)).not.toContain('a secret')
    }
    expect(await vault.open(sealed, context)).toBe('a secret of some length')
  })

  it('refuses another way to write the same bytes', async () => {
    const vault = encryptedCredentials({ keys: [newKey('k1')] })
    const sealed = await vault.seal('s3cret', context)
    for (const respelled of [
      sealed.replace(':', ': '),
      sealed.replace('{', '{"x":"",'),
      sealed.replace('tag', '\\u0074ag'),
    ]) {
      await expect(vault.open(respelled, context)).rejects.toEqual(unreadable)
    }
  })

  it('does not open with a wrong key of the right name', async () => {
    const sealed = await encryptedCredentials({ keys: [newKey('k1')] }).seal('s3cret', context)
    await expect(encryptedCredentials({ keys: [newKey('k1')] }).open(sealed, context)).rejects.toEqual(unreadable)
  })

  it('rotates: old keys open, the first one seals, a dropped one is missed', async () => {
    const [old, fresh] = [newKey('old'), newKey('fresh')]
    const before = await encryptedCredentials({ keys: [old] }).seal('s3cret', context)
    const rotated = encryptedCredentials({ keys: [fresh, old] })
    expect(rotated.keyOf?.(before)).toBe('old')
    expect(rotated.currentKey?.()).toBe('fresh')
    const resealed = await rotated.seal(await rotated.open(before, context), context)
    expect(rotated.keyOf?.(resealed)).toBe('fresh')
    const after = encryptedCredentials({ keys: [fresh] })
    expect(await after.open(resealed, context)).toBe('s3cret')
    await expect(after.open(before, context)).rejects.toEqual(unreadable)
  })

  it('rotates the keys of a provider', async () => {
    const kms = memoryKms(['old', 'fresh'])
    const vault = encryptedCredentials({ keys: kms.provider })
    const before = await vault.seal('s3cret', context)
    kms.keyIds.reverse()
    expect(vault.keyOf?.(await vault.seal('s3cret', context))).toBe('fresh')
    expect(await vault.open(before, context)).toBe('s3cret')
    kms.keys.delete('old')
    await expect(encryptedCredentials({ keys: kms.provider }).open(before, context)).rejects.toEqual(unreadable)
  })

  it('hands the record to the key provider, and tells an outage of it from a value that is lost', async () => {
    const kms = memoryKms(['k1'])
    const vault = encryptedCredentials({ keys: kms.provider })
    const sealed = await vault.seal('s3cret', context)
    expect(kms.state.contexts).toEqual(['["v1","acme","int-1","_","headers"]'])
    kms.state.down = true
    for (const attempt of [vault.open(sealed, context), vault.seal('s3cret', context)]) {
      const error = await attempt.catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'storage_unavailable' })
      expect(inspect(error)).not.toContain('s3cret')
    }
    kms.state.down = false
    expect(await vault.open(sealed, context)).toBe('s3cret')
  })

  it('remembers what it opened for a minute, once for all who ask', async () => {
    const kms = memoryKms(['k1'])
    const clock = { time: 0 }
    const vault = encryptedCredentials({ keys: kms.provider, now: () => clock.time })
    const sealed = await vault.seal('s3cret', context)
    await Promise.all(Array.from({ length: 20 }, () => vault.open(sealed, context)))
    clock.time = 59_999
    await vault.open(sealed, context)
    expect(kms.state.unwraps).toBe(1)
    clock.time = 60_000
    await vault.open(sealed, context)
    expect(kms.state.unwraps).toBe(2)
    await vault.destroy?.(sealed)
    await vault.open(sealed, context)
    expect(kms.state.unwraps).toBe(3)
  })

  it('remembers at most a thousand', async () => {
    const kms = memoryKms(['k1'])
    const vault = encryptedCredentials({ keys: kms.provider, now: () => 0 })
    const sealed: string[] = []
    for (let index = 0; index < 1001; index++) {
      sealed.push(await vault.seal(String(index), context))
      await vault.open(sealed[index]!, context)
    }
    expect(kms.state.unwraps).toBe(1001)
    await vault.open(sealed[1000]!, context)
    expect(kms.state.unwraps).toBe(1001)
    await vault.open(sealed[0]!, context)
    expect(kms.state.unwraps).toBe(1002)
  })

  it('takes keys as base64, base64url, bytes and CryptoKey', async () => {
    const bytes = randomBytes()
    const imported = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
    const base64 = Buffer.from(bytes).toString('base64')
    const sealed = await encryptedCredentials({ keys: [{ id: 'k1', secret: imported }] }).seal('s3cret', context)
    for (const secret of [bytes, base64, base64.replace('=', ''), Buffer.from(bytes).toString('base64url')]) {
      expect(await encryptedCredentials({ keys: [{ id: 'k1', secret }] }).open(sealed, context)).toBe('s3cret')
    }
  })

  it('does not depend on the host keeping its bytes', async () => {
    const secret = randomBytes()
    const vault = encryptedCredentials({ keys: [{ id: 'k1', secret }] })
    const copy = secret.slice()
    secret.fill(0)
    const sealed = await vault.seal('s3cret', context)
    expect(await encryptedCredentials({ keys: [{ id: 'k1', secret: copy }] }).open(sealed, context)).toBe('s3cret')
  })

  it('refuses keys that are missing, short or given twice', async () => {
    const key = newKey('k1')
    const decryptOnly = await crypto.subtle.importKey('raw', randomBytes(), 'AES-GCM', false, ['decrypt'])
    const small = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt', 'decrypt'])
    const refused: EncryptionKey[][] = [
      [],
      [{ id: 'k1', secret: 'short' }],
      [{ id: 'k1', secret: 'p'.repeat(32) }],
      [{ id: 'k1', secret: randomBytes().slice(1) }],
      [{ id: '', secret: randomBytes() }],
      [{ id: 'é', secret: randomBytes() }],
      [{ id: 'k1', secret: decryptOnly }],
      [{ id: 'k1', secret: small }],
      [key, { ...newKey('k2'), id: 'k1' }],
      [key, { ...key, id: 'k2' }],
    ]
    for (const keys of refused) {
      const error = (() => {
        try {
          return encryptedCredentials({ keys })
        } catch (caught) {
          return caught
        }
      })()
      expect(error).toEqual(invalid)
      for (const { secret } of keys) if (typeof secret === 'string') expect(inspect(error)).not.toContain(secret)
    }
  })

  it('refuses a secret that does not fit or that text encoding would change', async () => {
    const vault = encryptedCredentials({ keys: [newKey('k1')] })
    await expect(vault.seal('x'.repeat(100 * 1024), context)).rejects.toEqual(invalid)
    await expect(vault.seal('\ud800', context)).rejects.toEqual(invalid)
  })

  it('shows neither keys nor secrets when it is inspected', async () => {
    const key = newKey('k1')
    const vault = encryptedCredentials({ keys: [key] })
    await vault.open(await vault.seal('s3cret', context), context)
    const shown = inspect(vault, { depth: null, showHidden: true }) + JSON.stringify(vault)
    expect(shown).not.toContain('s3cret')
    expect(shown).not.toContain(key.secret)
  })
})
