/** Rules of OAuth settings, shared by the inputs of people and the options of hosts. */

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
export const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/

export const signingAlgorithms = [
  'ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'EdDSA',
] as const // prettier-ignore

/** Parameters that protect a sign-in, or have their own setting. */
const reservedParameters = new Set([
  'client_id', 'client_secret', 'redirect_uri', 'response_type', 'response_mode', 'state', 'nonce', 'code_challenge',
  'code_challenge_method', 'request', 'request_uri', 'iss', 'scope', 'resource', 'prompt',
]) // prettier-ignore

export function isReservedParameter(name: string): boolean {
  return reservedParameters.has(name.trim().toLowerCase())
}
