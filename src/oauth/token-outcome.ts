/** The outcome of a request for a usable access token. */
export type TokenOutcome =
  /** A usable token. `scopes`: the granted scopes; `waited`: whether the request waited for a refresh. */
  | {
      readonly type: 'fresh'
      readonly token: string
      readonly scopes: readonly string[]
      /** The missing scopes that led to the sign-in, if any. */
      readonly steppedUpFor?: readonly string[] | undefined
      readonly waited?: boolean | undefined
    }
  /** A person must sign in, or the configuration must change. */
  | { readonly type: 'reauthorize'; readonly reason: ReauthorizeReason }
  /** The grant is kept; it may work again after `retryAfterMs`. */
  | { readonly type: 'temporary'; readonly code: TemporaryErrorCode; readonly retryAfterMs?: number | undefined }

/** Why a person must act. Each is a status reason. */
export type ReauthorizeReason =
  /** There is no credential. */
  | 'first_sign_in'
  | 'credential_missing'
  /** The server refuses even a fresh token, or the authorization server no longer knows the registered client. */
  | 'credential_rejected'
  /** The authorization server refuses the configured client or its secret. */
  | 'client_rejected'
  /** The authorization server ended the grant. */
  | 'refresh_rejected'
  /** The grant ended after a lost response: the authorization server may have acted on that request. */
  | 'refresh_outcome_unknown'
  /** The server now names another authorization server. */
  | 'issuer_changed'
  /** The vault can't open the credential. */
  | 'credential_unreadable'

/** Temporary failures. Each is an error code and a status reason. */
export type TemporaryErrorCode =
  'unreachable' | 'timeout' | 'server_error' | 'rate_limited' | 'response_too_large' | 'url_refused'
