import { isIntegrationError } from '../../model/errors.js'
import type { OAuthSettings } from '../../model/oauth.js'
import { readCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import { readProtectedResource } from '../../oauth/protected-resource.js'
import { isHostsClient, oauthSettingsOf } from '../servers/oauth-settings.js'
import type { Context } from '../state/context.js'
import { keys } from '../state/keys.js'
import type { ClientRecord, IntegrationRecord, KnownClient } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import type { CredentialRef } from '../state/refs.js'
import { openClient } from './shared-registration.js'

/** The integration and the credential owner of a sign-in. */
export interface SignInTarget {
  readonly integrationId: string
  readonly owner: string
  readonly serverUrl: string
  readonly settings: OAuthSettings
  /** The existing credential. Its issuer is preferred, and its scopes are requested again. */
  readonly credential?: CredentialRecord | undefined
  /** Whether the host's catalogue configured the client. */
  readonly clientByHost?: boolean | undefined
  /** Our previous client at the authorization server; absent if its last sign-in never returned. */
  readonly client?: KnownClient | undefined
  /** When the previous client was registered, if a new one is needed: the last sign-in with it never returned. */
  readonly registersAgainAfter?: number | undefined
}

/** Reads the basis of a sign-in: settings, client registration and the existing credential. */
export async function signInTarget(
  context: Context,
  { workspaceId, integrationId, owner, record }: CredentialRef & { readonly record: IntegrationRecord },
): Promise<SignInTarget> {
  const { records } = await context.storage.read(workspaceId, [
    keys.client(integrationId),
    keys.credential(integrationId, owner),
  ])
  const settings = await oauthSettingsOf(context, { workspaceId, integrationId }, record)
  const stored = versioned<ClientRecord>(records[0])?.value
  const registersAgain = stored?.refused === true || (stored?.pending !== undefined && stored.pending === owner)
  return {
    integrationId,
    owner,
    serverUrl: record.url!,
    settings: settings ?? {},
    clientByHost: await isHostsClient(context, workspaceId, record, settings),
    // If the last sign-in with a client never returned, the authorization server may have deleted the client and shown an
    // error only to the person.
    registersAgainAfter: registersAgain ? (stored.registration?.at ?? 0) : undefined,
    client:
      stored === undefined || registersAgain
        ? undefined
        : await openClient(context, { workspaceId, integrationId }, stored),
    credential: readCredential(records[1]?.value),
  }
}

/** Whether a server that doesn't require a sign-in offers one: by its metadata or by the settings. */
export async function offersSignIn(
  context: Context,
  serverUrl: string,
  settings: OAuthSettings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { clientId, scopes, grant, issuer, metadata } = settings
  if ([clientId, scopes, grant, issuer, metadata].some((value) => value !== undefined)) return true
  const until = context.runtime.now() + context.options.limits.connectTimeoutMs
  try {
    return (await readProtectedResource(context.oauth, serverUrl, undefined, { signal, until })) !== undefined
  } catch (error) {
    if (!isIntegrationError(error) || error.code === 'aborted') throw error
    return false
  }
}
