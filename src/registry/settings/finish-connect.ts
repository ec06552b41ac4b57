import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { isIntegrationError } from '../../model/errors.js'
import { readCredential } from '../../oauth/credential-record.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import type { ActorContext } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { retrying } from '../state/retrying.js'
import { endGrants } from '../gate/grants.js'
import { accessTo, load } from '../state/access.js'
import { getIntegration } from './integrations.js'
import { versioned, toJson, type ClientRecord, type IntegrationRecord, type StatusRecord } from '../state/records.js'
import { keys, sharedOwner } from '../state/keys.js'
import { refreshTools } from './refresh-tools.js'
import { poolPrefix } from '../servers/use-server.js'
import { targetFrom, targetKeys } from '../state/target.js'
import { keepClient } from './shared-registration.js'
import { findFlow, redeemCode, signInUnknown, type PendingFlow } from './pending-flow.js'
import { reasonOf, statusChange } from '../servers/status.js'
import type { ConnectResult } from '../../model/outcome.js'
import { revokeQuietly, toRevoke } from './erase-credential.js'

/**
 * Ends a sign-in that connect, reconnect or authorize began. The flow is used up before the code is sent; the tokens are
 * stored before the tools are listed.
 *
 * @param callbackUrl - the whole callback URL, unread
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
  let obtained: Obtained
  try {
    obtained = await redeemCode(context, flow, callbackUrl, options.signal)
  } catch (error) {
    await settleStatus(context, integrationId, owner, statusAfterRefusal(error, before))
    if (isIntegrationError(error) && error.reason === 'access_denied') await markReturned(context, flow)
    throw error
  }
  try {
    await keep(context, flow, obtained)
  } catch (error) {
    context.runInBackground(() =>
      revokeQuietly(context, { workspaceId: actor.workspaceId, integrationId, owner }, obtained.credential),
    )
    throw error
  }
  return refreshAfterSignIn(context, integrationId, options.signal)
}

type Obtained = Awaited<ReturnType<typeof redeemCode>>

/** A refused client is something to correct; anything else leaves what was there before. */
function statusAfterRefusal(error: unknown, before: StatusRecord): StatusRecord {
  const isClient = isIntegrationError(error) && error.reason === 'client_rejected'
  return isClient && before.reason !== 'ok' ? { ...before, reason: 'client_rejected' } : before
}

/** A person's no says nothing against the client that they were asked for: the next sign-in may use it again. */
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

function originOf({ value }: PendingFlow): string {
  return new URL(value.serverUrl).origin
}

/** Lists the tools with a credential just stored, and answers with what came of it. Faults are told by the status. */
export async function refreshAfterSignIn(
  context: ActorContext,
  integrationId: string,
  signal: AbortSignal | undefined,
): Promise<Exclude<ConnectResult, { type: 'authorization_required' }>> {
  const { actor } = context
  const { record, others } = await load(context, integrationId, 'get', targetKeys(integrationId, actor))
  const target = targetFrom(actor, integrationId, record, others)
  try {
    await refreshTools(context, target, { bypassBreaker: true, fresh: true, signal })
    return { type: 'connected', integration: await getIntegration(context, integrationId) }
  } catch (error) {
    const found =
      error instanceof AuthorizationRequired
        ? { reason: error.reason, scopes: error.scopes }
        : { reason: reasonOf(error) }
    if (found.reason === undefined) throw error
    await settleStatus(context, integrationId, target.owner, { ...found, reason: found.reason })
    return { type: 'failed', integration: await getIntegration(context, integrationId) }
  }
}

/**
 * Uses the flow up. Until the tokens are stored, the status says that the outcome is unknown: should this process die
 * now, that is the truth.
 * @returns the status to go back to when the sign-in fails
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
  if (!mayFinish(context, flow, record.value)) throw signInUnknown()
  const status = versioned<StatusRecord>(records[1])?.value ?? { reason: 'awaiting_authorization' as const }
  const before: StatusRecord =
    status.reason === 'awaiting_authorization' ? { ...status, reason: status.before ?? 'first_sign_in' } : status
  const meanwhile = statusChange(
    { integrationId, owner, userId: actor.userId },
    status,
    { reason: before.reason === 'ok' ? 'ok' : 'refresh_outcome_unknown' },
    { now },
  )
  const done = await context.feed.commit(actor.workspaceId, {
    writes: [{ key: flow.key, ifVersion: flow.version, value: undefined }, ...meanwhile.writes],
    events: [],
  })
  if (done === false) throw signInUnknown()
  return before
}

/** Whether the sign-in still is for that server and that credential, and the person may still give it. */
function mayFinish(context: ActorContext, { value: flow }: PendingFlow, record: IntegrationRecord): boolean {
  const perUser = record.credentials === 'per_user'
  return (
    record.url === flow.serverUrl &&
    perUser === (flow.owner !== sharedOwner) &&
    accessTo(context, perUser ? 'own_credential' : 'reconnect', record) === 'allowed'
  )
}

/** Stores the tokens with status and news; another account or issuer than before ends what was given for the old one. */
async function keep(context: ActorContext, flow: PendingFlow, { credential, client }: Obtained): Promise<void> {
  const { actor } = context
  const { integrationId, owner } = flow.value
  const { workspaceId, userId } = actor
  const { records: held } = await context.storage.read(workspaceId, [
    keys.credential(integrationId, owner),
    keys.client(integrationId),
  ])
  const old = readCredential(held[0]?.value)
  const moved = old !== undefined && (old.issuer !== credential.issuer || old.account !== credential.account)
  const keptBefore = versioned<ClientRecord>(held[1])?.value
  // They have agreed to this server now.
  const known = { client, origin: originOf(flow), registeredAt: keptBefore?.registration?.at }
  const keptClient = await keepClient(context, { workspaceId, integrationId }, known, {
    sharedRedirect: keptBefore?.sharedRedirect,
  })
  await retrying('The integration', async () => {
    const { records, now } = await context.storage.read(workspaceId, [
      keys.integration(integrationId),
      keys.status(integrationId, owner),
    ])
    const stored = versioned<IntegrationRecord>(records[0])
    const before = versioned<StatusRecord>(records[1])
    // Removed, pointed elsewhere, or signed out of, while the tokens were on their way.
    if (stored === undefined || before === undefined || !mayFinish(context, flow, stored.value))
      throw notFound('integration', integrationId)
    const { value: record, version } = stored
    const status = statusChange(
      { integrationId, owner, userId },
      before.value,
      {
        reason: 'ok',
        account: credential.account,
        signIn: context.runtime.randomId(),
        // A number that was there before would bring what was agreed to for an earlier account back to life.
        accountRevision: (before.value.accountRevision ?? 0) + (moved && owner !== sharedOwner ? 1 : 0),
      },
      { now },
    )
    const changed: IntegrationRecord = {
      ...record,
      auth: 'oauth',
      established: true,
      bindingRevision: moved && owner === sharedOwner ? record.bindingRevision + 1 : record.bindingRevision,
      updatedAt: now,
    }
    return context.feed.commit(workspaceId, {
      writes: [
        { key: keys.integration(integrationId), ifVersion: version, value: toJson(changed) },
        { key: keys.credential(integrationId, owner), value: toJson(credential) },
        { key: keys.server(integrationId, owner), value: undefined },
        keptClient,
        ...status.writes.map((write) => ({ ...write, ifVersion: before.version })),
        ...(moved ? [toRevoke(integrationId, owner, old, now)] : []),
      ],
      events: [
        {
          type: 'credential_changed',
          integrationId,
          change: 'set',
          by: userId,
          userId: owner === sharedOwner ? undefined : userId,
          accountChanged: moved ? true : undefined,
        },
        ...status.events,
      ],
      audit: [{ action: 'sign_in', userId, integrationId }],
    })
  })
  await context.pool.retireKeys(poolPrefix(workspaceId, integrationId, owner))
  if (!moved) return
  const mine = (whose: string): boolean => owner === sharedOwner || whose === userId
  await endOpenApprovals(context, workspaceId, integrationId, {
    to: 'superseded',
    reason: 'Somebody signed in with another account.',
    only: (approval) => mine(approval.request.userId),
  })
  await endGrants(context, workspaceId, integrationId, (grant) => mine(grant.userId))
  context.runInBackground(() => revokeQuietly(context, { workspaceId, integrationId, owner }, old))
}

async function settleStatus(
  context: ActorContext,
  integrationId: string,
  owner: string,
  status: StatusRecord,
): Promise<void> {
  const { actor } = context
  const { records, now } = await context.storage.read(actor.workspaceId, [keys.status(integrationId, owner)])
  const change = statusChange(
    { integrationId, owner, userId: actor.userId },
    versioned<StatusRecord>(records[0])?.value,
    status,
    { now },
  )
  if (change.writes.length > 0)
    await context.feed.commit(actor.workspaceId, { writes: change.writes, events: change.events })
}
