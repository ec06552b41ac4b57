/**
 * OAuth settings of an integration. All are optional: a server that follows the MCP
 * authorization specification needs none of them.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
 */
export interface OAuthSettings {
  /**
   * A client registered with the authorization server beforehand. `@default` a client found or registered automatically
   */
  readonly clientId?: string | undefined
  /** The secret of that client. Write-only. */
  readonly clientSecret?: string | undefined
  /** The only authorization server that may be used, as its exact `issuer`. `@default` the one that the server names */
  readonly issuer?: string | undefined
  /** Scopes to request. `@default` the scopes that the server asks for */
  readonly scopes?: readonly string[] | undefined
  /** `@default 'authorization_code'`: a person signs in */
  readonly grant?: OAuthGrant | undefined
  /**
   * Accepts metadata with an `issuer` that differs from the metadata's address, on the same origin, and only from
   * servers of the 2025-03-26 revision, which name no authorization server. `@default false`
   */
  readonly lenientIssuer?: boolean | undefined
  /**
   * Uses an authorization server even when its metadata doesn't list PKCE with S256. PKCE is always sent.
   * `@default false`
   */
  readonly pkceWithoutMetadata?: boolean | undefined
  /**
   * Sent as `resource` in every request; `false` never sends it. `@default` what the server's metadata says, character by
   * character
   *
   * @see https://www.rfc-editor.org/rfc/rfc8707
   */
  readonly resource?: string | false | undefined
  /**
   * Added to the authorization URL, e.g. `{ access_type: 'offline' }`. Parameters that protect the sign-in (`state`,
   * `code_challenge`, …) or have their own option can't be set here.
   */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** Sends the granted scopes as `scope` in each refresh. `@default false` */
  readonly refreshScope?: boolean | undefined
  /** `prompt` of the authorization request; `false` never sends it. `@default 'consent'` with `offline_access`, otherwise none */
  readonly prompt?: string | false | undefined
  /** Configured endpoints: they override discovered ones, and suffice if discovery finds none. */
  readonly metadata?: OAuthServerMetadata | undefined
  /**
   * The `issuer` to accept in the authorization server's metadata although the MCP server gives another URL for it.
   * Compared exactly. `@default` only the URL that the MCP server gives
   *
   * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
   */
  readonly acceptIssuer?: string | undefined
}

/** Configured endpoints of an authorization server. Each URL must be `https:`. */
export interface OAuthServerMetadata {
  /** The exact issuer. */
  readonly issuer?: string | undefined
  /** Where people sign in. */
  readonly authorizationEndpoint?: string | undefined
  /** Where codes and refresh tokens are exchanged for access tokens. */
  readonly tokenEndpoint?: string | undefined
  /** Where clients register themselves (RFC 7591). */
  readonly registrationEndpoint?: string | undefined
  /** Where tokens are revoked (RFC 7009). */
  readonly revocationEndpoint?: string | undefined
}

/** How tokens are obtained. */
export type OAuthGrant =
  /** A person signs in at the authorization server. */
  'authorization_code' | ClientCredentialsGrant | IdentityAssertionGrant

/**
 * The host signs in with its own account: `clientId` with `clientSecret` or with a private key.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
export interface ClientCredentialsGrant {
  readonly type: 'client_credentials'
  /** Authenticates by `private_key_jwt`: PKCS#8 in PEM. Write-only. */
  readonly privateKeyPem?: string | undefined
  /** `@default 'ES256'` */
  readonly signingAlgorithm?:
    'ES256' | 'ES384' | 'ES512' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'EdDSA' | undefined
}

/**
 * Enterprise-managed authorization: the company's identity provider vouches for the person.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
 */
export interface IdentityAssertionGrant {
  readonly type: 'id_jag'
  /** The company's identity provider. */
  readonly idp: {
    readonly issuer: string
    readonly tokenEndpoint: string
    readonly clientId: string
    /** Write-only. */
    readonly clientSecret?: string | undefined
    /** The person's ID token at the identity provider. Write-only. */
    readonly idToken: string
  }
}
