import type { JWEHeaderParameters } from 'jose'
import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { base64url, fromBase64url } from '../model/base64url.js'
import { isKeyId, type KeyRing } from './key-ring.js'
import type { WebCryptoKey } from './web-crypto-key.js'

/**
 * Uses keys that never leave another system, such as a cloud KMS, which wraps a new data key for every sealed value.
 *
 * `context` names the workspace, integration, owner and field: pass it as the KMS's encryption context, so that the KMS
 * also refuses a moved value.
 */
export interface EncryptionKeyProvider {
  /** The id of the key that {@link EncryptionKeyProvider.wrap} uses now: 1-128 printable ASCII characters. */
  currentKeyId(): string
  /** Encrypts a data key of 32 bytes with the named key. */
  wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array>
  /**
   * Decrypts a data key. Throw an error for a temporary failure.
   *
   * @returns `undefined` for a permanent failure: an unknown or destroyed key, or a refused value or context
   */
  unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array | undefined>
}

/** How data keys are wrapped. */
export interface WrappingScheme {
  readonly accepts: { readonly keyManagementAlgorithms: string[]; readonly contentEncryptionAlgorithms: string[] }
  currentKeyId(): string
  forSealing(aad: string): Promise<{ header: JWEHeaderParameters; key: WebCryptoKey | Uint8Array }>
  forOpening(header: SealedHeader, aad: string): Promise<WebCryptoKey | Uint8Array | undefined>
}

/** A sealed value's protected header. */
export interface SealedHeader {
  readonly kid: string
  /** A data key that a {@link EncryptionKeyProvider} wrapped, base64url. */
  readonly wrapped_key?: string | undefined
}

const ENCRYPTION = 'A256GCM'

/** Data keys wrapped by a ring of keys. */
export function ringScheme(ring: KeyRing): WrappingScheme {
  const alg = 'A256GCMKW'
  return {
    accepts: { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [ENCRYPTION] },
    currentKeyId: () => ring.currentId,
    async forSealing() {
      const key = await (ring.key(ring.currentId) ?? unreadable('its key is unknown'))
      return { header: { alg, enc: ENCRYPTION, kid: ring.currentId }, key }
    },
    forOpening: async ({ kid }) => await ring.key(kid),
  }
}

/** Data keys wrapped by a key provider. */
export function providerScheme(provider: EncryptionKeyProvider): WrappingScheme {
  const alg = 'dir'
  return {
    accepts: { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [ENCRYPTION] },
    currentKeyId: () => checkedId(provider.currentKeyId()),
    async forSealing(aad) {
      const key = crypto.getRandomValues(new Uint8Array(32))
      const kid = await usingProvider(async () => checkedId(provider.currentKeyId()))
      const wrapped = checkedWrappedKey(await usingProvider(() => provider.wrap(kid, key.slice(), aad)))
      return { header: { alg, enc: ENCRYPTION, kid, wrapped_key: base64url(wrapped) }, key }
    },
    async forOpening({ kid, wrapped_key: wrapped }, aad) {
      const bytes = decoded(wrapped) ?? unreadable('it is damaged')
      return await usingProvider(() => provider.unwrap(kid, bytes, aad))
    },
  }
}

/** Throws the error for a value that can never be opened. */
export function unreadable(why: string): never {
  throw new IntegrationError('credential_unreadable', `A stored credential can't be opened: ${why}.`)
}

/** Under another id, a value could never be opened again. */
function checkedId(id: unknown): string {
  if (typeof id === 'string' && isKeyId(id)) return id
  throw unusable('currentKeyId() must return 1-128 printable ASCII characters.')
}

function checkedWrappedKey(wrapped: unknown): Uint8Array {
  if (wrapped instanceof Uint8Array && wrapped.length > 0) return wrapped
  throw unusable('wrap() must return the bytes of the wrapped key.')
}

/** The secret is not sealed, because it could not be opened again. */
function unusable(problem: string): IntegrationError {
  return new IntegrationError(
    'storage_unavailable',
    `The key provider of encryptedCredentials() can't be used: ${problem}`,
  )
}

async function usingProvider<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isIntegrationError(error)) throw error
    throw new IntegrationError('storage_unavailable', 'The key provider of encryptedCredentials() is unavailable.')
  }
}

function decoded(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  try {
    return fromBase64url(text)
  } catch {
    return undefined
  }
}
