import { readCredential } from '../../oauth/credential-record.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import { endGrants } from '../gate/grants.js'
import { statusChange } from '../servers/status.js'
import { poolPrefix } from '../servers/use-server.js'
import { accessTo } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { toJson, type ClientRecord, type IntegrationRecord, type StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { retrying } from '../state/retrying.js'
import { revokeQuietly, toRevoke } from './erase-credential.js'
import type { ObtainedCredential, PendingFlow } from './pending-flow.js'
import { keepClient } from './shared-registration.js'

/**
 * Stores the tokens with status and events. A different account or issuer ends the approvals and grants of the previous
 * one.
 */
export async function keepCredential(
  context: ActorContext,
  flow: PendingFlow,
  { credential, client }: ObtainedCredential,
): Promise<void> {
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
  // The person has now consented for this server.
  const known = { client, origin: new URL(flow.value.serverUrl).origin, registeredAt: keptBefore?.registration?.at }
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
    // The integration was removed, edited or signed out of in the meantime.
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
        // A revision must not repeat: it would revive approvals of an earlier account.
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
        ...(moved ? toRevoke(integrationId, owner, old, now) : []),
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
  const mine = (user: string): boolean => owner === sharedOwner || user === userId
  await endOpenApprovals(context, workspaceId, integrationId, {
    to: 'superseded',
    reason: 'A person signed in with a different account.',
    only: (approval) => mine(approval.request.userId),
  })
  await endGrants(context, workspaceId, integrationId, (grant) => mine(grant.userId))
  const about = { workspaceId, integrationId, owner }
  context.runInBackground(() => revokeQuietly(context, about, old), about)
}

/** Whether the sign-in is still for that server and credential, and the person may still provide it. */
export function mayFinish(context: ActorContext, { value: flow }: PendingFlow, record: IntegrationRecord): boolean {
  const perUser = record.credentials === 'per_user'
  return (
    record.url === flow.serverUrl &&
    flow.owner === (perUser ? ownerKey(context.actor.userId) : sharedOwner) &&
    accessTo(context, perUser ? 'own_credential' : 'reconnect', record) === 'allowed'
  )
}
