import type { Actor } from '../../model/actor.js'
import { object, oneOf, optional } from '../../model/shape.js'
import { check, id } from './verb-shapes.js'

const actor = object({ workspaceId: id, userId: id, role: optional(oneOf('member', 'admin')) })

/** @throws IntegrationError `invalid_input` */
export function parseActor(input: unknown): Required<Actor> {
  check('actingAs()', actor, input)
  const { workspaceId, userId, role = 'member' } = input as Actor
  // Shared by every rule and passed to the host's policy.
  return Object.freeze({ workspaceId, userId, role })
}
