import type { FlattenedJWE } from 'jose'
import { LRUCache } from 'lru-cache'
import { atFirstUse } from '../model/at-first-use.js'
import { IntegrationError } from '../model/errors.js'
import type { CredentialVault, SecretContext } from '../ports/credential-vault.js'
import { base64url, fromBase64url } from '../model/base64url.js'
import { type EncryptionKey, keyRing } from './key-ring.js'
import {
  type EncryptionKeyProvider,
  providerScheme,
  ringScheme,
  type SealedHeader,
  unreadable,
} from './key-wrapping.js'

export type { EncryptionKey } from './key-ring.js'
export type { EncryptionKeyProvider } from './key-wrapping.js'

/** Options of {@link encryptedCredentials}. */
export interface EncryptedCredentialsOptions {
  /**
   * A key ring with the current key first. The other keys only open existing values. To rotate, add the new key at the end
   * in every process, then move it to the front, run `resealAll()`, and remove the old key when `keyUsage()` reports no
   * value for it.
   * Or a {@link EncryptionKeyProvider}.
   */
  readonly keys: readonly EncryptionKey[] | EncryptionKeyProvider
  /** Clock of the cache, in ms. `@default Date.now` */
  readonly now?: (() => number) | undefined
}

/**
 * Seals credentials by encryption, as JSON Web Encryption: AES-256-GCM with a fresh data key for each value, which a key
 * of the ring (`A256GCMKW`) or the key provider wraps. A sealed value is bound to its workspace, integration, owner and
 * field, and can't be opened for another.
 *
 * Up to 1000 opened values are cached for 60 s, so that most calls need no decryption.
 *
 * @throws `invalid_input` if a key does not have 32 bytes, or is given twice
 * @see https://www.rfc-editor.org/rfc/rfc7516 JSON Web Encryption
 *
 * @example
 * ```ts
 * // examples/guides/getting-started.ts#registry
 * import Database from 'libsql'
 * import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
 * import { sqliteStorage } from 'mcp-integrations/sqlite'
 *
 * const registry = new IntegrationRegistry({
 *   storage: sqliteStorage({ database: new Database(':memory:') }), // a file's name keeps everything
 *   credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: process.env['MCP_KEY'] ?? '' }] }),
 *   agents: ['assistant', 'builder'],
 *   egress: { allowLoopback: true }, // for development: servers on this machine
 * })
 * ```
 */
export function encryptedCredentials(options: EncryptedCredentialsOptions): CredentialVault {
  const { keys, now = Date.now } = options
  const scheme = isKeyProvider(keys) ? providerScheme(keys) : ringScheme(keyRing(keys))
  const opened = openedValues(now)

  return {
    async seal(secret, context) {
      const plaintext = encodeText(secret)
      const aad = contextOf(context)
      const { header, key } = await scheme.forSealing(aad)
      const { FlattenedEncrypt } = await loadJose()
      const encrypt = new FlattenedEncrypt(plaintext).setProtectedHeader(header)
      const jwe = await encrypt.setAdditionalAuthenticatedData(encoder.encode(aad)).encrypt(key)
      const sealed = canonical(jwe)
      if (sealed.length > SEALED_LENGTH) {
        throw new IntegrationError('invalid_input', 'The credential is too large: its sealed form exceeds 128 KiB.')
      }
      return sealed
    },

    async open(sealed, context) {
      const aad = contextOf(context)
      return await opened.get(sealed, aad, async () => {
        const { jwe, header } = parsed(sealed) ?? unreadable('it is damaged')
        // jose checks that the context wasn't edited, but not that it belongs to this record.
        if (jwe.aad !== base64url(aad)) unreadable('it belongs to another record')
        const key = await scheme.forOpening(header, aad)
        if (key === undefined) return unreadable('its key is unknown')
        const { flattenedDecrypt } = await loadJose()
        const { plaintext } = await flattenedDecrypt(jwe, key, scheme.accepts).catch(() => unreadable('it is damaged'))
        return decoder.decode(plaintext)
      })
    },

    async destroy(sealed) {
      opened.forget(sealed)
    },

    keyOf: (sealed) => parsed(sealed)?.header.kid,
    currentKey: () => scheme.currentKeyId(),
  }
}

const loadJose = atFirstUse(() => import('jose'))

const SEALED_LENGTH = 128 * 1024
const CACHE_MS = 60_000
const CACHE_SIZE = 1000

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function isKeyProvider(keys: readonly EncryptionKey[] | EncryptionKeyProvider): keys is EncryptionKeyProvider {
  return 'unwrap' in keys
}

/** Different contexts have different texts. The text is well-formed for any ids. */
function contextOf({ workspaceId, integrationId, owner, field }: SecretContext): string {
  return JSON.stringify(['v1', workspaceId, integrationId, owner, field])
}

function encodeText(secret: string): Uint8Array {
  const bytes = encoder.encode(secret)
  if (decoder.decode(bytes) === secret) return bytes
  throw new IntegrationError('invalid_input', 'The credential is not well-formed text: it contains a lone surrogate.')
}

/** The canonical form of a sealed value. Any other encoding of the same bytes is refused as damaged. */
function canonical(jwe: FlattenedJWE): string {
  const { protected: header, encrypted_key: key, iv, ciphertext, tag, aad } = jwe
  return JSON.stringify({
    protected: header,
    encrypted_key: key,
    iv,
    ciphertext,
    tag,
    aad,
  })
}

function parsed(sealed: string): { jwe: FlattenedJWE; header: SealedHeader } | undefined {
  try {
    const jwe = JSON.parse(sealed) as FlattenedJWE
    const parts = Object.entries(jwe).map(([name, part]) => [name, base64url(fromBase64url(part as string))])
    if (canonical(Object.fromEntries(parts) as FlattenedJWE) !== sealed) return undefined
    const header = JSON.parse(decoder.decode(fromBase64url(jwe.protected ?? ''))) as SealedHeader
    return typeof header.kid === 'string' ? { jwe, header } : undefined
  } catch {
    return undefined
  }
}

/** Concurrent calls share an opening that began less than this many ms ago: a key provider that hung may work again. */
const SHARE_OPENING_MS = 5_000

/** An opened value, or one that is being opened. */
interface OpenedValue {
  readonly aad: string
  readonly secret: Promise<string>
  readonly begunAt: number
  isOpen: boolean
}

/** Opened values. Concurrent calls share one opening. */
function openedValues(now: () => number) {
  const values = new LRUCache<string, OpenedValue>({
    max: CACHE_SIZE,
    // A value is still there at the end of its time.
    ttl: CACHE_MS - 1,
    ttlResolution: 0,
    // What starts at 0 never expires there.
    perf: { now: () => now() + 1 },
  })
  return {
    async get(sealed: string, aad: string, open: () => Promise<string>): Promise<string> {
      const known = values.get(sealed)
      const isUsable = known !== undefined && (known.isOpen || now() - known.begunAt < SHARE_OPENING_MS)
      if (isUsable && known.aad === aad) return await known.secret
      values.purgeStale()
      const value: OpenedValue = { aad, secret: open(), begunAt: now(), isOpen: false }
      value.secret.then(
        () => (value.isOpen = true),
        () => values.peek(sealed) === value && values.delete(sealed),
      )
      values.set(sealed, value)
      return await value.secret
    },
    forget: (sealed: string) => void values.delete(sealed),
  }
}
