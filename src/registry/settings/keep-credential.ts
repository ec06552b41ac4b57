import { sha256Hex } from '../../model/digest.js'
import { readCredential } from '../../oauth/credential-record.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import { endGrants } from '../gate/grants.js'
import { statusChange } from '../servers/status.js'
import { poolPrefix } from '../servers/use-server.js'
import { accessTo } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import {
  toJson,
  type ClientRecord,
  type FlowRecord,
  type IntegrationRecord,
  type StatusRecord,
} from '../state/records.js'
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
  const replaced = await retrying('The integration', async () => {
    const { records, now } = await context.storage.read(workspaceId, [
      keys.integration(integrationId),
      keys.status(integrationId, owner),
      keys.credential(integrationId, owner),
      keys.client(integrationId),
    ])
    const stored = versioned<IntegrationRecord>(records[0])
    const before = versioned<StatusRecord>(records[1])
    // The integration was removed, edited or signed out of in the meantime.
    if (stored === undefined || before === undefined || !mayProvide(context, flow.value, stored.value))
      throw notFound('integration', integrationId)
    const { value: record, version } = stored
    const old = readCredential(records[2]?.value)
    const moved = old !== undefined && (old.issuer !== credential.issuer || old.account !== credential.account)
    const keptBefore = versioned<ClientRecord>(records[3])?.value
    // The person has now consented for this server.
    const known = { client, origin: new URL(flow.value.serverUrl).origin, registeredAt: keptBefore?.registration?.at }
    const keptClient = await keepClient(context, { workspaceId, integrationId }, known, {
      sharedRedirect: keptBefore?.sharedRedirect,
    })
    const status = statusChange(
      { integrationId, owner, userId },
      before.value,
      {
        reason: 'ok',
        account: credential.account,
        signIn: context.runtime.randomId(),
        accountRevision:
          owner !== sharedOwner && (moved || old === undefined) ? newRevision(context) : before.value.accountRevision,
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
    const done = await context.feed.commit(workspaceId, {
      writes: [
        { key: keys.integration(integrationId), ifVersion: version, value: toJson(changed) },
        {
          key: keys.credential(integrationId, owner),
          ifVersion: records[2]?.version ?? null,
          value: toJson(credential),
        },
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
    return done && { moved: moved ? old : undefined }
  })
  await context.pool.retireKeys(poolPrefix(workspaceId, integrationId, owner))
  const { moved: old } = replaced
  if (old === undefined) return
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

/**
 * A revision that no earlier account of the person had: it would revive approvals of that account. Random, because signing
 * out deletes the last one.
 */
function newRevision({ runtime }: ActorContext): number {
  return Number.parseInt(sha256Hex(runtime.randomId()).slice(0, 12), 16)
}

/** Whether a sign-in is still for that server and credential, and the person may still provide it. */
export function mayProvide(
  context: ActorContext,
  signIn: Pick<FlowRecord, 'serverUrl' | 'owner'>,
  record: IntegrationRecord,
): boolean {
  const perUser = record.credentials === 'per_user'
  return (
    record.url === signIn.serverUrl &&
    signIn.owner === (perUser ? ownerKey(context.actor.userId) : sharedOwner) &&
    accessTo(context, perUser ? 'own_credential' : 'reconnect', record) === 'allowed'
  )
}
