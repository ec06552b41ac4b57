import { z } from 'zod'
import { isReservedParameter, scopeToken, signingAlgorithms } from './oauth-rules.js'

/** Scopes to ask for. */
export const scopes = z.array(z.string().regex(scopeToken, 'must be an OAuth scope token')).max(100)

const grant = z.union([
  z.literal('authorization_code'),
  z.strictObject({
    type: z.literal('client_credentials'),
    privateKeyPem: z.string().max(16_384).optional(),
    signingAlgorithm: z.enum(signingAlgorithms).optional(),
  }),
  z.strictObject({
    type: z.literal('id_jag'),
    idp: z.strictObject({
      issuer: z.string().max(2048),
      tokenEndpoint: z.string().max(2048),
      clientId: z.string().max(2048),
      clientSecret: z.string().max(8192).optional(),
      idToken: z.string().max(65_536),
    }),
  }),
])

const authorizationParameters = z
  .record(
    z
      .string()
      .min(1, 'must not be empty')
      .max(100)
      .refine((key) => !isReservedParameter(key), 'is reserved: it protects the sign-in or has its own option'),
    z.string().max(2048),
  )
  .refine((all) => Object.keys(all).length <= 50, 'must be at most 50 parameters')
const url = z
  .string()
  .max(2048)
  .refine((value) => URL.canParse(value), 'must be a URL')

/** OAuth settings, of an integration and of a connector. */
export const oauthInput = z.strictObject({
  clientId: z.string().min(1).max(2048).optional(),
  clientSecret: z.string().min(1).max(8192).optional(),
  issuer: z.string().max(2048).optional(),
  scopes: scopes.optional(),
  grant: grant.optional(),
  lenientIssuer: z.boolean().optional(),
  pkceWithoutMetadata: z.boolean().optional(),
  resource: z.union([z.literal(false), z.string().min(1).max(2048)]).optional(),
  authorizationParameters: authorizationParameters.optional(),
  refreshScope: z.boolean().optional(),
  prompt: z.union([z.literal(false), z.string().min(1).max(200)]).optional(),
  metadata: z
    .strictObject({
      issuer: url.optional(),
      authorizationEndpoint: url.optional(),
      tokenEndpoint: url.optional(),
      registrationEndpoint: url.optional(),
      revocationEndpoint: url.optional(),
    })
    .optional(),
  acceptIssuer: url.optional(),
})
