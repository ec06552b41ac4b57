import { isIntegrationError } from '../../model/errors.js'
import type { ConnectResult } from '../../model/outcome.js'
import { statusChange } from '../servers/status.js'
import type { ActorContext } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { keys } from '../state/keys.js'
import type { ClientRecord, IntegrationRecord, StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { revokeQuietly } from './erase-credential.js'
import { keepCredential, mayProvide } from './keep-credential.js'
import { findFlow, redeemCode, signInUnknown, type ObtainedCredential, type PendingFlow } from './pending-flow.js'
import { refreshAfterSignIn, settleStatus } from './refresh-after-sign-in.js'
import { refuseLateMixUp } from './shared-redirect.js'
import { keepClient } from './shared-registration.js'

/**
 * Finishes a sign-in of connect, reconnect or authorize. The flow is deleted before the code is sent; the tokens are
 * stored before the tools are listed.
 *
 * @param callbackUrl - the whole callback URL, unchanged
 * @throws IntegrationError `not_found` (unknown, used, expired or another person's callback), `authorization_failed`
 */
export async function finishConnect(
  context: ActorContext,
  callbackUrl: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  const flow = await findFlow(context, callbackUrl)
  const { integrationId, returnTo, ref } = flow.value
  try {
    return { ...(await finish(context, flow, callbackUrl, options)), returnTo, ref }
  } catch (error) {
    throw isIntegrationError(error) ? error.with({ integrationId, returnTo, ref }) : error
  }
}

async function finish(
  context: ActorContext,
  flow: PendingFlow,
  callbackUrl: string,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<Exclude<ConnectResult, { type: 'authorization_required' }>> {
  const { actor } = context
  const { integrationId, owner } = flow.value
  const before = await consume(context, flow)
  let obtained: ObtainedCredential
  try {
    await refuseLateMixUp(context, { workspaceId: actor.workspaceId, integrationId })
    obtained = await redeemCode(context, flow, callbackUrl, options.signal)
  } catch (error) {
    await settleStatus(context, integrationId, owner, statusAfterRefusal(error, before))
    if (isIntegrationError(error) && error.reason === 'access_denied') await markReturned(context, flow)
    throw error
  }
  try {
    await keepCredential(context, flow, obtained)
  } catch (error) {
    const about = { workspaceId: actor.workspaceId, integrationId, owner }
    context.runInBackground(() => revokeQuietly(context, about, obtained.credential), about)
    throw error
  }
  return refreshAfterSignIn(context, integrationId, options.signal)
}

/** The status after a failed sign-in. A refused client must be corrected; otherwise the previous status stays. */
function statusAfterRefusal(error: unknown, before: StatusRecord): StatusRecord {
  const isClient = isIntegrationError(error) && error.reason === 'client_rejected'
  return isClient && before.reason !== 'ok' ? { ...before, reason: 'client_rejected' } : before
}

/** Records that the person returned. A refusal by the person doesn't concern the client, so the next sign-in can use it. */
async function markReturned(context: ActorContext, flow: PendingFlow): Promise<void> {
  const { actor } = context
  const key = keys.client(flow.value.integrationId)
  const { records } = await context.storage.read(actor.workspaceId, [key])
  const stored = versioned<ClientRecord>(records[0])
  if (stored === undefined) return
  const { origin, registration, sharedRedirect } = stored.value
  const known = { client: flow.secrets.client, origin, registeredAt: registration?.at }
  const ref = { workspaceId: actor.workspaceId, integrationId: flow.value.integrationId }
  await context.storage.commit(actor.workspaceId, [
    { ...(await keepClient(context, ref, known, { sharedRedirect })), ifVersion: stored.version },
  ])
}

/**
 * Deletes the flow. Until the tokens are stored, the status says that the outcome is unknown, which stays true if this
 * process crashes. @returns the status to restore if the sign-in fails
 */
async function consume(context: ActorContext, flow: PendingFlow): Promise<StatusRecord> {
  const { actor } = context
  const { integrationId, owner } = flow.value
  const { records, now } = await context.storage.read(actor.workspaceId, [
    keys.integration(integrationId),
    keys.status(integrationId, owner),
  ])
  const record = versioned<IntegrationRecord>(records[0])
  if (record === undefined) throw notFound('integration', integrationId)
  if (!mayProvide(context, flow.value, record.value)) throw signInUnknown()
  const status = versioned<StatusRecord>(records[1])?.value ?? { reason: 'awaiting_authorization' as const }
  const before: StatusRecord =
    status.reason === 'awaiting_authorization' ? { ...status, reason: status.before ?? 'first_sign_in' } : status
  const interim = statusChange(
    { integrationId, owner, userId: actor.userId },
    status,
    { reason: before.reason === 'ok' ? 'ok' : 'refresh_outcome_unknown' },
    { now },
  )
  const done = await context.feed.commit(actor.workspaceId, {
    writes: [{ key: flow.key, ifVersion: flow.version, value: undefined }, ...interim.writes],
    events: [],
  })
  if (done === false) throw signInUnknown()
  return before
}
