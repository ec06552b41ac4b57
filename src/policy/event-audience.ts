import type { RegistryEvent } from '../model/event.js'
import type { Actor } from '../model/actor.js'
import { decideAccess, type AccessRules, type AccessScope } from './access.js'

/**
 * An event as one person can see it.
 *
 * @param scope - the integration as it is now; absent if it was removed
 * @returns `undefined` if the person may not see the event. An integration that a person can no longer see is reported as
 * removed.
 */
export function eventFor(
  actor: Actor,
  event: RegistryEvent,
  scope: AccessScope | undefined,
  rules: AccessRules,
): RegistryEvent | undefined {
  if (scope === undefined) return concerns(actor, event) ? event : undefined
  const isOthers = scope.visibility === 'private' && scope.ownerId !== actor.userId
  if (isOthers || decideAccess('get', actor, scope, rules) !== 'allowed')
    return hidesFrom(actor, event) ? removedFor(event, scope) : undefined
  if (!('userId' in event) || event.userId === undefined || event.userId === actor.userId) return event
  return maySeeOthers(actor, event, scope, rules) ? event : undefined
}

function concerns(actor: Actor, event: RegistryEvent): boolean {
  if (event.by === actor.userId || ('userId' in event && event.userId === actor.userId)) return true
  return event.type === 'integration_removed' && (event.visibility === 'workspace' || event.ownerId === actor.userId)
}

/** Whether the event hides the integration from this person. */
function hidesFrom(actor: Actor, event: RegistryEvent): boolean {
  if (event.type !== 'integration_updated') return false
  return event.changed.includes('visibility') || (event.changed.includes('owner') && event.by === actor.userId)
}

function removedFor({ id, workspaceId, at, integrationId }: RegistryEvent, scope: AccessScope): RegistryEvent {
  const { ownerId, visibility } = scope
  return { type: 'integration_removed', id, workspaceId, at, integrationId, ownerId, visibility }
}

/** Other people's approvals and grants are visible to those who may decide or revoke them; their accounts to nobody. */
function maySeeOthers(actor: Actor, { type }: RegistryEvent, scope: AccessScope, rules: AccessRules): boolean {
  if (type === 'approval_changed') return decideAccess('decide_others_approval', actor, scope, rules) === 'allowed'
  if (type === 'grant_created' || type === 'grant_revoked')
    return decideAccess('others_grants', actor, scope, rules) === 'allowed'
  return false
}
