import { IntegrationError } from '../../model/errors.js'
import { decideAccess, scopeOf, type Access, type Operation } from '../../policy/access.js'
import { forbiddenSentence } from '../../policy/access-sentence.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { ActorContext } from './context.js'
import { notFound } from './errors.js'
import { idsUnder } from './pages.js'
import type { CheckedActor } from '../../model/actor.js'
import type { IntegrationRecord } from './records.js'
import { versioned } from './read-record.js'
import { keys, ownerKey, prefixes, sharedOwner } from './keys.js'

/** A stored integration, and further records that were read at the same moment. */
export interface LoadedIntegration {
  readonly id: string
  readonly workspaceId: string
  readonly record: IntegrationRecord
  readonly version: string
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  readonly others: readonly (StorageRecord | undefined)[]
}

/** The owner of the credential, status and tool list that an actor uses. */
export function ownerFor(record: IntegrationRecord, actor: CheckedActor): string {
  return record.credentials === 'per_user' ? ownerKey(actor.userId) : sharedOwner
}

/**
 * Reads an integration and other records in one round trip, if this actor may do the operation.
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

/** The actor, and the host's rules of access. */
type Acting = Pick<ActorContext, 'actor' | 'options'>

/** The actor's access to an integration of their workspace; without a record it is `hidden`. */
export function accessTo(
  { actor, options }: Acting,
  operation: Operation,
  record: Pick<IntegrationRecord, 'ownerId' | 'visibility'> | undefined,
): Access {
  return decideAccess(operation, actor, record && scopeOf(actor, record), options.access)
}

/** Throws unless the actor may do the operation. */
export function allow(context: Acting, id: string, record: IntegrationRecord | undefined, operation: Operation): void {
  const access = accessTo(context, operation, record)
  if (access === 'hidden') throw notFound('integration', id)
  if (access === 'forbidden')
    throw new IntegrationError('forbidden', forbiddenSentence(operation, record!, context.options.access), {
      integrationId: id,
    })
}

/** The ids of the integrations that the actor can use. */
export async function visibleIds(context: ActorContext): Promise<readonly string[]> {
  const { actor } = context
  const [shared, own] = await Promise.all([
    idsUnder(context, actor, prefixes.visibleToAll),
    idsUnder(context, actor, prefixes.visibleTo(actor.userId)),
  ])
  return [...new Set([...shared, ...own])]
}

/** Whether a value can be an id of the registry. Check it before it becomes part of a key. */
export function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(id)
}
