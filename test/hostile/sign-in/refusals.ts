import { signInCases, type Hostile, type Place, type Reply } from './case.js'
import { callsAgainAndAgain, callsOfTwo, signsInAgain } from '../lane/sign-in.js'

const refuses = (status: number, challenge: string | ((place: Place) => string)): Hostile => ({
  call: (place): Reply => ({
    status,
    headers: { 'www-authenticate': typeof challenge === 'string' ? challenge : challenge(place) },
  }),
})
const needsPerson = 'authorization_required'
const again = { meet: callsAgainAndAgain }

/** Servers that refuse a token that is good, or ask for ever more. */
export const refusals = signInCases({
  'a token that is refused for ever': [
    needsPerson,
    refuses(401, 'Bearer error="invalid_token"'),
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused without a word': [
    needsPerson,
    { call: () => ({ status: 401 }) },
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused with 400': [
    needsPerson,
    refuses(400, 'Bearer error="invalid_token"'),
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused with 403': [
    needsPerson,
    refuses(403, 'Bearer error="invalid_token"'),
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused by another scheme': [
    needsPerson,
    refuses(401, 'DPoP error="use_dpop_nonce"'),
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused with an answer without end': [
    needsPerson,
    { call: () => ({ status: 401, isEndless: true }) },
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused, and the same one again': [
    needsPerson,
    {
      ...refuses(401, 'Bearer error="invalid_token"'),
      refresh: (given) => ({ body: { ...given, access_token: 'canary-access-token' } }),
    },
    { ...again, most: { refresh: 1 } },
  ],
  'a token that is refused for another authorization server': [
    needsPerson,
    {
      ...refuses(401, 'Bearer error="invalid_token"'),
      resource: ({ foreign, turn, issuer }) =>
        turn === 1 ? {} : { authorization_servers: [`${foreign}/other`], issuer },
    },
    { ...again, most: { refresh: 1 } },
  ],
  'ever more scopes': [
    needsPerson,
    refuses(403, ({ turn }) => `Bearer error="insufficient_scope", scope="s${turn}"`),
    { ...again, most: { refresh: 0 } },
  ],
  'every scope there is': [
    needsPerson,
    refuses(403, 'Bearer error="insufficient_scope", scope="admin *"'),
    { ...again, most: { refresh: 0 } },
  ],
  'ten thousand missing scopes': [
    needsPerson,
    refuses(
      403,
      `Bearer error="insufficient_scope", scope="${Array.from({ length: 1_000 }, (_, n) => `s${n}`).join(' ')}"`,
    ),
    { ...again, most: { refresh: 0 } },
  ],
  'the token as a missing scope': [
    needsPerson,
    refuses(403, 'Bearer error="insufficient_scope", scope="canary-access-token a"'),
    again,
  ],
  'part of the token as a missing scope': [
    needsPerson,
    refuses(403, 'Bearer error="insufficient_scope", scope="canary-access x.canary-access-token.y"'),
    again,
  ],
  ...Object.fromEntries(
    Object.entries({
      'in capitals': 'CANARY-ACCESS-TOKEN',
      'percent-encoded': 'canary%2Daccess%2Dtoken',
      'percent-encoded twice': 'canary%252Daccess%252dtoken',
      'in other words': 'x.Canary%2Daccess-token.y',
    }).map(([how, scope]) => [
      `the token ${how} as a missing scope`,
      [needsPerson, refuses(403, `Bearer error="insufficient_scope", scope="${scope} a"`), again] as const,
    ]),
  ),
  'a challenge whose words hide': [
    needsPerson,
    refuses(401, 'Bearer error="invalid_token", error_description="\u009b31m canary-access-token"'),
    { ...again, most: { refresh: 1 } },
  ],
  'a refresh in drips, for two registries': [
    'completed and completed',
    { refresh: (given) => ({ body: given, drips: 20 }) },
    { meet: callsOfTwo, most: { refresh: 1 } },
  ],
  'a refresh in drips without end, for two registries': [
    'timeout and timeout',
    { refresh: (given) => ({ body: given, drips: 20_000 }) },
    { meet: callsOfTwo, most: { refresh: 1 }, pace: 10 },
  ],
  'hidden characters as missing scopes': [
    needsPerson,
    refuses(403, 'Bearer error="insufficient_scope", scope="a\u00adb \\"c\\\\ d"'),
    again,
  ],
  'missing scopes with 401': [needsPerson, refuses(401, 'Bearer error="insufficient_scope", scope="more"'), again],
  'no scope that is missing': ['authorization_required', refuses(403, 'Bearer error="insufficient_scope"'), again],
  'a scope that was granted and is missing still': [
    'authorization_failed',
    refuses(403, 'Bearer error="insufficient_scope", scope="more"'),
    { meet: signsInAgain },
  ],
})
