import { wordsWithoutSecrets } from '../model/secret-words.js'
import type { OAuthSettings } from '../model/oauth.js'

/**
 * The scopes to request: those of the settings, otherwise those of the challenge, otherwise those that the resource
 * supports, otherwise none (the authorization server's default). With `granted` this is a step-up: scopes granted before
 * are requested again, because a challenge may name only the missing ones.
 *
 * `offline_access` is requested only if the authorization server lists it.
 *
 * @returns the scopes; if empty, leave the parameter out
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

const maxScopes = 200
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/

/**
 * The scopes in a `scope` parameter, without duplicates and invalid ones. Some servers separate them by commas instead of
 * spaces.
 */
export function parseScopes(value: unknown): readonly string[] {
  return typeof value === 'string' ? validScopes(value.split(/[\s,]+/)) : []
}

/** The valid scopes, in order, without duplicates; at most 200. */
export function validScopes(values: readonly unknown[]): readonly string[] {
  const valid = values.filter((value) => typeof value === 'string' && scopeToken.test(value)) as string[]
  return [...new Set(valid)].slice(0, maxScopes)
}

/** Shorter secrets could be part of an ordinary scope. */
const minSecret = 8

/** Removes scopes that contain a secret: a server could echo it into them, and scopes are stored and shown. */
export function withoutSecretScopes(
  scopes: readonly string[],
  secrets: readonly (string | undefined)[],
): readonly string[] {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= minSecret)
  return wordsWithoutSecrets(scopes, known)
}
