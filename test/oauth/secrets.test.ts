import { afterEach, describe, expect, it } from 'vitest'
import { inspect } from 'node:util'
import { beginAuthorization, finishAuthorization } from '../../src/oauth/authorization.js'
import { openCredential, sealCredential } from '../../src/oauth/credential-record.js'
import { requestTokens } from '../../src/oauth/machine-grants.js'
import { resolveClient } from '../../src/oauth/client-registration.js'
import { revokeTokens } from '../../src/oauth/revoke.js'
import { refreshTokens } from '../../src/oauth/tokens.js'
import { discovered, testEnvironment, testVault } from '../support/oauth.js'
import { startServer } from '../support/protected-server.js'
import type { Reply } from '../support/protected-server.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A server that answers with everything it was sent, in each way an answer can go wrong. */
const echoes: ((sent: string) => Reply)[] = [
  (sent) => ({ status: 400, json: { error: sent, error_description: sent } }),
  (sent) => ({
    status: 400,
    json: { error: 'invalid_grant', error_description: sent, error_uri: `https://x.example/${sent}` },
  }),
  (sent) => ({ status: 401, headers: { 'www-authenticate': `Basic realm="${encodeURIComponent(sent)}"` }, text: sent }),
  (sent) => ({ status: 500, text: sent }),
  (sent) => ({ status: 200, text: sent }),
  (sent) => ({ json: { access_token: `${sent}\n`, token_type: sent } }),
  (sent) => ({ json: { access_token: 'CANARY\nCANARY', token_type: 'Bearer', refresh_token: sent } }),
  (sent) => ({ status: 302, headers: { location: `https://x.example/?${encodeURIComponent(sent)}` } }),
  () => 'reset',
]

describe('no error contains a secret', () => {
  it.each(echoes.map((echo, index) => [index, echo] as const))('whatever the server answers: %i', async (_, echo) => {
    const server = await startServer(({ body, headers }) => echo(`${body} ${headers.authorization ?? ''}`))
    ends.push(() => server.close())
    const env = testEnvironment()
    ends.push(() => env.close())
    const discovery = discovered(server.origin)
    const settings = { clientId: 'client', clientSecret: 'CANARY-secret' }
    const client = await resolveClient(env, discovery, settings)
    const { flow, state } = await beginAuthorization(env, { discovery, client, scopes: [] })
    const idp = {
      issuer: 'x',
      tokenEndpoint: `${server.origin}/token`,
      clientId: 'c',
      clientSecret: 'CANARY-idp',
      idToken: 'CANARY-id-token',
    }
    const tokens = {
      accessToken: 'CANARY-at',
      refreshToken: 'CANARY-rt',
      tokenType: 'bearer' as const,
      scopes: [],
      issuer: server.origin,
    }
    const work = [
      finishAuthorization(env, flow, `${env.redirectUrl}?code=CANARY-code&state=${state}`),
      refreshTokens(env, flow, 'CANARY-rt'),
      requestTokens(env, {
        discovery,
        client,
        scopes: [],
        settings: { ...settings, grant: { type: 'client_credentials' } },
      }),
      requestTokens(env, { discovery, client, scopes: [], settings: { ...settings, grant: { type: 'id_jag', idp } } }),
      resolveClient(env, discovery, {}),
    ]
    const outcomes = await Promise.allSettled(work)
    expect(outcomes.map(({ status }) => status)).toEqual(work.map(() => 'rejected'))
    const revoked = await revokeTokens(env, { tokens, context: flow })
    const shown = inspect([outcomes, revoked], { depth: 20, showHidden: true })
    for (const secret of ['CANARY', flow.verifier, state, btoa('client:CANARY-secret')])
      expect(shown).not.toContain(secret)
    expect(JSON.stringify(server.requests)).toContain(flow.verifier)
  })

  it("nor does a stored credential, or one that can't be opened", async () => {
    const [vault, context] = [testVault(), { workspaceId: 'w', integrationId: 'i', owner: '_', field: 'tokens' }]
    const { server, resource, issuer } = discovered('https://as.example')
    const client = {
      issuer,
      clientId: 'c',
      clientSecret: 'CANARY',
      method: 'client_secret_basic' as const,
      source: 'configured' as const,
      redirectUri: 'x',
    }
    const tokens = {
      accessToken: 'CANARY',
      refreshToken: 'CANARY',
      tokenType: 'bearer' as const,
      scopes: ['a'],
      issuer,
    }
    const secrets = { tokens, context: { server, client, resource, scopes: ['a'] } }
    const record = await sealCredential(vault, context, secrets, { at: 0, by: 'sign_in' })
    expect(JSON.stringify(record)).not.toContain('CANARY')
    expect(await openCredential(vault, context, record)).toEqual(secrets)
    const failing = { ...vault, open: () => Promise.reject(new Error('CANARY')) }
    const errors = [
      await openCredential(vault, { ...context, owner: 'x' }, record).catch((error: unknown) => error),
      await openCredential(failing, context, record).catch((error: unknown) => error),
    ]
    expect(errors).toMatchObject([{ code: 'credential_unreadable' }, { code: 'storage_unavailable' }])
    expect(inspect(errors, { depth: 20, showHidden: true })).not.toContain('CANARY')
  })
})
