import { describe, expect, it } from 'vitest'
import { oauthInput } from '../../src/model/oauth-input.js'
import { oauthSettings } from '../../src/registry/state/oauth-shape.js'

const idp = { issuer: 'https://idp.example', tokenEndpoint: 'https://idp.example/token', clientId: 'a', idToken: 'b' }
const many = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`)

describe("a connector's OAuth settings", () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['nothing', {}, true],
    ['a client', { clientId: 'a', clientSecret: 'b', issuer: '', scopes: ['read', 'a:b'] }, true],
    ['an empty client', { clientId: '' }, false],
    ['a secret that is too long', { clientSecret: 'x'.repeat(8193) }, false],
    ['a scope with a blank', { scopes: ['read write'] }, false],
    ['too many scopes', { scopes: many(101, 's') }, false],
    ['scopes as text', { scopes: 'read' }, false],
    ['the usual grant', { grant: 'authorization_code' }, true],
    ['client credentials', { grant: { type: 'client_credentials', signingAlgorithm: 'ES256' } }, true],
    ['an unknown algorithm', { grant: { type: 'client_credentials', signingAlgorithm: 'none' } }, false],
    ['an identity assertion', { grant: { type: 'id_jag', idp } }, true],
    ['one without its token', { grant: { type: 'id_jag', idp: { ...idp, idToken: undefined } } }, false],
    ['one with a field of its own', { grant: { type: 'id_jag', idp: { ...idp, other: 1 } } }, false],
    ['an unknown grant', { grant: 'password' }, false],
    ['no grant', { grant: null }, false],
    ['no resource', { resource: false }, true],
    ['an empty resource', { resource: '' }, false],
    ['a true resource', { resource: true }, false],
    ['no prompt', { prompt: false }, true],
    ['a prompt that is too long', { prompt: 'x'.repeat(201) }, false],
    ['parameters', { authorizationParameters: { access_type: 'offline' } }, true],
    ['a reserved parameter', { authorizationParameters: { ' State': 'x' } }, false],
    ['a parameter without a name', { authorizationParameters: { '': 'x' } }, false],
    ['a parameter that is no text', { authorizationParameters: { a: 1 } }, false],
    ['too many parameters', { authorizationParameters: Object.fromEntries(many(51, 'p').map((p) => [p, ''])) }, false],
    ['a list of parameters', { authorizationParameters: [] }, false],
    ['endpoints', { metadata: { tokenEndpoint: 'https://as.example/token' } }, true],
    ['an endpoint that is no URL', { metadata: { tokenEndpoint: '/token' } }, false],
    ['an endpoint that is not known', { metadata: { userinfoEndpoint: 'https://as.example' } }, false],
    ['an issuer that is no URL', { acceptIssuer: 'as' }, false],
    ['flags', { lenientIssuer: true, pkceWithoutMetadata: false, refreshScope: true }, true],
    ['a flag as text', { refreshScope: 'true' }, false],
    ['a field that is not known', { client_id: 'a' }, false],
  ])('takes or refuses %s as those of people are', (_what, settings, isFine) => {
    expect(oauthInput.safeParse(settings).success).toBe(isFine)
    expect(oauthSettings(settings, 'auth').length === 0).toBe(isFine)
  })
})
