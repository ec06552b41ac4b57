import { z } from 'zod'
import type { Actor } from '../index.js'

/** A person of the host, as others know them. */
export interface Person {
  /** The `userId` of their {@link Actor}. */
  readonly id: string
  readonly name: string
}

/**
 * Finds people of an actor's workspace, the host's word: `search` is what was typed, absent for those who matter most.
 * At most 100 are used. Return nobody whom the actor may not know of.
 */
export type FindPeople = (
  actor: Actor,
  query: { readonly search?: string | undefined; readonly signal: AbortSignal },
) => readonly Person[] | Promise<readonly Person[]>

const most = 100
const person = z.object({ id: z.string().min(1).max(512), name: z.string().min(1).max(512) })

/** People as the host found them, in the shape that is promised. */
export async function peopleFound(
  find: FindPeople,
  actor: Actor,
  query: Parameters<FindPeople>[1],
): Promise<readonly Person[]> {
  return z.array(person).parse((await find(actor, query)).slice(0, most))
}
