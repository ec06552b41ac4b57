import type { ClientRegistration } from './client.js'
import type { ServerMetadata } from './server-metadata.js'

/** What an authorization server gave. Plain JSON; secret. */
export interface TokenSet {
  readonly accessToken: string
  readonly tokenType: 'bearer'
  /** How long the access token lives from when it was asked for, in ms. Absent: unknown, a 401 will tell. */
  readonly lifetimeMs?: number | undefined
  readonly refreshToken?: string | undefined
  /** What was granted; where the server doesn't say, what was asked for. */
  readonly scopes: readonly string[]
  readonly issuer: string
  /** Who signed in, where the authorization server tells: the subject, unique within the issuer. */
  readonly account?: string | undefined
}

/** Where, as whom and for what tokens are asked. Plain JSON; holds a secret. */
export interface TokenContext {
  readonly server: ServerMetadata
  readonly client: ClientRegistration
  readonly resource?: string | undefined
  readonly scopes: readonly string[]
  /** Where tokens may be shown. Absent: wherever they are asked for. */
  readonly serverOrigin?: string | undefined
}
