import { afterEach, describe, expect, it } from 'vitest'
import { beginAuthorization, callbackState, finishAuthorization } from '../../src/oauth/authorization.js'
import { discovered, testEnvironment } from '../support/oauth.js'
import { issuerHash } from '../../src/oauth/environment.js'
import { startServer } from '../support/protected-server.js'
import type { ClientRegistration } from '../../src/oauth/client-registration.js'
import type { Discovery } from '../../src/oauth/discovery.js'
import type { ServerMetadata } from '../../src/oauth/server-metadata.js'
import type { SmallServer } from '../support/protected-server.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const redirectUri = 'http://127.0.0.1:34567/callback'

function environment() {
  const env = testEnvironment()
  ends.push(() => env.close())
  return env
}

async function tokenServer(
  answer: Record<string, unknown> = { access_token: 'at', token_type: 'Bearer' },
): Promise<SmallServer> {
  const server = await startServer(({ path }) =>
    path === '/token' ? { json: answer } : path === '/userinfo' ? { json: { sub: 'ana' } } : undefined,
  )
  ends.push(() => server.close())
  return server
}

const clientOf = ({ issuer }: Discovery, changes: Partial<ClientRegistration> = {}): ClientRegistration => ({
  issuer,
  clientId: 'client',
  method: 'none',
  source: 'dynamic',
  redirectUri,
  ...changes,
})

async function begin(discovery: Discovery, scopes: readonly string[] = ['read'], client = clientOf(discovery)) {
  return beginAuthorization(environment(), { discovery, client, scopes })
}

describe('authorization request', () => {
  it('asks for a code with PKCE S256, state, resource and scope', async () => {
    const found = discovered('https://as.example')
    const { authorizationUrl, state, flow } = await begin(found)
    const { origin, pathname, searchParams } = new URL(authorizationUrl)
    expect(origin + pathname).toBe('https://as.example/authorize')
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: redirectUri,
      state,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      scope: 'read',
      resource: found.resource,
    })
    expect(state).toMatch(/^[\w-]{43}$/)
    expect(authorizationUrl).not.toContain(flow.verifier)
  })

  it('has a new state and verifier each time', async () => {
    const [one, two] = [await begin(discovered('https://as.example')), await begin(discovered('https://as.example'))]
    expect(one.state).not.toBe(two.state)
    expect(one.flow.verifier).not.toBe(two.flow.verifier)
  })

  it('omits unknown scope and resource, and sends the resource exactly as written', async () => {
    const { resource: _, ...legacy } = discovered('https://as.example')
    const bare = new URL((await begin(legacy, [])).authorizationUrl).searchParams
    expect(bare.has('scope')).toBe(false)
    expect(bare.has('resource')).toBe(false)
    const verbatim = await begin({ ...legacy, resource: 'https://MCP.example' })
    expect(new URL(verbatim.authorizationUrl).searchParams.get('resource')).toBe('https://MCP.example')
  })

  it('asks for consent where it asks for offline access', async () => {
    const { authorizationUrl } = await begin(discovered('https://as.example'), ['read', 'offline_access'])
    expect(new URL(authorizationUrl).searchParams.get('prompt')).toBe('consent')
  })

  it('keeps the query of the endpoint and lets nothing in it stand for us', async () => {
    const { authorizationUrl } = await begin(
      discovered('https://as.example', {
        authorization_endpoint: 'https://as.example/a?tenant=1&state=theirs&client_id=theirs',
      }),
    )
    const { searchParams } = new URL(authorizationUrl)
    expect(searchParams.get('tenant')).toBe('1')
    expect(searchParams.getAll('state')).toHaveLength(1)
    expect(searchParams.getAll('client_id')).toEqual(['client'])
  })

  it('encodes characters with a meaning in a shell', async () => {
    const { authorizationUrl } = await begin(
      discovered('https://as.example', { authorization_endpoint: 'https://as.example/$(calc)`x`";&|<>' }),
    )
    expect(authorizationUrl).not.toMatch(/[`"<>\s]/)
    expect(new URL(authorizationUrl).protocol).toBe('https:')
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///x', 'https://u:p@as.example/'])(
    'is never made for %s',
    async (authorization_endpoint) => {
      await expect(begin(discovered('https://as.example', { authorization_endpoint }))).rejects.toMatchObject({
        reason: 'unsafe_authorization_url',
      })
    },
  )
})

async function flowAt(
  metadata: Partial<ServerMetadata> = {},
  answer?: Record<string, unknown>,
  scopes?: readonly string[],
) {
  const server = await tokenServer(answer)
  const { state, flow } = await begin(discovered(server.origin, metadata), scopes)
  const back = (parameters: Record<string, string>) =>
    `${redirectUri}?${new URLSearchParams({ state, code: 'the-code', ...parameters }).toString()}`
  const finish = (url: string) => finishAuthorization(environment(), flow, url)
  return { server, state, flow, back, finish }
}

const jwt = (claims: object) => `e30.${btoa(JSON.stringify(claims))}.sig`

describe('callback', () => {
  it('turns a code into tokens, sent once, with verifier, redirect URI and resource', async () => {
    const { server, flow, back, finish } = await flowAt()
    await expect(finish(back({}))).resolves.toMatchObject({
      tokens: { accessToken: 'at', tokenType: 'bearer', scopes: ['read'], issuer: server.origin },
    })
    expect(server.paths).toEqual(['/token'])
    expect(Object.fromEntries(new URLSearchParams(server.requests[0]?.body))).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      code_verifier: flow.verifier,
      redirect_uri: redirectUri,
      client_id: 'client',
      resource: `${server.origin}/mcp`,
    })
  })

  it('may be given as path and query alone', async () => {
    const { back, finish } = await flowAt()
    await expect(finish(back({}).replace('http://127.0.0.1:34567', ''))).resolves.toMatchObject({
      tokens: { accessToken: 'at' },
    })
  })

  it.each([
    ['advertised, right', true, 'right', true],
    ['advertised, missing', true, undefined, false],
    ['advertised, wrong', true, 'wrong', false],
    ['not advertised, missing', false, undefined, true],
    ['not advertised, right', false, 'right', true],
    ['not advertised, wrong', false, 'wrong', false],
    ['not advertised, with a slash more', false, 'slash', false],
  ])('with an iss that is %s', async (_, advertised, iss, accepted) => {
    const { server, back, finish } = await flowAt(
      advertised ? { authorization_response_iss_parameter_supported: true } : {},
    )
    const values: Record<string, string> = {
      right: server.origin,
      wrong: 'https://evil.example',
      slash: `${server.origin}/`,
    }
    const url = back(iss === undefined ? {} : { iss: values[iss] ?? '' })
    if (accepted) return expect(finish(url)).resolves.toMatchObject({ tokens: { accessToken: 'at' } })
    await expect(finish(url)).rejects.toMatchObject({ code: 'authorization_failed', reason: 'issuer_mismatch' })
    expect(server.requests).toEqual([])
  })

  it('of another issuer is not believed even about an error', async () => {
    const { back, finish } = await flowAt()
    await expect(finish(back({ iss: 'https://evil.example', error: 'access_denied' }))).rejects.toMatchObject({
      reason: 'issuer_mismatch',
    })
  })

  it('of another sign-in is refused', async () => {
    const { server, back, finish } = await flowAt()
    await expect(finish(back({ state: 'other' }))).rejects.toMatchObject({ reason: 'state_mismatch' })
    await expect(finish(`${redirectUri}?code=the-code`)).rejects.toMatchObject({ reason: 'state_mismatch' })
    expect(server.requests).toEqual([])
  })

  it.each(['state', 'iss', 'code', 'error'])('with two of %s is refused', async (name) => {
    const { server, back, finish } = await flowAt()
    await expect(finish(`${back({ [name]: 'one' })}&${name}=two`)).rejects.toMatchObject({ reason: 'callback_invalid' })
    expect(server.requests).toEqual([])
  })

  it.each(['response=jarm', 'id_token=x', 'token=x'])('with %s is refused', async (more) => {
    const { back, finish } = await flowAt()
    await expect(finish(`${back({})}&${more}`)).rejects.toMatchObject({ reason: 'callback_invalid' })
  })

  it('without a code is refused', async () => {
    const { state, finish } = await flowAt()
    await expect(finish(`${redirectUri}?state=${state}`)).rejects.toMatchObject({ reason: 'callback_invalid' })
    await expect(finish(`${redirectUri}?state=${state}&code=`)).rejects.toMatchObject({ reason: 'callback_invalid' })
  })

  it('with an error reports the error code, never the text', async () => {
    const { server, back, finish } = await flowAt()
    const error = await finish(back({ error: 'access_denied', error_description: 'CANARY' })).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ code: 'authorization_failed', reason: 'access_denied' })
    expect(JSON.stringify(error) + String(error)).not.toContain('CANARY')
    await expect(finish(back({ error: '<script>CANARY' }))).rejects.toMatchObject({ reason: 'authorization_refused' })
    expect(server.requests).toEqual([])
  })

  it('at the address of another authorization server is refused where each has its own', async () => {
    const server = await tokenServer()
    const found = discovered(server.origin)
    const own = `http://127.0.0.1:34567/callback/${issuerHash(found.issuer)}`
    const { state, flow } = await begin(found, [], clientOf(found, { redirectUri: own }))
    const foreign = `http://127.0.0.1:34567/callback/${issuerHash('https://evil.example')}?code=c&state=${state}`
    await expect(finishAuthorization(environment(), flow, foreign)).rejects.toMatchObject({ reason: 'issuer_mismatch' })
    expect(server.requests).toEqual([])
    await expect(finishAuthorization(environment(), flow, `${own}?code=c&state=${state}`)).resolves.toMatchObject({
      tokens: { accessToken: 'at' },
    })
  })

  const evil = issuerHash('https://evil.example')
  /** The redirect URI of a sign-in, and where a callback of it arrives; `HASH` is what marks the authorization server. */
  it.each<[string, string, string, string]>([
    ['at another path', 'http://127.0.0.1:34567/callback', '/elsewhere', 'callback_invalid'],
    ['below its path', 'http://127.0.0.1:34567/callback', '/callback/more', 'callback_invalid'],
    ['at a path that only ends alike', 'http://127.0.0.1:34567/callback', '/my-callback', 'callback_invalid'],
    ['without the query of its host', 'http://127.0.0.1:34567/callback?app=1', '/callback', 'callback_invalid'],
    ['with another query of its host', 'http://127.0.0.1:34567/callback?app=1', '/callback?app=2', 'callback_invalid'],
    ['with a foreign mark in the path', 'http://127.0.0.1:34567/cb/HASH', `/cb/${evil}`, 'issuer_mismatch'],
    ['with its mark in the query', 'http://127.0.0.1:34567/cb/HASH', `/cb/${evil}?x=HASH`, 'issuer_mismatch'],
    ['with its mark before a foreign one', 'http://127.0.0.1:34567/cb/HASH', `/HASH/cb/${evil}`, 'issuer_mismatch'],
    ['without the segment of its mark', 'http://127.0.0.1:34567/cb/HASH/end', '/end', 'issuer_mismatch'],
    ['with a foreign mark', 'http://127.0.0.1:34567/cb?mcp_as=HASH', `/cb?mcp_as=${evil}`, 'issuer_mismatch'],
    ['with both marks', 'http://127.0.0.1:34567/cb?mcp_as=HASH', `/cb?mcp_as=HASH&mcp_as=${evil}`, 'issuer_mismatch'],
    ['with its mark in the path', 'http://127.0.0.1:34567/cb?mcp_as=HASH', '/cb/HASH', 'issuer_mismatch'],
    ['with a mark it has not', 'http://127.0.0.1:34567/cb', `/cb?mcp_as=${evil}`, 'issuer_mismatch'],
    ['with its mark elsewhere in the query', 'http://127.0.0.1:34567/cb?as=HASH', '/cb?b=HASH', 'issuer_mismatch'],
    ['at a foreign host', 'https://HASH.app.example/cb', `https://${evil}.app.example/cb`, 'issuer_mismatch'],
    ['at the host of a proxy', 'https://app.example/oauth/cb', 'http://10.0.0.7:3000/oauth/cb', 'taken'],
    ['below the path of a proxy', 'https://app.example/oauth/cb', '/edge/oauth/cb', 'taken'],
    ['where a router has cut the path', 'https://app.example/oauth/cb?mcp_as=HASH', '/cb?mcp_as=HASH', 'taken'],
    ['where a router has cut all of it', 'https://app.example/oauth/cb', '/', 'taken'],
    ['where a router has cut up to the mark', 'https://app.example/oauth/HASH', '/HASH', 'taken'],
    ['with a slash at its end', 'https://app.example/oauth/cb', '/oauth/cb/', 'taken'],
    ['in another order', 'https://app.example/cb?a=1&mcp_as=HASH', '/cb?mcp_as=HASH&x=2&a=1', 'taken'],
    ['to an app', 'com.example.app:/cb?mcp_as=HASH', 'com.example.app:/cb?mcp_as=HASH', 'taken'],
  ])('that arrives %s is %3$s', async (_what, uri, arrived, outcome) => {
    const server = await tokenServer()
    const found = discovered(server.origin)
    const own = (text: string): string => text.replace('HASH', issuerHash(found.issuer))
    const { state, flow } = await begin(found, [], clientOf(found, { redirectUri: own(uri) }))
    const callback = `${own(arrived)}${arrived.includes('?') ? '&' : '?'}code=c&state=${state}`
    const finished = finishAuthorization(environment(), flow, callback)
    if (outcome === 'taken') await expect(finished).resolves.toMatchObject({ tokens: { accessToken: 'at' } })
    else await expect(finished).rejects.toMatchObject({ code: 'authorization_failed', reason: outcome })
    expect(server.requests).toHaveLength(outcome === 'taken' ? 1 : 0)
  })

  it('reads the account from an ID token for this client', async () => {
    for (const [claims, account] of [
      [{ aud: 'client', sub: 'ana' }, 'ana'],
      [{ aud: ['x', 'client'], sub: 'ana' }, 'ana'],
      [{ aud: 'other', sub: 'ana' }, undefined],
      [{ aud: 'client', sub: 'a\nb' }, undefined],
      [{ aud: 'client', sub: 'ana', iss: 'https://evil.example' }, undefined],
    ] as const) {
      const server = await startServer((_, origin) => ({
        json: { access_token: 'at', token_type: 'Bearer', id_token: jwt({ iss: origin, ...claims }) },
      }))
      ends.push(() => server.close())
      const { state, flow } = await begin(discovered(server.origin))
      const { tokens } = await finishAuthorization(environment(), flow, `${redirectUri}?code=c&state=${state}`)
      expect(tokens.account).toBe(account)
    }
  })

  it('reads the account from userinfo without an ID token', async () => {
    const { server, back, flow } = await flowAt({}, undefined, ['openid'])
    const asked = { ...flow, server: { ...flow.server, userinfo_endpoint: `${server.origin}/userinfo` } }
    await expect(finishAuthorization(environment(), asked, back({}))).resolves.toMatchObject({
      tokens: { account: 'ana' },
    })
    const failing = { ...flow, server: { ...flow.server, userinfo_endpoint: `${server.origin}/nothing` } }
    await expect(finishAuthorization(environment(), failing, back({}))).resolves.toMatchObject({
      tokens: { accessToken: 'at' },
    })
  })

  it('is found by its state, if it has exactly one', () => {
    expect(callbackState(`${redirectUri}?code=c&state=abc`)).toBe('abc')
    expect(callbackState('/callback?state=abc')).toBe('abc')
    for (const url of [
      redirectUri,
      `${redirectUri}?state=a&state=b`,
      `${redirectUri}?state=${'x'.repeat(300)}`,
      'http://[',
      'x'.repeat(20_000),
    ]) {
      expect(callbackState(url)).toBeUndefined()
    }
  })
})
