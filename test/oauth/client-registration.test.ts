import { afterEach, describe, expect, it } from 'vitest'
import { clientAuthentication } from '../../src/oauth/client-authentication.js'
import { authenticationMethod, resolveClient } from '../../src/oauth/client-registration.js'
import { discovered, testClock, testEnvironment } from '../support/oauth.js'
import { startServer } from '../support/protected-server.js'
import type { ClientRegistration } from '../../src/oauth/client-registration.js'
import type { OAuthEnvironment } from '../../src/oauth/environment.js'
import type { Reply, SmallServer } from '../support/protected-server.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function environment(options: Partial<OAuthEnvironment> = {}): OAuthEnvironment {
  const env = testEnvironment(options)
  ends.push(() => env.close())
  return env
}

async function registrar(answer: Reply): Promise<SmallServer> {
  const server = await startServer(({ path }) => (path === '/register' ? answer : undefined))
  ends.push(() => server.close())
  return server
}

const created = (json: Record<string, unknown>): Reply => ({ status: 201, json })
const clientMetadataUrl = 'https://host.example/client.json'

describe('who we are', () => {
  it('is the configured client before anything else', async () => {
    const found = discovered('https://as.example', { client_id_metadata_document_supported: true })
    const client = await resolveClient(environment({ clientMetadataUrl }), found, {
      clientId: 'mine',
      clientSecret: 's',
    })
    expect(client).toEqual({
      issuer: 'https://as.example',
      clientId: 'mine',
      clientSecret: 's',
      method: 'client_secret_basic',
      source: 'configured',
      redirectUri: 'http://127.0.0.1:34567/callback',
    })
  })

  it('is our metadata document only where the server reads such documents', async () => {
    const server = await registrar(created({ client_id: 'dynamic' }))
    const env = environment({ clientMetadataUrl })
    const reads = discovered(server.origin, { client_id_metadata_document_supported: true })
    await expect(resolveClient(env, reads, {})).resolves.toMatchObject({
      clientId: clientMetadataUrl,
      source: 'metadata_document',
      method: 'none',
    })
    expect(server.requests).toEqual([])
    await expect(resolveClient(env, discovered(server.origin), {})).resolves.toMatchObject({
      clientId: 'dynamic',
      source: 'dynamic',
    })
  })

  it('is registered once and then remembered', async () => {
    const server = await registrar(created({ client_id: 'dynamic' }))
    const env = environment()
    const first = await resolveClient(env, discovered(server.origin), {})
    await expect(resolveClient(env, discovered(server.origin), {}, { stored: first })).resolves.toBe(first)
    expect(server.requests).toHaveLength(1)
  })

  it('is registered again for another authorization server or redirect URI, and when the secret expired', async () => {
    const clock = testClock()
    const server = await registrar(
      created({ client_id: 'dynamic', client_secret: 's', client_secret_expires_at: clock.now() / 1000 + 600 }),
    )
    const env = environment({ runtime: clock })
    const client = await resolveClient(env, discovered(server.origin), {})
    await resolveClient(env, discovered(server.origin), {}, { stored: { ...client, issuer: 'https://other.example' } })
    await resolveClient(
      env,
      discovered(server.origin),
      {},
      { stored: { ...client, redirectUri: 'https://old.example' } },
    )
    expect(server.requests).toHaveLength(3)
    await resolveClient(env, discovered(server.origin), {}, { stored: client })
    expect(server.requests).toHaveLength(3)
    await clock.advance(600_000)
    await resolveClient(env, discovered(server.origin), {}, { stored: client })
    expect(server.requests).toHaveLength(4)
  })

  it('never sends a configured client to another authorization server', async () => {
    const stored: ClientRegistration = {
      issuer: 'https://as1.example',
      clientId: 'mine',
      method: 'none',
      source: 'configured',
      redirectUri: 'x',
    }
    const settings = { clientId: 'mine', clientSecret: 's' }
    await expect(
      resolveClient(environment(), discovered('https://as2.example'), settings, { stored }),
    ).rejects.toMatchObject({ reason: 'issuer_changed' })
  })

  it('is not registered at an address that is not safe to ask', async () => {
    const { server } = discovered('https://as.example', { registration_endpoint: 'http://as.example/register' })
    await expect(resolveClient(environment(), { issuer: 'https://as.example', server }, {})).rejects.toMatchObject({
      reason: 'unsafe_endpoint',
    })
  })

  it('is refused if the server has no registration endpoint', async () => {
    const { registration_endpoint: _, ...server } = discovered('https://as.example').server
    await expect(resolveClient(environment(), { issuer: 'https://as.example', server }, {})).rejects.toMatchObject({
      code: 'authorization_failed',
      reason: 'registration_unsupported',
    })
  })
})

describe('registration', () => {
  it('contains our client metadata', async () => {
    const server = await registrar(created({ client_id: 'x' }))
    await resolveClient(environment(), discovered(server.origin), {})
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      client_name: 'Test host',
      redirect_uris: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:34567\/callback\?mcp_as=[\w-]{16}$/)],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'native',
      token_endpoint_auth_method: 'client_secret_basic',
    })
  })

  it.each([
    ['https://host.example/callback', 'web'],
    ['http://localhost:3000/callback', 'native'],
    ['com.example.app:/callback', 'native'],
  ])('of %s is for a %s application', async (redirectUrl, type) => {
    const server = await registrar(created({ client_id: 'x' }))
    await resolveClient(environment({ redirectUrl }), discovered(server.origin), {})
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ application_type: type })
  })

  it('gives each authorization server a redirect URI of its own where the host wants that', async () => {
    const server = await registrar(created({ client_id: 'x' }))
    const env = environment({ redirectUrl: 'https://host.example/callback/{issuer}' })
    const one = await resolveClient(env, discovered(server.origin, { issuer: 'https://one.example' }), {})
    const two = await resolveClient(env, discovered(server.origin, { issuer: 'https://two.example' }), {})
    expect(one.redirectUri).toMatch(/^https:\/\/host\.example\/callback\/[\w-]{16}$/)
    expect(two.redirectUri).not.toBe(one.redirectUri)
  })

  it('understands answers without an end of the secret, with 200, and with null or empty fields', async () => {
    for (const answer of [
      created({ client_id: 'x', client_secret: 's' }),
      { json: { client_id: 'x', client_secret: 's', client_secret_expires_at: 0 } },
    ]) {
      const server = await registrar(answer)
      await expect(resolveClient(environment(), discovered(server.origin), {})).resolves.toMatchObject({
        clientId: 'x',
        clientSecret: 's',
      })
    }
    const numbered = await registrar(created({ client_id: 12, redirect_uris: [] }))
    await expect(resolveClient(environment(), discovered(numbered.origin), {})).resolves.toMatchObject({
      clientId: '12',
    })
    const server = await registrar(created({ client_id: 'x', client_secret: null }))
    await expect(resolveClient(environment(), discovered(server.origin), {})).resolves.toMatchObject({ method: 'none' })
  })

  it.each([
    {},
    { client_id: 5.5 },
    { client_id: true },
    { client_id: '' },
    { client_id: 'a\r\nb' },
    { client_id: 'x', client_secret: 'a\nb' },
    { client_id: 'x'.repeat(5000) },
  ])('is refused when the answer holds no usable client: %#', async (json) => {
    const server = await registrar(created(json))
    await expect(resolveClient(environment(), discovered(server.origin), {})).rejects.toMatchObject({
      reason: 'registration_invalid',
    })
  })

  it('reports the error code of a refusal, never the text', async () => {
    const server = await registrar({
      status: 400,
      json: { error: 'invalid_redirect_uri', error_description: 'CANARY' },
    })
    const error = await resolveClient(environment(), discovered(server.origin), {}).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'authorization_failed', reason: 'registration_refused', httpStatus: 400 })
    expect(String(error)).toContain('invalid_redirect_uri')
    expect(String(error)).not.toContain('CANARY')
  })

  it('is not sent on when the endpoint redirects', async () => {
    const sink = await registrar(created({ client_id: 'x' }))
    const server = await registrar({ status: 307, headers: { location: `${sink.origin}/register` } })
    await expect(resolveClient(environment(), discovered(server.origin), {})).rejects.toMatchObject({
      code: 'redirect_refused',
      mayHaveRun: false,
    })
    expect(sink.requests).toEqual([])
  })
})

const choose = (supported: string[] | undefined, hasSecret: boolean, registeredWith?: string) =>
  authenticationMethod(
    supported === undefined ? {} : { token_endpoint_auth_methods_supported: supported },
    hasSecret,
    registeredWith,
  )

const request = async (method: ClientRegistration['method']) => {
  const client: ClientRegistration = {
    issuer: 'i',
    clientId: 'pre-registered_client.1',
    clientSecret: 'a+b:c d',
    method,
    source: 'configured',
    redirectUri: 'x',
  }
  const [body, headers] = [new URLSearchParams(), new Headers()]
  await (
    await clientAuthentication(client)
  )({ issuer: 'i' }, { client_id: client.clientId }, body, headers)
  return { body: body.toString(), authorization: headers.get('authorization') }
}

describe('client authentication', () => {
  it('is the registered method if the server supports it, otherwise Basic, post or none', () => {
    expect(choose(undefined, true)).toBe('client_secret_basic')
    expect(choose(undefined, true, 'client_secret_post')).toBe('client_secret_post')
    expect(choose(['client_secret_post', 'client_secret_basic'], true)).toBe('client_secret_basic')
    expect(choose(['client_secret_basic', 'client_secret_post'], true, 'client_secret_post')).toBe('client_secret_post')
    expect(choose(['client_secret_post'], true, 'client_secret_basic')).toBe('client_secret_post')
    expect(choose(['none'], true, 'client_secret_basic')).toBe('none')
    expect(choose(['client_secret_basic'], false)).toBe('none')
    expect(choose(undefined, false)).toBe('none')
  })

  it('by Basic keeps -_. unescaped, for servers that do not decode', async () => {
    expect(await request('client_secret_basic')).toEqual({
      body: '',
      authorization: `Basic ${btoa('pre-registered_client.1:a%2Bb%3Ac%20d')}`,
    })
  })

  it('by post is in the body alone; none sends no secret', async () => {
    expect(await request('client_secret_post')).toEqual({
      body: 'client_id=pre-registered_client.1&client_secret=a%2Bb%3Ac+d',
      authorization: null,
    })
    expect(await request('none')).toEqual({ body: 'client_id=pre-registered_client.1', authorization: null })
  })
})
