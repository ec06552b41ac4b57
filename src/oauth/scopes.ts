import type { OAuthSettings } from '../model/oauth.js'

/**
 * What to ask for: what the settings say, else what the challenge asks for, else what the resource supports, else nothing
 * (the authorization server's own default). With `granted` it is a step-up: everything granted before is asked for again,
 * because a challenge may name only what is missing.
 *
 * `offline_access` is asked for where the authorization server lists it, and never otherwise.
 *
 * @returns an empty list: leave the parameter out.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-selection-strategy
 */
export function chooseScopes(
  challenge: { readonly status: number; readonly scopes?: readonly string[] | undefined } | undefined,
  discovery: {
    readonly scopesSupported?: readonly string[] | undefined
    readonly server: { readonly scopes_supported?: readonly string[] | undefined }
  },
  granted: readonly string[] | undefined,
  settings: Pick<OAuthSettings, 'scopes' | 'grant'>,
): readonly string[] {
  const wanted =
    granted === undefined
      ? (settings.scopes ?? challenge?.scopes ?? discovery.scopesSupported ?? [])
      : [...granted, ...(settings.scopes ?? []), ...(challenge?.scopes ?? [])]
  const scopes = validScopes(wanted).filter((scope) => scope !== 'offline_access')
  const interactive = (settings.grant ?? 'authorization_code') === 'authorization_code'
  const offline =
    interactive && scopes.length > 0 && discovery.server.scopes_supported?.includes('offline_access') === true
  return offline ? [...scopes, 'offline_access'] : scopes
}

const mostScopes = 200
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/

/**
 * The scopes in a `scope` parameter, without doubles and without what can't be a scope. Some servers write commas between
 * them in place of blanks.
 */
export function parseScopes(value: unknown): readonly string[] {
  return typeof value === 'string' ? validScopes(value.split(/[\s,]+/)) : []
}

/** Keeps what can be a scope, in order, without doubles; at most 200. */
export function validScopes(values: readonly unknown[]): readonly string[] {
  const valid = values.filter((value) => typeof value === 'string' && scopeToken.test(value)) as string[]
  return [...new Set(valid)].slice(0, mostScopes)
}
