import type { ConnectResult } from '../../model/outcome.js'
import { statusChange } from '../servers/status.js'
import type { ActorContext } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { keys } from '../state/keys.js'
import { toJson, type IntegrationRecord, type StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { retrying } from '../state/retrying.js'
import type { Target } from '../state/target.js'
import { revokeQuietly } from './erase-credential.js'
import { getIntegration } from './integrations.js'
import { mayProvide } from './keep-credential.js'
import { refreshAfterSignIn } from './refresh-after-sign-in.js'
import { signInTarget } from './sign-in-target.js'
import { beginSignIn, type SignInRequest } from './sign-in.js'

/**
 * Starts a sign-in for a target and stores it, with the status `connecting`.
 *
 * @throws IntegrationError `authorization_failed`, `not_found`
 */
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
  const committed = retrying(`Integration "${record.name}"`, async () => {
    const { records } = await context.storage.read(workspaceId, [keys.integration(id), keys.status(id, owner)])
    const stored = versioned<IntegrationRecord>(records[0])
    // The integration was removed, edited or transferred in the meantime.
    if (stored === undefined || !mayProvide(context, wanted, stored.value)) throw notFound('integration', id)
    const before = versioned<StatusRecord>(records[1])?.value
    const working = before?.reason === 'awaiting_authorization' ? before.before : before?.reason
    const status = statusChange(
      { integrationId: id, owner, userId: actor.userId },
      before,
      interactive
        ? { reason: 'awaiting_authorization', until: begun.until, before: working, scopes: before?.scopes }
        : { reason: 'ok', signIn: context.runtime.randomId() },
      { now },
    )
    return context.feed.commit(workspaceId, {
      writes: [
        // Written even without a change, so that a removed integration can't get secrets again.
        { key: keys.integration(id), ifVersion: stored.version, value: toJson({ ...stored.value, auth: 'oauth' }) },
        ...begun.writes,
        ...status.writes,
      ],
      events: status.events,
    })
  })
  await committed
    .catch(async (error: unknown) => {
      if (!interactive) await revokeQuietly(context, { workspaceId, integrationId: id, owner }, begun.credential)
      throw error
    })
    .finally(begun.release)
  if (!interactive) return refreshAfterSignIn(context, id, request.signal)
  return {
    type: 'authorization_required',
    integration: await getIntegration(context, id),
    authorizationUrl: begun.authorizationUrl,
  }
}

/** The missing scopes of a call that led to the sign-in. */
function missing({ status }: Target): readonly string[] | undefined {
  const reason = status?.reason === 'awaiting_authorization' ? status.before : status?.reason
  return reason === 'scope_required' ? (status?.scopes ?? []) : undefined
}
