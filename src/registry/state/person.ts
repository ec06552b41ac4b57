import type { Actor } from '../../model/actor.js'

/** An actor whose ids were checked. */
export type CheckedActor = Required<Actor>
