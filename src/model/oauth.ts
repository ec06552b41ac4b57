/**
 * What a host or a person may say about an integration's OAuth. Everything is optional: a server that follows the MCP
 * authorization specification needs none of it.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
 */
export interface OAuthSettings {
  /** A client registered with the authorization server beforehand. `@default` found or registered by itself */
  readonly clientId?: string | undefined
  /** Its secret. Write-only. */
  readonly clientSecret?: string | undefined
  /** The only authorization server that may be used, as its exact `issuer`. `@default` what the server names */
  readonly issuer?: string | undefined
  /** What to ask for. `@default` what the server asks for */
  readonly scopes?: readonly string[] | undefined
  /** `@default 'authorization_code'`: a person signs in */
  readonly grant?: OAuthGrant | undefined
  /**
   * Accept metadata whose `issuer` differs from the address it was read at, on the same origin, and only from servers of
   * the 2025-03-26 revision, which name no authorization server. `@default false`
   */
  readonly lenientIssuer?: boolean | undefined
  /** Use an authorization server whose metadata doesn't list PKCE with S256. PKCE is sent anyway. `@default false` */
  readonly pkceWithoutMetadata?: boolean | undefined
}

/** How tokens are obtained. */
export type OAuthGrant =
  /** A person signs in at the authorization server. */
  'authorization_code' | ClientCredentialsGrant | IdentityAssertionGrant

/**
 * The host itself is the account: `clientId` with `clientSecret` or with a private key.
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
