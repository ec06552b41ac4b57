import { afterEach, describe, expect, it } from 'vitest'
import { discover, metadataCandidates } from '../../src/oauth/discovery.js'
import { startServer } from '../support/protected-server.js'
import { testEnvironment } from '../support/oauth.js'
import type { Challenge } from '../../src/oauth/challenge.js'
import type { OAuthSettings } from '../../src/model/oauth.js'
import type { Received, Reply, SmallServer } from '../support/protected-server.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const resourcePath = '/.well-known/oauth-protected-resource'
const serverPath = '/.well-known/oauth-authorization-server'
const openidPath = '/.well-known/openid-configuration'

async function serve(pages: (request: Received, origin: string) => Record<string, Reply>): Promise<SmallServer> {
  const server = await startServer((request, origin) => pages(request, origin)[request.path])
  ends.push(() => server.close())
  return server
}

function find(
  url: string,
  challenge?: Challenge,
  settings: OAuthSettings = {},
  options: { allowLoopback?: boolean; preferIssuer?: string } = {},
) {
  const env = testEnvironment({ allowLoopback: options.allowLoopback ?? true })
  ends.push(() => env.close())
  return discover(env, { serverUrl: url, challenge, settings, preferIssuer: options.preferIssuer })
}

const resource = (origin: string, issuer = origin, path = '/mcp') => ({
  json: { resource: `${origin}${path}`, authorization_servers: [issuer], scopes_supported: ['a', 'b'] },
})
const metadata = (origin: string, changes: Record<string, unknown> = {}) => ({
  json: {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    code_challenge_methods_supported: ['S256'],
    ...changes,
  },
})
const refusal = (reason: string) => ({ code: 'authorization_failed', reason })

describe('protected resource metadata', () => {
  it('is read where the challenge says, and nowhere else when it is right', async () => {
    const server = await serve((_, origin) => ({ '/elsewhere': resource(origin), [serverPath]: metadata(origin) }))
    const found = await find(`${server.origin}/mcp`, { status: 401, resourceMetadata: `${server.origin}/elsewhere` })
    expect(found).toMatchObject({
      resource: `${server.origin}/mcp`,
      issuer: server.origin,
      scopesSupported: ['a', 'b'],
    })
    expect(server.paths).toEqual(['/elsewhere', serverPath])
  })

  it('is searched at the path first, then at the root', async () => {
    const server = await serve((_, origin) => ({
      [resourcePath]: resource(origin, origin, ''),
      [serverPath]: metadata(origin),
    }))
    const found = await find(`${server.origin}/mcp`, { status: 401 })
    expect(found.resource).toBe(server.origin)
    expect(server.paths).toEqual([`${resourcePath}/mcp`, resourcePath, serverPath])
  })

  it('is looked for in its usual places when the challenge names none that can be asked', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin),
    }))
    for (const resourceMetadata of [
      'file:///etc/passwd',
      'javascript:alert(1)',
      'http://user:secret@127.0.0.1/x',
      'x'.repeat(2100),
      'not a url',
    ]) {
      await expect(find(`${server.origin}/mcp`, { status: 401, resourceMetadata })).resolves.toMatchObject({
        issuer: server.origin,
      })
    }
  })

  it('is never fetched from a private address', async () => {
    await expect(
      find(
        'https://mcp.example/mcp',
        { status: 401, resourceMetadata: 'https://169.254.169.254/latest' },
        {},
        { allowLoopback: false },
      ),
    ).rejects.toMatchObject({ code: 'url_refused' })
  })

  it('treats every 4xx and every page without JSON as missing', async () => {
    for (const answer of [
      { status: 400 },
      { status: 401 },
      { status: 403 },
      { status: 404 },
      { status: 405 },
      { text: '<html>' },
    ]) {
      const server = await serve((_, origin) => ({
        [`${resourcePath}/mcp`]: answer,
        [resourcePath]: resource(origin),
        [serverPath]: metadata(origin),
      }))
      await expect(find(`${server.origin}/mcp`)).resolves.toMatchObject({ resource: `${server.origin}/mcp` })
    }
  })

  it('does not guess when the server is merely down', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: { status: 503 },
      [serverPath]: metadata(origin),
    }))
    await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject({ code: 'server_error', httpStatus: 503 })
    expect(server.paths).toEqual([`${resourcePath}/mcp`, resourcePath])
  })

  it.each(['https://other.example/mcp', '/mcp-evil', '/mcp/deeper', '/m', '/mcp#fragment', 42, undefined])(
    'is refused when it is about another server: %s',
    async (claimed) => {
      const server = await serve((_, origin) => {
        const about = typeof claimed === 'string' && claimed.startsWith('/') ? origin + claimed : claimed
        return {
          [`${resourcePath}/mcp`]: { json: { resource: about, authorization_servers: [origin] } },
          [serverPath]: metadata(origin),
        }
      })
      await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('resource_mismatch'))
      expect(server.paths).toEqual([`${resourcePath}/mcp`, resourcePath])
    },
  )

  it.each(['/mcp', '/mcp/', '', '/'])('may be about the server or a parent of it: %s', async (path) => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin, origin, path),
      [serverPath]: metadata(origin),
    }))
    await expect(find(`${server.origin}/mcp`)).resolves.toMatchObject({ resource: server.origin + path })
  })
})

const hrefs = (issuer: string) => metadataCandidates(new URL(issuer)).map(({ href }) => href)

describe('authorization server metadata', () => {
  it('is looked for by path, in three places, never at the root', () => {
    const at = 'https://as.example/.well-known'
    expect(hrefs('https://as.example/tenant1')).toEqual([
      `${at}/oauth-authorization-server/tenant1`,
      `${at}/openid-configuration/tenant1`,
      'https://as.example/tenant1/.well-known/openid-configuration',
    ])
    expect(hrefs('https://as.example')).toEqual([`${at}/oauth-authorization-server`, `${at}/openid-configuration`])
    expect(hrefs('https://as.example/')).toEqual(hrefs('https://as.example'))
  })

  it('is found under OpenID names of an issuer with a path', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin, `${origin}/tenant1`),
      [`/tenant1${openidPath}`]: metadata(origin, { issuer: `${origin}/tenant1` }),
      [serverPath]: metadata(origin, { issuer: 'https://trap.example' }),
    }))
    await expect(find(`${server.origin}/mcp`)).resolves.toMatchObject({ issuer: `${server.origin}/tenant1` })
    expect(server.paths).not.toContain(serverPath)
  })

  it.each(['case', 'port', 'path', 'host', 'missing', 'number'])(
    'is refused when its issuer differs by %s',
    async (difference) => {
      const issuers: Record<string, (origin: string) => unknown> = {
        case: (origin) => origin.toUpperCase(),
        port: (origin) => `${origin}0`,
        path: (origin) => `${origin}/x`,
        host: () => 'https://as.example',
        missing: () => undefined,
        number: () => 5,
      }
      const server = await serve((_, origin) => ({
        [`${resourcePath}/mcp`]: resource(origin),
        [serverPath]: metadata(origin, { issuer: issuers[difference]?.(origin) }),
      }))
      await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('issuer_mismatch'))
      expect(server.paths).toEqual([`${resourcePath}/mcp`, serverPath, openidPath])
    },
  )

  it('may differ from its name by one slash, and keeps its own issuer', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin, { issuer: `${origin}/` }),
    }))
    await expect(find(`${server.origin}/mcp`)).resolves.toMatchObject({ issuer: `${server.origin}/` })
  })

  it('must exist when an authorization server is named: no endpoint is guessed', async () => {
    const server = await serve((_, origin) => ({ [`${resourcePath}/mcp`]: resource(origin) }))
    await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('server_metadata_missing'))
  })

  it('of several authorization servers is that of the first, or of the one used before', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: {
        json: { resource: `${origin}/mcp`, authorization_servers: [`${origin}/one`, `${origin}/two`] },
      },
      [`${serverPath}/one`]: metadata(origin, { issuer: `${origin}/one` }),
      [`${serverPath}/two`]: metadata(origin, { issuer: `${origin}/two` }),
    }))
    const { origin } = server
    await expect(find(`${origin}/mcp`)).resolves.toMatchObject({ issuer: `${origin}/one` })
    await expect(find(`${origin}/mcp`, undefined, {}, { preferIssuer: `${origin}/two` })).resolves.toMatchObject({
      issuer: `${origin}/two`,
    })
    await expect(find(`${origin}/mcp`, undefined, { issuer: `${origin}/two` })).resolves.toMatchObject({
      issuer: `${origin}/two`,
    })
    await expect(find(`${origin}/mcp`, undefined, { issuer: `${origin}/three` })).rejects.toMatchObject(
      refusal('issuer_changed'),
    )
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ms-msdt:/id',
    'java\nscript:alert(1)',
    'https://user:pw@as.example/',
    'https://as.example/#x',
    'http://as.example/',
    'nonsense',
  ])('is refused when it sends people to %j', async (authorization_endpoint) => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin, { authorization_endpoint }),
    }))
    await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('unsafe_authorization_url'))
  })

  it.each(['http://as.example/x', ''])('is refused when its token endpoint is %j', async (token_endpoint) => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin, { token_endpoint }),
    }))
    await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('unsafe_endpoint'))
  })

  it.each(['revocation_endpoint', 'userinfo_endpoint'])(
    'does without its %s when that is not safe to ask: nobody needs it',
    async (name) => {
      for (const url of ['http://as.example/x', '', 'javascript:alert(1)']) {
        const server = await serve((_, origin) => ({
          [`${resourcePath}/mcp`]: resource(origin),
          [serverPath]: metadata(origin, { [name]: url }),
        }))
        const found = await find(`${server.origin}/mcp`)
        expect(found.server).not.toHaveProperty(name)
        expect(found.server.token_endpoint).toBe(`${server.origin}/token`)
      }
    },
  )

  it('is refused when the authorization server is named by an address that may not be asked', async () => {
    for (const issuer of [
      'http://as.example',
      'ftp://as.example',
      'https://user:pw@as.example',
      'https://as.example?x=1',
      'nonsense',
    ]) {
      const server = await serve((_, origin) => ({ [`${resourcePath}/mcp`]: resource(origin, issuer) }))
      await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('unsafe_endpoint'))
    }
  })

  it.each([undefined, null, ['plain'], [], 'plain', 256])(
    'is refused when it does not list S256: %j',
    async (code_challenge_methods_supported) => {
      const server = await serve((_, origin) => ({
        [`${resourcePath}/mcp`]: resource(origin),
        [serverPath]: metadata(origin, { code_challenge_methods_supported }),
      }))
      await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('pkce_unsupported'))
      await expect(find(`${server.origin}/mcp`, undefined, { pkceWithoutMetadata: true })).resolves.toMatchObject({
        issuer: server.origin,
      })
      await expect(
        find(`${server.origin}/mcp`, undefined, { grant: { type: 'client_credentials' } }),
      ).resolves.toMatchObject({ issuer: server.origin })
    },
  )

  it('may be redirected within three hops, and not to a private address', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: { status: 302, headers: { location: '/moved' } },
      '/moved': metadata(origin),
    }))
    await expect(find(`${server.origin}/mcp`)).resolves.toMatchObject({ issuer: server.origin })
    const trap = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: { status: 302, headers: { location: 'http://169.254.169.254/x' } },
    }))
    await expect(find(`${trap.origin}/mcp`)).rejects.toMatchObject({ code: 'redirect_refused' })
  })
})

describe('servers of the 2025-03-26 revision', () => {
  it('are their own authorization server, at their origin, and have no resource', async () => {
    const server = await serve((_, origin) => ({ [serverPath]: metadata(origin) }))
    const found = await find(`${server.origin}/deep/mcp`)
    expect(found).toMatchObject({ issuer: server.origin, legacy2025_03: true })
    expect(found.resource).toBeUndefined()
  })

  it('have default endpoints where they publish nothing', async () => {
    const server = await serve(() => ({}))
    const { origin } = server
    await expect(find(`${origin}/mcp`)).resolves.toEqual({
      issuer: origin,
      legacy2025_03: true,
      assumed: true,
      server: {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
      },
    })
  })

  it('may call themselves something else on their origin only when the integration allows it', async () => {
    const server = await serve((_, origin) => ({ [serverPath]: metadata(origin, { issuer: `${origin}/oauth` }) }))
    await expect(find(`${server.origin}/mcp`)).rejects.toMatchObject(refusal('issuer_mismatch'))
    await expect(find(`${server.origin}/mcp`, undefined, { lenientIssuer: true })).resolves.toMatchObject({
      issuer: `${server.origin}/oauth`,
    })
    const foreign = await serve(() => ({ [serverPath]: metadata('https://as.example') }))
    await expect(find(`${foreign.origin}/mcp`, undefined, { lenientIssuer: true })).rejects.toMatchObject(
      refusal('issuer_mismatch'),
    )
  })

  it('get no leniency when they do publish protected resource metadata', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin, { issuer: `${origin}/oauth` }),
    }))
    await expect(find(`${server.origin}/mcp`, undefined, { lenientIssuer: true })).rejects.toMatchObject(
      refusal('issuer_mismatch'),
    )
  })
})

const as = '/as/app'
const named = (origin: string) => resource(origin, `${origin}${as}`)

describe('an answer that is not the document', () => {
  it.each([502, 500, 501, 503, 204, 404])(
    'is no reason to stop looking for the authorization server: %s',
    async (status) => {
      const server = await serve((_, origin) => ({
        [`${resourcePath}/mcp`]: named(origin),
        [`${serverPath}${as}`]: { status },
        [`${openidPath}${as}`]: { status },
        [`${as}${openidPath}`]: metadata(origin, { issuer: `${origin}${as}` }),
      }))
      await expect(find(`${server.origin}/mcp`)).resolves.toMatchObject({ issuer: `${server.origin}${as}` })
    },
  )

  it.each<[string, Reply]>([
    ['502', { status: 502 }],
    ['204', { status: 204 }],
    ['another document', { json: { error: 'nothing here' } }],
    ['a list', { json: [] }],
    ['a redirect to a host that is gone', { status: 302, headers: { location: 'http://127.0.0.1:1/sign-on' } }],
    ['a document about another server', { json: { resource: 'https://other.example', authorization_servers: [] } }],
  ])('is no reason to stop looking for the protected resource: %s', async (_, answer) => {
    const server = await serve((_request, origin) => ({
      '/announced': answer,
      [`${resourcePath}/mcp`]: answer,
      [resourcePath]: resource(origin),
      [serverPath]: metadata(origin),
    }))
    const challenge = { status: 401 as const, resourceMetadata: `${server.origin}/announced` }
    await expect(find(`${server.origin}/mcp`, challenge)).resolves.toMatchObject({ resource: `${server.origin}/mcp` })
  })

  it('reports the most helpful error: a mismatch before an outage, an outage before a missing document', async () => {
    const answers = (first: Reply, second: Reply) =>
      serve((_, origin) => ({
        [`${resourcePath}/mcp`]: resource(origin),
        [serverPath]: first,
        [openidPath]: second,
      }))
    const foreign = { json: { issuer: 'https://as.example', token_endpoint: 'https://as.example/token' } }
    const [mismatch, fault, unreadable] = [
      await answers({ status: 503 }, foreign),
      await answers({ status: 404 }, { status: 503 }),
      await answers({ status: 204 }, { status: 404 }),
    ]
    await expect(find(`${mismatch.origin}/mcp`)).rejects.toMatchObject(refusal('issuer_mismatch'))
    await expect(find(`${fault.origin}/mcp`)).rejects.toMatchObject({ code: 'server_error', httpStatus: 503 })
    await expect(find(`${unreadable.origin}/mcp`)).rejects.toMatchObject(refusal('metadata_invalid'))
  })
})

describe('configured metadata of an authorization server', () => {
  const renamed = () =>
    serve((_, origin) => ({
      [`${resourcePath}/mcp`]: named(origin),
      [`${serverPath}${as}`]: metadata(origin),
    }))

  it('accepts exactly one other issuer for its name', async () => {
    const server = await renamed()
    const { origin } = server
    await expect(find(`${origin}/mcp`)).rejects.toMatchObject(refusal('issuer_mismatch'))
    await expect(find(`${origin}/mcp`, undefined, { acceptIssuer: `${origin}/` })).rejects.toMatchObject(
      refusal('issuer_mismatch'),
    )
    const accepted = { issuer: origin, namedAs: `${origin}${as}` }
    await expect(find(`${origin}/mcp`, undefined, { acceptIssuer: origin })).resolves.toMatchObject(accepted)
    await expect(find(`${origin}/mcp`, undefined, { acceptIssuer: origin, issuer: origin })).resolves.toMatchObject(
      accepted,
    )
    await expect(find(`${origin}/mcp`, undefined, { metadata: { issuer: origin } })).resolves.toMatchObject(accepted)
  })

  it('overrides discovered metadata, and suffices without any', async () => {
    const server = await serve((_, origin) => ({ [serverPath]: metadata(origin) }))
    const { origin } = server
    const found = await find(`${origin}/mcp`, undefined, { metadata: { tokenEndpoint: `${origin}/other-token` } })
    expect(found.server).toMatchObject({
      token_endpoint: `${origin}/other-token`,
      authorization_endpoint: `${origin}/authorize`,
    })
    const silent = await serve(() => ({ [serverPath]: { status: 500 } }))
    const endpoints = { authorizationEndpoint: 'https://as.example/a', tokenEndpoint: 'https://as.example/t' }
    await expect(find(`${silent.origin}/mcp`, undefined, { metadata: endpoints })).resolves.toMatchObject({
      issuer: 'https://as.example',
      server: { authorization_endpoint: 'https://as.example/a', token_endpoint: 'https://as.example/t' },
    })
    await expect(
      find(`${silent.origin}/mcp`, undefined, { metadata: { ...endpoints, tokenEndpoint: 'http://as.example/t' } }),
    ).rejects.toMatchObject(refusal('unsafe_endpoint'))
  })

  it('sets the resource, or sends none', async () => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin),
    }))
    expect((await find(`${server.origin}/mcp`, undefined, { resource: 'api://notes' })).resource).toBe('api://notes')
    expect((await find(`${server.origin}/mcp`, undefined, { resource: false })).resource).toBeUndefined()
  })

  it('does not open the door to a document about another server', async () => {
    const server = await serve((_, origin) => ({ [`${resourcePath}/mcp`]: resource(origin, origin, '/other') }))
    const endpoints = { authorizationEndpoint: 'https://as.example/a', tokenEndpoint: 'https://as.example/t' }
    await expect(find(`${server.origin}/mcp`, undefined, { metadata: endpoints })).rejects.toMatchObject(
      refusal('resource_mismatch'),
    )
  })
})

describe('authorization server metadata that fills its document', () => {
  const long = 'x'.repeat(200_000)
  it.each([
    ['a long entry', { code_challenge_methods_supported: ['S256', long] }],
    [
      'long entries',
      { token_endpoint_auth_methods_supported: ['none', ...Array.from({ length: 900 }, () => 'y'.repeat(250))] },
    ],
    ['hidden entries', { grant_types_supported: ['authorization_code', '\u0001'.repeat(30_000)] }],
    ['scopes', { scopes_supported: Array.from({ length: 900 }, (_, n) => `${n}`.padEnd(250, 's')) }],
    ['an endpoint', { registration_endpoint: `https://a.example/${long}` }],
  ])('with %s is kept as far as it fits a record', async (_what, changes) => {
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin, changes),
    }))
    const found = await find(`${server.origin}/mcp`)
    expect(found.server.code_challenge_methods_supported).toEqual(['S256'])
    expect(JSON.stringify(found).length).toBeLessThan(64 * 1024)
  })

  it('keeps long lists of honest scopes', async () => {
    const scopes = Array.from({ length: 400 }, (_, n) => `https://a.example/auth/files.${n}.readonly`)
    const server = await serve((_, origin) => ({
      [`${resourcePath}/mcp`]: resource(origin),
      [serverPath]: metadata(origin, { scopes_supported: [...scopes, 'offline_access'] }),
    }))
    expect((await find(`${server.origin}/mcp`)).server.scopes_supported).toEqual([...scopes, 'offline_access'])
  })
})
