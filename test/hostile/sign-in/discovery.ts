import { signInCases, type Hostile, type Place } from './case.js'

const failed = 'authorization_failed'
const metadata = (fields: (place: Place) => object): Hostile => ({ metadata: fields })
const issuer = (change: (issuer: string) => unknown): Hostile => metadata((place) => ({ issuer: change(place.issuer) }))
const pkce = (methods: unknown): Hostile => metadata(() => ({ code_challenge_methods_supported: methods }))
const resource = (fields: (place: Place) => object): Hostile => ({ resource: fields })
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

/** The protected resource metadata, and where it is said to be. */
const challenges = signInCases({
  'a challenge that names the cloud': [
    'completed',
    { challenge: () => 'Bearer resource_metadata="http://169.254.169.254/x"' },
  ],
  'a challenge that names a file': ['completed', { challenge: () => 'Bearer resource_metadata="file:///etc/passwd"' }],
  'a challenge that names a script': [
    'completed',
    { challenge: () => 'Bearer resource_metadata="javascript:alert(1)"' },
  ],
  'a challenge that brings a password': [
    'completed',
    { challenge: ({ base }) => `Bearer resource_metadata="${base.replace('://', '://a:b@')}/x"` },
  ],
  'a challenge that names another origin': [
    'completed',
    { challenge: ({ foreign }) => `Bearer resource_metadata="${foreign}/none"` },
  ],
  'a challenge of junk': ['completed', { challenge: () => `${'"=,\\ '.repeat(400)}` }],
  'a challenge of eight kilobytes': ['completed', { challenge: () => `Bearer realm="${'x'.repeat(8_100)}"` }],
  'several challenges': [
    'completed',
    {
      challenge: ({ base, issuer: as }) => [
        'Basic realm="resource_metadata=\\"http://169.254.169.254\\""',
        `Negotiate, Bearer realm="a, b=c", resource_metadata="${base}/.well-known/oauth-protected-resource${new URL(as).pathname}/mcp"`,
      ],
    },
  ],
  'a challenge that names two places': [
    'completed',
    {
      challenge: ({ foreign }) =>
        `Bearer resource_metadata="${foreign}/none", resource_metadata="http://169.254.169.254/"`,
    },
  ],
  'a challenge that leads back to itself': [
    'completed',
    { challenge: ({ issuer: as }) => `Bearer resource_metadata="${as}/mcp"` },
  ],
  'a challenge of another scheme': ['completed', { challenge: () => 'Basic realm="x"' }],
})

const resources = signInCases({
  'a resource of another server': [failed, resource(() => ({ resource: 'https://other.example/mcp' }))],
  'a resource beside': [failed, resource(({ issuer: as }) => ({ resource: `${as}/mcp-evil` }))],
  'a resource beneath': [failed, resource(({ issuer: as }) => ({ resource: `${as}/mcp/deeper` }))],
  'a resource whose name begins alike': [failed, resource(({ issuer: as }) => ({ resource: `${as}/mc` }))],
  'a resource at another port': [
    failed,
    resource(({ issuer: as }) => ({ resource: as.replace(/:\d+/, ':1') + '/mcp' })),
  ],
  'a resource with a password': [
    failed,
    resource(({ issuer: as }) => ({ resource: `${as.replace('://', '://a:b@')}/mcp` })),
  ],
  'a resource with a fragment': [failed, resource(({ issuer: as }) => ({ resource: `${as}/mcp#x` }))],
  'a resource by dots': [failed, resource(({ issuer: as }) => ({ resource: `${as}/mcp/../mcp-evil` }))],
  'a resource by encoded dots': [failed, resource(({ issuer: as }) => ({ resource: `${as}/%2e%2e/mcp` }))],
  'two resources': [failed, resource(({ issuer: as }) => ({ resource: [`${as}/mcp`, 'https://other.example'] }))],
  'no resource': [failed, resource(() => ({ resource: undefined }))],
  'an authorization server inside': [failed, resource(() => ({ authorization_servers: ['http://169.254.169.254'] }))],
  'an authorization server that is a file': [
    failed,
    resource(() => ({ authorization_servers: ['file:///etc/passwd'] })),
  ],
  'an authorization server with a password': [
    failed,
    resource(({ issuer: as }) => ({ authorization_servers: [as.replace('://', '://a:b@')] })),
  ],
  'a thousand authorization servers': [
    failed,
    resource(({ foreign }) => ({
      authorization_servers: Array.from({ length: 1_000 }, (_, n) => `${foreign}/none/${n}`),
    })),
    { most: { elsewhere: 40 } },
  ],
  'authorization servers of no kind': [
    'completed',
    resource(({ issuer: as }) => ({ authorization_servers: [5, null, {}, [as], as] })),
  ],
  'two authorization servers, the first of them dead': [
    'completed',
    resource(({ foreign, issuer: as }) => ({ authorization_servers: [`${foreign}/none`, as] })),
  ],
  'supported scopes of no kind': [
    'completed',
    resource(() => ({ scopes_supported: [5, { a: 1 }, 'a b', '"', 'x'.repeat(1_000), 'ok'] })),
  ],
  'ten thousand scopes': [
    'completed',
    resource(() => ({ scopes_supported: Array.from({ length: 10_000 }, (_, n) => `s${n}`) })),
  ],
  'a resource document of a megabyte': [
    'response_too_large',
    { resourceAnswer: () => ({ body: { resource: 'x'.repeat(1_000_000) } }) },
  ],
  'a resource document without end': ['response_too_large', { resourceAnswer: () => 'endless' }],
  'a resource document that is deep': [
    'protocol_error',
    { resourceAnswer: () => ({ body: `{"resource":${nested(60_000)}}` }) },
  ],
  'a resource document that leads inside': [
    'redirect_refused',
    { resourceAnswer: () => ({ status: 302, headers: { location: 'http://169.254.169.254/' } }) },
  ],
  'a resource document that leads in a circle': [
    'redirect_refused',
    {
      resourceAnswer: ({ issuer: as, base }) => ({
        status: 302,
        headers: { location: `${base}/.well-known/oauth-protected-resource${new URL(as).pathname}/mcp?again` },
      }),
    },
  ],
  'a resource document that never comes': ['timeout', { resourceAnswer: () => 'hang' }],
})

const issuers = signInCases({
  'an issuer in capitals': [failed, issuer((as) => as.replace('http', 'HTTP'))],
  'an issuer at another port': [failed, issuer((as) => as.replace(/:\d+/, ':1'))],
  'an issuer at another path': [failed, issuer((as) => `${as}/other`)],
  'an issuer above': [failed, issuer((as) => new URL(as).origin)],
  'an issuer with a query': [failed, issuer((as) => `${as}?x`)],
  'an issuer with a slash': [failed, issuer((as) => `${as}/`)],
  'an issuer with two slashes': [failed, issuer((as) => `${as}//`)],
  'an issuer encoded otherwise': [failed, issuer((as) => as.replace('/as/', '/%61s/'))],
  'an issuer with a password': [failed, issuer((as) => as.replace('://', '://a@'))],
  'an issuer under another name of the machine': [failed, issuer((as) => as.replace('127.0.0.1', 'localhost'))],
  'no issuer': [failed, issuer(() => undefined)],
  'an issuer that is a list': [failed, issuer((as) => [as])],
  'metadata of a megabyte': ['response_too_large', { wellKnown: () => ({ body: { issuer: 'x'.repeat(1_000_000) } }) }],
  'metadata without end': ['response_too_large', { wellKnown: () => 'endless' }],
  'metadata that is deep': ['protocol_error', { wellKnown: () => ({ body: `{"issuer":${nested(60_000)}}` }) }],
  'metadata that is a page': [
    failed,
    { wellKnown: () => ({ headers: { 'content-type': 'text/html' }, body: '<html>canary-of-the-server</html>' }) },
  ],
  'metadata that is a list': [failed, { wellKnown: () => ({ body: [1, 2] }) }],
  'metadata that leads inside': [
    'redirect_refused',
    { wellKnown: () => ({ status: 302, headers: { location: 'http://169.254.169.254/' } }) },
  ],
  'metadata that leads elsewhere': [
    'authorization_failed',
    { wellKnown: ({ foreign }) => ({ status: 302, headers: { location: `${foreign}/none` } }) },
  ],
  'metadata that never comes': ['timeout', { wellKnown: () => 'hang' }],
  'metadata that fails': ['server_error', { wellKnown: () => ({ status: 500, body: 'canary-of-the-server' }) }],
})

const proofs = signInCases({
  'no PKCE': [failed, pkce(undefined)],
  'plain PKCE only': [failed, pkce(['plain'])],
  'PKCE of no kind': [failed, pkce({ S256: true })],
  'PKCE by an empty list': [failed, pkce([])],
  'PKCE by another hash': [failed, pkce(['S512', 'S25', 'S2560'])],
  'PKCE in a list in a list': [failed, pkce([['S256']])],
  'PKCE by yes': [failed, pkce(true)],
})

/** Authorization servers, and servers that name them, that lie about who they are. */
export const discovery = [...challenges, ...resources, ...issuers, ...proofs]
