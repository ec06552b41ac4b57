import { refuse } from './endpoint.js'
import { deadlines, httpOptions } from './requests.js'
import type { OAuthEnvironment } from './environment.js'
import type { ServerMetadata } from './server-metadata.js'
import type { TokenContext } from './token-set.js'

/** What a token request needs besides the environment. */
export interface TokenRequestOptions {
  readonly signal?: AbortSignal | undefined
}

/** How requests to a token endpoint go out. */
export function tokenOptions(
  env: OAuthEnvironment,
  server: ServerMetadata,
  { signal }: TokenRequestOptions,
): ReturnType<typeof httpOptions> {
  if (server.token_endpoint === undefined)
    throw refuse('unsafe_endpoint', 'The authorization server has no token endpoint.')
  return httpOptions(env, server.token_endpoint, { purpose: 'token', timeoutMs: deadlines.token, signal })
}

/** `resource`, where it is known, exactly as the protected resource wrote it. */
export function resourceParameter({ resource }: TokenContext): Record<string, string> {
  return resource === undefined ? {} : { resource }
}

/** `scope`, where any is asked for. */
export function scopeParameter({ scopes }: TokenContext): Record<string, string> {
  return scopes.length === 0 ? {} : { scope: scopes.join(' ') }
}
