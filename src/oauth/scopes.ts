import { validScopes } from './scope-syntax.js'
import type { Challenge } from './challenge.js'
import type { Discovery } from './discovery.js'
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
  challenge: Challenge | undefined,
  discovery: Pick<Discovery, 'scopesSupported' | 'server'>,
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
