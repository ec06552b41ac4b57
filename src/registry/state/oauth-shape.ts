import type { OAuthSettings } from '../../model/oauth.js'
import { isReservedParameter, scopeToken, signingAlgorithms } from '../../model/oauth-rules.js'
import { flag, listOf, object, oneOf, optional, textThat, type Shape } from '../../model/shape.js'

/** Text of at most `most` characters, possibly empty. */
const upTo = (most: number): Shape => textThat(`be text of at most ${most} characters`, (value) => value.length <= most)
const filled = (most: number): Shape =>
  textThat(`be text of 1-${most} characters`, (value) => value.length >= 1 && value.length <= most)
const url = textThat('be a URL', (value) => value.length <= 2048 && URL.canParse(value))

const scopes: Shape = (value, path) => [
  ...listOf(textThat('be an OAuth scope token', (scope) => scopeToken.test(scope)))(value, path),
  ...(Array.isArray(value) && value.length > 100 ? [{ path, message: 'must be at most 100 scopes' }] : []),
]

const clientCredentials = object({
  type: oneOf('client_credentials'),
  privateKeyPem: optional(upTo(16_384)),
  signingAlgorithm: optional(oneOf(...signingAlgorithms)),
})

const identityAssertion = object({
  type: oneOf('id_jag'),
  idp: object({
    issuer: upTo(2048),
    tokenEndpoint: upTo(2048),
    clientId: upTo(2048),
    clientSecret: optional(upTo(8192)),
    idToken: upTo(65_536),
  }),
})

const grant: Shape = (value, path) => {
  if (value === 'authorization_code') return []
  const { type } = (value ?? {}) as { readonly type?: unknown }
  if (type === 'client_credentials') return clientCredentials(value, path)
  if (type === 'id_jag') return identityAssertion(value, path)
  return [{ path, message: "must be 'authorization_code', { type: 'client_credentials' } or { type: 'id_jag', idp }" }]
}

const authorizationParameters: Shape = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path, message: 'must be an object' }]
  const given = Object.entries(value)
  return [
    ...(given.length > 50 ? [{ path, message: 'must be at most 50 parameters' }] : []),
    ...given.flatMap(([name, text]) => parameter(name, text, `${path}.${name.slice(0, 100)}`)),
  ]
}

function parameter(name: string, value: unknown, path: string): ReturnType<Shape> {
  if (name.length < 1 || name.length > 100) return [{ path, message: 'must have a name of 1-100 characters' }]
  if (isReservedParameter(name))
    return [{ path, message: 'is reserved: it protects the sign-in or has its own option' }]
  return upTo(2048)(value, path)
}

const orFalse =
  (shape: Shape): Shape =>
  (value, path) =>
    value === false ? [] : shape(value, path)

/** The OAuth settings of a host's connector: the same rules as `oauthInput`, without a schema library. */
export const oauthSettings: Shape = object({
  clientId: optional(filled(2048)),
  clientSecret: optional(filled(8192)),
  issuer: optional(upTo(2048)),
  scopes: optional(scopes),
  grant: optional(grant),
  lenientIssuer: optional(flag),
  pkceWithoutMetadata: optional(flag),
  resource: optional(orFalse(filled(2048))),
  authorizationParameters: optional(authorizationParameters),
  refreshScope: optional(flag),
  prompt: optional(orFalse(filled(200))),
  metadata: optional(
    object({
      issuer: optional(url),
      authorizationEndpoint: optional(url),
      tokenEndpoint: optional(url),
      registrationEndpoint: optional(url),
      revocationEndpoint: optional(url),
    }),
  ),
  acceptIssuer: optional(url),
} satisfies Readonly<Record<keyof OAuthSettings, Shape>>)
