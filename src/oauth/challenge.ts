import { parseScopes } from './scopes.js'

/**
 * What a server said when it refused a request for want of authorization. Plain JSON.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-5.1
 */
export interface Challenge {
  readonly status: 400 | 401 | 403
  readonly scheme?: 'bearer' | 'dpop' | undefined
  /** Where the protected resource metadata is, as the server wrote it: not vetted. */
  readonly resourceMetadata?: string | undefined
  /** The scopes that the refused request needs. */
  readonly scopes?: readonly string[] | undefined
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | undefined
}

const longestHeader = 8192

/**
 * Reads the challenge of a response: 401 asks who is calling, 403 says what they may not do, and where a challenge comes
 * with either, the challenge decides which was meant.
 *
 * @returns for any 401 a challenge; for a 403 only where it asks for a token or for scopes, for a 400 only where it says
 * that the token has ended; otherwise `undefined`.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export function parseChallenge(response: Pick<Response, 'status' | 'headers'>): Challenge | undefined {
  const { status } = response
  if (status !== 400 && status !== 401 && status !== 403) return undefined
  const header = response.headers.get('www-authenticate') ?? ''
  const challenges = header.length > longestHeader ? [] : parseAuthenticate(header)
  const schemes = ['bearer', 'dpop'].flatMap((name) => challenges.filter(({ scheme }) => scheme === name))
  const [{ scheme } = {}] = schemes
  const said = (name: string): string | undefined =>
    schemes.map(({ parameters }) => parameters.get(name)).find((value) => value !== undefined && value !== '')
  const error = said('error')?.toLowerCase()
  const resourceMetadata = said('resource_metadata')
  const asksForToken = error === 'invalid_token' || (error === undefined && resourceMetadata !== undefined)
  if (status === 403 && error !== 'insufficient_scope' && !asksForToken) return undefined
  if (status === 400 && error !== 'invalid_token') return undefined
  const scopes = parseScopes(said('scope'))
  return {
    status,
    scheme: scheme as 'bearer' | 'dpop' | undefined,
    resourceMetadata,
    scopes: scopes.length === 0 ? undefined : scopes,
    error:
      error === 'invalid_request' || error === 'invalid_token' || error === 'insufficient_scope' ? error : undefined,
  }
}

/**
 * `WWW-Authenticate`: several challenges may share one header. A word without `=` begins one where a challenge can begin:
 * first, or after a comma. What can't be read is passed over, so that a quote too many costs no more than its own words.
 */
function parseAuthenticate(header: string): { scheme: string; parameters: Map<string, string> }[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const pattern = /([!#$%&'*+.^_`|~0-9A-Za-z/-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^'\s]*)'|"?([^\s,;"]*)))?/g
  for (const match of header.matchAll(pattern)) {
    const [whole, word = '', quoted, single, bare] = match
    if (!whole.includes('=')) {
      const before = header.slice(0, match.index).trimEnd()
      if (before === '' || before.endsWith(',')) challenges.push({ scheme: word.toLowerCase(), parameters: new Map() })
      continue
    }
    // Parameters without a scheme are the commonest one's.
    if (challenges.length === 0) challenges.push({ scheme: 'bearer', parameters: new Map() })
    const { parameters } = challenges.at(-1)!
    const name = word.toLowerCase()
    if (!parameters.has(name)) parameters.set(name, quoted?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare ?? '')
  }
  return challenges
}
