import { signInCases, type Hostile, type Reply } from './case.js'

const invalid = 'authorization_failed'
const token = (fields: object): Hostile => ({ token: (given) => ({ body: { ...given, ...fields } }) })
const first = (reply: Reply): Hostile => ({ token: () => reply })
const second = (reply: Reply): Hostile => ({ refresh: () => reply })
const refreshed = (fields: object): Hostile => ({ refresh: (given) => ({ body: { ...given, ...fields } }) })
const html = { 'content-type': 'text/html' }
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

/** Answers to a code. */
const answers = signInCases({
  honest: ['completed', {}],
  'a token that lives for ever': ['completed', token({ expires_in: 1e11 })],
  'a token that lives for a text': ['completed', token({ expires_in: '3600' })],
  'a token that lives for infinity': [
    'completed',
    first({ body: '{"access_token":"canary-access-token","token_type":"Bearer","expires_in":1e999}' }),
  ],
  'a token that is dead': ['completed', token({ expires_in: -1 })],
  'a token that lives for nothing': ['completed', token({ expires_in: 0 })],
  'a token that lives for a list': ['completed', token({ expires_in: [3600] })],
  'a token that lives for no number': ['completed', token({ expires_in: 'NaN' })],
  'a token without a lifetime': ['completed', token({ expires_in: undefined })],
  'a token without a type': ['completed', token({ token_type: undefined })],
  'another kind of token': [invalid, token({ token_type: 'mac' })],
  'a kind of token that is a list': [invalid, token({ token_type: ['Bearer'] })],
  'a token for DPoP': [invalid, token({ token_type: 'DPoP' })],
  'a token with a line break': [invalid, token({ access_token: 'a\r\nx-evil: 1' })],
  'a token with NUL': [invalid, token({ access_token: 'a\u0000b' })],
  'a token in Latin': [invalid, token({ access_token: 'tökén' })],
  'a token of blanks': [invalid, token({ access_token: 'a b c' })],
  'a token that is an object': [invalid, token({ access_token: { toString: '' } })],
  'a token of 1 MB': ['response_too_large', token({ access_token: 'x'.repeat(1_000_000) })],
  'a token of 200 KB': [invalid, token({ access_token: 'x'.repeat(200_000) })],
  'no token': [invalid, token({ access_token: undefined })],
  'a refresh token of 200 KB': ['authorization_required', token({ refresh_token: 'x'.repeat(200_000) })],
  'a refresh token with a line break': ['authorization_required', token({ refresh_token: 'a\r\nb' })],
  'scopes of no kind': ['completed', token({ scope: [{ toString: '' }, [['a']], 'b', 5] })],
  'scopes that are deep': [
    'protocol_error',
    first({ body: `{"access_token":"canary-access-token","scope":${nested(60_000)}}` }),
  ],
  'fewer scopes than were asked for': ['completed', token({ scope: 'less' })],
  'ten thousand scopes in an answer': [
    'completed',
    token({ scope: Array.from({ length: 10_000 }, (_, n) => `s${n}`).join(' ') }),
  ],
  'an account that is deep': [
    'completed',
    token({ id_token: `a.${Buffer.from(nested(20_000)).toString('base64url')}.c` }),
  ],
  'an account that is none': ['completed', token({ id_token: '.'.repeat(10_000) })],
  'members of prototypes': [
    'completed',
    first({
      body: '{"__proto__":{"access_token":"x"},"access_token":"canary-access-token","constructor":{"access_token":"y"}}',
    }),
  ],
  'a page in place of a token': [invalid, first({ headers: html, body: '<html>canary-of-the-server</html>' })],
  'an error with 200': [
    invalid,
    first({ body: { error: 'invalid_grant', error_description: 'canary-of-the-server' } }),
  ],
  'an error of its own with our code in it': [
    invalid,
    first({ status: 400, body: { error: 'canary-code', error_description: 'canary-code' } }),
  ],
  'an error whose words hide': [
    invalid,
    first({
      status: 400,
      body: {
        error: 'invalid_request\u001b[2J',
        error_description: '\u001b]0;canary-of-the-server\u0007\u202e canary-code',
        error_uri: 'javascript:alert(1)',
      },
    }),
  ],
  ...Object.fromEntries(
    Object.entries({
      'as they are': (secret: string) => secret,
      'in capitals': (secret: string) => secret.toUpperCase(),
      'percent-encoded': (secret: string) => secret.replaceAll('-', '%2D'),
      'in other words': (secret: string) => `x.${secret}.y`,
    }).map(([how, write]) => [
      `scopes that are the tokens, ${how}`,
      ['completed', token({ scope: `a ${write('canary-access-token')} ${write('canary-refresh-token-1')}` })] as const,
    ]),
  ),
  'an answer of blanks': [invalid, first({ body: ' '.repeat(100_000) })],
  'an answer without end to a code': ['response_too_large', first('endless')],
  'silence after a code': ['timeout', first('hang')],
  'an end after a code': ['unreachable', first('drop'), { most: { token: 1 } }],
})

/** Answers to a refresh token, when the access token has expired. */
const refreshes = signInCases({
  'a refresh that fails': ['server_error', second({ status: 500, body: { error: 'server_error' } })],
  'a refresh that asks for patience': ['rate_limited', second({ status: 429, headers: { 'retry-after': '99999999' } })],
  'a refresh that asks for no patience at all': [
    'server_error',
    second({ status: 503, headers: { 'retry-after': '-1' } }),
  ],
  'a refresh that is late': ['server_error', second({ status: 408 })],
  'a refresh that is too early': ['server_error', second({ status: 425 })],
  'a refresh behind a wall': ['server_error', second({ status: 403, headers: html, body: '<html>no</html>' })],
  'a refresh on a page': ['server_error', second({ headers: html, body: '<html>invalid_grant</html>' })],
  'a refresh that is temporarily unavailable': [
    'server_error',
    second({ status: 400, body: { error: 'temporarily_unavailable' } }),
  ],
  'a refresh that breaks a rule of its own': [
    'server_error',
    second({ status: 400, body: { error: 'canary-of-the-server' } }),
  ],
  'a refresh that ends': ['unreachable', second('drop')],
  'a refresh without end': ['response_too_large', second('endless')],
  'a refresh that hangs': ['timeout', second('hang')],
  'a refresh that is empty': ['server_error', second({ body: '' })],
  'a refresh that leads elsewhere': [
    'server_error',
    { refresh: (_given, { foreign }) => ({ status: 307, headers: { location: `${foreign}/sink` } }) },
  ],
  'a refresh that is refused': ['authorization_required', second({ status: 400, body: { error: 'invalid_grant' } })],
  'a refresh that is refused in other letters': [
    'authorization_required',
    second({ status: 401, body: { error: 'Invalid-Grant' } }),
  ],
  'a refresh of a client that is unknown': [
    'authorization_required',
    second({ status: 401, body: { error: 'invalid_client' } }),
  ],
  'a refresh that brings no new refresh token': ['completed', refreshed({ refresh_token: undefined })],
  'a refresh that brings fewer scopes': ['completed', refreshed({ scope: 'less' })],
  'a refresh that brings the same token': ['completed', refreshed({ access_token: 'canary-access-token' })],
  'a refresh that brings another kind of token': ['server_error', refreshed({ token_type: 'mac' })],
  'a refresh that brings a line break': ['server_error', refreshed({ access_token: 'a\r\nb' })],
  'a refresh that brings a dead token': ['completed', refreshed({ expires_in: -5 })],
})

export const tokens = [...answers, ...refreshes]
