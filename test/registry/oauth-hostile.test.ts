import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inspect } from 'node:util'
import { answerTokenRequests, lifetimeMs, startOAuthBench } from '../support/oauth-registry.js'
import type { OAuthBench } from '../support/oauth-registry.js'
import { startServer, type Reply, type SmallServer } from '../support/protected-server.js'
import { ana, bo } from '../support/registry.js'
import type { Answer } from '../support/mcp-server.js'

let bench: OAuthBench
let sink: SmallServer
beforeEach(async () => {
  bench = await startOAuthBench()
  sink = await startServer(() => ({ status: 200, json: {} }))
})
afterEach(async () => {
  await bench.close()
  await sink.close()
})

const mine = () => bench.registry.actingAs(ana)
const begin = () => mine().connect({ url: bench.server.url, name: 'Notes', agents: ['assistant'] })
const call = async () => (await mine().toolset('assistant')).call('notes__read_note', { id: '1' })

/** The server answers requests of MCP in another way than it would. */
function insteadOf(rpc: 'all' | 'tools/call', answer: () => Answer): void {
  const usual = bench.server.state.intercept!
  bench.server.state.intercept = async (request) =>
    request.rpc !== undefined && (rpc === 'all' || request.rpc === rpc) ? answer() : usual(request)
}

/** The authorization server answers one path in another way, e.g. with other metadata. */
function atAuthorizationServer(path: string, answer: (origin: string) => object): void {
  bench.authorizationServer.intercept = (request, response) => {
    if (request.path !== path && !(path === wellKnown && request.path === openidWellKnown)) return false
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer(bench.authorizationServer.issuer)))
    return true
  }
}

const wellKnown = '/.well-known/oauth-authorization-server'
/** Asked as well, where the first place has not the right document. */
const openidWellKnown = '/.well-known/openid-configuration'
const metadata = (issuer: string, more: object = {}): object => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/reg`,
  revocation_endpoint: `${issuer}/token/revocation`,
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  ...more,
})

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('of the MCP server are refused: %i', async (status) => {
    await bench.connected()
    for (const location of [`${sink.origin}/mcp`, bench.server.url, 'http://169.254.169.254/']) {
      insteadOf('all', () => ({ status, headers: { location } }))
      await expect(call()).rejects.toMatchObject({ code: 'redirect_refused' })
    }
    expect(sink.requests).toEqual([])
  })

  it('of the token endpoint are refused, and the secret goes nowhere else', async () => {
    const begun = await begin()
    const callback = await bench.signIn(begun)
    answerTokenRequests(bench, () => ({ status: 307, headers: { location: `${sink.origin}/token` }, body: '' }))
    await expect(mine().finishConnect(callback)).rejects.toMatchObject({ code: 'redirect_refused' })
    expect(sink.requests).toEqual([])
    expect(await mine().get(begun.integration.id)).toMatchObject({ status: 'reconnect_required' })
  })
})

describe('metadata', () => {
  it.each([
    ['of another server (D14)', { resource: 'https://other.example/mcp' }, 'resource_mismatch'],
    ['of a path beside (D14)', { resource: 'evil' }, 'resource_mismatch'],
    ['that names a private address (D13)', { authorization_servers: ['http://169.254.169.254'] }, 'unsafe_endpoint'],
    ['that names a file (D13)', { authorization_servers: ['file:///etc/passwd'] }, 'unsafe_endpoint'],
  ])('%s stops before anything is registered, and nothing is stored', async (_, more, reason) => {
    const usual = bench.server.state.intercept!
    bench.server.state.intercept = async (request) =>
      request.path.includes('well-known')
        ? {
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              resource: bench.server.url,
              authorization_servers: [bench.issuer],
              ...more,
              ...('resource' in more && more.resource === 'evil' ? { resource: `${bench.server.url}-evil` } : {}),
            }),
          }
        : usual(request)
    await expect(begin()).rejects.toMatchObject({ code: 'authorization_failed', reason })
    expect(bench.authorizationServer.requests).toEqual([])
    expect(await bench.dump()).toEqual([])
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'https://user:password@x.example/',
    'x'.repeat(2048),
  ])('is not fetched from where a challenge must not point, anda well-known URL is tried: %s', async (address) => {
    const usual = bench.server.state.intercept!
    bench.server.state.intercept = async (request) => {
      const answer = await usual(request)
      return answer?.status === 401
        ? { ...answer, headers: { 'www-authenticate': `Basic realm="x", Bearer resource_metadata="${address}"` } }
        : answer
    }
    expect(await begin()).toMatchObject({ type: 'authorization_required' })
  })

  it.each([
    ['with another issuer, by case (D15)', (o: string) => metadata(o.replace('http', 'HTTP')), 'issuer_mismatch'],
    ['with another issuer, by path (D15)', (o: string) => ({ ...metadata(o), issuer: `${o}/x` }), 'issuer_mismatch'],
    [
      'without PKCE (D16)',
      (o: string) => metadata(o, { code_challenge_methods_supported: undefined }),
      'pkce_unsupported',
    ],
    [
      'with plain PKCE (D16)',
      (o: string) => metadata(o, { code_challenge_methods_supported: ['plain'] }),
      'pkce_unsupported',
    ],
    ...[
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///x',
      'ms-msdt:/id',
      'java\nscript:x',
      'https://u:p@x.example/',
    ].map((url): [string, (o: string) => object, string] => [
      `that sends people to ${JSON.stringify(url)} (D17)`,
      (o) => metadata(o, { authorization_endpoint: url }),
      'unsafe_authorization_url',
    ]),
    ...['token_endpoint', 'registration_endpoint'].map((name): [string, (o: string) => object, string] => [
      `with a ${name} on http (D18)`,
      (o) => metadata(o, { [name]: 'http://as.example/x' }),
      'unsafe_endpoint',
    ]),
  ])('of an authorization server %s stops before anything is registered', async (_, document, reason) => {
    atAuthorizationServer(wellKnown, document)
    const refused = await begin().catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'authorization_failed', reason })
    expect(bench.authorizationServer.requests.map(({ path }) => path)).not.toContain('/reg')
    expect(await bench.dump()).toEqual([])
  })

  it('with a private token endpoint is given no code', async () => {
    atAuthorizationServer(wellKnown, (o) => metadata(o, { token_endpoint: 'https://10.0.0.1/token' }))
    const callback = await bench.signIn(await begin())
    await expect(mine().finishConnect(callback)).rejects.toMatchObject({ code: 'url_refused' })
  })

  it('that goes bad later leaves the credential that is there at work', async () => {
    const id = await bench.connected()
    atAuthorizationServer(wellKnown, (o) => metadata(o, { authorization_endpoint: 'javascript:alert(1)' }))
    await expect(mine().reconnect(id)).rejects.toMatchObject({ reason: 'unsafe_authorization_url' })
    expect(await mine().get(id)).toMatchObject({ status: 'connected' })
    expect(await call()).toMatchObject({ type: 'completed' })
  })

  it('that contains a shell command keeps it as plain text', async () => {
    atAuthorizationServer(wellKnown, (o) => metadata(o, { authorization_endpoint: `${o}/auth?x=$(calc)&y="'\`|` }))
    const begun = await begin()
    expect(begun).toMatchObject({ type: 'authorization_required' })
    if (begun.type === 'authorization_required') expect(begun.authorizationUrl).not.toMatch(/["'`|\s]/)
  })
})

describe('a callback', () => {
  const changed = (callback: string, change: (query: URLSearchParams) => void): string => {
    const url = new URL(callback)
    change(url.searchParams)
    return url.href
  }

  it.each([
    ['from another issuer', (q: URLSearchParams) => q.set('iss', 'https://evil.example'), 'issuer_mismatch'],
    ['from no issuer', (q: URLSearchParams) => q.delete('iss'), 'issuer_mismatch'],
    ['from two issuers', (q: URLSearchParams) => q.append('iss', 'https://evil.example'), 'callback_invalid'],
    ['with two codes', (q: URLSearchParams) => q.append('code', 'x'), 'callback_invalid'],
    [
      'with an error of another issuer',
      (q: URLSearchParams) => {
        q.set('iss', 'https://evil.example')
        q.set('error', 'access_denied')
        q.set('error_description', 'CANARY')
      },
      'issuer_mismatch',
    ],
  ])('%s ends its flow, sends no code and shows no text', async (_, change, reason) => {
    const begun = await begin()
    const callback = await bench.signIn(begun)
    const refused = await mine()
      .finishConnect(changed(callback, change))
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'authorization_failed', reason })
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('CANARY')
    await expect(mine().finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    expect(bench.authorizationServer.tokenRequests()).toEqual([])
    expect(await mine().get(begun.integration.id)).toMatchObject({ statusDetail: { reason: 'first_sign_in' } })
  })

  it.each([
    ['without a state', (q: URLSearchParams) => q.delete('state')],
    ['with a wrong state', (q: URLSearchParams) => q.set('state', 'x'.repeat(43))],
    ['with two states', (q: URLSearchParams) => q.append('state', 'x')],
    ['with an endless state', (q: URLSearchParams) => q.set('state', 'x'.repeat(100_000))],
  ])('%s belongs to nobody, and disturbs nobody', async (_, change) => {
    const callback = await bench.signIn(await begin())
    await expect(mine().finishConnect(changed(callback, change))).rejects.toMatchObject({ code: 'not_found' })
    expect(await mine().finishConnect(callback)).toMatchObject({ type: 'connected' })
  })

  it('counts once, also when it comes many times at once, and only for who began', async () => {
    const callback = await bench.signIn(await begin())
    await expect(bench.registry.actingAs(bo).finishConnect(callback)).rejects.toMatchObject({ code: 'not_found' })
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => mine().finishConnect(callback)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(bench.authorizationServer.tokenRequests('authorization_code')).toHaveLength(1)
  })
})

describe('a token response', () => {
  const token = { access_token: 'CANARY-token', token_type: 'Bearer', refresh_token: 'CANARY-refresh' }

  it.each([
    ['of type mac', { ...token, token_type: 'mac' }],
    ['with a line break', { ...token, access_token: 'CANARY\r\nx: y' }],
    ['with a NUL', { ...token, access_token: 'CANARY\0' }],
    ['of a megabyte', { ...token, access_token: 'CANARY'.repeat(200_000) }],
    ['that is none', {}],
  ])('%s is refused, nothing of it is stored or shown, and one may try again', async (_, answer) => {
    const begun = await begin()
    const callback = await bench.signIn(begun)
    answerTokenRequests(bench, () => ({ body: JSON.stringify(answer) }))
    const refused = await mine()
      .finishConnect(callback)
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: expect.stringMatching(/^(authorization_failed|response_too_large)$/) })
    expect(inspect([refused, await bench.dump()], { depth: 9, showHidden: true })).not.toContain('CANARY')
    expect((await bench.dump()).filter(({ key }) => /^(credential|flow)\//.test(key))).toEqual([])
    bench.authorizationServer.intercept = undefined
    expect(await mine().finishConnect(await bench.signIn(await mine().reconnect(begun.integration.id)))).toMatchObject({
      type: 'connected',
    })
  })

  it.each([1e11, '3600', -1, 0, undefined])('that lives %s s is used, and refreshed within bounds', async (expires) => {
    const id = await bench.connected()
    let n = 0
    const accepted = new Set<string>()
    answerTokenRequests(bench, () => {
      const access_token = `refreshed-${n++}`
      accepted.add(`Bearer ${access_token}`)
      return { body: JSON.stringify({ access_token, token_type: 'Bearer', expires_in: expires }) }
    })
    const usual = bench.server.state.intercept!
    bench.server.state.intercept = async (request) =>
      accepted.has(request.headers['authorization'] as string) ? undefined : usual(request)
    bench.time.now += lifetimeMs + 1000
    for (let round = 0; round < 3; round++) expect(await call()).toMatchObject({ type: 'completed' })
    expect(n).toBeLessThanOrEqual(3)
    expect(await mine().get(id)).toMatchObject({ status: 'connected' })
  })

  it('without a new refresh token keeps the old one', async () => {
    await bench.connected()
    let n = 0
    const sent: (string | null)[] = []
    answerTokenRequests(bench, ({ form }) => {
      sent.push(form.get('refresh_token'))
      return { body: JSON.stringify({ access_token: `again-${n++}`, token_type: 'Bearer', expires_in: 300 }) }
    })
    bench.server.state.intercept = async () => undefined
    for (let round = 0; round < 2; round++) {
      bench.time.now += lifetimeMs + 1000
      expect(await call()).toMatchObject({ type: 'completed' })
    }
    expect(new Set(sent).size).toBe(1)
    expect(sent).toHaveLength(2)
  })
})

describe('a failed sign-in again', () => {
  const passing: [string, Reply & object][] = [
    ['500', { status: 500, text: '' }],
    ['a page', { status: 200, text: '<html>' }],
  ]
  it.each(passing)('keeps the existing credential working: %s', async (_, answer) => {
    const id = await bench.connected()
    const callback = await bench.signIn(await mine().reconnect(id))
    answerTokenRequests(bench, () => ({ status: answer.status ?? 200, body: answer.text ?? '' }), 'authorization_code')
    await expect(mine().finishConnect(callback)).rejects.toMatchObject({ code: expect.any(String) })
    expect(await mine().get(id)).toMatchObject({ status: 'connected' })
    bench.time.now += lifetimeMs + 1000
    expect(await call()).toMatchObject({ type: 'completed' })
    expect(bench.authorizationServer.tokenRequests('refresh_token')).toHaveLength(1)
  })
})
