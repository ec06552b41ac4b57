/** How a client proves itself at the token endpoint. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** Who we are to one authorization server. Plain JSON; holds a secret. Kept under `issuer` and never shown to another. */
export interface ClientRegistration {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly method: ClientAuthenticationMethod
  /** `configured` by a person or host, found at our `metadata_document`, or `dynamic`: registered by itself. */
  readonly source: 'configured' | 'metadata_document' | 'dynamic'
  readonly redirectUri: string
  /** `dynamic`: when the secret ends, ms since the epoch. */
  readonly secretExpiresAt?: number | undefined
}
