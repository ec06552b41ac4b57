import type { ConnectResult } from '../../model/outcome.js'
import type { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { reasonOf } from '../servers/status.js'
import { accessTo, load } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import type { IntegrationRecord } from '../state/records.js'
import { targetFrom, targetKeys, type Target } from '../state/target.js'
import { getIntegration } from './integrations.js'
import { checkTarget, recordStatus } from './refresh-tools.js'
import { startSignIn } from './start-sign-in.js'

/**
 * Checks that an integration works, with its real credential and a real `tools/list`. Starts a sign-in if one is
 * needed and the actor may reconnect.
 *
 * @throws IntegrationError `not_found`, `forbidden`; a server error becomes the status and isn't thrown
 */
export async function validate(
  context: ActorContext,
  id: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  return validateTarget(context, await loadTarget(context, id, 'validate'), options.signal)
}

/**
 * Reads an integration for a check. Without an operation, the actor must be allowed to reconnect the credential in use.
 */
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

/** Checks a target, and starts a sign-in if one is needed and the actor may reconnect. */
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
      // The authorization server is down or unusable. The status says what is needed; the error of reconnect() says why it fails.
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

/**
 * Whether a 401 needs a sign-in: for an integration without a credential or with OAuth. Wrong header values must be
 * edited.
 */
function needsSignIn(record: IntegrationRecord, refused: AuthorizationRequired): boolean {
  return record.url !== undefined && (record.auth === 'oauth' || refused.reason === 'first_sign_in')
}

function mayReconnect(context: ActorContext, record: IntegrationRecord): boolean {
  return accessTo(context, record.credentials === 'per_user' ? 'own_credential' : 'reconnect', record) === 'allowed'
}
