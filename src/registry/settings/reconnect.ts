import { reconnectInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import type { OAuthSettings } from '../../model/oauth.js'
import type { ConnectResult } from '../../model/outcome.js'
import type { StorageWrite } from '../../ports/storage.js'
import { checkConnectorOverrides, oauthSettingsOf, sealOAuthSettings } from '../servers/oauth-settings.js'
import { load } from '../state/access.js'
import type { ActorContext, Context } from '../state/context.js'
import { keys } from '../state/keys.js'
import { toJson, type StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { retrying } from '../state/retrying.js'
import { credentialTag, type Target } from '../state/target.js'
import { givenFor } from './given-for.js'
import { offersSignIn } from './sign-in-target.js'
import { startSignIn } from './start-sign-in.js'
import { loadTarget, validateTarget } from './validate.js'

/** Input of `reconnect()`. */
export interface ReconnectInput {
  /** Further scopes to request. The granted ones are requested again. */
  readonly scopes?: readonly string[] | undefined
  /** Replaces the integration's OAuth settings. Needs the permission to change its URL. */
  readonly oauth?: OAuthSettings | undefined
}

/**
 * Connects again in place. Settings, agents and grants are kept. The old tokens are kept until a new sign-in succeeds. MCP
 * sessions end.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `authorization_failed`
 */
export async function reconnect(
  context: ActorContext,
  id: string,
  input: ReconnectInput = {},
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  const { scopes, ...given } = parse('reconnect()', reconnectInput, input)
  const oauth = given.oauth as OAuthSettings | undefined
  if (oauth !== undefined) await replaceSettings(context, id, oauth)
  const before = await loadTarget(context, id, undefined)
  const target = await forgetSessions(context, before)
  const { record, status } = target
  const request = { scopes: scopes ?? status?.scopes, signal: options.signal }
  if (record.auth === 'oauth' || (await asksToSignIn(context, target, oauth ?? {}, options.signal)))
    return startSignIn(context, target, request)
  return validateTarget(context, target, options.signal)
}

/** Whether to sign in to a server that works without a sign-in: if the person wants it and the server offers it. */
async function asksToSignIn(
  context: Context,
  { record, status, workspaceId, integrationId }: Target,
  given: OAuthSettings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (record.url === undefined || record.auth !== 'none') return false
  if (status?.reason === 'first_sign_in' || status?.reason === 'credential_needed') return true
  const settings = { ...(await oauthSettingsOf(context, { workspaceId, integrationId }, record)), ...given }
  return offersSignIn(context, record.url, settings, signal)
}

/** Replaces a person's OAuth settings of an integration. */
async function replaceSettings(context: ActorContext, id: string, oauth: OAuthSettings): Promise<void> {
  const originFor = givenFor()
  await retrying('The integration', async () => {
    const { record, version, workspaceId } = await load(context, id, 'set_endpoint')
    if (record.url === undefined)
      throw invalid('reconnect()', [{ path: 'oauth', message: "can't be set for a local server" }])
    if (record.connectorId !== undefined) checkConnectorOverrides('reconnect()', record.connectorId, oauth)
    const sealed = await sealOAuthSettings(context, { workspaceId, integrationId: id }, originFor(record), oauth)
    return context.feed.commit(workspaceId, {
      writes: [
        // Written even without a change, so that a removed integration can't get secrets again.
        { key: keys.integration(id), ifVersion: version, value: toJson(record) },
        { key: keys.oauthSettings(id), value: toJson({ sealed }) },
        // The previous client belongs to the previous settings.
        { key: keys.client(id), value: undefined },
      ],
      audit: [{ action: 'update', userId: context.actor.userId, integrationId: id, changed: ['oauth'] }],
    })
  })
}

/** Discards cached profiles and sessions of the server in all processes, because a person reconnects. */
async function forgetSessions(context: Context, target: Target): Promise<Target> {
  const { workspaceId, integrationId, owner } = target
  const key = keys.status(integrationId, owner)
  return retrying('The status', async () => {
    const { records } = await context.storage.read(workspaceId, [key])
    const stored = versioned<StatusRecord>(records[0])
    if (stored === undefined) return target
    const status: StatusRecord = { ...stored.value, signIn: context.runtime.randomId() }
    const writes: StorageWrite[] = [
      { key, ifVersion: stored.version, value: toJson(status) },
      { key: keys.server(integrationId, owner), value: undefined },
    ]
    if ((await context.storage.commit(workspaceId, writes)) === false) return false
    const tag = credentialTag(target.sharedHeaders, target.ownHeaders, status.signIn)
    return { ...target, status, server: undefined, credential: tag }
  })
}
