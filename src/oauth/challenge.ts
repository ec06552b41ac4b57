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
  const chosen =
    challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'dpop')
  const error = chosen?.parameters.get('error')
  const resourceMetadata = chosen?.parameters.get('resource_metadata')
  const asksForToken = error === 'invalid_token' || (error === undefined && resourceMetadata !== undefined)
  if (status === 403 && error !== 'insufficient_scope' && !asksForToken) return undefined
  if (status === 400 && error !== 'invalid_token') return undefined
  const scopes = parseScopes(chosen?.parameters.get('scope'))
  return {
    status,
    scheme: chosen === undefined ? undefined : (chosen.scheme as 'bearer' | 'dpop'),
    resourceMetadata,
    scopes: scopes.length === 0 ? undefined : scopes,
    error:
      error === 'invalid_request' || error === 'invalid_token' || error === 'insufficient_scope' ? error : undefined,
  }
}

/** `WWW-Authenticate`: several challenges may share one header, told apart by what follows a word: `=` or not. */
function parseAuthenticate(header: string): { scheme: string; parameters: Map<string, string> }[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const pattern = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z/-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/gy
  for (let match = pattern.exec(header); match !== null; match = pattern.exec(header)) {
    const [whole, word = '', quoted, bare] = match
    if (!whole.includes('=')) challenges.push({ scheme: word.toLowerCase(), parameters: new Map() })
    else {
      const parameters = challenges.at(-1)?.parameters
      const name = word.toLowerCase()
      if (parameters !== undefined && !parameters.has(name))
        parameters.set(name, quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '')
    }
  }
  return challenges
}
