import { signInCases, type SignInCase } from './case.js'
import { fromSomebodyElse, late, ofTwo, twice } from '../lane/sign-in.js'

const set =
  (name: string, value: string) =>
  (callback: URL): void =>
    callback.searchParams.set(name, value)
const add =
  (name: string, value: string) =>
  (callback: URL): void =>
    callback.searchParams.append(name, value)
const drop =
  (name: string) =>
  (callback: URL): void =>
    callback.searchParams.delete(name)
const issuerOf = (callback: URL): string => callback.searchParams.get('iss') ?? ''

/** Callbacks that belong to a sign-in, but are not the answer of its authorization server. */
const falseAnswers: Readonly<Record<string, (callback: URL) => void>> = {
  'another issuer': set('iss', 'https://other.example'),
  'the issuer with a slash': (callback) => set('iss', `${issuerOf(callback)}/`)(callback),
  'the issuer in capitals': (callback) => set('iss', issuerOf(callback).replace('http', 'HTTP'))(callback),
  'the issuer encoded twice': (callback) => set('iss', encodeURIComponent(issuerOf(callback)))(callback),
  'the issuer under another name': (callback) => (
    drop('iss')(callback),
    set('issuer', 'https://other.example')(callback)
  ),
  'no issuer': drop('iss'),
  'an empty issuer': set('iss', ''),
  'two issuers': add('iss', 'https://other.example'),
  'the same issuer twice': (callback) => add('iss', issuerOf(callback))(callback),
  'no code': drop('code'),
  'an empty code': set('code', ''),
  'two codes': add('code', 'other'),
  'a code and an error': set('error', 'access_denied'),
  'an error of another issuer': (callback) => {
    drop('code')(callback)
    set('error', 'access_denied')(callback)
    set('error_description', 'canary-of-the-callback')(callback)
    set('iss', 'https://other.example')(callback)
  },
  'an error with words': (callback) => {
    drop('code')(callback)
    set('error', 'canary-of-the-callback')(callback)
    set('error_description', '<script>canary-of-the-callback</script>')(callback)
    set('error_uri', 'javascript:alert(1)')(callback)
  },
  'an error whose words hide': (callback) => {
    drop('code')(callback)
    set('error', 'server_error\u001b[2J')(callback)
    set(
      'error_description',
      `\u001b]0;canary-of-the-callback\u0007\u202e ${callback.searchParams.get('state')}`,
    )(callback)
  },
  'an id token in the front': (callback) => set('id_token', 'a.b.c')(callback),
  'a signed answer': (callback) => set('response', 'a.b.c')(callback),
}

/** Callbacks that name no sign-in. */
const strays: Readonly<Record<string, (callback: URL) => void>> = {
  'no state': drop('state'),
  'an empty state': set('state', ''),
  'an unknown state': set('state', 'x'.repeat(43)),
  'a state that goes on': (callback) => set('state', `${callback.searchParams.get('state')}x`)(callback),
  'a state of a path': set('state', '../../flow/x'),
  'a state of a megabyte': set('state', 'x'.repeat(1_000_000)),
  'two states': add('state', 'x'.repeat(43)),
  'a fragment': (callback) => {
    callback.hash = callback.search.slice(1)
    callback.search = ''
  },
}
const changed = (outcome: string, changes: Readonly<Record<string, (callback: URL) => void>>): readonly SignInCase[] =>
  Object.entries(changes).map(([name, callback]) => ({
    name: `a callback with ${name}`,
    outcomes: [outcome],
    hostile: {},
    callback,
    most: { token: 0 },
  }))

/** Callbacks that are not the answer to the sign-in of the person who brings them. */
export const callbacks: readonly SignInCase[] = [
  ...changed('authorization_failed', falseAnswers),
  ...changed('not_found', strays),
  ...signInCases({
    'a callback with a code of line breaks': ['completed', {}, { callback: set('code', 'a\r\nx: 1\u0000') }],
    // What nobody asked for is left alone: the tokens are those of the code.
    'a callback with tokens in the front': [
      'completed',
      {},
      { callback: set('access_token', 'canary-of-the-callback') },
    ],
    'a callback that comes twice': ['not_found', {}, { meet: twice, most: { token: 1 } }],
    'a callback of another person': ['not_found', {}, { meet: fromSomebodyElse, most: { token: 0 } }],
    'a callback after its time': ['not_found', {}, { meet: late, most: { token: 0 } }],
    'a callback with the state of another sign-in': ['not_found', {}, { meet: ofTwo, most: { token: 0 } }],
  }),
]
