import type { Actor } from '../../model/actor.js'

/** An actor whose ids were checked. */
export type Person = Required<Actor>
