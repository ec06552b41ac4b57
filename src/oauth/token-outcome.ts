/** The outcome of asking for a usable access token. */
export type TokenOutcome =
  /** Use it. `scopes`: what was granted with it; `waited`: for a refresh. */
  | {
      readonly type: 'fresh'
      readonly token: string
      readonly scopes: readonly string[]
      /** The scopes that were missing and led to the sign-in, where it was begun for some. */
      readonly steppedUpFor?: readonly string[] | undefined
      readonly waited?: boolean | undefined
    }
  /** Only a person (or a changed configuration) helps. */
  | { readonly type: 'reauthorize'; readonly reason: ReauthorizeReason }
  /** The grant is kept; it may work again after `retryAfterMs`. */
  | { readonly type: 'passing'; readonly code: PassingFault; readonly retryAfterMs?: number | undefined }

/** Why a person is needed. Each is a status reason. */
export type ReauthorizeReason =
  /** There is no credential. */
  | 'first_sign_in'
  | 'credential_missing'
  /** The server refuses also a fresh token, or the authorization server no longer knows the client that it registered. */
  | 'credential_rejected'
  /** The authorization server refuses the client that a host or a person configured, or its secret. */
  | 'client_rejected'
  /** The authorization server's final word about the grant. */
  | 'refresh_rejected'
  /** The same after an answer was lost: the authorization server may have acted on the lost one. */
  | 'refresh_outcome_unknown'
  /** The server names another authorization server now. */
  | 'issuer_changed'
  /** The vault can't open it. */
  | 'credential_unreadable'

/** What passes. Each is an error code and a status reason. */
export type PassingFault =
  'unreachable' | 'timeout' | 'server_error' | 'rate_limited' | 'response_too_large' | 'url_refused'
