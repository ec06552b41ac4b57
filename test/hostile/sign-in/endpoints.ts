import { named } from '../lane/names.js'
import { signInCases, type Hostile, type Place, type SignInCase } from './case.js'

const failed = 'authorization_failed'
const at = (name: string, value: (place: Place) => unknown): Hostile => ({
  metadata: (place) => ({ [name]: value(place) }),
})
const pages: Readonly<Record<string, string>> = {
  'a script': 'javascript:alert(1)',
  'a script in capitals': 'JavaScript:alert(1)',
  'a hidden script': 'java\nscript:alert(1)',
  'a script after a blank': ' javascript:alert(1)',
  'a script in a script': 'view-source:javascript:alert(1)',
  data: 'data:text/html,<script>alert(1)</script>',
  'a blob': 'blob:https://as.example/1',
  'a file': 'file:///etc/passwd',
  'another program': 'ms-msdt:/id PCWDiagnostic',
  'a telephone': 'tel:110',
  'a page without TLS': 'http://as.example/authorize',
  'a relative page': '/authorize',
  'a page without a scheme': '//as.example/authorize',
  'a page with a fragment': 'https://as.example/authorize#x',
  'a page of many letters': `https://as.example/${'x'.repeat(5_000)}`,
  'a backslash': 'https:\\\\a@b\\c',
}
/** Addresses of this network and of the machine's own cloud, as they can be written. */
const inside: Readonly<Record<string, string>> = {
  'the cloud': 'http://169.254.169.254/token',
  'the cloud with TLS': 'https://169.254.169.254/token',
  'the cloud as a number': 'https://2852039166/token',
  'the cloud in hexadecimal': 'https://0xa9.0xfe.0xa9.0xfe/token',
  'the cloud in IPv6': 'https://[::ffff:169.254.169.254]/token',
  'the cloud with a dot': 'https://169.254.169.254./token',
  'a private address': 'https://10.0.0.1/token',
  'no address': 'https://0.0.0.0/token',
  'a name without TLS': 'http://as.example/token',
  'a file': 'file:///token',
  'a password': 'https://a:b@as.example/token',
}
/** Refused before its address is looked at: it can't be the endpoint of an authorization server at all. */
const malformed = /^(?!https:)|@/
const endpoint = (name: string, as: string, values: Readonly<Record<string, string>>): readonly SignInCase[] =>
  signInCases(
    Object.fromEntries(
      Object.entries(values).map(([what, url]) => [
        `${what} as ${as}`,
        [outcomeOf(name, url), at(name, () => url)] as const,
      ]),
    ),
  )

const redirects = signInCases(
  Object.fromEntries(
    [301, 302, 303, 307, 308].flatMap((status) => [
      [
        `a token request sent elsewhere with ${status}`,
        [
          'redirect_refused',
          { token: (_given: object, { foreign }: Place) => ({ status, headers: { location: `${foreign}/sink` } }) },
        ] as const,
      ],
      [
        `a registration sent elsewhere with ${status}`,
        [
          'redirect_refused',
          { register: (_given: object, { foreign }: Place) => ({ status, headers: { location: `${foreign}/sink` } }) },
        ] as const,
      ],
    ]),
  ),
)

function outcomeOf(name: string, url: string): string {
  return name === 'authorization_endpoint' || malformed.test(url) ? failed : 'url_refused'
}

/** Registrations whose answer has these redirect URIs in place of ours. */
function signInsOf(
  outcome: string,
  uris: Readonly<Record<string, (own: readonly string[]) => unknown>>,
): Readonly<Record<string, readonly [string, Hostile]>> {
  return Object.fromEntries(
    Object.entries(uris).map(([how, change]) => [
      `a registration ${how}`,
      [
        outcome,
        {
          register: (given) => ({
            status: 201,
            body: { ...given, client_id: 'c', redirect_uris: change(given.redirect_uris as readonly string[]) },
          }),
        },
      ] as const,
    ]),
  )
}

/** Endpoints that are unsafe to open or to send secrets to. */
export const endpoints = [
  ...endpoint('authorization_endpoint', 'its page', pages),
  ...endpoint('token_endpoint', 'its token endpoint', inside),
  ...endpoint('registration_endpoint', 'its registration', inside),
  ...redirects,
  ...signInCases({
    'a password in its page': [
      'authorization_failed',
      at('authorization_endpoint', ({ base }) => base.replace('://', '://a:b@')),
    ],
    'a command in its page': [
      'completed',
      at('authorization_endpoint', ({ issuer }) => `${issuer}/authorize?a=$(calc)&b=\`id\``),
    ],
    'parameters of ours in its page': [
      'completed',
      at(
        'authorization_endpoint',
        ({ issuer }) =>
          `${issuer}/authorize?state=theirs&redirect_uri=https://other.example&code_challenge_method=plain`,
      ),
    ],
    'a token endpoint of nobody': [
      'unreachable',
      at('token_endpoint', ({ issuer }) => `${named('nowhere', issuer)}/token`),
    ],
    'a token endpoint that never resolves': [
      'timeout',
      at('token_endpoint', ({ issuer }) => `${named('silent', issuer)}/token`),
    ],
    'a token endpoint that turns inside': [
      'url_refused',
      {
        ...at('token_endpoint', ({ issuer }) => `${named('rebound', issuer)}/token`),
        token: (given) => ({ headers: { connection: 'close' }, body: given }),
      },
    ],
    // The grant is kept: nobody refused it.
    'a token endpoint that is forgotten': [
      'unreachable',
      {
        ...at('token_endpoint', ({ issuer }) => `${named('forgotten', issuer)}/token`),
        token: (given) => ({ headers: { connection: 'close' }, body: given }),
      },
    ],
    'no page': ['authorization_failed', at('authorization_endpoint', () => undefined)],
    'no token endpoint': ['authorization_failed', at('token_endpoint', () => undefined)],
    'a token endpoint that is a list': [
      'authorization_failed',
      at('token_endpoint', ({ issuer }) => [`${issuer}/token`]),
    ],
    'a revocation inside': ['completed', at('revocation_endpoint', () => 'http://169.254.169.254/revoke')],
    'an account page inside': ['completed', at('userinfo_endpoint', () => 'http://169.254.169.254/userinfo')],
    'a registration that never comes': ['timeout', { register: () => 'hang' }],
    'a registration without end': ['response_too_large', { register: () => 'endless' }],
    'a registration of another': [
      'authorization_failed',
      {
        register: (given) => ({
          status: 201,
          body: { ...given, client_id: 'c', redirect_uris: ['https://other.example/callback'] },
        }),
      },
    ],
    ...signInsOf('completed', {
      'without redirect URIs': () => undefined,
      'with no redirect URI at all': () => [],
      'with redirect URIs of no kind': () => 5,
      'with a redirect URI more': (own) => [...own, 'https://other.example/callback'],
      'with a redirect URI more before': (own) => ['https://other.example/callback', ...own],
    }),
    ...signInsOf('authorization_failed', {
      'with a redirect URI that goes on': (own) => own.map((uri) => `${uri}/more`),
      'with a redirect URI in a list': (own) => [own],
      'with a redirect URI of another port': (own) => own.map((uri) => uri.replace('34567', '34568')),
      'with a redirect URI without its query': (own) => own.map((uri) => uri.replace(/\?.*/, '')),
    }),
    'a registration with a line break': [
      'authorization_failed',
      { register: (given) => ({ status: 201, body: { ...given, client_id: 'a\r\nb' } }) },
    ],
    'a registration with an id that is an object': [
      'authorization_failed',
      { register: (given) => ({ status: 201, body: { ...given, client_id: { toString: '' } } }) },
    ],
    'a registration that is refused with our words': [
      'authorization_failed',
      {
        register: () => ({
          status: 400,
          body: { error: 'canary-of-the-server', error_description: 'canary-of-the-server' },
        }),
      },
    ],
  }),
]
