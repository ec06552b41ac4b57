import { IntegrationError } from '../../model/errors.js'
import { decideAccess, scopeOf, type Access, type Operation } from '../../policy/access.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { ActorContext } from './context.js'
import { notFound } from './errors.js'
import { idsUnder } from './pages.js'
import type { CheckedActor } from '../../model/actor.js'
import { versioned, type IntegrationRecord } from './records.js'
import { keys, ownerKey, prefixes, sharedOwner } from './keys.js'

/** An integration as it is stored now, and what else was read at the same moment. */
export interface LoadedIntegration {
  readonly id: string
  readonly workspaceId: string
  readonly record: IntegrationRecord
  readonly version: string
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  readonly others: readonly (StorageRecord | undefined)[]
}

/** Whose credential, status and tool list an actor meets. */
export function ownerFor(record: IntegrationRecord, actor: CheckedActor): string {
  return record.credentials === 'per_user' ? ownerKey(actor.userId) : sharedOwner
}

/**
 * Reads an integration and whatever else is needed, in one round trip, if this actor may do this with it.
 * @throws IntegrationError `not_found`, `forbidden`
 */
export async function load(
  context: ActorContext,
  id: string,
  operation: Operation,
  others: readonly string[] = [],
): Promise<LoadedIntegration> {
  const { actor } = context
  if (!isId(id)) throw notFound('integration', String(id))
  const { records, now } = await context.storage.read(actor.workspaceId, [keys.integration(id), ...others])
  const stored = versioned<IntegrationRecord>(records[0])
  allow(context, id, stored?.value, operation)
  return {
    id,
    workspaceId: actor.workspaceId,
    record: stored!.value,
    version: stored!.version,
    now,
    others: records.slice(1),
  }
}

/** What the actor may know of and do with an integration of their workspace; none is hidden. */
export function accessTo(
  { actor, options }: ActorContext,
  operation: Operation,
  record: Pick<IntegrationRecord, 'ownerId' | 'visibility'> | undefined,
): Access {
  return decideAccess(operation, actor, record && scopeOf(actor, record), options.access)
}

/** Throws unless the actor may do this with that integration. */
export function allow(
  context: ActorContext,
  id: string,
  record: IntegrationRecord | undefined,
  operation: Operation,
): void {
  const access = accessTo(context, operation, record)
  if (access === 'hidden') throw notFound('integration', id)
  if (access === 'forbidden')
    throw new IntegrationError(
      'forbidden',
      `Your role does not allow ${operation.replaceAll('_', ' ')} on integration "${record!.name}". Ask its owner or an admin.`,
      { integrationId: id },
    )
}

/** @throws IntegrationError `forbidden` where the host leaves sharing to admins */
export function allowSharing(context: ActorContext): void {
  const own = { ownerId: context.actor.userId, visibility: 'private' } as const
  if (accessTo(context, 'share', own) !== 'allowed')
    throw new IntegrationError(
      'forbidden',
      'Only admins may share an integration with the workspace here. Connect it as private, or ask an admin.',
    )
}

/** The ids of what the actor can use. */
export async function visibleIds(context: ActorContext): Promise<readonly string[]> {
  const { actor } = context
  const [shared, own] = await Promise.all([
    idsUnder(context, actor, prefixes.visibleToAll),
    idsUnder(context, actor, prefixes.visibleTo(actor.userId)),
  ])
  return [...new Set([...shared, ...own])]
}

/** Whether it can be an id of ours, before it becomes part of a key. */
export function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(id)
}
