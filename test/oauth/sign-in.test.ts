import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizedFetch } from '../../src/oauth/authorized-fetch.js'
import { beginAuthorization, finishAuthorization } from '../../src/oauth/authorization.js'
import { chooseScopes } from '../../src/oauth/scopes.js'
import { discover } from '../../src/oauth/discovery.js'
import { parseChallenge } from '../../src/oauth/challenge.js'
import { refreshTokens } from '../../src/oauth/tokens.js'
import { requestTokens } from '../../src/oauth/machine-grants.js'

import { resolveClient } from '../../src/oauth/client-registration.js'
import { revokeTokens } from '../../src/oauth/revoke.js'
import { startAuthorizationServer } from '../support/authorization-server.js'
import { startProtectedServer } from '../support/protected-server.js'
import { testEnvironment } from '../support/oauth.js'
import type { SmallServer } from '../support/protected-server.js'
import type { TestAuthorizationServer } from '../support/authorization-server.js'
import type { TestEnvironment } from '../support/oauth.js'

let authorizationServer: TestAuthorizationServer
let server: SmallServer
let env: TestEnvironment
let audience: string

beforeEach(async () => {
  authorizationServer = await startAuthorizationServer({
    clients: [
      {
        client_id: 'machine',
        client_secret: 'machine-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
  })
  server = await startProtectedServer({
    authorizationServers: () => [authorizationServer.issuer],
    accepts: (token) => claims(token)?.aud === audience,
    scopesSupported: ['mcp:read'],
  })
  audience = `${server.origin}/mcp`
  env = testEnvironment()
})

afterEach(async () => {
  await env.close()
  await server.close()
  await authorizationServer.close()
})

function claims(token: string): { readonly aud?: string } | undefined {
  const payload = token.split('.')[1]
  return payload === undefined
    ? undefined
    : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { aud?: string })
}

/** From a 401 to the page of the authorization server. */
async function begin(scopes?: readonly string[]) {
  const response = await env.fetch(audience, { method: 'POST', body: '{}' })
  const challenge = parseChallenge(response)
  const discovery = await discover(env, { serverUrl: audience, challenge, settings: {} })
  const client = await resolveClient(env, discovery, {})
  const begun = await beginAuthorization(env, {
    discovery,
    client,
    scopes: scopes ?? chooseScopes(challenge, discovery, undefined, {}),
  })
  return { discovery, client, ...begun }
}

async function signIn(scopes?: readonly string[]) {
  const { flow, authorizationUrl, client, discovery } = await begin(scopes)
  const callback = await authorizationServer.signIn(authorizationUrl, env.redirectUrl)
  const { tokens } = await finishAuthorization(env, flow, callback)
  return { tokens, flow, client, discovery, callback }
}

describe('against a real authorization server', () => {
  it('a person signs in, and the token opens the server it is for', async () => {
    const { tokens } = await signIn()
    expect(tokens).toMatchObject({
      tokenType: 'bearer',
      lifetimeMs: 300_000,
      scopes: ['mcp:read'],
      issuer: authorizationServer.issuer,
    })
    expect(claims(tokens.accessToken)?.aud).toBe(audience)
    const fetch = authorizedFetch({
      fetch: env.fetch,
      serverUrl: audience,
      source: {
        kind: 'oauth',
        token: async () => ({ type: 'fresh', token: tokens.accessToken, scopes: tokens.scopes }),
        rejected: async () => ({ type: 'reauthorize', reason: 'credential_rejected' }),
      },
    })
    const response = await fetch(audience, { method: 'POST', body: '{"id":1}' })
    expect(await response.json()).toEqual({ echo: '{"id":1}' })
  })

  it('the account is known if openid was requested', async () => {
    const { tokens } = await signIn(['openid', 'mcp:read'])
    expect(tokens.account).toBe('ana')
  })

  it('a code is good once', async () => {
    const { flow, callback } = await signIn()
    await expect(finishAuthorization(env, flow, callback)).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'invalid_grant',
    })
  })

  it('a person may say no', async () => {
    const { flow, authorizationUrl } = await begin()
    authorizationServer.person.deniesNext = true
    const callback = await authorizationServer.signIn(authorizationUrl, env.redirectUrl)
    const error = await finishAuthorization(env, flow, callback).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'authorization_failed', reason: 'access_denied' })
    expect(String(error)).not.toContain('a secret of the server')
  })

  it('a refresh rotates; the old refresh token used again ends the grant', async () => {
    const { tokens, flow } = await signIn()
    const next = await refreshTokens(env, flow, tokens.refreshToken ?? '')
    expect(next.refreshToken).not.toBe(tokens.refreshToken)
    expect(claims(next.accessToken)?.aud).toBe(audience)
    await expect(refreshTokens(env, flow, tokens.refreshToken ?? '')).rejects.toMatchObject({ reason: 'invalid_grant' })
    await expect(refreshTokens(env, flow, next.refreshToken ?? '')).rejects.toMatchObject({ reason: 'invalid_grant' })
  })

  it('revocation ends the grant, the refresh token first', async () => {
    const { tokens, flow } = await signIn()
    await expect(revokeTokens(env, { tokens, context: flow })).resolves.toBe(true)
    const revocations = authorizationServer.requests.filter(({ path }) => path === '/token/revocation')
    expect(revocations.map(({ form }) => form.get('token_type_hint'))).toEqual(['refresh_token', 'access_token'])
    expect(revocations[0]?.form.get('token')).toBe(tokens.refreshToken)
    await expect(refreshTokens(env, flow, tokens.refreshToken ?? '')).rejects.toMatchObject({ reason: 'invalid_grant' })
  })

  it('a machine gets tokens by itself', async () => {
    const settings = {
      clientId: 'machine',
      clientSecret: 'machine-secret',
      grant: { type: 'client_credentials' as const },
    }
    const discovery = await discover(env, { serverUrl: audience, settings })
    const client = await resolveClient(env, discovery, settings)
    const { tokens } = await requestTokens(env, { discovery, client, scopes: ['mcp:read'], settings })
    expect(claims(tokens.accessToken)?.aud).toBe(audience)
    expect(tokens.refreshToken).toBeUndefined()
  })

  it("two sign-ins at once can't be mixed up", async () => {
    const [one, two] = [await begin(), await begin()]
    const callbackOfTwo = await authorizationServer.signIn(two.authorizationUrl, env.redirectUrl)
    await expect(finishAuthorization(env, one.flow, callbackOfTwo)).rejects.toMatchObject({ reason: 'state_mismatch' })
    await expect(finishAuthorization(env, two.flow, callbackOfTwo)).resolves.toMatchObject({
      tokens: { tokenType: 'bearer' },
    })
  })
})
