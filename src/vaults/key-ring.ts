import { IntegrationError } from '../model/errors.js'
import { base64url, fromBase64url } from '../model/base64url.js'
import type { WebCryptoKey } from './web-crypto-key.js'

/** One key of a key ring. */
export interface EncryptionKey {
  /** Identifies the key in sealed values (`kid`): 1-128 printable ASCII characters. Never reuse it for another key. */
  readonly id: string
  /** 32 random bytes, or their base64 or base64url text, or an AES-GCM `CryptoKey` of 256 bits for encryption and decryption. */
  readonly secret: string | Uint8Array | WebCryptoKey
}

/** Keys by id, each imported once, at first use. */
export interface KeyRing {
  /** The first key's id. */
  readonly currentId: string
  /** @returns `undefined` for an unknown id. */
  key(id: string): Promise<WebCryptoKey> | undefined
}

/**
 * Creates a key ring from keys, the current one first.
 *
 * @throws `invalid_input` if there is no key, one does not have 32 bytes, or two are equal
 */
export function keyRing(keys: readonly EncryptionKey[]): KeyRing {
  const [current] = keys
  if (current === undefined) refuse('keys', 'Give at least one key.')
  const ids = new Set<string>()
  const secrets = new Set<string | CryptoKey>()
  const ring = new Map<string, () => Promise<WebCryptoKey>>()
  for (const [index, { id, secret }] of keys.entries()) {
    if (typeof id !== 'string' || !isKeyId(id)) {
      refuse(`keys[${index}].id`, 'Give 1-128 printable ASCII characters.')
    }
    if (ids.has(id)) refuse(`keys[${index}].id`, 'Give each key a different id.')
    ids.add(id)
    const usable = secret instanceof CryptoKey ? checkedCryptoKey(secret, index) : checkedBytes(secret, index)
    const identity = usable instanceof CryptoKey ? usable : base64url(usable)
    if (secrets.has(identity)) refuse(`keys[${index}].secret`, 'Give each key once.')
    secrets.add(identity)
    let imported: Promise<WebCryptoKey> | undefined
    ring.set(id, () => (imported ??= importKey(usable)))
  }
  return { currentId: current.id, key: (id) => ring.get(id)?.() }
}

/** Whether an id can stand in a sealed value: 1-128 printable ASCII characters. */
export function isKeyId(id: string): boolean {
  return /^[\x20-\x7e]{1,128}$/.test(id)
}

function checkedCryptoKey(key: CryptoKey, index: number): CryptoKey {
  const { name, length } = key.algorithm as AesKeyAlgorithm
  const fits =
    name === 'AES-GCM' && length === 256 && ['encrypt', 'decrypt'].every((use) => key.usages.includes(use as KeyUsage))
  if (!fits) refuse(`keys[${index}].secret`, 'Give an AES-GCM key of 256 bits that may encrypt and decrypt.')
  return key
}

/** Copies the bytes, so that the host can erase its own. */
function checkedBytes(secret: unknown, index: number): Uint8Array<ArrayBuffer> {
  const text = typeof secret === 'string' && /^[\w+/-]{43}=?$/.test(secret)
  const bytes = text ? fromBase64url(secret.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')) : secret
  if (!(bytes instanceof Uint8Array) || bytes.length !== 32) {
    return refuse(`keys[${index}].secret`, 'Give 32 random bytes, e.g. the output of `openssl rand -base64 32`.')
  }
  return new Uint8Array(bytes)
}

async function importKey(usable: CryptoKey | Uint8Array<ArrayBuffer>): Promise<WebCryptoKey> {
  if (usable instanceof CryptoKey) return usable
  return await crypto.subtle.importKey('raw', usable, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

function refuse(path: string, message: string): never {
  throw new IntegrationError('invalid_input', `The encryption keys were refused (${path}): ${message}`, {
    fields: [{ path, message }],
  })
}
