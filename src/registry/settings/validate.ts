import { parse, reconnectInput } from '../../model/input.js'
import { invalid } from '../../model/invalid.js'
import type { OAuthSettings } from '../../model/oauth.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { checkTarget, recordStatus } from './refresh-tools.js'
import { checkBesideConnector, oauthSettingsOf, sealOAuthSettings } from '../servers/oauth-settings.js'
import type { ConnectResult } from '../../model/outcome.js'
import type { ActorContext, Context } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { refreshAfterSignIn } from './finish-connect.js'
import { accessTo, load } from '../state/access.js'
import { getIntegration } from './integrations.js'
import { notFound } from '../state/errors.js'
import { originOf, versioned, toJson, type IntegrationRecord, type StatusRecord } from '../state/records.js'
import { keys } from '../state/keys.js'
import { beginSignIn, type SignInRequest } from './sign-in.js'
import { offersSignIn, signInTarget } from './sign-in-target.js'
import { reasonOf, statusChange } from '../servers/status.js'
import { credentialTag, targetFrom, targetKeys, type Target } from '../state/target.js'

/**
 * Finds out whether an integration is really usable: the real credential and a real `tools/list`. Starts a sign-in where
 * one is needed and the actor may reconnect.
 *
 * @throws IntegrationError `not_found`, `forbidden`; a fault of the server is the status, not a throw
 */
export async function validate(
  context: ActorContext,
  id: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  return validateTarget(context, await loadTarget(context, id, 'validate'), options.signal)
}

/** What `reconnect()` takes. */
export interface ReconnectInput {
  /** What to ask for, beside what was granted before. */
  readonly scopes?: readonly string[] | undefined
  /** Replaces the integration's OAuth settings. For who may change its URL. */
  readonly oauth?: OAuthSettings | undefined
}

/**
 * Connects again in place, and begins from nothing: settings, agents and grants are kept, and so are the old tokens until
 * a new sign-in succeeds; sessions with the server are not.
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

/** A server that lists its tools to everybody: a person who asks to sign in to it gets a sign-in, where it offers one. */
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

/** Replaces what a person gave for an integration's OAuth. */
async function replaceSettings(context: ActorContext, id: string, oauth: OAuthSettings): Promise<void> {
  await retrying('The integration', async () => {
    const { record, version, workspaceId } = await load(context, id, 'set_endpoint')
    if (record.url === undefined)
      throw invalid('reconnect()', [{ path: 'oauth', message: "can't be given to a server on this machine" }])
    if (record.connectorId !== undefined) checkBesideConnector('reconnect()', record.connectorId, oauth)
    const sealed = await sealOAuthSettings(context, { workspaceId, integrationId: id }, originOf(record), oauth)
    return context.feed.commit(workspaceId, {
      writes: [
        // Written also where nothing changes: a removed integration must not be given secrets again.
        { key: keys.integration(id), ifVersion: version, value: toJson(record) },
        { key: keys.oauthSettings(id), value: toJson({ sealed }) },
        // The client before belongs to the settings before.
        { key: keys.client(id), value: undefined },
      ],
      audit: [{ action: 'update', userId: context.actor.userId, integrationId: id, changed: ['oauth'] }],
    })
  })
}

/** What a person asks for begins from nothing, in all processes: what is remembered about the server is of no use any more. */
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

/** Reads an integration for a check; without an operation, for whoever may reconnect the credential it would use. */
export async function loadTarget(
  context: ActorContext,
  id: string,
  operation: 'validate' | 'own_credential' | undefined,
): Promise<Target> {
  const { actor } = context
  const first = await load(context, id, operation ?? 'get', targetKeys(id, actor))
  if (operation === undefined)
    await load(context, id, first.record.credentials === 'per_user' ? 'own_credential' : 'reconnect')
  return targetFrom(actor, id, first.record, first.others)
}

/** Checks, and starts a sign-in where one is needed and the actor may reconnect. */
export async function validateTarget(
  context: ActorContext,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<ConnectResult> {
  const checked = await checkTarget(context, target, { bypassBreaker: true, fresh: true, signal })
  if (checked.type === 'works')
    return { type: 'connected', integration: await getIntegration(context, target.integrationId) }
  const refused = checked.type === 'failed' ? checked.refused : undefined
  if (refused !== undefined && needsSignIn(target.record, refused) && mayReconnect(context, target.record))
    try {
      return await startSignIn(context, target, { challenge: refused.challenge, scopes: refused.scopes, signal })
    } catch (error) {
      // Its authorization server is down or not usable: the status tells what is needed, and reconnect() why it fails.
      const reason = reasonOf(error)
      if (reason === undefined) throw error
      if (reason === 'credential_needed') await recordStatus(context, await again(context, target), { reason })
    }
  return { type: 'failed', integration: await getIntegration(context, target.integrationId) }
}

async function again(context: ActorContext, { integrationId }: Target): Promise<Target> {
  const { actor } = context
  const { record, others } = await load(context, integrationId, 'get', targetKeys(integrationId, actor))
  return targetFrom(actor, integrationId, record, others)
}

/** A server that had no credential, or has OAuth, and says 401: only a sign-in helps. Wrong header values are to be edited. */
function needsSignIn(record: IntegrationRecord, refused: AuthorizationRequired): boolean {
  return record.url !== undefined && (record.auth === 'oauth' || refused.reason === 'first_sign_in')
}

function mayReconnect(context: ActorContext, record: IntegrationRecord): boolean {
  return accessTo(context, record.credentials === 'per_user' ? 'own_credential' : 'reconnect', record) === 'allowed'
}

export async function startSignIn(
  context: ActorContext,
  target: Target,
  request: Omit<SignInRequest, 'now'>,
): Promise<ConnectResult> {
  const { actor } = context
  const { workspaceId } = actor
  const { integrationId: id, owner, record } = target
  const wanted = await signInTarget(context, { workspaceId, integrationId: id, owner, record })
  const { now } = await context.storage.read(workspaceId, [])
  const begun = await beginSignIn(context, wanted, { ...request, steppedUpFor: missing(target), now })
  const interactive = begun.type === 'person'
  const before = target.status
  const working = before?.reason === 'awaiting_authorization' ? before.before : before?.reason
  const status = statusChange(
    { integrationId: id, owner, userId: actor.userId },
    before,
    interactive
      ? { reason: 'awaiting_authorization', until: begun.until, before: working, scopes: before?.scopes }
      : { reason: 'ok', signIn: context.runtime.randomId() },
    { now },
  )
  const committed = retrying(`Integration "${record.name}"`, async () => {
    const { records } = await context.storage.read(workspaceId, [keys.integration(id)])
    const stored = versioned<IntegrationRecord>(records[0])
    if (stored === undefined || stored.value.url !== record.url) throw notFound('integration', id)
    return context.feed.commit(workspaceId, {
      writes: [
        // Written also where nothing changes: a removed integration must not be given secrets again.
        { key: keys.integration(id), ifVersion: stored.version, value: toJson({ ...stored.value, auth: 'oauth' }) },
        ...begun.writes,
        ...status.writes,
      ],
      events: status.events,
    })
  })
  await committed.finally(begun.release)
  if (!interactive) return refreshAfterSignIn(context, id, request.signal)
  return {
    type: 'authorization_required',
    integration: await getIntegration(context, id),
    authorizationUrl: begun.authorizationUrl,
  }
}

/** The scopes that a call missed, where that led to the sign-in. */
function missing({ status }: Target): readonly string[] | undefined {
  const reason = status?.reason === 'awaiting_authorization' ? status.before : status?.reason
  return reason === 'scope_required' ? (status?.scopes ?? []) : undefined
}
