/**
 * The person that the host acts for. The host authenticates the person: the registry trusts these ids and this role.
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
  /** Whether this person may decide approvals of other people: an admin, if `access.adminsDecideForOthers` is on. */
  readonly decidesForOthers: boolean
}
