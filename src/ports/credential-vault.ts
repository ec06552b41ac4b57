/**
 * Identifies a secret: no two secrets have the same context. The sealed value is bound to it, so that the value can't be
 * moved to another record.
 */
export interface SecretContext {
  readonly workspaceId: string
  readonly integrationId: string
  /**
   * `_` for a shared credential, otherwise the user id in an encoding that is never `_` and never that of another id: as in
   * a URL, or `_` and the SHA-256 of a long id.
   */
  readonly owner: string
  /** The kind of secret: `headers`, `tokens`, `client`, `oauth`, `flow`. */
  readonly field: string
}

/**
 * Protects secrets. The sealed string is stored as part of an ordinary record, so that new tokens, status and event are
 * one commit. A vault can encrypt, wrap keys by a KMS, or store the secret elsewhere and return a reference.
 *
 * Every method rejects with `credential_unreadable` when the secret can't be opened (unknown key, changed or moved
 * value); any other throw means that the vault is unavailable now.
 */
export interface CredentialVault {
  /**
   * Seals a secret.
   *
   * @returns at most 128 KiB of printable ASCII, useless without the vault
   */
  seal(secret: string, context: SecretContext): Promise<string>
  /**
   * Opens a sealed secret.
   *
   * @returns the secret, only if `context` equals the one it was sealed with
   */
  open(sealed: string, context: SecretContext): Promise<string>
  /** Called when no record refers to a sealed value any longer. Best effort. */
  destroy?: ((sealed: string) => Promise<void>) | undefined
  /**
   * The id of the key that a sealed value was encrypted with, for counting and resealing; `undefined` if there is none.
   */
  keyOf?: ((sealed: string) => string | undefined) | undefined
  /** The key that {@link CredentialVault.seal} uses now. */
  currentKey?: (() => string | undefined) | undefined
}
