import { parse, reconnectInput } from '../../model/input.js'
import type { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { decideAccess } from '../../policy/access.js'
import { check } from './refresh-tools.js'
import type { ConnectResult } from '../../model/outcome.js'
import type { ActorContext } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { refreshAfterSignIn } from './finish-connect.js'
import { load } from '../state/access.js'
import { getIntegration } from './integrations.js'
import { notFound } from '../state/errors.js'
import { versioned, toJson, type IntegrationRecord } from '../state/records.js'
import { keys } from '../state/keys.js'
import { beginSignIn, signInTarget, type SignInRequest } from './sign-in.js'
import { reasonOf, statusChange } from '../servers/status.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'

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

/**
 * Connects anew in place: settings, agents and grants are kept, and so are the old tokens until a new sign-in succeeds.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `authorization_failed`
 */
export async function reconnect(
  context: ActorContext,
  id: string,
  input: { readonly scopes?: readonly string[] | undefined } = {},
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  const { scopes } = parse('reconnect()', reconnectInput, input)
  const target = await loadTarget(context, id, undefined)
  const { record, status } = target
  // A server that lists its tools to everybody, and asks for a sign-in only when one is called.
  const asksWhenCalled = record.url !== undefined && record.auth === 'none' && status?.reason === 'first_sign_in'
  if (record.auth !== 'oauth' && !asksWhenCalled) return validateTarget(context, target, options.signal)
  return startSignIn(context, target, { scopes: scopes ?? status?.scopes, signal: options.signal })
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
  const checked = await check(context, target, { bypassBreaker: true, fresh: true, signal })
  if (checked.type === 'works')
    return { type: 'connected', integration: await getIntegration(context, target.integrationId) }
  const { refused } = checked
  if (refused !== undefined && needsSignIn(target.record, refused) && mayReconnect(context, target.record))
    try {
      return await startSignIn(context, target, { challenge: refused.challenge, scopes: refused.scopes, signal })
    } catch (error) {
      // Its authorization server is down or not usable: the status tells what is needed, and reconnect() why it fails.
      if (reasonOf(error) === undefined) throw error
    }
  return { type: 'failed', integration: await getIntegration(context, target.integrationId) }
}

/** A server that had no credential, or has OAuth, and says 401: only a sign-in helps. Wrong header values are to be edited. */
function needsSignIn(record: IntegrationRecord, refused: AuthorizationRequired): boolean {
  return record.url !== undefined && (record.auth === 'oauth' || refused.reason === 'first_sign_in')
}

function mayReconnect(context: ActorContext, record: IntegrationRecord): boolean {
  const { actor } = context
  const operation = record.credentials === 'per_user' ? 'own_credential' : 'reconnect'
  return (
    decideAccess(
      operation,
      actor,
      { workspaceId: actor.workspaceId, ownerId: record.ownerId, visibility: record.visibility },
      context.options.access,
    ) === 'allowed'
  )
}

export async function startSignIn(
  context: ActorContext,
  target: Target,
  request: Omit<SignInRequest, 'now'>,
): Promise<ConnectResult> {
  const { actor } = context
  const { workspaceId } = actor
  const { integrationId: id, owner, record } = target
  const wanted = await signInTarget(context, { workspaceId, integrationId: id, owner }, record.url!)
  const { now } = await context.storage.read(workspaceId, [])
  const begun = await beginSignIn(context, wanted, { ...request, now })
  const interactive = begun.type === 'person'
  const before = target.status
  const working = before?.reason === 'awaiting_authorization' ? before.before : before?.reason
  const status = statusChange(
    { integrationId: id, owner, userId: actor.userId },
    before,
    interactive
      ? { reason: 'awaiting_authorization', until: begun.until, before: working }
      : { reason: 'ok', signIn: context.runtime.randomId() },
    { now },
  )
  await retrying(`Integration "${record.name}"`, async () => {
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
  if (!interactive) return refreshAfterSignIn(context, id, request.signal)
  return {
    type: 'authorization_required',
    integration: await getIntegration(context, id),
    authorizationUrl: begun.authorizationUrl,
  }
}
