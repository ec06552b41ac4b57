import type { Actor } from '../model/actor.js'
import type { IntegrationOperation, IntegrationVisibility } from '../model/integration.js'

/** Every operation on an integration. */
export type Operation =
  | IntegrationOperation
  | 'get'
  | 'call'
  | 'decide_own_approval'
  | 'decide_others_approval'
  | 'own_grants'
  | 'others_grants'
  | 'audit_all'

/** `hidden` behaves exactly like an integration that doesn't exist. */
export type Access = 'allowed' | 'forbidden' | 'hidden'

/** The properties of an integration that decide access to it. */
export interface AccessScope {
  readonly workspaceId: string
  readonly ownerId: string
  readonly visibility: IntegrationVisibility
}

/** The scope of an integration of the actor's workspace. */
export function scopeOf(
  { workspaceId }: Pick<Actor, 'workspaceId'>,
  { ownerId, visibility }: Omit<AccessScope, 'workspaceId'>,
): AccessScope {
  return { workspaceId, ownerId, visibility }
}

/** Access settings of a host. */
export interface AccessRules {
  readonly sharing: 'members' | 'admins'
  readonly adminsDecideForOthers: boolean
}

/** The actor's relation to an integration of the same workspace. */
type Relation = 'owner' | 'admin' | 'member'

/** The access of owner, member and admin to a private and a shared integration. Other people see nothing of it. */
const table: Readonly<Record<Operation, Readonly<Record<IntegrationVisibility, Readonly<Record<Relation, Access>>>>>> =
  {
    get: row('allowed', 'hidden', 'allowed', 'allowed', 'allowed', 'allowed'),
    share: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    update: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    enable: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    set_endpoint: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    validate: row('allowed', 'hidden', 'forbidden', 'allowed', 'allowed', 'allowed'),
    reconnect: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    own_credential: row('allowed', 'hidden', 'forbidden', 'allowed', 'allowed', 'allowed'),
    disable: row('allowed', 'hidden', 'allowed', 'allowed', 'forbidden', 'allowed'),
    remove: row('allowed', 'hidden', 'allowed', 'allowed', 'forbidden', 'allowed'),
    list_tools: row('allowed', 'hidden', 'forbidden', 'allowed', 'allowed', 'allowed'),
    configure_tools: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    accept_tools: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    trust: row('forbidden', 'hidden', 'allowed', 'forbidden', 'forbidden', 'allowed'),
    call: row('allowed', 'hidden', 'forbidden', 'allowed', 'allowed', 'allowed'),
    decide_own_approval: row('allowed', 'hidden', 'forbidden', 'allowed', 'allowed', 'allowed'),
    decide_others_approval: row('hidden', 'hidden', 'hidden', 'hidden', 'hidden', 'forbidden'),
    own_grants: row('allowed', 'hidden', 'forbidden', 'allowed', 'allowed', 'allowed'),
    others_grants: row('forbidden', 'hidden', 'forbidden', 'forbidden', 'forbidden', 'allowed'),
    transfer_owner: row('allowed', 'hidden', 'forbidden', 'allowed', 'forbidden', 'allowed'),
    audit_all: row('forbidden', 'hidden', 'forbidden', 'forbidden', 'forbidden', 'allowed'),
  }

/**
 * Decides whether an actor can do an operation.
 *
 * @param scope - the integration; absent if it doesn't exist, so that everything is `hidden`
 */
export function decideAccess(
  operation: Operation,
  actor: Actor,
  scope: AccessScope | undefined,
  rules: AccessRules,
): Access {
  if (scope === undefined || scope.workspaceId !== actor.workspaceId) return 'hidden'
  const rights = table[operation][scope.visibility]
  const isAdmin = actor.role === 'admin'
  const isOwner = scope.ownerId === actor.userId
  if (operation === 'share' && rules.sharing !== 'members' && !isAdmin && isOwner) return 'forbidden'
  if (operation === 'decide_others_approval' && decidesForOthers(actor, rules) && scope.visibility === 'workspace')
    return 'allowed'
  if (isOwner) return isAdmin ? best(rights.owner, rights.admin) : rights.owner
  return isAdmin ? rights.admin : rights.member
}

/** Whether the actor may decide approvals of other people on shared integrations. */
export function decidesForOthers({ role }: Actor, { adminsDecideForOthers }: AccessRules): boolean {
  return role === 'admin' && adminsDecideForOthers
}

/** The operations of a settings page that the actor may use. */
export function allowedOperations(
  actor: Actor,
  scope: AccessScope,
  rules: AccessRules,
): readonly IntegrationOperation[] {
  return offered.filter((operation) => decideAccess(operation, actor, scope, rules) === 'allowed')
}

const offered: readonly IntegrationOperation[] = [
  'update',
  'share',
  'set_endpoint',
  'enable',
  'disable',
  'validate',
  'reconnect',
  'own_credential',
  'list_tools',
  'configure_tools',
  'accept_tools',
  'trust',
  'transfer_owner',
  'remove',
]

/** An owner who is also an admin has the rights of both. */
function best(left: Access, right: Access): Access {
  return [left, right].includes('allowed') ? 'allowed' : [left, right].includes('forbidden') ? 'forbidden' : 'hidden'
}

function row(
  privateOwner: Access,
  privateMember: Access,
  privateAdmin: Access,
  sharedOwner: Access,
  sharedMember: Access,
  sharedAdmin: Access,
) {
  return {
    private: { owner: privateOwner, member: privateMember, admin: privateAdmin },
    workspace: { owner: sharedOwner, member: sharedMember, admin: sharedAdmin },
  } as const
}
