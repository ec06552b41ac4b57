import type { Grant } from '../../model/approval.js'
import { matchGrant, type StoredGrant } from '../../policy/grant-rule.js'
import type { ApprovalBinding } from '../../policy/binding.js'
import type { StorageRecord, StorageWrite } from '../../ports/storage.js'
import type { ActorContext, Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import { notFound } from '../state/errors.js'
import type { NewEvent } from '../state/event-feed.js'
import { accessTo, allow, isId } from '../state/access.js'
import { pages } from '../state/pages.js'
import { toJson, type IntegrationRecord } from '../state/records.js'
import { readOrReport, unlessUnreadable, type Versioned, versioned } from '../state/read-record.js'
import { keys, prefixes } from '../state/keys.js'

/** A remembered decision, and the storage's clock when it was read. */
export interface FoundGrant extends Versioned<StoredGrant> {
  readonly now: number
}

/** The writes that remember a decision. */
export function grantWrites(
  grant: StoredGrant,
  by: CheckedActor,
): { readonly writes: readonly StorageWrite[]; readonly events: readonly NewEvent[] } {
  return {
    writes: [
      {
        key: keys.grant(grant.userId, grant.integrationId, grant.id),
        ifVersion: null,
        value: toJson(grant),
        expiresAt: grant.expiresAt,
      },
    ],
    events: [
      {
        type: 'grant_created',
        integrationId: grant.integrationId,
        grantId: grant.id,
        userId: grant.userId,
        by: by.userId,
      },
    ],
  }
}

/** The grant that allows this call, if there is one. */
export async function findGrant(
  context: Context,
  workspaceId: string,
  binding: ApprovalBinding,
): Promise<FoundGrant | undefined> {
  const page = await context.storage.list({
    workspaceId,
    prefix: prefixes.grantsOn(binding.userId, binding.integrationId),
    limit: 1000,
  })
  const grants = readableGrants(context, workspaceId, page.records)
  const match = matchGrant(
    grants.map((grant) => grant.value),
    binding,
    page.now,
  )
  const found = grants.find((grant) => grant.value === match)
  return found === undefined ? undefined : { ...found, now: page.now }
}

/** Takes one use of a grant. `false`: another call took the last use, or the grant was revoked. */
export async function useGrant(context: Context, workspaceId: string, grant: FoundGrant): Promise<boolean> {
  const writes = useOf(grant)
  return writes.length === 0 || (await context.storage.commit(workspaceId, writes)) !== false
}

/** The write that takes one use of a grant; none for a grant without a limit of uses. */
export function useOf({ key, version, value, now }: FoundGrant): readonly StorageWrite[] {
  if (value.usesLeft === undefined) return []
  const usesLeft = value.usesLeft - 1
  const used = usesLeft === 0 ? undefined : toJson({ ...value, usesLeft, lastUsedAt: now })
  return [{ key, ifVersion: version, value: used, expiresAt: value.expiresAt }]
}

/** `grants.list()`: the actor's own grants, or with `userId` those of another person that the actor may see. */
export async function listGrants(
  context: ActorContext,
  options: { userId?: string | undefined } = {},
): Promise<readonly Grant[]> {
  const { actor } = context
  const userId = options.userId ?? actor.userId
  const found = await grantsUnder(context, actor.workspaceId, prefixes.grants(userId))
  if (userId === actor.userId) return found.map(({ value }) => shown(value))
  const { records } = await context.storage.read(
    actor.workspaceId,
    found.map(({ value }) => keys.integration(value.integrationId)),
  )
  return found.flatMap(({ value }, n) => {
    const record = readOrReport<IntegrationRecord>(context, actor.workspaceId, records[n])
    return accessTo(context, 'others_grants', record) === 'allowed' ? [shown(value)] : []
  })
}

/** `grants.revoke()`. */
export async function revokeGrant(context: ActorContext, id: string): Promise<void> {
  const { actor } = context
  if (!isId(id)) throw notFound('grant', String(id))
  const found =
    (await grantsUnder(context, actor.workspaceId, prefixes.grants(actor.userId))).find(
      ({ value }) => value.id === id,
    ) ?? (await grantsUnder(context, actor.workspaceId, prefixes.allGrants)).find(({ value }) => value.id === id)
  if (found === undefined) throw notFound('grant', id)
  const { records } = await context.storage.read(actor.workspaceId, [keys.integration(found.value.integrationId)])
  const record = versioned<IntegrationRecord>(records[0])?.value
  if (found.value.userId !== actor.userId) {
    if (record === undefined) throw notFound('grant', id)
    if (accessTo(context, 'others_grants', record) === 'hidden') throw notFound('grant', id)
    allow(context, found.value.integrationId, record, 'others_grants')
  }
  await context.feed.commit(actor.workspaceId, {
    writes: [{ key: found.key, value: undefined }],
    events: [
      {
        type: 'grant_revoked',
        integrationId: found.value.integrationId,
        grantId: id,
        userId: found.value.userId,
        by: actor.userId,
      },
    ],
    audit: [
      {
        action: 'revoke_grant',
        userId: actor.userId,
        integrationId: found.value.integrationId,
        tool: found.value.tool,
      },
    ],
  })
}

/** Ends the grants of an integration, of one person or of all, after a change that they don't cover. */
export async function endGrants(
  context: Context,
  workspaceId: string,
  integrationId: string,
  only: (grant: StoredGrant) => boolean = () => true,
): Promise<void> {
  for (const { key, value } of await grantsUnder(context, workspaceId, prefixes.allGrants)) {
    if (value.integrationId !== integrationId || !only(value)) continue
    await context.feed.commit(workspaceId, {
      writes: [{ key, value: undefined }],
      events: [{ type: 'grant_revoked', integrationId, grantId: value.id, userId: value.userId }],
    })
  }
}

async function grantsUnder(
  context: Context,
  workspaceId: string,
  prefix: string,
): Promise<readonly Versioned<StoredGrant>[]> {
  const grants: Versioned<StoredGrant>[] = []
  for await (const { records } of pages(context.storage, { workspaceId, prefix, limit: 1000 }))
    grants.push(...readableGrants(context, workspaceId, records))
  return grants
}

/** A grant that can't be read allows nothing. */
function readableGrants(
  context: Context,
  workspaceId: string,
  records: readonly StorageRecord[],
): readonly Versioned<StoredGrant>[] {
  return records.flatMap((record) => unlessUnreadable(context, workspaceId, () => versioned<StoredGrant>(record)) ?? [])
}

function shown(grant: StoredGrant): Grant {
  return {
    id: grant.id,
    workspaceId: grant.workspaceId,
    userId: grant.userId,
    integrationId: grant.integrationId,
    tool: grant.tool,
    agentId: grant.agentId,
    conversationId: grant.conversationId,
    arguments: grant.argumentsDigest === undefined ? 'any' : 'equal',
    usesLeft: grant.usesLeft,
    grantedAt: grant.grantedAt,
    expiresAt: grant.expiresAt,
    lastUsedAt: grant.lastUsedAt,
  }
}
