import { IntegrationError } from '../../model/errors.js'
import type { ClientRegistration } from '../../oauth/client-registration.js'
import type { Discovery } from '../../oauth/discovery.js'
import { perIssuer, type OAuthEnvironment } from '../../oauth/environment.js'
import type { Context } from '../state/context.js'
import { keys, prefixes } from '../state/keys.js'
import { pages } from '../state/pages.js'
import { toJson, type ClientRecord, type SharedRedirect } from '../state/records.js'
import { ifReadable, versioned } from '../state/read-record.js'
import type { IntegrationRef } from '../state/refs.js'

/**
 * The authorization server of a client that uses the host's redirect URI without a hash of the issuer, if callbacks don't
 * identify the server: for a configured client or our metadata document, at a server that doesn't send `iss`.
 *
 * @param byHost - whether the host's catalogue configured it
 */
export function sharedRedirect(
  context: Context,
  { issuer, server }: Discovery,
  client: ClientRegistration,
  byHost: boolean,
): SharedRedirect | undefined {
  const isShared = client.redirectUri === context.oauth.redirectUrl
  if (!isShared || server.authorization_response_iss_parameter_supported === true) return undefined
  return { issuer, byHost }
}

/**
 * Refuses a second authorization server at the same redirect URI: one could obtain the other's code (mix-up attack).
 * The host vouches for clients that it configured itself.
 *
 * @throws IntegrationError `authorization_failed` with `redirect_uri_shared`
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.4
 */
export async function refuseMixUp(context: Context, ref: IntegrationRef, mine: SharedRedirect): Promise<void> {
  if (await isTaken(context, ref, mine))
    throw new IntegrationError(
      'authorization_failed',
      "Two authorization servers that don't identify themselves in the callback (RFC 9207) can't share one redirect URI. Configure `oauth.redirectUrl` with {issuer}, and register the resulting URI at each.",
      { reason: 'redirect_uri_shared' },
    )
}

/**
 * Refuses a callback at a redirect URI that another authorization server got at the same moment, when neither sign-in saw the
 * other begin. This sign-in then gives the URI up, so that the other can finish.
 *
 * @throws IntegrationError `authorization_failed` with `redirect_uri_shared`
 */
export async function refuseLateMixUp(context: Context, ref: IntegrationRef): Promise<void> {
  const { workspaceId, integrationId } = ref
  const { records } = await context.storage.read(workspaceId, [keys.client(integrationId)])
  const stored = versioned<ClientRecord>(records[0])
  const mine = stored?.value.sharedRedirect
  if (stored === undefined || mine === undefined) return
  try {
    await refuseMixUp(context, ref, mine)
  } catch (error) {
    const { sharedRedirect: _given, ...kept } = stored.value
    await context.storage.commit(workspaceId, [{ key: stored.key, ifVersion: stored.version, value: toJson(kept) }])
    throw error
  }
}

/**
 * The environment to find a client in. Our metadata document has only the one redirect URI, so that it is not used where
 * another authorization server has that already and this one registers clients, which get a redirect URI of their own.
 */
export async function clientEnvironment(
  context: Context,
  ref: IntegrationRef,
  { issuer, server }: Discovery,
  byHost: boolean,
): Promise<OAuthEnvironment> {
  const { oauth } = context
  const { clientMetadataUrl, redirectUrl } = oauth
  const usesDocument = clientMetadataUrl !== undefined && server.client_id_metadata_document_supported === true
  const isOneForAll = perIssuer(redirectUrl, issuer) === redirectUrl
  if (!usesDocument || !isOneForAll || server.authorization_response_iss_parameter_supported === true) return oauth
  const canRegister = server.registration_endpoint !== undefined
  return canRegister && (await isTaken(context, ref, { issuer, byHost }))
    ? { ...oauth, clientMetadataUrl: undefined }
    : oauth
}

/** Whether another authorization server has the redirect URI, and the host doesn't vouch for both. */
async function isTaken(
  context: Context,
  { workspaceId, integrationId }: IntegrationRef,
  mine: SharedRedirect,
): Promise<boolean> {
  for await (const { records } of pages(context.storage, { workspaceId, prefix: prefixes.clients, limit: 500 }))
    for (const record of records) {
      const other = ifReadable<ClientRecord>(record)?.sharedRedirect
      if (other === undefined || record.key === keys.client(integrationId) || other.issuer === mine.issuer) continue
      if (!(mine.byHost && other.byHost)) return true
    }
  return false
}
