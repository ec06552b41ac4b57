import { parseScopes } from './scopes.js'

/**
 * The challenge of a server that refused a request without sufficient authorization. Plain JSON.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-5.1
 */
export interface Challenge {
  readonly status: 400 | 401 | 403
  readonly scheme?: 'bearer' | 'dpop' | undefined
  /** The URL of the protected resource metadata as the server wrote it: not checked. */
  readonly resourceMetadata?: string | undefined
  /** The scopes that the refused request needs. */
  readonly scopes?: readonly string[] | undefined
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | undefined
}

const maxHeader = 8192

/**
 * Reads the challenge of a response. 401 means missing authentication and 403 missing permission, but the error code of a
 * challenge takes precedence over the status.
 *
 * @returns a challenge for every 401, for a 403 that requests a token or scopes, and for a 400 that calls the token
 * expired; otherwise `undefined`
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export function parseChallenge(response: Pick<Response, 'status' | 'headers'>): Challenge | undefined {
  const { status } = response
  if (status !== 400 && status !== 401 && status !== 403) return undefined
  const header = response.headers.get('www-authenticate') ?? ''
  const challenges = header.length > maxHeader ? [] : parseAuthenticate(header)
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
 * Parses `WWW-Authenticate`, which may hold several challenges. A word without `=` begins a challenge at the start or after
 * a comma. Unreadable parts are skipped, so that a stray quote costs only its own part.
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
    // Parameters without a scheme belong to the most common scheme.
    if (challenges.length === 0) challenges.push({ scheme: 'bearer', parameters: new Map() })
    const { parameters } = challenges.at(-1)!
    const name = word.toLowerCase()
    if (!parameters.has(name)) parameters.set(name, quoted?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare ?? '')
  }
  return challenges
}
