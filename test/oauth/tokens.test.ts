import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { refreshTokens } from '../../src/oauth/tokens.js'
import { requestTokens } from '../../src/oauth/machine-grants.js'

import { discovered, gate, testClock, testEnvironment } from '../support/oauth.js'
import { startServer } from '../support/protected-server.js'
import type { ClientRegistration } from '../../src/oauth/client-registration.js'
import type { OAuthSettings } from '../../src/model/oauth.js'
import type { Reply, SmallServer } from '../support/protected-server.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function answering(answer: Reply | ((path: string) => Reply)): Promise<SmallServer> {
  const server = await startServer(({ path }) => (typeof answer === 'function' ? answer(path) : answer))
  ends.push(() => server.close())
  return server
}

function environment(options: Parameters<typeof testEnvironment>[0] = {}) {
  const env = testEnvironment(options)
  ends.push(() => env.close())
  return env
}

const client = (issuer: string, changes: Partial<ClientRegistration> = {}): ClientRegistration => ({
  issuer,
  clientId: 'client',
  method: 'none',
  source: 'configured',
  redirectUri: 'x',
  ...changes,
})

async function refresh(answer: Reply) {
  const server = await answering(answer)
  const { server: metadata, resource } = discovered(server.origin)
  return refreshTokens(
    environment(),
    { server: metadata, client: client(server.origin), resource, scopes: ['a', 'b'] },
    'the-refresh-token',
  )
}

const good = { access_token: 'at', token_type: 'Bearer' }

describe('token answer', () => {
  it('keeps the requested scopes if the response has none', async () => {
    const tokens = await refresh({ json: good })
    expect(tokens).toMatchObject({ accessToken: 'at', tokenType: 'bearer', scopes: ['a', 'b'] })
    expect(tokens.refreshToken).toBeUndefined()
    expect(tokens.lifetimeMs).toBeUndefined()
  })

  it('returns narrower scopes and a new refresh token', async () => {
    await expect(refresh({ json: { ...good, scope: 'a', refresh_token: 'rt2' } })).resolves.toMatchObject({
      scopes: ['a'],
      refreshToken: 'rt2',
    })
    const nulls = await refresh({ json: { ...good, scope: null, refresh_token: null, id_token: 5 } })
    expect(nulls.scopes).toEqual(['a', 'b'])
    expect(nulls.refreshToken).toBeUndefined()
  })

  it.each([
    [3600, 3_600_000],
    ['3600', 3_600_000],
    [1e11, 10 * 365 * 24 * 3_600_000],
    [0.001, 1000],
    [0, undefined],
    [-1, undefined],
    ['soon', undefined],
    [null, undefined],
    [{}, undefined],
  ])('with expires_in %j lives for %s ms', async (expires_in, lifetimeMs) => {
    expect((await refresh({ json: { ...good, expires_in } })).lifetimeMs).toBe(lifetimeMs)
  })

  it.each([
    [{ access_token: 'at', token_type: 'mac' }],
    [{ access_token: 'at', token_type: 'DPoP' }],
    [{ access_token: 'at', token_type: 5 }],
    [{ token_type: 'Bearer' }],
    [{ ...good, access_token: '' }],
    [{ ...good, access_token: 'a\r\nb' }],
    [{ ...good, access_token: 'a\u0000b' }],
    [{ ...good, access_token: 'ü' }],
    [{ ...good, access_token: 'x'.repeat(20_000) }],
  ])("that can't be used is refused: %#", async (json) => {
    await expect(refresh({ json })).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'token_response_invalid',
    })
  })

  it.each([
    ['with 201', { status: 201, json: { ...good, refresh_token: 'rt 2' } }, 'rt 2'],
    ['with 202', { status: 202, json: good }, undefined],
    ['as a form', { text: 'access_token=at&token_type=bearer&expires_in=3600&scope=a%2Cb' }, undefined],
    ['without a type', { json: { access_token: 'at' } }, undefined],
    ['with a refresh token that is none', { json: { ...good, refresh_token: 5 } }, undefined],
    ['with scopes as a list', { json: { ...good, scope: ['a', 'b'] } }, undefined],
    ['with scopes among what is none', { json: { ...good, scope: ['a b', { toString: '' }, [['c']]] } }, undefined],
    ['with scopes between commas', { json: { ...good, scope: 'a,b' } }, undefined],
    ['with an empty error beside it', { json: { ...good, error: '' } }, undefined],
  ])('in another wrapping counts all the same: %s', async (_, answer, refreshToken) => {
    const tokens = await refresh(answer as Reply)
    expect(tokens).toMatchObject({ accessToken: 'at', tokenType: 'bearer', scopes: ['a', 'b'] })
    expect(tokens.refreshToken).toBe(refreshToken)
  })

  it('of a megabyte is cut off', async () => {
    await expect(refresh({ json: { ...good, access_token: 'x'.repeat(1024 * 1024) } })).rejects.toMatchObject({
      code: 'response_too_large',
    })
  })

  it('is understood whatever its content type says', async () => {
    await expect(
      refresh({ text: JSON.stringify(good), headers: { 'content-type': 'text/html' } }),
    ).resolves.toMatchObject({ accessToken: 'at' })
  })

  it.each([
    [
      { status: 400, json: { error: 'invalid_grant' } },
      { code: 'authorization_failed', reason: 'invalid_grant', httpStatus: 400 },
    ],
    [
      { status: 401, json: { error: 'invalid_client' }, headers: { 'www-authenticate': 'Basic' } },
      { code: 'authorization_failed', reason: 'invalid_client' },
    ],
    [
      { status: 200, json: { error: 'invalid_grant' } },
      { code: 'authorization_failed', reason: 'invalid_grant' },
    ],
    [
      { status: 400, json: { error: 'CANARY' } },
      { code: 'authorization_failed', reason: 'authorization_refused', httpStatus: 400 },
    ],
    [{ status: 400, json: { error: 'temporarily_unavailable' } }, { code: 'server_error' }],
    [
      { status: 500, json: { error: 'invalid_grant' } },
      { code: 'server_error', httpStatus: 500 },
    ],
    [
      { status: 503, headers: { 'retry-after': '7' } },
      { code: 'server_error', retryAfterMs: 7000 },
    ],
    [
      { status: 429, headers: { 'retry-after': '99999999' } },
      { code: 'rate_limited', retryAfterMs: 86_400_000 },
    ],
    [{ status: 429, headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' } }, { code: 'rate_limited' }],
    [{ status: 408 }, { code: 'server_error', httpStatus: 408 }],
    [
      { status: 403, text: '<html>CANARY' },
      { code: 'authorization_failed', reason: 'token_response_invalid', httpStatus: 403 },
    ],
    [
      { status: 200, text: '<html>CANARY' },
      { code: 'authorization_failed', reason: 'token_response_invalid', httpStatus: 200 },
    ],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, { code: 'redirect_refused' }],
    ['reset' as const, { code: 'unreachable', mayHaveRun: true }],
  ])('that is none comes to %j', async (answer, expected) => {
    const error = await refresh(answer as Reply).catch((caught: unknown) => caught)
    expect(error).toMatchObject(expected)
    expect(String(error) + JSON.stringify(error)).not.toContain('CANARY')
  })

  it('that never comes is waited for 20 s', async () => {
    const clock = testClock()
    const arrived = gate()
    const server = await answering(() => {
      arrived.open()
      return 'hang'
    })
    const { server: metadata } = discovered(server.origin)
    const waiting = refreshTokens(
      environment({ runtime: clock }),
      { server: metadata, client: client(server.origin), scopes: [] },
      'rt',
    )
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'timeout', mayHaveRun: true })
    await arrived.opened
    await clock.advance(20_000)
    await outcome
  })

  it('that could not even be asked for says so', async () => {
    const { server: metadata } = discovered('http://127.0.0.1:1')
    await expect(
      refreshTokens(environment(), { server: metadata, client: client('x'), scopes: [] }, 'rt'),
    ).rejects.toMatchObject({ code: 'unreachable', mayHaveRun: false })
  })
})

const form = (server: SmallServer, index = 0) => Object.fromEntries(new URLSearchParams(server.requests[index]?.body))

async function ask(
  server: SmallServer,
  settings: OAuthSettings,
  changes: Partial<ClientRegistration> = {},
  scopes: readonly string[] = ['a'],
) {
  const discovery = discovered(server.origin)
  const request = { discovery, client: client(server.origin, changes), scopes, settings }
  return (await requestTokens(environment(), request)).tokens
}

describe('tokens without a person', () => {
  it('come for client id and secret', async () => {
    const server = await answering({ json: good })
    const settings: OAuthSettings = { grant: { type: 'client_credentials' } }
    await expect(ask(server, settings, { clientSecret: 's', method: 'client_secret_basic' })).resolves.toMatchObject({
      accessToken: 'at',
    })
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa('client:s')}`)
    expect(form(server)).toEqual({ grant_type: 'client_credentials', scope: 'a', resource: `${server.origin}/mcp` })
  })

  it.each(['ES256', 'RS256', 'EdDSA'] as const)('come for a private key: %s', async (signingAlgorithm) => {
    const { privateKey, publicKey } = await generateKeyPair(signingAlgorithm, { extractable: true })
    const server = await answering({ json: good })
    const grant = {
      type: 'client_credentials' as const,
      privateKeyPem: await exportPKCS8(privateKey),
      signingAlgorithm,
    }
    await ask(server, { grant }, {}, [])
    const { client_assertion: assertion = '', ...rest } = form(server)
    expect(rest).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      resource: `${server.origin}/mcp`,
    })
    const { payload } = await jwtVerify(assertion, publicKey, {
      issuer: 'client',
      subject: 'client',
      audience: server.origin,
    })
    expect(payload.jti).toBeDefined()
  })

  it('are not requested with an invalid key, and no error contains the key', async () => {
    const server = await answering({ json: good })
    const error = await ask(server, { grant: { type: 'client_credentials', privateKeyPem: 'CANARY' } }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ reason: 'private_key_unusable' })
    expect(String(error)).not.toContain('CANARY')
  })

  it('come for the word of an identity provider, in two steps', async () => {
    const server = await answering((path) =>
      path === '/idp'
        ? { json: { access_token: 'the-assertion', token_type: 'N_A', issued_token_type: 'x' } }
        : { json: good },
    )
    const idp = {
      issuer: 'https://idp.example',
      tokenEndpoint: `${server.origin}/idp`,
      clientId: 'idp-client',
      idToken: 'the-id-token',
    }
    await expect(
      ask(server, { grant: { type: 'id_jag', idp } }, { clientSecret: 's', method: 'client_secret_basic' }),
    ).resolves.toMatchObject({ accessToken: 'at' })
    expect(server.paths).toEqual(['/idp', '/token'])
    expect(form(server)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      subject_token: 'the-id-token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      audience: server.origin,
      resource: `${server.origin}/mcp`,
      scope: 'a',
      client_id: 'idp-client',
    })
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization')
    expect(form(server, 1)).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'the-assertion',
      resource: `${server.origin}/mcp`,
    })
    expect(server.requests[1]?.headers.authorization).toBe(`Basic ${btoa('client:s')}`)
  })

  it('do not come from an identity provider on http', async () => {
    const server = await answering({ json: good })
    const idp = { issuer: 'x', tokenEndpoint: 'http://idp.example/token', clientId: 'c', idToken: 't' }
    await expect(ask(server, { grant: { type: 'id_jag', idp } })).rejects.toMatchObject({ reason: 'unsafe_endpoint' })
  })
})
