import { afterEach, describe, expect, it } from 'vitest'
import { AuthorizationRequired, authorizedFetch } from '../../src/oauth/authorized-fetch.js'
import { startServer } from '../support/protected-server.js'
import { testEnvironment } from '../support/oauth.js'
import type { Challenge } from '../../src/oauth/challenge.js'
import type { CredentialSource } from '../../src/oauth/authorized-fetch.js'
import type { Received, Reply, SmallServer } from '../support/protected-server.js'
import type { TokenOutcome } from '../../src/oauth/token-outcome.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function answering(handler: (request: Received) => Reply): Promise<SmallServer> {
  const server = await startServer(handler)
  ends.push(() => server.close())
  return server
}

function reach(server: SmallServer, source: CredentialSource) {
  const env = testEnvironment()
  ends.push(() => env.close())
  return authorizedFetch({ fetch: env.fetch, serverUrl: `${server.origin}/mcp`, source })
}

const fresh = (token: string, scopes: readonly string[] = []): TokenOutcome => ({ type: 'fresh', token, scopes })

/** Gives the tokens in turn, each when the one before was refused. */
function tokens(outcomes: readonly TokenOutcome[]) {
  const rejections: { token: string; challenge: Challenge }[] = []
  const source: CredentialSource = {
    kind: 'oauth',
    token: async () => outcomes[0] ?? fresh('none'),
    rejected: async (token, challenge) => {
      rejections.push({ token, challenge })
      return outcomes[rejections.length] ?? { type: 'reauthorize', reason: 'credential_rejected' }
    },
  }
  return { source, rejections }
}

const caughtFrom = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const unauthorized: Reply = { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token", scope="a"' } }

describe('authorized fetch', () => {
  it('identifies itself by the token', async () => {
    const server = await answering(() => ({ json: {} }))
    await reach(server, tokens([fresh('T1')]).source)(`${server.origin}/mcp`, {
      headers: { authorization: 'theirs', accept: 'x/y' },
    })
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer T1', accept: 'x/y' })
  })

  it('sends a refused request once more, with the same body and a fresh token', async () => {
    const server = await answering(({ headers }) =>
      headers.authorization === 'Bearer T2' ? { json: { ok: true } } : unauthorized,
    )
    const { source, rejections } = tokens([fresh('T1'), fresh('T2')])
    const response = await reach(server, source)(`${server.origin}/mcp`, { method: 'POST', body: '{"id":7}' })
    expect(await response.json()).toEqual({ ok: true })
    expect(server.requests.map(({ body }) => body)).toEqual(['{"id":7}', '{"id":7}'])
    expect(rejections).toEqual([
      { token: 'T1', challenge: { status: 401, scheme: 'bearer', error: 'invalid_token', scopes: ['a'] } },
    ])
  })

  it('fails if a fresh token is refused too', async () => {
    const server = await answering(() => unauthorized)
    const { source, rejections } = tokens([fresh('T1'), fresh('T2'), fresh('T3')])
    const error = await caughtFrom(reach(server, source)(`${server.origin}/mcp`))
    expect(error).toBeInstanceOf(AuthorizationRequired)
    expect(error).toMatchObject({ reason: 'credential_rejected', challenge: { status: 401, scopes: ['a'] } })
    expect(server.requests).toHaveLength(2)
    expect(rejections).toHaveLength(1)
  })

  it('reports the reason if there is no fresh token', async () => {
    const server = await answering(() => unauthorized)
    const error = await caughtFrom(
      reach(
        server,
        tokens([fresh('T1'), { type: 'reauthorize', reason: 'refresh_rejected' }]).source,
      )(`${server.origin}/mcp`),
    )
    expect(error).toMatchObject({
      name: 'AuthorizationRequired',
      reason: 'refresh_rejected',
      challenge: { status: 401 },
    })
    expect(server.requests).toHaveLength(1)
  })

  it('requests authorization without a token, and reports a temporary failure', async () => {
    const server = await answering(() => ({ json: {} }))
    const ended = await caughtFrom(
      reach(server, tokens([{ type: 'reauthorize', reason: 'credential_missing' }]).source)(`${server.origin}/mcp`),
    )
    expect(ended).toMatchObject({ reason: 'credential_missing' })
    const passing = await caughtFrom(
      reach(
        server,
        tokens([{ type: 'temporary', code: 'rate_limited', retryAfterMs: 5 }]).source,
      )(`${server.origin}/mcp`),
    )
    expect(passing).toMatchObject({ code: 'rate_limited', retryAfterMs: 5, mayHaveRun: false })
    expect(server.requests).toEqual([])
  })

  it('requests granted and missing scopes if a scope is missing, and never starts a sign-in itself', async () => {
    const server = await answering(() => ({
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' },
    }))
    const { source, rejections } = tokens([fresh('T1', ['read'])])
    const error = await caughtFrom(reach(server, source)(`${server.origin}/mcp`))
    expect(error).toMatchObject({ reason: 'scope_required', scopes: ['read', 'write'], challenge: { status: 403 } })
    expect([server.requests.length, rejections.length]).toEqual([1, 0])
  })

  it('notices a missing scope also on the second try', async () => {
    const server = await answering(({ headers }) =>
      headers.authorization === 'Bearer T2'
        ? { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="admin *"' } }
        : unauthorized,
    )
    const error = await caughtFrom(
      reach(server, tokens([fresh('T1', ['a']), fresh('T2', ['b'])]).source)(`${server.origin}/mcp`),
    )
    expect(error).toMatchObject({ reason: 'scope_required', scopes: ['b', 'admin', '*'] })
    expect(server.requests).toHaveLength(2)
  })

  it('returns a plain 403 and every other response unchanged', async () => {
    const server = await answering(() => ({ status: 403, text: 'no' }))
    const response = await reach(server, tokens([fresh('T1')]).source)(`${server.origin}/mcp`)
    expect([response.status, await response.text()]).toEqual([403, 'no'])
  })

  it('never shows a credential to another origin', async () => {
    const server = await answering(() => ({ json: {} }))
    const sink = await answering(() => unauthorized)
    const { source, rejections } = tokens([fresh('CANARY')])
    const response = await reach(server, { ...source, headers: { 'x-api-key': 'CANARY' } } as CredentialSource)(
      `${sink.origin}/mcp`,
    )
    expect(response.status).toBe(401)
    expect(JSON.stringify(sink.requests)).not.toContain('CANARY')
    expect(rejections).toEqual([])
  })

  it('follows no redirect with a credential', async () => {
    const sink = await answering(() => ({ json: {} }))
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await answering(() => ({ status, headers: { location: `${sink.origin}/mcp` } }))
      const error = await caughtFrom(
        reach(server, tokens([fresh('T1')]).source)(`${server.origin}/mcp`, { method: 'POST', body: '{}' }),
      )
      expect(error).toMatchObject({ code: 'redirect_refused' })
    }
    expect(sink.requests).toEqual([])
  })

  it("sends the person's headers with the token, which they can't replace", async () => {
    const server = await answering(() => ({ json: {} }))
    const { source } = tokens([fresh('T1')])
    await reach(server, { ...source, headers: { 'X-Team': 'blue', Authorization: 'theirs' } } as CredentialSource)(
      `${server.origin}/mcp`,
    )
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer T1', 'x-team': 'blue' })
  })

  it('sends header credentials, and says so when they are refused', async () => {
    const server = await answering(({ headers }) => (headers['x-api-key'] === 'good' ? { json: {} } : { status: 401 }))
    expect(
      (await reach(server, { kind: 'headers', headers: { 'X-Api-Key': 'good' } })(`${server.origin}/mcp`)).status,
    ).toBe(200)
    const error = await caughtFrom(
      reach(server, { kind: 'headers', headers: { 'X-Api-Key': 'CANARY' } })(`${server.origin}/mcp`),
    )
    expect(error).toMatchObject({ reason: 'credential_rejected', challenge: { status: 401 } })
    expect(server.requests).toHaveLength(2)
  })

  it('says that a sign-in is needed where nothing is known yet', async () => {
    const server = await answering(() => unauthorized)
    const error = await caughtFrom(reach(server, { kind: 'none' })(`${server.origin}/mcp`))
    expect(error).toMatchObject({ reason: 'first_sign_in', challenge: { status: 401, scopes: ['a'] } })
  })

  it('throws an error that passes through the MCP SDK unchanged', () => {
    const error = new AuthorizationRequired('first_sign_in')
    expect((error as unknown as Record<symbol, unknown>)[Symbol.for('mcp-integrations.passthrough')]).toBe(true)
  })
})
