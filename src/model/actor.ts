/**
 * The person something is done for, asserted by the host: the registry trusts it and decides by it.
 *
 * Ids are the host's own, 1-200 characters.
 */
export interface Actor {
  readonly workspaceId: string
  readonly userId: string
  /** `@default 'member'` */
  readonly role?: 'member' | 'admin' | undefined
}

/** An actor whose ids were checked, with their role. */
export type CheckedActor = Required<Actor>

/** A person as the registry sees them. */
export interface Me extends Required<Actor> {
  /** Whether they decide approvals of other people: an admin, where `access.adminsDecideForOthers` is on. */
  readonly decidesForOthers: boolean
}
